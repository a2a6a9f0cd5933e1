//! Who keeps the read models: paused, killed, told to stop; and what one that slept through it can still do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use application::ledger::Ledger as _;
use domain::id::UserId;
use infrastructure::database::{Database, Purpose};
use infrastructure::projection::Runner;
use nix::sys::signal::Signal;
use reqwest::Client;
use sqlx::Executor as _;
use tests::appends::{append, created, new_stream, on};
use tests::desk::TestDesk;
use tests::postgres::TestDatabase;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Cluster, NODES, file};

const PAUSES: u64 = 10;

/// Writes down every change of a checkpoint, in the order in which they were committed.
const HISTORY: &str = "
    create table public.history (
      id bigint generated always as identity, model text, token bigint, owner uuid, position bigint);
    create function public.note() returns trigger language plpgsql security definer as $$
    begin
      insert into public.history (model, token, owner, position)
      values (new.model, new.lease_token, new.lease_owner, new.position);
      return null;
    end $$;
    create trigger note after update on read.checkpoints for each row execute function public.note();";

/// People who write at one node after the other, and go to the next when one does not answer.
struct Load {
    stop: Arc<AtomicBool>,
    filed: Arc<AtomicUsize>,
    writers: Vec<JoinHandle<()>>,
}

impl Load {
    fn begin(cluster: &Cluster) -> Self {
        let (stop, filed) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let urls: Vec<String> = cluster.nodes.iter().map(|node| node.url("")).collect();
        let writers = (0..NODES).map(|first| {
            let (stop, filed) = (Arc::clone(&stop), Arc::clone(&filed));
            let (urls, token) = (urls.clone(), cluster.token.clone());
            tokio::spawn(async move {
                let client =
                    Client::builder().timeout(Duration::from_millis(1_500)).build().expect("a client");
                let mut turn = first;
                while !stop.load(Ordering::Relaxed) {
                    if file(&client, &urls[turn % NODES], &token).await.is_some() {
                        filed.fetch_add(1, Ordering::Relaxed);
                    }
                    turn += 1;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            })
        });
        let writers = writers.collect();
        Self { stop, filed, writers }
    }

    /// Waits until so many more tickets were filed.
    async fn until_more(&self, more: usize) {
        let wanted = self.filed.load(Ordering::Relaxed) + more;
        let started = Instant::now();
        while self.filed.load(Ordering::Relaxed) < wanted {
            assert!(started.elapsed() < super::PATIENCE, "nobody can write");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn end(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        for writer in self.writers {
            writer.await.expect("no writer fails");
        }
        self.filed.load(Ordering::Relaxed)
    }
}

/// P2: the owner is stopped for longer than its lease, over and over, while people write at every node. Another
/// takes over; the one that wakes up moves no checkpoint and writes no row.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_paused_owner_is_replaced_and_can_move_nothing_when_it_wakes() {
    let cluster = Cluster::start().await;
    cluster.test.owner().await.execute(HISTORY).await.expect("a history");
    let load = Load::begin(&cluster);
    let mut takeovers = Vec::new();
    for round in 0..PAUSES {
        let owner = cluster.owner(None).await;
        load.until_more(5).await;
        // In the middle of a transaction, before one, after one.
        tokio::time::sleep(Duration::from_micros(7_300 * round)).await;
        let paused = Instant::now();
        cluster.nodes[owner].signal(Signal::SIGSTOP);
        cluster.owner(Some(owner)).await;
        takeovers.push(paused.elapsed());
        load.until_more(5).await;
        cluster.nodes[owner].signal(Signal::SIGCONT);
        load.until_more(5).await;
    }
    let filed = load.end().await;
    takeovers.sort_unstable();
    eprintln!("{PAUSES} pauses, {filed} tickets; another node took over within {takeovers:?}");
    assert!(takeovers.last() < Some(&Duration::from_secs(8)), "{takeovers:?}");

    cluster.owner(None).await;
    let test = cluster.stop();
    assert_history(&test.database).await;
    // What the nodes left behind is what a fold of the log gives.
    TestDesk::on(test).await.assert_sound().await;
}

/// Every token has one owner, tokens and positions only grow, and at the end nobody holds a lease.
async fn assert_history(database: &Database) {
    let mut connection = database.connect(Purpose::Owner).await.expect("connected");
    let history: Vec<(String, i64, Option<Uuid>, i64)> =
        sqlx::query_as("select model, token, owner, position from public.history order by model, id")
            .fetch_all(&mut connection)
            .await
            .expect("a history");
    let mut tokens = 0;
    for pair in history.windows(2) {
        let [(model, token, owner, position), (next_model, next_token, next_owner, next_position)] = pair
        else {
            unreachable!("windows of two")
        };
        if model != next_model {
            continue;
        }
        assert!(next_position >= position, "{model} went back: {pair:?}");
        if next_token == token {
            let released = next_owner.is_none() && next_position == position;
            assert!(released || next_owner == owner, "two owners under one token: {pair:?}");
        } else {
            tokens += 1;
            assert_eq!(*next_token, token + 1, "{model}: {pair:?}");
            assert_eq!(next_position, position, "a lease is taken before anything is moved: {pair:?}");
        }
    }
    assert!(tokens >= PAUSES, "the leases changed hands: {tokens}");
    let held: i64 = sqlx::query_scalar("select count(*) from read.checkpoints where lease_owner is not null")
        .fetch_one(&mut connection)
        .await
        .expect("a count");
    assert_eq!(held, 0, "nodes that stop give their leases back");
}

/// What a node leaves behind that is paused between two statements: locks on the checkpoints, and silence.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_is_paused_in_the_middle_of_a_transaction_locks_nobody_out() {
    let test = TestDatabase::create().await;
    let mut paused = test.database.connect(Purpose::Projection).await.expect("connected");
    paused.execute("begin").await.expect("begun");
    paused.execute("update read.checkpoints set lease_until = now()").await.expect("locked");

    let log = test.log().await;
    let runner = Runner::new(Arc::clone(&log), test.database.clone(), projections::all());
    let (visible, stop) = (runner.visible(), CancellationToken::new());
    let running = tokio::spawn(runner.run(stop.clone()));
    let sent = append(vec![on(new_stream(), 0, vec![created(UserId(Uuid::now_v7()))])]);
    log.append(sent).await.expect("accepted");
    let waiting = Instant::now();
    assert!(visible.wait(1, Duration::from_secs(6)).await, "another node takes over");
    eprintln!("the locks were gone and the event visible after {:?}", waiting.elapsed());
    assert!(paused.execute("commit").await.is_err(), "who wakes up has lost its session");
    stop.cancel();
    running.await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_owner_that_is_told_to_stop_hands_over_at_once_and_a_killed_one_soon() {
    let mut cluster = Cluster::start().await;
    let load = Load::begin(&cluster);
    for (signal, at_most) in [(Signal::SIGTERM, 3_000), (Signal::SIGKILL, 8_000), (Signal::SIGTERM, 3_000)] {
        let owner = cluster.owner(None).await;
        load.until_more(5).await;
        cluster.nodes[owner].signal(signal);
        let ended = Instant::now();
        cluster.owner(Some(owner)).await;
        let took = ended.elapsed();
        eprintln!("after {signal} another node took over within {took:?}");
        assert!(took < Duration::from_millis(at_most), "{signal}: {took:?}");
        let status = cluster.nodes[owner].process.wait().expect("ended");
        assert_eq!(status.success(), signal == Signal::SIGTERM);
        let port = cluster.nodes[owner].port;
        cluster.nodes[owner] = super::Node::start(&cluster.test, &cluster.folder, port);
        cluster.nodes[owner].ready().await;
    }
    load.end().await;
    TestDesk::on(cluster.stop()).await.assert_sound().await;
}
