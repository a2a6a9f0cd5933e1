//! `kill -9` of the server while it puts back what somebody had.

use std::time::Instant;

use reqwest::Client;
use serde_json::{Value, json};
use tests::process::{free_port, scratch};
use tests::server::Server;

use super::PATIENCE;

const TICKETS: usize = 40;
const KILLS: usize = 4;

async fn post(base: &str, token: &str, path: &str, body: Value) -> Value {
    let sent = Client::new().post(format!("{base}/api/v1{path}")).bearer_auth(token).json(&body).send().await;
    let answer = sent.expect("an answer");
    let status = answer.status();
    let body: Value = answer.json().await.unwrap_or_default();
    assert!(status.is_success(), "{path}: {status} {body}");
    body
}

async fn get(base: &str, token: &str, path: &str) -> Value {
    let sent = Client::new().get(format!("{base}/api/v1{path}")).bearer_auth(token).send().await;
    sent.expect("an answer").json().await.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_ticket_goes_back_once_however_often_the_server_is_killed() {
    let data = scratch("put-back");
    let mut server = Server::start(data.path(), free_port());
    server.ready().await;
    let (base, token) = (server.base(), server.sign_in().await);
    let body =
        json!({ "username": "ivan", "email": "ivan@example.com", "role": "it_agent", "capacity": 1000 });
    let ivan = post(&base, &token, "/users", body).await["id"].as_str().expect("an id").to_owned();
    for _ in 0..TICKETS {
        let body = json!({ "title": "Whose is it", "description": "And who has it?", "department": "IT" });
        let ticket =
            post(&base, &token, "/tickets", body).await["ticket_id"].as_str().expect("an id").to_owned();
        post(&base, &token, &format!("/tickets/{ticket}/assign"), json!({ "agent_id": ivan })).await;
    }
    post(&base, &token, &format!("/users/{ivan}/deactivate"), json!({})).await;
    for _ in 0..KILLS {
        server.kill_and_restart();
        server.ready().await;
    }
    let started = Instant::now();
    let queue = format!("/tickets?assignee={ivan}&limit=1");
    while get(&base, &token, &queue).await["total_count"] != 0 {
        assert!(started.elapsed() < PATIENCE, "some tickets stay with somebody who cannot work on them");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let events = get(&base, &token, "/events?types=TicketAssigned&limit=1000").await;
    let events = events["events"].as_array().expect("events");
    let mut back: Vec<&str> = events
        .iter()
        .filter(|event| event["data"]["agent"].is_null())
        .map(|event| event["subject"].as_str().expect("a ticket"))
        .collect();
    assert!(
        events
            .iter()
            .filter(|event| event["data"]["agent"].is_null())
            .all(|event| event["via"] == "put_back")
    );
    let times = back.len();
    back.sort_unstable();
    back.dedup();
    assert_eq!((times, back.len()), (TICKETS, TICKETS), "each once");
    server.stop();
}
