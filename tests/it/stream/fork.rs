//! A log that was restored from an older backup is not taken for the one that was read.

use infrastructure::log::{Cursor, Place};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use tests::desk::{Answer, Somebody, TestDesk};
use tests::postgres::TestDatabase;

use super::client::Follower;
use super::{EVENTS, STREAM, page, positions, text, write, write_block};

/// A desk and an older copy of it, each of which went on without the other.
pub(super) struct Parted {
    pub(super) desk: TestDesk,
    pub(super) restored: TestDesk,
    pub(super) admin: Somebody,
    /// The last position that both have.
    pub(super) common: i64,
}

impl Parted {
    async fn after(blocks: usize) -> Self {
        let desk = TestDesk::open().await;
        let admin = desk.admin().await;
        write(&desk.desk.log, blocks).await;
        let common = desk.head().await;
        let mut database = desk.close().await;
        let backup = database.copy().await;
        let desk = TestDesk::on(database).await;
        Self { desk, restored: TestDesk::on(backup).await, admin, common }
    }

    pub(super) async fn close(self) {
        self.desk.close().await;
        self.restored.close().await;
    }
}

/// The end of the log as a cursor.
pub(super) async fn cursor(desk: &TestDesk) -> Cursor {
    desk.desk.log.cursor(desk.head().await).await.expect("a cursor")
}

/// The details of a 409 for a place that is none in this log.
pub(super) fn forked(answer: Answer) -> Value {
    let answer = answer.expect(409);
    assert_eq!(answer.code(), "LOG_FORKED");
    answer.body["error"]["details"].clone()
}

async fn block_ends(database: &TestDatabase) -> Vec<i64> {
    sqlx::query_scalar("select last_position from ledger.blocks order by 1")
        .fetch_all(database.database.pool())
        .await
        .expect("blocks")
}

