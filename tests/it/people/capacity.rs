//! No agent is assigned more than they have room for, however many assign at once.

use std::collections::BTreeMap;

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use tests::desk::{Answer, Somebody, TestDesk};
use tests::postgres::TestDatabase;

use super::{active_count, assign, send, ticket};

const WANTED: usize = 50;
const CAPACITY: usize = 10;

async fn limit(desk: &TestDesk, admin: &Somebody, agent: &Somebody, capacity: usize) {
    let path = format!("/api/v1/agents/{}/availability", agent.id);
    let body = json!({ "is_available": true, "capacity": capacity });
    let _ = send(desk, admin, Method::PUT, &path, body).await.expect(200);
}

fn tally(answers: &[Answer]) -> BTreeMap<(u16, String), usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        // A 202 is a success that the read models are late for.
        let status = if answer.status == 202 { 200 } else { answer.status.as_u16() };
        *tally.entry((status, answer.code().to_owned())).or_default() += 1;
    }
    tally
}

fn full(accepted: usize) -> BTreeMap<(u16, String), usize> {
    BTreeMap::from([
        ((200, String::new()), accepted),
        ((409, "AGENT_AT_CAPACITY".to_owned()), WANTED - accepted),
    ])
}

/// From two nodes at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_assignments_at_once_to_an_agent_of_capacity_ten_ten_are_accepted() {
    let desk = TestDesk::open().await;
    let other = TestDesk::on(TestDatabase::at(desk.database.options.clone())).await;
    let (admin, ivan) = (desk.admin().await, desk.it_agent().await);
    limit(&desk, &admin, &ivan, CAPACITY).await;
    let tickets = join_all((0..WANTED).map(|_| ticket(&desk, &admin))).await;
    let assigned = tickets.iter().enumerate().map(|(n, ticket)| {
        let node = if n % 2 == 0 { &desk } else { &other };
        assign(node, &admin, ticket, ivan.id, false)
    });
    let answers = join_all(assigned).await;
    assert_eq!(tally(&answers), full(CAPACITY));
    assert_eq!(active_count(&desk, &admin, ivan.id).await, 10);
    let refused = answers.iter().find(|answer| answer.status == 409).expect("one of them");
    let details = &refused.body["error"]["details"];
    assert_eq!((&details["capacity"], &details["active_count"]), (&json!(10), &json!(10)));

    // What becomes free is given again, and not twice.
    let held = tickets.iter().zip(&answers).filter(|(_, answer)| answer.status.is_success());
    for (ticket, _) in held.take(3) {
        let _ = desk.post(&ivan, &format!("/api/v1/tickets/{ticket}/resolve"), json!({})).await.expect(200);
    }
    let waiting = tickets.iter().zip(&answers).filter(|(_, answer)| answer.status == 409).map(|(id, _)| id);
    let answers = join_all(waiting.map(|ticket| assign(&other, &admin, ticket, ivan.id, false))).await;
    assert_eq!(tally(&answers)[&(200, String::new())], 3);
    assert_eq!(active_count(&desk, &admin, ivan.id).await, 10);
    desk.assert_sound().await;
    let _databases = (other.close().await, desk.close().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_administrator_assigns_more_than_there_is_room_for() {
    let desk = TestDesk::open().await;
    let (admin, ivan, ida) = (desk.admin().await, desk.it_agent().await, desk.it_agent().await);
    limit(&desk, &admin, &ivan, 1).await;
    let (one, two, three) =
        (ticket(&desk, &admin).await, ticket(&desk, &admin).await, ticket(&desk, &admin).await);
    let _ = assign(&desk, &ida, &one, ivan.id, false).await.expect(200);
    let _ = assign(&desk, &ida, &one, ivan.id, false).await.expect(200);
    assert_eq!(assign(&desk, &ida, &two, ivan.id, false).await.expect(409).code(), "AGENT_AT_CAPACITY");
    assert_eq!(assign(&desk, &ida, &two, ivan.id, true).await.expect(403).code(), "AUTHZ_FORBIDDEN");
    assert_eq!(assign(&desk, &admin, &two, ivan.id, false).await.expect(409).code(), "AGENT_AT_CAPACITY");
    let _ = assign(&desk, &admin, &two, ivan.id, true).await.expect(200);
    let _ = desk.post(&ivan, &format!("/api/v1/tickets/{three}/claim"), json!({})).await.expect(200);
    assert_eq!(active_count(&desk, &admin, ivan.id).await, 3);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_takes_no_tickets_is_assigned_none() {
    let desk = TestDesk::open().await;
    let (admin, ivan) = (desk.admin().await, desk.it_agent().await);
    let away = json!({ "is_available": false });
    let _ = send(&desk, &ivan, Method::PUT, "/api/v1/me/availability", away).await.expect(200);
    let one = ticket(&desk, &admin).await;
    assert_eq!(assign(&desk, &admin, &one, ivan.id, false).await.expect(409).code(), "AGENT_UNAVAILABLE");
    let _ = assign(&desk, &admin, &one, ivan.id, true).await.expect(200);
    let requester = desk.user().await;
    assert_eq!(assign(&desk, &admin, &one, requester.id, true).await.expect(409).code(), "AGENT_UNAVAILABLE");
    let _ = desk.post(&admin, &super::of(&ivan, "/deactivate"), json!({})).await.expect(200);
    let two = ticket(&desk, &admin).await;
    assert_eq!(assign(&desk, &admin, &two, ivan.id, true).await.expect(409).code(), "AGENT_UNAVAILABLE");
    desk.close().await;
}
