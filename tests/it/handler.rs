//! Handlers: one process runs each, every event has its effect once, and no event stops the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use application::ledger::{Append, Ledger as _};
use async_trait::async_trait;
use domain::event::Recorded;
use domain::id::{TicketId, UserId};
use infrastructure::handler::{Handler, Runner, command_id, status};
use infrastructure::log::PgLog;
use sqlx::{Executor as _, PgPool};
use tests::appends::{append, created, new_stream, on, unassigned};
use tests::desk::TestDesk;
use tests::postgres::TestDatabase;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const NAME: &str = "test_echo";
const PATIENCE: Duration = Duration::from_secs(30);

/// Appends one event to every ticket that is filed or assigned.
struct Echo {
    log: Arc<PgLog>,
    calls: AtomicUsize,
    /// How many calls may end; the others wait behind their effect.
    may_end: Semaphore,
    /// The ticket it cannot take.
    poison: Uuid,
    is_cured: AtomicBool,
}

impl Echo {
    fn new(log: &Arc<PgLog>, may_end: usize, poison: Uuid) -> Arc<Self> {
        let (calls, is_cured) = Default::default();
        let log = Arc::clone(log);
        Arc::new(Self { log, calls, may_end: Semaphore::new(may_end), poison, is_cured })
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Handler for Echo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn types(&self) -> &'static [&'static str] {
        &["TicketCreated", "TicketAssigned"]
    }

    async fn handle(&self, event: &Recorded) -> anyhow::Result<()> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let is_cured = self.is_cured.load(Ordering::Relaxed);
        anyhow::ensure!(is_cured || event.stream != self.poison, "this ticket is not to my taste");
        let version =
            self.log.read_streams(&[(event.stream, 0)]).await?.last().map_or(0, |last| last.version);
        let effect = append(vec![on(event.stream, version, vec![unassigned()])]);
        self.log.append(Append { command_id: command_id(NAME, event.position), ..effect }).await?;
        self.may_end.acquire().await?.forget();
        Ok(())
    }
}

/// A handler that runs until it is told to stop.
struct Running {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Running {
    async fn start(test: &TestDatabase, log: &Arc<PgLog>, echo: &Arc<Echo>) -> Self {
        let handlers = vec![Arc::clone(echo) as Arc<dyn Handler>];
        let runner = Runner::register(Arc::clone(log), test.database.clone(), handlers).await;
        let stop = CancellationToken::new();
        let task = tokio::spawn(runner.expect("registered").run(stop.clone()));
        Self { task, stop }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.expect("no panic");
    }
}

async fn file(log: &PgLog, stream: Uuid) -> i64 {
    let filed = append(vec![on(stream, 0, vec![created(UserId(Uuid::now_v7()))])]);
    log.append(filed).await.expect("accepted").last
}

/// How many effects there are.
async fn effects(pool: &PgPool) -> usize {
    let count: i64 =
        sqlx::query_scalar("select count(*) from ledger.events where event_type = 'TicketUnassigned'")
            .fetch_one(pool)
            .await
            .expect("a count");
    usize::try_from(count).expect("a count")
}

/// Up to where everything is handled, as the database has it.
async fn position(pool: &PgPool) -> i64 {
    let position = sqlx::query_scalar("select position from desk.handlers where name = $1");
    position.bind(NAME).fetch_one(pool).await.expect("a position")
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn parked(pool: &PgPool) -> i64 {
    let all = status(pool).await.expect("a status");
    all.iter().find(|handler| handler.handler == NAME).expect("registered").parked
}

/// It begins at the end of the log as it was, and hears of what follows, whoever appends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_one_handles_and_hands_over_when_it_stops() {
    let test = TestDatabase::create().await;
    let pool = test.database.pool();
    let logs = [test.log().await, test.log().await];
    file(&logs[0], new_stream()).await;
    let nodes = logs.each_ref().map(|log| Echo::new(log, usize::MAX >> 4, Uuid::nil()));
    let first = Running::start(&test, &logs[0], &nodes[0]).await;
    for log in [&logs[0], &logs[1], &logs[0]] {
        file(log, new_stream()).await;
    }
    until("the first handles what both append", async || effects(pool).await == 3).await;
    let second = Running::start(&test, &logs[1], &nodes[1]).await;
    let fourth = file(&logs[1], new_stream()).await;
    until("one of them handles it", async || effects(pool).await == 4).await;
    assert_eq!((nodes[0].calls(), nodes[1].calls()), (4, 0), "the first has the lease");
    until("and has said so", async || position(pool).await >= fourth).await;

    let before = Instant::now();
    first.stop().await;
    file(&logs[0], new_stream()).await;
    until("the second takes over", async || effects(pool).await == 5).await;
    assert!(before.elapsed() < Duration::from_secs(2), "at once, as the lease was given back");
    assert_eq!((nodes[0].calls(), nodes[1].calls()), (4, 1));
    second.stop().await;
}

/// The owner dies behind its effect and before it could say so: the other does it again, and it is there once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_dies_loses_nothing_and_doubles_nothing() {
    let test = TestDatabase::create().await;
    let pool = test.database.pool();
    let logs = [test.log().await, test.log().await];
    let (dying, heir) = (Echo::new(&logs[0], 2, Uuid::nil()), Echo::new(&logs[1], 9, Uuid::nil()));
    let owner = Running::start(&test, &logs[0], &dying).await;
    let mut filed = Vec::new();
    for _ in 0..4 {
        filed.push(file(&logs[0], new_stream()).await);
    }
    until("two are handled, the third has its effect", async || effects(pool).await == 3).await;
    until("what is done is said before long", async || position(pool).await >= filed[1]).await;
    let other = Running::start(&test, &logs[1], &heir).await;
    owner.task.abort();
    until("the heir does the rest", async || effects(pool).await == 4 && heir.calls() == 2).await;
    assert_eq!(dying.calls(), 3);
    other.stop().await;
    assert_eq!(effects(pool).await, 4, "what was done twice is there once");
}

