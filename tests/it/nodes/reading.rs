//! What was written at one node is read at every other.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use reqwest::{Client, StatusCode};
use serde_json::Value;

use super::{Cluster, NODES, file};

/// The value that all but one in a hundred of `times` are below.
fn p99(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[(times.len() * 99 / 100).min(times.len() - 1)]
}

/// Whoever keeps the read models, and while other people write: what one node acknowledged is there at the
/// others, in the page and in the list.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_written_at_one_node_is_read_at_the_others() {
    let mut cluster = Cluster::start().await;
    let client = Client::new();
    let mut owners = Vec::new();
    let mut waits = Vec::new();
    while owners.len() < NODES {
        let owner = cluster.owner(None).await;
        owners.push(owner);
        let callers = (0..6).map(|caller| read_own_writes(&client, &cluster, caller));
        waits.extend(futures::future::join_all(callers).await.into_iter().flatten());
        // The next round has another owner.
        cluster.nodes[owner].signal(Signal::SIGTERM);
        cluster.nodes[owner].process.wait().expect("ended");
        cluster.replace(owner).await;
    }
    let p99 = p99(&mut waits);
    eprintln!("{} reads at another node than the write, owners {owners:?}: p99 {p99:?}", waits.len());
    assert!(p99 < Duration::from_millis(900), "{p99:?}");
    cluster.stop();
}

async fn read_own_writes(client: &Client, cluster: &Cluster, caller: usize) -> Vec<Duration> {
    let mut waits = Vec::new();
    for turn in 0..12 {
        let (here, there) =
            (&cluster.nodes[(caller + turn) % NODES], &cluster.nodes[(caller + turn + 1) % NODES]);
        let Some((ticket, position)) = file(client, &here.url(""), &cluster.token).await else { continue };
        let read = |path: String| client.get(there.url(&path)).bearer_auth(&cluster.token).send();
        let asked = Instant::now();
        let page =
            read(format!("/api/v1/tickets/{ticket}?min_position={position}")).await.expect("an answer");
        waits.push(asked.elapsed());
        assert_eq!(page.status(), StatusCode::OK);
        let list = read(format!("/api/v1/tickets?limit=100&sort=-number&min_position={position}"))
            .await
            .expect("an answer");
        let list: Value = list.json().await.expect("JSON");
        assert!(list.to_string().contains(&ticket), "{ticket} is not in the list");
    }
    assert!(waits.len() > 6, "the desk was there nearly all the time: {}", waits.len());
    waits
}

/// Asked for before it is written: every node answers as soon as the event is visible, wherever it was written
/// and whoever made it visible.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_that_wait_for_a_position_are_woken_at_every_node() {
    let cluster = Cluster::start().await;
    cluster.owner(None).await;
    let client = Client::new();
    let (_, mut head) = file(&client, &cluster.nodes[0].url(""), &cluster.token).await.expect("a ticket");
    let mut waits = Vec::new();
    for turn in 0..30 {
        let path = format!("/api/v1/tickets?min_position={}", head + 1);
        let readers = cluster.nodes.iter().map(|node| {
            let asked = client.get(node.url(&path)).bearer_auth(&cluster.token).send();
            async move { (asked.await.expect("an answer").status(), Instant::now()) }
        });
        let writing = async {
            // The readers are there first.
            tokio::time::sleep(Duration::from_millis(30)).await;
            let written = file(&client, &cluster.nodes[turn % NODES].url(""), &cluster.token).await;
            (written.expect("a ticket"), Instant::now())
        };
        let (reads, ((_, position), acknowledged)) =
            futures::join!(futures::future::join_all(readers), writing);
        assert!(position > head, "positions rise");
        head = position;
        for (status, answered) in reads {
            assert_eq!(status, StatusCode::OK, "woken, not timed out");
            waits.push(answered.saturating_duration_since(acknowledged));
        }
    }
    let p99 = p99(&mut waits);
    eprintln!("{} waiting reads answered after the write was: p99 {p99:?}", waits.len());
    assert!(p99 < Duration::from_millis(500), "{p99:?}");
    cluster.stop();
}
