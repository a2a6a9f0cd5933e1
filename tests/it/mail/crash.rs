//! A process that dies between the server's 250 and the record of it sends once more, under the same id.

use std::time::{Duration, Instant};

use infrastructure::keys::Keyring;
use infrastructure::mail::Outbox;
use sqlx::Connection as _;
use tests::node::Node;
use tests::postgres::{MASTER_KEY, TestDatabase};
use tests::process::scratch;
use tests::smtp::{SmtpServer, Tls};

use super::{PATIENCE, mail};

/// Waits until a statement waits for a lock in `database`: the record of what the server took.
async fn wait_for_the_record(database: &TestDatabase) {
    let mut watcher = database.superuser().await;
    let started = Instant::now();
    loop {
        let waits: bool = sqlx::query_scalar(
            "select exists (select from pg_stat_activity
                             where datname = current_database() and wait_event_type = 'Lock'
                               and query like 'delete from desk.outgoing_mail%')",
        )
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
    let server = SmtpServer::start(Tls::StartTls, None).await;
    let (database, folder) = (TestDatabase::create().await, scratch("mail-crash"));
    let mut node = Node::start(&database, &folder, &server.settings()).await;
    server.hold();
    let pool = database.database.pool();
    let outbox = Outbox::new(pool.clone(), Keyring::new(pool.clone(), &MASTER_KEY));
    outbox.put(mail(None, "ada@example.com", "Hello")).await.expect("queued");
    server.wait_for(1).await;

    let mut locker = database.owner().await;
    let mut lock = locker.begin().await.expect("a transaction");
    sqlx::query("select id from desk.outgoing_mail for update").fetch_all(&mut *lock).await.expect("locked");
    server.release();
    wait_for_the_record(&database).await;
    node.kill();
    // What the killed process had asked for may not happen any more.
    sqlx::query(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity
          where datname = current_database() and query like 'delete from desk.outgoing_mail%'
            and pid <> pg_backend_pid()",
    )
    .execute(&mut database.superuser().await)
    .await
    .expect("ended");
    lock.rollback().await.expect("unlocked");

    let _node = Node::start(&database, &folder, &server.settings()).await;
    let received = server.wait_for(2).await;
    let started = Instant::now();
    while sqlx::query_scalar::<_, i64>("select count(*) from desk.outgoing_mail")
        .fetch_one(pool)
        .await
        .expect("a count")
        > 0
    {
        assert!(started.elapsed() < PATIENCE, "it is not recorded");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ids: Vec<&str> = received.iter().map(|received| received.mail.header("Message-ID")).collect();
    assert_eq!(ids[0], ids[1]);
    assert_eq!(server.received().len(), 2, "once more, and not again");
    let log = std::fs::read_to_string(folder.path().join("log")).expect("a log");
    assert!(log.contains("A mail was handed to the SMTP server"), "{log}");
    assert!(!log.contains("ada@example.com") && !log.contains("News of the desk"), "{log}");
}
