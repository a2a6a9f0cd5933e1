//! Triage: what becomes of a new ticket by itself.

mod asking;
mod chain;
mod crowd;
mod handing_out;
mod misuse;

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, CONNECTIONS, Somebody, TRIAGE, TestDesk};
use tests::postgres::TestDatabase;

const SETTINGS: [(&str, &str); 3] = [(TRIAGE, "on"), ("TICKETS_PER_DAY", "1000"), (CONNECTIONS, "16")];
const TICKETS: &str = "/api/v1/tickets";
const VPN: (&str, &str) =
    ("VPN does not connect", "Since the update my laptop cannot connect to the VPN, it says error 809.");
const LEAVE: (&str, &str) =
    ("Parental leave", "When will human resources send the form for my parental leave and vacation days?");
const PRIZE: (&str, &str) = (
    "You have WON a FREE prize",
    "Congratulations! Call 09061701461 now to claim your £900 cash prize. Txt WIN to 80082, 150p/msg. Claim now!",
);

/// A desk on which things happen by themselves.
async fn open() -> TestDesk {
    TestDesk::with(TestDatabase::create().await, &SETTINGS).await
}

/// Files a ticket; the answer waits for what becomes of it.
async fn file(desk: &TestDesk, who: &Somebody, (title, description): (&str, &str)) -> Answer {
    desk.post(who, TICKETS, json!({ "title": title, "description": description })).await
}

/// The same with a department.
async fn file_with(desk: &TestDesk, who: &Somebody, department: &str) -> Value {
    desk.ticket(who, Some(department)).await
}

fn path(ticket: &Value) -> String {
    format!("{TICKETS}/{}", ticket["ticket_id"].as_str().expect("an id"))
}

/// The events of a ticket as `who` is told of them: type and what they say.
async fn events(desk: &TestDesk, who: &Somebody, ticket: &Value) -> Vec<(String, Value)> {
    let head = desk.head().await;
    let answer = desk.get(who, &format!("{}/events?min_position={head}", path(ticket))).await.expect(200);
    let events = answer.body["events"].as_array().expect("events").iter();
    events.map(|event| (event["type"].as_str().expect("a type").to_owned(), event["data"].clone())).collect()
}

fn types(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(name, _)| name.rsplit('.').next().unwrap_or_default()).collect()
}

/// How somebody takes tickets from now on.
async fn takes(desk: &TestDesk, who: &Somebody, is_available: bool, capacity: u32) {
    let body = json!({ "is_available": is_available, "capacity": capacity });
    let request = desk.request(Some(who), Method::PUT, "/api/v1/me/availability").json(&body);
    let _ = desk.send(request).await.expect(200);
}

async fn switch(desk: &TestDesk, flag: &str, on: bool) {
    let admin = desk.admin().await;
    let request = desk.request(Some(&admin), Method::PATCH, "/api/v1/admin/feature-flags");
    let _ = desk.send(request.json(&json!({ flag: on }))).await.expect(200);
}
