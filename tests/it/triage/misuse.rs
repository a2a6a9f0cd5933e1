//! What reads like misuse is held back until an administrator decides.

use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};

use super::{PRIZE, VPN, events, file, open, path, switch, types};

async fn act(desk: &TestDesk, who: &Somebody, ticket: &Value, what: &str) -> tests::desk::Answer {
    desk.send(desk.request(Some(who), reqwest::Method::POST, &format!("{}/{what}", path(ticket)))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_harmful_ticket_is_held_back_and_an_administrator_decides() {
    let desk = open().await;
    let (ada, ivan, admin) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let spam = file(&desk, &ada, PRIZE).await.expect(201).body;
    assert_eq!((&spam["status"], &spam["department"]), (&json!("open"), &json!(null)), "{spam}");
    let held = desk.get(&admin, &path(&spam)).await.expect(200).body;
    assert_eq!(held["misuse_flag"], true);
    let all = events(&desk, &admin, &spam).await;
    assert_eq!(types(&all), ["TicketCreated", "TicketScreened", "TicketFlagged"]);
    let said = &all[1].1;
    assert_eq!((&said["found"], &said["harm"]), (&json!("harmful"), &json!("spam")), "{said}");
    let _ = desk.get(&ivan, &path(&spam)).await.expect(404);

    for (who, what) in
        [(&ada, "clear-flag"), (&ivan, "clear-flag"), (&ada, "confirm-misuse"), (&ivan, "confirm-misuse")]
    {
        let _ = act(&desk, who, &spam, what).await.expect(403);
    }
    let cleared = act(&desk, &admin, &spam, "clear-flag").await.expect(200).body;
    assert_eq!(cleared["misuse_flag"], false);
    let all = events(&desk, &admin, &spam).await;
    assert_eq!(types(&all)[3..5], ["FlagCleared", "TicketRouted"], "it is not screened again");
    let refused = act(&desk, &admin, &spam, "confirm-misuse").await.expect(409);
    assert_eq!(refused.code(), "CONFLICT");

    let again = file(&desk, &ada, PRIZE).await.expect(201).body;
    let closed = act(&desk, &admin, &again, "confirm-misuse").await.expect(200).body;
    assert_eq!((&closed["status"], &closed["misuse_flag"]), (&json!("closed"), &json!(true)));
    let _ = act(&desk, &admin, &again, "confirm-misuse").await.expect(200);
    let _ = desk.post(&admin, "/api/v1/tickets/TKT-20000101-0000000/clear-flag", json!({})).await.expect(404);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_are_not_suspected_and_suspect_for_themselves() {
    let desk = open().await;
    let (ada, ivan, admin) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let theirs = file(&desk, &ivan, PRIZE).await.expect(201).body;
    let all = events(&desk, &admin, &theirs).await;
    assert!(!types(&all).contains(&"TicketScreened"), "{all:?}");

    // What somebody took up is not held back any more.
    let taken = file(&desk, &ada, VPN).await.expect(201).body;
    let reason = json!({ "reason": "Reads like a test" });
    let refused = desk.post(&ivan, &format!("{}/flag", path(&taken)), reason.clone()).await.expect(409);
    assert_eq!(refused.code(), "CONFLICT");
    switch(&desk, "screening", false).await;
    let unseen = file(&desk, &ada, PRIZE).await.expect(201).body;
    let all = events(&desk, &admin, &unseen).await;
    assert!(!types(&all).contains(&"TicketScreened"), "{all:?}");
    for bad in [json!({ "reason": "" }), json!({ "reason": "x".repeat(2_001) }), json!({ "why": "spam" })] {
        let _ = desk.post(&ivan, &format!("{}/flag", path(&taken)), bad).await.expect(422);
    }
    desk.close().await;
}
