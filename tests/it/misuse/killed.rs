//! A node that is killed in the middle of the daily run: the other one finishes it, and nobody is reported twice.

use std::time::Instant;

use chrono::{TimeDelta, Utc};
use sqlx::{Connection as _, Executor as _, PgPool};
use tests::desk::TestDesk;
use tests::node::Node;
use tests::process::scratch;

use super::{PATIENCE, PRIZE, SETTINGS, file, open};

/// The lock that holds a run up between what it did for its second batch and the note of that.
const HOLDS_UP: &str = "
    create function desk.held_up() returns trigger language plpgsql as
      $$ begin if new.done >= 30 then perform pg_advisory_xact_lock(4711); end if; return new; end $$;
    create trigger held_up before update on desk.job_runs for each row execute function desk.held_up()";

/// Waits until `query` gives true.
async fn until(pool: &PgPool, query: &str) {
    let started = Instant::now();
    while !sqlx::query_scalar::<_, bool>(sqlx::AssertSqlSafe(query)).fetch_one(pool).await.expect("an answer")
    {
        assert!(started.elapsed() < PATIENCE, "{query}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_killed_in_the_middle_of_the_daily_run_is_followed_by_another_node() {
    let desk = open().await;
    for _ in 0..45 {
        let somebody = desk.user().await;
        file(&desk, &somebody, PRIZE).await;
    }
    let database = desk.close().await;
    let pool = database.database.pool().clone();
    let mut owner = database.owner().await;
    // The desk has been there for long, and was down when the tickets of two hours ago were due to be looked at.
    for statement in [
        "update desk.jobs set since = now() - interval '2 days'",
        "update read.ticket_list set created_at = created_at - interval '2 hours'",
        HOLDS_UP,
        "select pg_advisory_lock(4711)",
    ] {
        owner.execute(statement).await.expect(statement);
    }
    let at = (Utc::now() - TimeDelta::minutes(2)).format("%H:%M").to_string();
    let settings = [("MISUSE_SCHEDULE", at)];
    let folders = [scratch("misuse-one"), scratch("misuse-other")];
    let mut one = Node::start(&database, &folders[0], &settings).await;
    until(
        &pool,
        "select exists (select from pg_locks where locktype = 'advisory' and objid = 4711 and not granted)",
    )
    .await;
    let other = Node::start(&database, &folders[1], &settings).await;
    let reported = "select count(*) from ledger.events where event_type = 'MisuseReported'";
    let halfway: i64 = sqlx::query_scalar(reported).fetch_one(&pool).await.expect("a count");
    let noted: i32 =
        sqlx::query_scalar("select done from desk.job_runs").fetch_one(&pool).await.expect("a run");
    assert_eq!((halfway, noted), (30, 15), "the second batch is done and not noted");

    one.kill();
    // What PostgreSQL was asked by the dead is not heard of any more, either.
    let forget = "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 4711 and not granted";
    database.superuser().await.execute(forget).await.expect("forgotten");
    owner.execute("select pg_advisory_unlock(4711)").await.expect("unlocked");
    until(&pool, "select state = 'done' from desk.job_runs").await;
    let run: (i64, i32, i32, i32, i32) =
        sqlx::query_as("select count(*) over (), total, done, made, failures from desk.job_runs")
            .fetch_one(&pool)
            .await
            .expect("one run");
    assert_eq!(run, (1, 45, 45, 45, 0));
    until(&pool, "select count(*) >= 45 from read.misuse_reports").await;
    let reports: (i64, i64, i64) = sqlx::query_as(
        "select count(*), count(distinct user_id), count(distinct detection_date) from read.misuse_reports",
    )
    .fetch_one(&pool)
    .await
    .expect("reports");
    let events: i64 = sqlx::query_scalar(reported).fetch_one(&pool).await.expect("a count");
    assert_eq!((reports, events), ((45, 45, 1), 45), "each is reported once");
    drop(other);
    owner
        .execute("update read.ticket_list set created_at = created_at + interval '2 hours'")
        .await
        .expect("as it was");
    owner.close().await.expect("closed");
    let desk = TestDesk::with(database, &SETTINGS).await;
    desk.assert_sound().await;
    desk.close().await;
}
