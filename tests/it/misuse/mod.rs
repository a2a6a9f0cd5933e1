//! Misuse: what is found, who is told, and what administrators make of it.

mod bad_input;
mod erasing;
mod finding;
mod jobs;
mod killed;
mod review;
mod told;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};
use tests::postgres::TestDatabase;

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
const REPORTS: &str = "/api/v1/admin/misuse-reports";
const TRIGGER: &str = "/api/v1/admin/trigger-misuse-detection";
const JOBS: &str = "/api/v1/admin/jobs";
const STATUS: &str = "/api/v1/admin/scheduler-status";

const SETTINGS: [(&str, &str); 1] = [("TICKETS_PER_DAY", "1000")];
const LONG: &str = "It has done so since this morning, whatever I try.";
const PRIZE: (&str, &str) = (
    "You have WON a FREE prize",
    "Congratulations! Call 09061701461 now to claim your £900 cash prize. Txt WIN to 80082, 150p/msg. Claim now!",
);

/// A desk on which people file as much as they like.
async fn open() -> TestDesk {
    TestDesk::with(TestDatabase::create().await, &SETTINGS).await
}

/// Files a ticket; gives its id.
async fn file(desk: &TestDesk, who: &Somebody, (title, description): (&str, &str)) -> String {
    let body = json!({ "title": title, "description": description });
    let filed = desk.post(who, "/api/v1/tickets", body).await.expect(201);
    filed.body["ticket_id"].as_str().expect("an id").to_owned()
}

/// Files the same three times; gives the ids.
async fn file_thrice(desk: &TestDesk, who: &Somebody) -> Vec<String> {
    let mut all = Vec::new();
    for title in ["The printer is dead", "the PRINTER is dead!", "The printer: is dead"] {
        all.push(file(desk, who, (title, LONG)).await);
    }
    all
}

/// Waits until the run `id` is over.
async fn over(desk: &TestDesk, admin: &Somebody, id: &str) -> Value {
    let started = Instant::now();
    loop {
        let run = desk.get(admin, &format!("{JOBS}/{id}")).await.expect(200).body;
        if run["state"] == "done" || run["state"] == "failed" {
            return run;
        }
        assert!(started.elapsed() < PATIENCE, "{run}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Has the desk look for misuse and waits until that is done.
async fn look(desk: &TestDesk, admin: &Somebody, body: Value) -> Value {
    let queued = desk.post(admin, TRIGGER, body).await.expect(202).body;
    over(desk, admin, queued["job_id"].as_str().expect("an id")).await
}

/// The reports that there are, as the list shows them now.
async fn reports(desk: &TestDesk, admin: &Somebody, query: &str) -> Vec<Value> {
    let head = desk.head().await;
    let list =
        desk.get(admin, &format!("{REPORTS}?limit=100&min_position={head}{query}")).await.expect(200).body;
    let reports = list["reports"].as_array().expect("reports").clone();
    assert_eq!(list["total_count"], reports.len(), "{list}");
    reports
}

/// How many events of this type the log has.
async fn events(desk: &TestDesk, event_type: &str) -> i64 {
    sqlx::query_scalar("select count(*) from ledger.events where event_type = $1")
        .bind(event_type)
        .fetch_one(desk.desk.pool())
        .await
        .expect("a count")
}

/// Waits until the log has so many events of this type.
async fn until_there_are(desk: &TestDesk, event_type: &str, count: i64) {
    let started = Instant::now();
    while events(desk, event_type).await < count {
        assert!(started.elapsed() < PATIENCE, "{count} {event_type}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Does `rest` to the ticket `id`.
async fn act(desk: &TestDesk, who: &Somebody, id: &str, rest: &str) -> Answer {
    desk.send(desk.request(Some(who), Method::POST, &format!("/api/v1/tickets/{id}/{rest}"))).await
}

fn review_path(report: &Value) -> String {
    format!("{REPORTS}/{}/mark-reviewed", report["id"].as_str().expect("an id"))
}
