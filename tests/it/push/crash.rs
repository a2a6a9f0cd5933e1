//! A process that dies between the push service's answer and the record of it sends once more, under the same id.

use std::time::{Duration, Instant};

use sqlx::Connection as _;
use tests::node::Node;
use tests::postgres::TestDatabase;
use tests::process::scratch;

use super::delivery::{payload, read};
use super::receiver::Receiver;
use super::{AUTH, DEVICE, P256DH, PATIENCE, SETTINGS, Scene, notice};

/// The record of what was taken, as it begins.
const RECORD: &str = "update desk.push_subscriptions set last_used_at%";

/// Waits until a statement waits for a lock in `database`: the record of what the push service took.
async fn wait_for_the_record(database: &TestDatabase) {
    let mut watcher = database.superuser().await;
    let started = Instant::now();
    loop {
        let waits: bool = sqlx::query_scalar(
            "select exists (select from pg_stat_activity
                             where datname = current_database() and wait_event_type = 'Lock' and query like $1)",
        )
        .bind(RECORD)
        .fetch_one(&mut watcher)
        .await
        .expect("an answer");
        if waits {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "nothing is recorded");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_the_answer_and_its_record_it_sends_once_more_with_the_same_id() {
    let scene = Scene::with(Receiver::down()).await;
    scene.browser(&scene.ada, "a-path-that-is-a-secret").await;
    scene.tell(&scene.ada, &notice("A canary.")).await;
    scene.until(|queue| queue.last_error.is_some()).await;
    let Scene { desk, mut service, .. } = scene;
    let database = desk.close().await;
    let pool = database.database.pool();
    sqlx::query("update desk.outgoing_push set next_attempt_at = now()")
        .execute(pool)
        .await
        .expect("updated");

    let mut owner = database.owner().await;
    let mut lock = owner.begin().await.expect("a transaction");
    let locked = sqlx::query("select id from desk.push_subscriptions for update").fetch_all(&mut *lock).await;
    assert_eq!(locked.expect("locked").len(), 1);
    service.up().await;
    let (folder, settings) = (scratch("push-crash"), SETTINGS.map(|(name, value)| (name, value.to_owned())));
    let mut node = Node::start(&database, &folder, &settings).await;
    service.wait_for(1).await;
    wait_for_the_record(&database).await;
    node.kill();
    // What the killed process had asked for may not happen any more.
    sqlx::query(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity
          where datname = current_database() and query like $1 and pid <> pg_backend_pid()",
    )
    .bind(RECORD)
    .execute(&mut database.superuser().await)
    .await
    .expect("ended");
    lock.rollback().await.expect("unlocked");

    let _node = Node::start(&database, &folder, &settings).await;
    let received = service.wait_for(2).await;
    let started = Instant::now();
    while sqlx::query_scalar::<_, i64>("select count(*) from desk.outgoing_push where state = 'pending'")
        .fetch_one(pool)
        .await
        .expect("a count")
        > 0
    {
        assert!(started.elapsed() < PATIENCE, "it is not recorded");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let said = read(&[(AUTH, received[0].clone()), (AUTH, received[1].clone())]);
    assert_eq!(payload(&said[0]), payload(&said[1]));
    assert_eq!(service.received().len(), 2, "once more, and not again");
    let log = std::fs::read_to_string(folder.path().join("log")).expect("a log");
    assert!(log.contains("A push service took a message"), "{log}");
    for word in ["a-path-that-is-a-secret", P256DH, AUTH, DEVICE, "canary", "vapid t="] {
        assert!(!log.contains(word), "{word} in {log}");
    }
}
