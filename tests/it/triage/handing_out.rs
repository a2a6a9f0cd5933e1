//! Who gets a ticket: whoever has least to do and has room, oldest first.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};

use super::{events, file_with, open, path, takes};

/// Waits until `agent` has the ticket, or with none until nobody has.
pub(super) async fn until_assigned(
    desk: &TestDesk,
    reader: &Somebody,
    ticket: &Value,
    agent: Option<&Somebody>,
) {
    let wanted = json!(agent.map(|agent| agent.id));
    for _ in 0..200 {
        let shown = desk.get(reader, &path(ticket)).await.expect(200).body;
        if shown["assignee_id"] == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} does not come to {wanted}", path(ticket));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_go_to_whoever_has_least_to_do_and_wait_where_nobody_has_room() {
    let desk = open().await;
    let (ada, admin) = (desk.user().await, desk.admin().await);
    let (one, two, hana) = (desk.it_agent().await, desk.it_agent().await, desk.hr_agent().await);
    takes(&desk, &one, true, 2).await;
    takes(&desk, &two, true, 2).await;
    let mut filed = Vec::new();
    for _ in 0..6 {
        filed.push(file_with(&desk, &ada, "IT").await);
    }
    let count =
        |agent: &Somebody| filed.iter().filter(|ticket| ticket["assignee_id"] == json!(agent.id)).count();
    assert_eq!(
        (count(&one), count(&two), count(&hana)),
        (2, 2, 0),
        "by turns, and nobody of another department"
    );
    assert_ne!(filed[0]["assignee_id"], filed[1]["assignee_id"], "whoever has less gets the next one");
    for waiting in &filed[4..] {
        assert_eq!((&waiting["status"], &waiting["assignee_id"]), (&json!("assigned"), &json!(null)));
    }

    // Room is made: what waited longest goes first.
    let _ = desk
        .post(
            &one,
            &format!(
                "{}/resolve",
                path(filed.iter().find(|ticket| ticket["assignee_id"] == json!(one.id)).expect("theirs"))
            ),
            json!({}),
        )
        .await
        .expect(200);
    until_assigned(&desk, &admin, &filed[4], Some(&one)).await;
    until_assigned(&desk, &admin, &filed[5], None).await;

    // Somebody comes who was not there.
    let three = desk.it_agent().await;
    until_assigned(&desk, &admin, &filed[5], Some(&three)).await;

    // Who is away gets nothing; once they are back, what waits.
    for agent in [&one, &two, &three] {
        takes(&desk, agent, false, 5).await;
    }
    let waiting = file_with(&desk, &ada, "IT").await;
    assert_eq!(waiting["assignee_id"], json!(null));
    takes(&desk, &two, true, 5).await;
    until_assigned(&desk, &admin, &waiting, Some(&two)).await;

    // Nobody is handed their own problem.
    let own = file_with(&desk, &two, "IT").await;
    assert_eq!(own["assignee_id"], json!(null), "the only one there filed it");
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_who_claim_meanwhile_are_not_given_more_than_they_take() {
    let desk = open().await;
    let (ada, one) = (desk.user().await, desk.it_agent().await);
    takes(&desk, &one, true, 3).await;
    let filed = join_all((0..8).map(|_| file_with(&desk, &ada, "IT"))).await;
    let had = filed.iter().filter(|ticket| ticket["assignee_id"] == json!(one.id)).count();
    assert_eq!(had, 3);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_that_somebody_claimed_meanwhile_stays_with_them() {
    let desk = open().await;
    let (ada, admin) = (desk.user().await, desk.admin().await);
    let (one, two) = (desk.it_agent().await, desk.it_agent().await);
    for agent in [&one, &two] {
        takes(&desk, agent, false, 40).await;
    }
    let mut filed = Vec::new();
    for _ in 0..30 {
        filed.push(file_with(&desk, &ada, "IT").await);
    }
    // One comes back and is handed all that waits, oldest first; two claims from the other end.
    takes(&desk, &one, true, 40).await;
    let claim = async |ticket: &Value| {
        desk.post(&two, &format!("{}/claim", path(ticket)), json!({})).await.status.as_u16() == 200
    };
    let mut claimed = Vec::new();
    for ticket in filed.iter().rev().take(12) {
        if claim(ticket).await {
            claimed.push(ticket.clone());
        }
    }
    assert!(!claimed.is_empty(), "two was quick enough for one at least");
    for ticket in &filed {
        let is_twos = claimed.iter().any(|one| one["ticket_id"] == ticket["ticket_id"]);
        until_assigned(&desk, &admin, ticket, Some(if is_twos { &two } else { &one })).await;
        let assigned = events(&desk, &admin, ticket).await;
        let assigned = assigned
            .iter()
            .filter(|(name, data)| name.ends_with("TicketAssigned") && data["agent"].is_string());
        assert_eq!(assigned.count(), 1, "it goes from hand to hand: {}", path(ticket));
    }
    desk.assert_sound().await;
    desk.close().await;
}
