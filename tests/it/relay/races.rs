//! Two nodes relay the same log at the same time.

use std::time::{Duration, Instant};

use infrastructure::relay::State;
use tests::nats::NatsServer;
use tests::postgres::TestDatabase;

use super::{Load, Node, PATIENCE, assert_same, until_more};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_relays_one_wins_each_event() {
    let (test, mut server) = (TestDatabase::create().await, NatsServer::start().await);
    let writer = test.log().await;
    let load = Load::begin(&writer, 6);
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::start(&test, &server.url()).await);
    }
    for round in 0..10_u64 {
        until_more(&writer, 60).await;
        tokio::time::sleep(Duration::from_millis(17 * (round % 5))).await;
        // All relays come back at the same moment, or one of them is another from now on.
        if round % 3 == 0 {
            server.kill_and_restart();
        } else {
            nodes.remove(0).kill().await;
            nodes.push(Node::start(&test, &server.url()).await);
        }
    }
    load.end().await;
    for node in &nodes {
        node.until_level().await;
    }
    let relayed = assert_same(&server, &writer).await;
    eprintln!("three relays at a time, 10 disasters, {relayed} events");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_loser_stands_by_and_takes_over() {
    let (test, server) = (TestDatabase::create().await, NatsServer::start().await);
    let mut nodes = vec![Node::start(&test, &server.url()).await, Node::start(&test, &server.url()).await];
    for node in &nodes {
        node.until(|status| status.state == State::Relaying).await;
    }
    let writer = test.log().await;
    let load = Load::begin(&writer, 2);
    let winner = until_one_stands_by(&nodes).await;
    nodes.swap_remove(winner).kill().await;
    let killed = Instant::now();
    let before = nodes[0].status.borrow().position;
    nodes[0].until(|status| status.state == State::Relaying && status.position > before).await;
    let took = killed.elapsed();
    eprintln!("the other relay took over within {took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    load.end().await;
    nodes[0].until_level().await;
    assert_same(&server, &writer).await;
}

/// Waits until one of two relays and the other stands by; which relays.
async fn until_one_stands_by(nodes: &[Node]) -> usize {
    let started = Instant::now();
    loop {
        let states: Vec<State> = nodes.iter().map(|node| node.status.borrow().state).collect();
        match states[..] {
            [State::Relaying, State::StandingBy] => return 0,
            [State::StandingBy, State::Relaying] => return 1,
            _ => assert!(started.elapsed() < PATIENCE, "{states:?}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A relay that stands by asks the stream now and then, and the processor hardly at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_stands_by_asks_seldom() {
    let (test, server) = (TestDatabase::create().await, NatsServer::start().await);
    let nodes = [Node::start(&test, &server.url()).await, Node::start(&test, &server.url()).await];
    for node in &nodes {
        node.until(|status| status.state == State::Relaying).await;
    }
    let load = Load::begin(&nodes[0].log, 2);
    until_one_stands_by(&nodes).await;
    load.end().await;
    for node in &nodes {
        node.until_level().await;
    }
    let asked = || async { server.requests().await };
    let (before, started) = (asked().await, Instant::now());
    tokio::time::sleep(Duration::from_secs(4)).await;
    let per_second = f64::from(asked().await - before) / started.elapsed().as_secs_f64();
    eprintln!("one idle relay and one that stands by: {per_second:.1} messages to NATS per second");
    assert!(per_second < 20.0, "{per_second}");
}