async fn block_hash(database: &TestDatabase, position: i64) -> String {
    sqlx::query_scalar("select encode(block_hash, 'hex') from ledger.blocks where last_position = $1")
        .bind(position)
        .fetch_one(database.database.pool())
        .await
        .expect("a block")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_from_before_a_restore_is_told_where_the_logs_part() {
    let parted = Parted::after(40).await;
    let Parted { desk, restored, admin, common } = &parted;
    let shared = desk.desk.log.cursor(common - 3).await.expect("a cursor");
    write(&desk.desk.log, 30).await;
    let lost = cursor(desk).await;
    let hash = block_hash(&restored.database, *common).await;
    // First the restored log is shorter than what was read, then longer, with other events.
    for grown in [0, 60] {
        write(&restored.desk.log, grown).await;
        let (after, head) = (format!("after={lost}"), restored.head().await);
        let last_id = restored.request(Some(admin), Method::GET, STREAM);
        for details in [
            forked(restored.get(admin, &format!("{EVENTS}?{after}")).await),
            forked(restored.get(admin, &format!("{STREAM}?{after}")).await),
            forked(restored.send(last_id.header("last-event-id", lost.to_string())).await),
        ] {
            assert_eq!(
                (&details["cursor_position"], &details["head"]),
                (&json!(lost.position), &json!(head))
            );
            let told = &details["last_common"];
            assert_eq!((&told["position"], &told["block_hash"]), (&json!(common), &json!(hash)), "{grown}");
        }
        // What both have is a place in both.
        let page = page(restored, admin, &format!("after={shared}&limit=3")).await;
        assert_eq!(positions(&page), [common - 2, common - 1, *common]);
    }
    // A number that is not beyond the end proves nothing, and is taken.
    let _ = restored.get(admin, &format!("{EVENTS}?after={}", lost.position)).await.expect(200);
    parted.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_goes_on_from_the_last_common_block() {
    let parted = Parted::after(25).await;
    let Parted { desk, restored, admin, common } = &parted;
    write(&desk.desk.log, 10).await;
    write(&restored.desk.log, 20).await;
    let lost = cursor(desk).await;
    let details = forked(restored.get(admin, &format!("{EVENTS}?after={lost}")).await);
    let from = text(&details["last_common"], "cursor");
    let read = page(restored, admin, &format!("after={from}")).await;
    assert!(positions(&read).into_iter().eq(common + 1..=common + 20), "{read}");
    let own: Vec<&str> =
        read["events"].as_array().expect("events").iter().map(|event| text(event, "id")).collect();
    let others = page(desk, admin, &format!("after={common}")).await;
    for event in others["events"].as_array().expect("events") {
        assert!(!own.contains(&text(event, "id")), "the new history, not the old one");
    }
    let mut follower = Follower::open(restored, admin, &format!("after={from}&ids=cursor")).await;
    let next = follower.next().await.expect("an event");
    assert_eq!(next.data.expect("data")["pos"], common + 1);
    parted.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_durable_consumer_that_is_ahead_of_its_restored_place_is_told_so() {
    let parted = Parted::after(25).await;
    let Parted { desk, restored, admin, common } = &parted;
    let path = "/api/v1/consumers/warehouse";
    let _ =
        restored.send(restored.request(Some(admin), Method::PUT, path).json(&json!({}))).await.expect(201);
    write(&desk.desk.log, 10).await;
    let lost = cursor(desk).await;
    write(&restored.desk.log, 30).await;
    let ack = async |body: Value| restored.post(admin, &format!("{path}/ack"), body).await;
    let details = forked(ack(json!({ "cursor": lost.to_string() })).await);
    assert_eq!(details["last_common"]["position"], json!(common));
    let from = details["last_common"]["cursor"].clone();
    let _ = ack(json!({ "cursor": from, "reset": true })).await.expect(200);
    let read = page(restored, admin, "consumer=warehouse&limit=1").await;
    assert_eq!(positions(&read), [common + 1]);
    // A place kept beside another log: whoever restored the schemas of two moments is told as well.
    sqlx::query("update desk.consumers set position = $1, cursor = $2")
        .bind(lost.position)
        .bind(lost.to_string())
        .execute(restored.database.database.pool())
        .await
        .expect("kept");
    for path in [EVENTS, STREAM] {
        let details = forked(restored.get(admin, &format!("{path}?consumer=warehouse")).await);
        assert_eq!(details["last_common"]["position"], json!(common));
    }
    parted.close().await;
}

/// A copy that no epoch tells of, such as a volume set back under a server that runs: what is common is told
/// by the cursor alone, and never too high.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locator_never_tells_of_more_than_is_common() {
    let mut original = TestDatabase::create().await;
    let log = original.log().await;
    for size in [1, 3, 40, 1, 7, 150, 2, 90, 1, 1, 5] {
        write_block(&log, size).await;
    }
    let common = log.head().await.expect("a head");
    log.close().await;
    let copy = original.copy().await;
    let unnoticed = "set session_replication_role = replica; update ledger.epochs set database =
                     (select oid from pg_database where datname = current_database())";
    copy.superuser().await.execute(AssertSqlSafe(unnoticed)).await.expect("unnoticed");
    let (log, restored) = (original.log().await, copy.log().await);
    for size in [1, 2, 9, 30, 100, 60, 5, 300] {
        write_block(&log, size).await;
        write_block(&restored, size + 1).await;
    }
    let epochs: i64 = sqlx::query_scalar("select count(*) from ledger.epochs")
        .fetch_one(copy.database.pool())
        .await
        .expect("a count");
    assert_eq!(epochs, 1, "nothing tells of the copy");
    let ends = block_ends(&original).await;
    for position in 1..=log.head().await.expect("a head") {
        let lost = log.cursor(position).await.expect("a cursor");
        let fork = restored.fork_of(&Place::Proven(lost)).await.expect("an answer");
        let Some(fork) = fork else {
            assert!(position <= common, "{position} is lost and was not noticed");
            continue;
        };
        assert!(position > common, "{position} is common");
        let levels = [16, 256, 4096].map(|step| position / step * step);
        let best = levels.into_iter().find(|level| *level <= common).unwrap_or_default();
        let block = ends.iter().copied().find(|end| best > 0 && *end >= best).unwrap_or_default();
        let told = fork.last_common.expect("a cursor was shown");
        assert_eq!(told.position, block, "of {position}, with {common} in common");
        assert!(told.position <= common);
    }
    log.close().await;
    restored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_history_is_no_place_in_this_one_either() {
    let parted = Parted::after(40).await;
    let Parted { desk, restored, admin, common } = &parted;
    write(&restored.desk.log, 3).await;
    write(&desk.desk.log, 30).await;
    // The epoch of the copy is unknown here, but not where it began.
    let foreign = cursor(restored).await;
    let details = forked(desk.get(admin, &format!("{EVENTS}?after={foreign}")).await);
    let told = details["last_common"]["position"].as_i64().expect("a position");
    assert_eq!(told, *common, "{details}");
    assert_eq!(details["last_common"]["block_hash"], json!(block_hash(&desk.database, told).await));
    parted.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_opens_an_epoch_and_a_restart_of_the_desk_does_not() {
    let database = TestDatabase::create().await;
    let log = database.log().await;
    write(&log, 5).await;
    let before = log.cursor(5).await.expect("a cursor");
    log.close().await;
    let epochs = async || -> Vec<(i32, i64)> {
        sqlx::query_as("select epoch, from_position from ledger.epochs order by epoch")
            .fetch_all(database.database.pool())
            .await
            .expect("epochs")
    };
    let log = database.log().await;
    assert_eq!(epochs().await, [(1, 0)], "the same server: the same epoch");
    log.close().await;
    for (count, changed) in (2..).zip(["system_identifier = 1", "timeline = 99", "database = 1"]) {
        let statement = format!(
            "set session_replication_role = replica; update ledger.epochs set {changed}
              where epoch = (select max(epoch) from ledger.epochs)"
        );
        database.superuser().await.execute(AssertSqlSafe(statement)).await.expect("another server");
        let log = database.log().await;
        let head = log.head().await.expect("a head");
        assert_eq!(epochs().await.last(), Some(&(count, head)), "{changed}");
        write(&log, 2).await;
        assert_eq!(log.fork_of(&Place::Proven(before.clone())).await.expect("an answer"), None);
        log.close().await;
    }
    let mut app = database.database.pool().acquire().await.expect("a connection");
    let refused = app
        .execute("insert into ledger.epochs select 9, id, now(), 0, '', 0, 0, 1, now() from ledger.epochs")
        .await;
    assert!(refused.is_err(), "the service opens epochs by the function only");
    let mut owner = database.owner().await;
    assert!(owner.execute("delete from ledger.epochs").await.is_err(), "and nobody takes one back");
}
