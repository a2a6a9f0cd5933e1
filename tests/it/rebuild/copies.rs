//! Frozen copies for analysts: what a fold up to a point gives, and nothing behind it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use infrastructure::projection::{At, Progress, freeze};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use tests::postgres::TestDatabase;

use super::operator::{ended, projections};
use super::{count, settle, tickets};

/// The tables of all read models.
const TABLES: [&str; 8] = [
    "ticket_list",
    "ticket_counts",
    "ticket_past",
    "ticket_page",
    "ticket_messages",
    "ticket_history",
    "user_directory",
    "activity",
];

/// How many rows of `one` and `other` differ, over all tables.
async fn differing(connection: &mut PgConnection, one: &str, other: &str) -> i64 {
    let mut all = 0;
    for table in TABLES {
        all += count(
            connection,
            &format!(
                "((table {one}.{table} except table {other}.{table})
                  union all (table {other}.{table} except table {one}.{table})) d"
            ),
        )
        .await;
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_what_a_fold_up_to_there_gives() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    tickets(&log, 20, 3).await;
    settle(&test).await;
    let mut owner = test.owner().await;
    // What the live tables were at this point, kept by another way.
    let then = log.head().await.expect("a head");
    owner.execute("create schema witness").await.expect("made");
    for table in TABLES {
        let keep = format!("create table witness.{table} as table read.{table}");
        owner.execute(AssertSqlSafe(keep)).await.expect("kept");
    }
    tokio::time::sleep(Duration::from_millis(5)).await; // so that the next event has another time
    let time: DateTime<Utc> = sqlx::query_scalar("select now()").fetch_one(&mut owner).await.expect("a time");
    tickets(&log, 20, 3).await;
    settle(&test).await;

    let (out, _) = ended(
        &projections(
            &test,
            &["rebuild", "--at", &then.to_string(), "--into", "by_position", "--output", "json"],
        ),
        0,
    );
    let told: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&told["position"], &told["rows"]["ticket_list"]), (&then.into(), &20.into()), "{told}");
    assert_eq!(differing(&mut owner, "witness", "by_position").await, 0);
    let (out, _) =
        ended(&projections(&test, &["rebuild", "--at", &time.to_rfc3339(), "--into", "by_time"]), 0);
    assert!(out.contains(&format!("schema by_time as of position {then}")), "{out}");
    assert_eq!(differing(&mut owner, "witness", "by_time").await, 0);
    assert!(differing(&mut owner, "read", "by_time").await > 0, "the live ones went on");
    // The states of then are those that the live table has of then.
    let then = format!("(select * from read.ticket_past where position <= {then}");
    let states = format!("{then} except table by_position.ticket_past) d");
    assert_eq!(count(&mut owner, &states).await, 0);
    assert_eq!(
        count(&mut owner, "by_position.ticket_past").await,
        count(&mut owner, &format!("{then}) d")).await
    );

    // One read model alone, and only for the owner of the database.
    ended(&projections(&test, &["rebuild", "user_directory", "--at", "1", "--into", "people"]), 0);
    let tables = "information_schema.tables where table_schema = 'people'";
    assert_eq!(count(&mut owner, tables).await, 1);
    let refused = sqlx::query("select from by_time.ticket_list").execute(test.database.pool()).await;
    assert!(refused.is_err(), "not for the service");
    let grants =
        "information_schema.role_table_grants where table_schema = 'by_time' and grantee = 'ledgerdesk_app'";
    assert_eq!(count(&mut owner, grants).await, 0);
    assert_eq!(count(&mut owner, "read.parked").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_cannot_be_made_leaves_nothing() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    tickets(&log, 2, 1).await;
    test.owner().await.execute("create schema taken").await.expect("taken");
    for (arguments, said) in [
        (["rebuild", "--at", "5", "--into", "taken"], "there is a schema taken already"),
        (["rebuild", "--at", "5000", "--into", "later"], "the log ends at position 16"),
        (["rebuild", "--at", "1999-12-31T23:59:59Z", "--into", "early"], "nothing had been recorded by"),
    ] {
        let (_, err) = ended(&projections(&test, &arguments), 1);
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
    let into = "broken".parse().expect("a name");
    test.owner().await.execute("drop table read.user_directory").await.expect("gone");
    let at = (At::Position(5), &into);
    freeze(&test.database, &log, &projections::all(), at, &Progress::default()).await.expect_err("no table");
    let left = "pg_namespace where nspname in ('later', 'early', 'broken') or nspname like 'read\\_%'";
    assert_eq!(count(&mut test.owner().await, left).await, 0);
}
