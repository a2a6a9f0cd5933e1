//! Many tickets at once: nobody is given more than they take, and what waits goes out in the order in which it came.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use futures::stream;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};
use uuid::Uuid;

use super::{TICKETS, open, takes};

const FILED: usize = 200;
const CAPACITY: usize = 10;

/// All tickets as they are, in the order in which they came.
async fn all(desk: &TestDesk, reader: &Somebody) -> Vec<Value> {
    let (mut all, head) = (Vec::new(), desk.head().await);
    for page in 1..=3 {
        let query = format!("{TICKETS}?limit=100&page={page}&sort=created_at&min_position={head}");
        let list = desk.get(reader, &query).await.expect(200);
        all.extend(list.body["tickets"].as_array().expect("tickets").iter().cloned());
    }
    all
}

/// Waits until so many of all tickets wait in the queue.
async fn until_waiting(desk: &TestDesk, reader: &Somebody, count: usize) -> Vec<Value> {
    for _ in 0..600 {
        let query =
            format!("{TICKETS}?status=assigned&assignee=none&limit=1&min_position={}", desk.head().await);
        if desk.get(reader, &query).await.expect(200).body["total_count"] == count {
            return all(desk, reader).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("there are never {count} that wait");
}

fn per_agent(tickets: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for agent in tickets
        .iter()
        .filter(|ticket| ticket["status"] != "resolved")
        .filter_map(|ticket| ticket["assignee_id"].as_str())
    {
        *counts.entry(agent.to_owned()).or_default() += 1;
    }
    counts
}

/// Files a ticket as clients do: whoever is asked to come back does so, under the same key.
async fn file(desk: &TestDesk, who: &Somebody, body: &Value) {
    let key = Uuid::now_v7().to_string();
    for _ in 0..100 {
        let request =
            desk.request(Some(who), Method::POST, TICKETS).header("Idempotency-Key", &key).json(body);
        match desk.send(request).await.status.as_u16() {
            201 => return,
            202 | 409 | 503 => tokio::time::sleep(Duration::from_millis(200)).await,
            status => panic!("{status}"),
        }
    }
    panic!("it is never taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_tickets_for_four_agents_of_ten() {
    let desk = open().await;
    let (ada, admin) = (desk.user().await, desk.admin().await);
    let mut agents = Vec::new();
    for _ in 0..4 {
        let agent = desk.it_agent().await;
        takes(&desk, &agent, true, 10).await;
        agents.push(agent);
    }
    let body = json!({ "title": "The printer jams", "description": "Again.", "department": "IT" });
    let filed = stream::iter(0..FILED).map(|_| file(&desk, &ada, &body)).buffer_unordered(FILED);
    assert_eq!(filed.collect::<Vec<()>>().await.len(), FILED);

    let tickets = until_waiting(&desk, &admin, FILED - 4 * CAPACITY).await;
    assert_eq!(tickets.len(), FILED);
    let counts = per_agent(&tickets);
    assert_eq!((counts.len(), counts.values().max()), (4, Some(&CAPACITY)), "{counts:?}");
    let (given, waiting): (Vec<_>, Vec<_>) =
        tickets.iter().partition(|ticket| ticket["assignee_id"].is_string());
    let number = |ticket: &&Value| ticket["number"].as_i64();
    assert!(given.iter().map(number).max() < waiting.iter().map(number).min(), "the first come first");

    // Ten are done, by two agents: the ten that waited longest follow, and nobody has more than ten.
    let resolve = async |ticket: &Value| {
        let agent = agents.iter().find(|agent| ticket["assignee_id"] == json!(agent.id)).expect("an agent");
        let address = format!("{TICKETS}/{}/resolve", ticket["ticket_id"].as_str().expect("an id"));
        let _ = desk.post(agent, &address, json!({})).await.expect(200);
    };
    let theirs = |ticket: &&Value| agents[..2].iter().any(|agent| ticket["assignee_id"] == json!(agent.id));
    for ticket in tickets.iter().filter(theirs).take(10) {
        resolve(ticket).await;
    }
    let now = until_waiting(&desk, &admin, FILED - 4 * CAPACITY - 10).await;
    let counts = per_agent(&now);
    assert_eq!(counts.values().max(), Some(&CAPACITY), "{counts:?}");
    let waited: Vec<&Value> = waiting.iter().map(|ticket| &ticket["ticket_id"]).collect();
    let since = |ticket: &&Value| ticket["created_at"].as_str()?.parse::<DateTime<Utc>>().ok();
    let (given, waiting): (Vec<_>, Vec<_>) = now
        .iter()
        .filter(|ticket| waited.contains(&&ticket["ticket_id"]))
        .partition(|ticket| ticket["assignee_id"].is_string());
    assert_eq!(given.len(), 10);
    assert!(
        given.iter().map(since).max() <= waiting.iter().map(since).min(),
        "what waited longest goes first"
    );
    desk.assert_sound().await;
    desk.close().await;
}
