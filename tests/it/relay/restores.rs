//! One of the two sides was put back to what it was before.

use async_nats::jetstream;
use sqlx::Executor as _;
use tests::nats::{NatsServer, STREAM};
use tests::postgres::TestDatabase;

use super::{Node, assert_same, file};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_older_data_directory_of_nats_is_filled_up_again() {
    let (test, mut server) = (TestDatabase::create().await, NatsServer::start().await);
    let node = Node::start(&test, &server.url()).await;
    file(&node.log, 300).await;
    node.until_level().await;
    server.kill();
    let backup = server.backup();
    server.launch();
    file(&node.log, 400).await;
    node.until_level().await;
    let ids = ids(&server).await;

    server.kill();
    server.restore(backup.path());
    server.launch();
    server.up().await;
    assert_eq!(server.last_sequence().await, 600, "NATS is back at its backup");
    file(&node.log, 1).await;
    node.until_level().await;
    assert_same(&server, &node.log).await;
    assert_eq!(
        self::ids(&server).await[..ids.len()],
        ids,
        "the same messages under the same ids and sequences"
    );
}

async fn ids(server: &NatsServer) -> Vec<String> {
    let id = |message: &jetstream::Message| {
        message.headers.as_ref().and_then(|headers| headers.get("Nats-Msg-Id")).expect("an id").to_string()
    };
    server.messages().await.iter().map(id).collect()
}

/// Nobody writes: the relay finds out by looking.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deleted_stream_is_relayed_anew() {
    let (test, server) = (TestDatabase::create().await, NatsServer::start().await);
    let node = Node::start(&test, &server.url()).await;
    file(&node.log, 50).await;
    node.until_level().await;
    server.jetstream().await.delete_stream(STREAM).await.expect("deleted");
    node.until(|status| status.position == 0).await;
    node.until_level().await;
    assert_eq!(assert_same(&server, &node.log).await, 100);
}

/// The log as a backup taken earlier would have it.
async fn cut_log(test: &TestDatabase, last: i64) {
    let mut superuser = test.superuser().await;
    let statement = format!(
        "set session_replication_role = replica;
         delete from ledger.events where position > {last};
         delete from ledger.blocks where last_position > {last};
         delete from ledger.commands where last_position > {last}"
    );
    superuser.execute(sqlx::AssertSqlSafe(statement)).await.expect("cut");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_log_restored_from_an_older_backup_stops_the_relay() {
    let (test, server) = (TestDatabase::create().await, NatsServer::start().await);
    let node = Node::start(&test, &server.url()).await;
    for _ in 0..10 {
        file(&node.log, 1).await;
    }
    node.until_level().await;
    node.kill().await;
    let before = ids(&server).await;

    cut_log(&test, 10).await;
    let node = Node::start(&test, &server.url()).await;
    let reason = node.until_stopped().await;
    assert!(reason.contains("ends at 20 and the log at 10"), "{reason}");
    for _ in 0..10 {
        file(&node.log, 1).await;
    }
    node.kill().await;

    // As long as before, and with other events in it.
    let node = Node::start(&test, &server.url()).await;
    let reason = node.until_stopped().await;
    assert!(reason.contains("message 20") && reason.contains("is not the log's event 20"), "{reason}");
    assert_eq!(ids(&server).await, before, "nothing was added, nothing overwritten");
}

/// A failover to a database that is behind, which the connections survive: seen before anything is published.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_log_that_loses_its_end_under_a_running_relay_stops_it() {
    let (test, server) = (TestDatabase::create().await, NatsServer::start().await);
    let node = Node::start(&test, &server.url()).await;
    for _ in 0..10 {
        file(&node.log, 1).await;
    }
    node.until_level().await;
    let before = ids(&server).await;
    cut_log(&test, 10).await;
    for _ in 0..20 {
        file(&node.log, 1).await;
    }
    let reason = node.until_stopped().await;
    assert!(reason.contains("message 20"), "{reason}");
    assert_eq!(ids(&server).await, before, "nothing was added, nothing overwritten");
}