/// An owner that slept through its lease wakes up in the middle of an event: it moves nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_slept_moves_nothing() {
    let test = TestDatabase::create().await;
    let pool = test.database.pool();
    let log = test.log().await;
    let sleepy = Echo::new(&log, 0, Uuid::nil());
    let running = Running::start(&test, &log, &sleepy).await;
    file(&log, new_stream()).await;
    until("it is in the middle", async || effects(pool).await == 1).await;
    let before = position(pool).await;
    let mut owner = test.owner().await;
    owner
        .execute(
            "update desk.handlers set lease_token = lease_token + 1, lease_owner = gen_random_uuid(),
                    lease_until = now() + interval '1 hour'",
        )
        .await
        .expect("taken");
    tokio::time::sleep(Duration::from_millis(150)).await; // it sleeps longer than it may go on unseen
    sleepy.may_end.add_permits(9);
    file(&log, new_stream()).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await; // two signs of life that are refused
    assert_eq!((position(pool).await, sleepy.calls()), (before, 1));
    owner.execute("update desk.handlers set lease_until = '-infinity'").await.expect("given up");
    until("it has it back and goes on", async || effects(pool).await == 2 && sleepy.calls() == 3).await;
    running.stop().await;
}

/// An event that cannot be handled is set aside, with what follows on the same ticket; whoever takes over tries again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_is_parked_in_order_while_the_others_flow() {
    let desk = TestDesk::open().await;
    let (log, pool) = (Arc::clone(&desk.desk.log), desk.desk.pool().clone());
    let admin = desk.admin().await;
    let poison = new_stream();
    let echo = Echo::new(&log, usize::MAX >> 4, poison);
    let running = Running::start(&desk.database, &log, &echo).await;
    let ready = "/health/ready";
    let _ = desk.get(&admin, ready).await.expect(200);
    let first = file(&log, poison).await;
    let assigned = domain::ticket::TicketEvent::TicketAssigned { agent: None };
    let second = log.append(append(vec![on(poison, 1, vec![assigned])])).await.expect("accepted").last;
    file(&log, new_stream()).await;
    until("the other ticket is handled", async || effects(&pool).await == 1).await;
    let set_aside: Vec<(Uuid, i64, i32)> =
        sqlx::query_as("select entity, position, attempts from desk.parked_events order by position")
            .fetch_all(&pool)
            .await
            .expect("readable");
    let entity = TicketId::of_stream(poison).stream();
    assert_eq!(set_aside, [(entity, first, 6), (entity, second, 0)], "tried often, and in order");
    let unready = desk.get(&admin, ready).await.expect(503);
    let told = &unready.body["error"]["details"]["handlers"];
    let told = told.as_array().expect("handlers").iter().find(|handler| handler["handler"] == NAME);
    assert_eq!(told.expect("named")["parked"], 2);

    echo.is_cured.store(true, Ordering::Relaxed);
    running.stop().await;
    let running = Running::start(&desk.database, &log, &echo).await;
    until("whoever takes over tries again", async || parked(&pool).await == 0).await;
    assert_eq!(effects(&pool).await, 3);
    let _ = desk.get(&admin, ready).await.expect(200);
    running.stop().await;
}

/// A database that is away for a moment costs nothing: no event is lost, none is parked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_parks_nothing() {
    let test = TestDatabase::create().await;
    let pool = test.database.pool();
    let log = test.log().await;
    let echo = Echo::new(&log, usize::MAX >> 4, Uuid::nil());
    let running = Running::start(&test, &log, &echo).await;
    let mut superuser = test.superuser().await;
    for _ in 0..10 {
        superuser
            .execute(
                "select pg_terminate_backend(pid) from pg_stat_activity
                  where datname = current_database() and pid <> pg_backend_pid()",
            )
            .await
            .expect("ended");
        let filed = append(vec![on(new_stream(), 0, vec![created(UserId(Uuid::now_v7()))])]);
        until("accepted in the end", async || log.append(filed.clone()).await.is_ok()).await;
    }
    until("all are handled", async || effects(pool).await == 10).await;
    assert_eq!(parked(pool).await, 0);
    running.stop().await;
}
