//! What was like a ticket, a ticket in short, and what is on the rise.

use serde_json::{Value, json};

use super::{SECRET, TICKETS, open};

fn path(ticket: &Value, rest: &str) -> String {
    format!("{TICKETS}/{}{rest}", ticket["ticket_id"].as_str().expect("an id"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_see_what_was_like_a_ticket_what_it_says_and_what_rises() {
    let desk = open().await;
    let (ada, admin) = (desk.user().await, desk.admin().await);
    let (ivan, hana) = (desk.it_agent().await, desk.hr_agent().await);
    let building = json!({ "code": "NORTH", "name": "North building" });
    let building = desk.post(&admin, "/api/v1/buildings", building).await.expect(201).body["id"].clone();
    let mut filed = Vec::new();
    for (title, department) in [
        ("VPN error 809 at home", "IT"),
        ("VPN error 809 from home again", "HR"),
        ("The printer on floor 3 jams", "IT"),
        ("Printer on floor 3 jams again", "IT"),
        ("Jam in the printer on floor 3", "IT"),
        ("VPN error 809 from home", "IT"),
    ] {
        let body = json!({
            "title": title, "description": "Since today.", "department": department, "building_id": building,
            "on_behalf_of": ada.id,
        });
        filed.push(desk.post(&admin, TICKETS, body).await.expect(201).body);
    }
    for ticket in &filed[..2] {
        let _ = desk.post(&admin, &path(ticket, "/resolve"), json!({})).await.expect(200);
    }
    let newest = &filed[5];
    let similar = desk.get(&ivan, &path(newest, "/similar")).await.expect(200).body;
    let ids: Vec<&Value> =
        similar["tickets"].as_array().expect("tickets").iter().map(|ticket| &ticket["ticket_id"]).collect();
    assert_eq!(ids, [&filed[0]["ticket_id"]], "of those that are done and seen: {similar}");
    let all = desk.get(&admin, &path(newest, "/similar")).await.expect(200).body;
    assert_eq!(all["tickets"].as_array().map(Vec::len), Some(2), "{all}");
    assert!(similar["articles"].to_string().contains("vpn-firewall-for-staff"), "{similar}");
    for (who, status) in [(&ada, 403), (&hana, 404)] {
        let _ = desk.get(who, &path(newest, "/similar")).await.expect(status);
        let _ = desk.post(who, &path(newest, "/summary"), json!({})).await.expect(status);
    }

    let note = json!({ "content": format!("Noted: {SECRET}."), "is_internal": true });
    let _ = desk.post(&ivan, &path(newest, "/messages"), note).await.expect(201);
    let said = json!({ "content": "It works now and then." });
    let _ = desk.post(&ada, &path(newest, "/messages"), said).await.expect(201);
    let short = desk.post(&ivan, &path(newest, "/summary"), json!({})).await.expect(200).body;
    let text = short["summary"].as_str().expect("a text");
    for part in ["VPN error 809 from home", "It works now and then.", SECRET, "queue of IT"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(short["message_count"], 2);

    let patterns = desk.get(&ivan, "/api/v1/ai/patterns?days=7").await.expect(200).body;
    let found: Vec<(&Value, &Value)> = patterns["patterns"]
        .as_array()
        .expect("patterns")
        .iter()
        .map(|one| (&one["label"], &one["count"]))
        .collect();
    assert_eq!(found, [(&json!("Jam in the printer on floor 3"), &json!(3))], "{patterns}");
    let alerts = desk.get(&admin, "/api/v1/ai/alerts").await.expect(200).body;
    assert_eq!((&alerts["alerts"][0]["building_id"], &alerts["alerts"][0]["count"]), (&building, &json!(6)));
    assert_eq!(
        desk.get(&hana, "/api/v1/ai/alerts").await.expect(200).body["alerts"],
        json!([]),
        "of one ticket"
    );
    for query in ["patterns?days=0", "alerts?days=91", "alerts?weeks=1"] {
        let answer = desk.get(&admin, &format!("/api/v1/ai/{query}")).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{query}: {}", answer.status);
    }
    desk.assert_sound().await;
    desk.close().await;
}
