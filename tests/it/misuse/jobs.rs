//! The job: batches, failures, being cut off, being late, and several nodes.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor as _;
use tests::desk::{Somebody, TestDesk};
use tests::postgres::TestDatabase;

use super::{
    JOBS, PATIENCE, PRIZE, SETTINGS, STATUS, TRIGGER, events, file, file_thrice, look, open, over, reports,
};

async fn status(desk: &TestDesk, admin: &Somebody) -> Value {
    desk.get(admin, STATUS).await.expect(200).body["jobs"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_be_looked_at_is_passed_over_and_a_run_that_was_cut_off_goes_on() {
    let desk = open().await;
    let admin = desk.admin().await;
    let mut people = Vec::new();
    for _ in 0..17 {
        let somebody = desk.user().await;
        file(&desk, &somebody, PRIZE).await;
        people.push(somebody);
    }
    people.sort_by_key(|somebody| somebody.id);
    let mut superuser = desk.database.superuser().await;
    superuser.execute("set session_replication_role = replica").await.expect("triggers off");
    let spoilt = sqlx::query(
        "update ledger.events set payload = '{}'::json where event_type = 'TicketCreated' and actor_id = $1",
    );
    let spoilt = spoilt.bind(people[3].id.0).execute(&mut superuser).await.expect("spoilt");
    assert_eq!(spoilt.rows_affected(), 1);

    let run = look(&desk, &admin, json!({})).await;
    let all = json!({ "users_total": 17, "users": 17, "reports": 16, "failures": 1 });
    assert_eq!((&run["state"], &run["statistics"]), (&json!("done"), &all));
    assert_eq!(reports(&desk, &admin, "").await.len(), 16);
    assert!(reports(&desk, &admin, &format!("&user_id={}", people[3].id)).await.is_empty());

    // As a process leaves it that dies behind what it did for the second batch and before it says so.
    let database = desk.close().await;
    let id = run["id"].as_str().expect("an id");
    let cut_off = "update desk.job_runs
                      set state = 'running', ended_at = null, reached = $2, done = 15, made = 14, failures = 1
                    where id = $1::uuid";
    let mut owner = database.owner().await;
    sqlx::query(cut_off).bind(id).bind(people[14].id.0).execute(&mut owner).await.expect("cut off");
    let desk = TestDesk::with(database, &SETTINGS).await;
    let run = over(&desk, &admin, id).await;
    assert_eq!((&run["state"], &run["statistics"]), (&json!("done"), &all));
    assert_eq!(events(&desk, "MisuseReported").await, 16);
    let totals = &status(&desk, &admin).await["statistics"];
    assert_eq!(
        (&totals["runs"], &totals["reports"], &totals["failures"]),
        (&json!(1), &json!(16), &json!(1))
    );
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_are_asked_at_once_report_nobody_twice() {
    let desk = open().await;
    let other = TestDesk::with(TestDatabase::at(desk.database.options.clone()), &SETTINGS).await;
    let (ada, admin) = (desk.user().await, desk.admin().await);
    file_thrice(&desk, &ada).await;
    // The same request is one run; others are runs of their own.
    let posts = |node: &TestDesk, path: &str| node.request(Some(&admin), Method::POST, path);
    let keyed =
        |node: &TestDesk, key: &str| posts(node, TRIGGER).header("Idempotency-Key", key).json(&json!({}));
    let run = format!("{JOBS}/misuse_daily/run");
    let asked = join_all([
        desk.send(keyed(&desk, "one")),
        other.send(keyed(&other, "one")),
        other.send(keyed(&other, "two")),
        desk.send(posts(&desk, &run)),
        other.send(posts(&other, TRIGGER).json(&json!({ "user_id": ada.id }))),
    ])
    .await;
    let mut ids: Vec<String> = Vec::new();
    for answer in asked {
        ids.push(answer.expect(202).body["job_id"].as_str().expect("an id").to_owned());
    }
    assert_eq!(ids[0], ids[1]);
    ids.sort_unstable();
    ids.dedup();
    let rows: i64 = sqlx::query_scalar("select count(*) from desk.job_runs")
        .fetch_one(desk.desk.pool())
        .await
        .expect("a count");
    assert_eq!((ids.len(), rows), (4, 4));
    let mut filed = 0;
    for id in &ids {
        let run = over(&desk, &admin, id).await;
        assert_eq!((&run["state"], &run["statistics"]["users"]), (&json!("done"), &json!(1)), "{run}");
        filed += run["statistics"]["reports"].as_i64().expect("a number");
    }
    assert_eq!((filed, events(&desk, "MisuseReported").await), (1, 1));
    let stands = status(&other, &admin).await;
    assert_eq!(
        (&stands["state"], &stands["schedule"], &stands["next_run_at"]),
        (&json!("off"), &Value::Null, &Value::Null)
    );
    let _database = other.close().await;
    desk.close().await;
}

/// Waits until the job has a newest run that is over.
async fn ran(desk: &TestDesk, admin: &Somebody) -> Value {
    let started = Instant::now();
    loop {
        let stands = status(desk, admin).await;
        if stands["last_run"]["state"] == "done" {
            return stands;
        }
        assert!(started.elapsed() < PATIENCE, "{stands}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_was_missed_is_made_up_for_once_by_whichever_node_starts() {
    let two_minutes_ago = Utc::now() - TimeDelta::minutes(2);
    let at = two_minutes_ago.format("%H:%M").to_string();
    let settings = [SETTINGS[0], ("MISUSE_SCHEDULE", &*at)];
    let desk = TestDesk::with(TestDatabase::create().await, &settings).await;
    let (ada, admin) = (desk.user().await, desk.admin().await);
    file_thrice(&desk, &ada).await;
    let stands = status(&desk, &admin).await;
    assert_eq!((&stands["name"], &stands["schedule"]), (&json!("misuse_daily"), &json!(format!("{at} UTC"))));
    let next: DateTime<Utc> = stands["next_run_at"].as_str().expect("a time").parse().expect("a time");
    assert!(next > Utc::now() && next - Utc::now() <= TimeDelta::days(1), "{next}");
    // What was due before there was a desk was nobody's to do: a run that is asked for is the only one.
    let _ = look(&desk, &admin, json!({ "window_hours": 1, "user_id": desk.user().await.id })).await;
    assert_eq!(status(&desk, &admin).await["statistics"]["runs"], 1);

    // The desk has been there for long, was down at its hour, and Ada's tickets are from before.
    let database = desk.close().await;
    let mut owner = database.owner().await;
    for statement in [
        "update desk.jobs set since = now() - interval '2 days'",
        "update read.ticket_list set created_at = created_at - interval '2 hours'",
    ] {
        owner.execute(statement).await.expect(statement);
    }
    let again = TestDatabase::at(database.options.clone());
    let (desk, other) = tokio::join!(TestDesk::with(database, &settings), TestDesk::with(again, &settings));
    let stands = loop {
        let stands = ran(&desk, &admin).await;
        if stands["last_run"]["trigger"] == "schedule" {
            break stands;
        }
    };
    let run = &stands["last_run"];
    assert_eq!(
        run["statistics"],
        json!({ "users_total": 1, "users": 1, "reports": 1, "failures": 0 }),
        "{run}"
    );
    assert_eq!(run["for_day"], two_minutes_ago.date_naive().to_string());
    let until: DateTime<Utc> = run["window_until"].as_str().expect("a time").parse().expect("a time");
    assert_eq!(until.format("%H:%M:%S").to_string(), format!("{at}:00"));
    assert_eq!(reports(&desk, &admin, "").await[0]["detection_date"], run["for_day"]);
    let _database = other.close().await;

    // Nor is it run again by whoever starts later.
    let desk = TestDesk::with(desk.close().await, &settings).await;
    let _ = look(&desk, &admin, json!({})).await;
    let due: i64 = sqlx::query_scalar("select count(*) from desk.job_runs where day is not null")
        .fetch_one(desk.desk.pool())
        .await
        .expect("a count");
    assert_eq!((due, events(&desk, "MisuseReported").await), (1, 1));
    desk.close().await;
}
