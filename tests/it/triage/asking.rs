//! What triage would make of a text, asked without a ticket.

use serde_json::json;

use super::{LEAVE, PRIZE, VPN, open};

const CLASSIFY: &str = "/api/v1/ai/classify";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_is_classified_and_nothing_is_written() {
    let desk = open().await;
    let (ivan, admin) = (desk.it_agent().await, desk.admin().await);
    for (kind, code, name) in [("tags", "vpn", "VPN"), ("categories", "hardware", "Hardware")] {
        let entry = json!({ "code": code, "name": name });
        let _ = desk.post(&admin, &format!("/api/v1/{kind}"), entry).await.expect(201);
    }
    let before = desk.decided().await;
    let ask = async |(title, description): (&str, &str)| {
        let body = json!({ "title": title, "description": description });
        desk.post(&ivan, CLASSIFY, body).await.expect(200).body
    };
    let vpn = ask(VPN).await;
    assert_eq!((&vpn["department"], &vpn["is_harmful"]), (&json!("IT"), &json!(false)), "{vpn}");
    assert_eq!((&vpn["tags"], &vpn["screening"]), (&json!(["VPN"]), &json!("harmless")));
    assert_eq!(vpn["model_version"].as_array().map(Vec::len), Some(2));
    assert_eq!(ask(LEAVE).await["department"], "HR");
    let prize = ask(PRIZE).await;
    assert_eq!((&prize["is_harmful"], &prize["harm"]), (&json!(true), &json!("spam")), "{prize}");
    let urgent =
        ask(("Nobody can work", "Total outage, urgent: all users are blocked since this morning.")).await;
    assert_eq!((&urgent["urgency"], &urgent["priority"]), (&json!("high"), &json!("high")), "{urgent}");
    assert_eq!(desk.decided().await, before, "nothing is written");
    for bad in [
        json!({ "title": "VPN" }),
        json!({ "title": "VP", "description": "x" }),
        json!({ "title": "VPN", "description": "x", "urgency": "low" }),
    ] {
        let _ = desk.post(&ivan, CLASSIFY, bad).await.expect(422);
    }
    desk.close().await;
}
