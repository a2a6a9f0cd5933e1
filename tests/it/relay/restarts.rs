//! Either side dies over and over while people write.

use std::time::Duration;

use infrastructure::relay::State;
use nix::sys::signal::Signal;
use tests::nats::NatsServer;
use tests::postgres::TestDatabase;

use super::{Load, Node, assert_same, until_more};

const KILLS: u64 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killing_nats_over_and_over_loses_and_doubles_nothing() {
    let (test, mut server) = (TestDatabase::create().await, NatsServer::start().await);
    let node = Node::start(&test, &server.url()).await;
    let load = Load::begin(&node.log, 6);
    for round in 0..KILLS {
        let relayed = node.status.borrow().position;
        node.until(|status| status.position > relayed + 50).await;
        tokio::time::sleep(Duration::from_millis(13 * round)).await;
        server.kill_and_restart();
    }
    load.end().await;
    node.until_level().await;
    let relayed = assert_same(&server, &node.log).await;
    eprintln!("{KILLS} kills of NATS, {relayed} events");
}

/// A server that is paused answers nothing and breaks nothing off. What it took at last is told from what it did not.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pausing_nats_loses_and_doubles_nothing() {
    let (test, server) = (TestDatabase::create().await, NatsServer::start().await);
    let node = Node::start(&test, &server.url()).await;
    let load = Load::begin(&node.log, 4);
    node.until(|status| status.position > 100).await;
    server.signal(Signal::SIGSTOP);
    node.until(|status| status.state == State::Waiting).await;
    until_more(&node.log, 100).await;
    server.signal(Signal::SIGCONT);
    node.until(|status| status.state == State::Relaying).await;
    load.end().await;
    node.until_level().await;
    assert_same(&server, &node.log).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ending_the_relay_over_and_over_loses_and_doubles_nothing() {
    let (test, server) = (TestDatabase::create().await, NatsServer::start().await);
    let writer = test.log().await;
    let load = Load::begin(&writer, 6);
    for round in 0..KILLS {
        let node = Node::start(&test, &server.url()).await;
        let relayed = i64::try_from(server.last_sequence().await).expect("a position");
        node.until(|status| status.position > relayed + 50).await;
        tokio::time::sleep(Duration::from_millis(7 * round)).await;
        node.kill().await;
    }
    until_more(&writer, 100).await;
    load.end().await;
    let node = Node::start(&test, &server.url()).await;
    node.until_level().await;
    let relayed = assert_same(&server, &node.log).await;
    eprintln!("{KILLS} kills of the relay, {relayed} events");
}
