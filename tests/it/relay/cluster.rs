//! A stream with three replicas, whose servers die one after the other while people write.

use std::time::{Duration, Instant};

use async_nats::jetstream::stream::Config;
use tests::nats::{NatsServer, STREAM};
use tests::postgres::TestDatabase;

use super::{Load, Node, PATIENCE, assert_same};

const KILLS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killing_the_servers_of_a_cluster_in_turn_loses_and_doubles_nothing() {
    let (test, mut servers) = (TestDatabase::create().await, NatsServer::cluster());
    for server in &mut servers {
        server.launch();
    }
    make_stream(&servers[0]).await;
    // The relay finds the cluster by any of its servers.
    let urls = servers.each_ref().map(NatsServer::url).join(",");
    let nodes = [Node::start(&test, &urls).await, Node::start(&test, &urls).await];
    let load = Load::begin(&nodes[0].log, 4);
    for kill in 0..KILLS {
        let relayed = nodes[0].status.borrow().position;
        nodes[0].until(|status| status.position > relayed + 50).await;
        servers[kill % 3].kill_and_restart();
    }
    load.end().await;
    for node in &nodes {
        node.until_level().await;
    }
    let relayed = assert_same(&servers[0], &nodes[0].log).await;
    eprintln!("{KILLS} kills of servers of a cluster, two relays, {relayed} events");
}

/// Makes the stream as an operator would who wants three replicas, once the cluster has found itself.
async fn make_stream(server: &NatsServer) {
    server.up().await;
    let subjects = vec!["ledgerdesk.events.>".to_owned()];
    let config = Config { name: STREAM.to_owned(), subjects, num_replicas: 3, ..Config::default() };
    let (context, started) = (server.jetstream().await, Instant::now());
    while let Err(error) = context.create_stream(config.clone()).await {
        assert!(started.elapsed() < PATIENCE, "{error}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
