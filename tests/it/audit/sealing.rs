//! Heads: signed while the log grows, once for each size, whatever happens to the database.

use std::time::Duration;

use futures::future::join_all;
use infrastructure::audit::tree::Frontier;
use infrastructure::audit::{Audit, AuditError, HeadKey};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tests::desk::TestDesk;
use tokio_util::sync::CancellationToken;

use super::Scene;

const OFTEN: Duration = Duration::from_millis(10);

impl Scene {
    async fn sizes(&self) -> Vec<i64> {
        let heads = self.log.audit().heads(i64::MAX, 1_000).await.expect("readable");
        heads.iter().rev().map(|head| head.size).collect()
    }

    /// Waits until a head of `size` was signed.
    async fn sealed(&self, size: i64) {
        let sealed = async {
            while !self.sizes().await.contains(&size) {
                tokio::time::sleep(OFTEN).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), sealed).await.expect("a head of this size");
    }
}

#[tokio::test]
async fn a_head_is_signed_whenever_the_log_has_grown_and_only_then() {
    let scene = Scene::of(&[]).await;
    let stop = CancellationToken::new();
    let sealing = tokio::spawn(scene.log.audit().keep_sealing(OFTEN, stop.clone()));
    for size in 1..=5 {
        scene.append(&[1]).await;
        scene.sealed(size).await;
    }
    assert_eq!(scene.sizes().await, [1, 2, 3, 4, 5]);
    stop.cancel();
    sealing.await.expect("it stops");
}

#[tokio::test]
async fn sealing_goes_on_when_the_database_comes_back() {
    let scene = Scene::of(&[1]).await;
    let stop = CancellationToken::new();
    let sealing = tokio::spawn(scene.log.audit().keep_sealing(OFTEN, stop.clone()));
    scene.sealed(1).await;
    // Nobody can close the database they are in.
    let elsewhere = scene.test.options.clone().username("postgres").database("postgres");
    let mut superuser = PgConnection::connect_with(&elsewhere).await.expect("the tests' PostgreSQL");
    let name = scene.test.options.get_database().expect("a name");
    let allow =
        |allowed: bool| AssertSqlSafe(format!("alter database {name} with allow_connections {allowed}"));
    superuser.execute(allow(false)).await.expect("closed");
    for _ in 0..20 {
        let cut = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
        superuser.execute(AssertSqlSafe(cut)).await.expect("cut");
        tokio::time::sleep(OFTEN).await;
    }
    superuser.execute(allow(true)).await.expect("open");
    assert!(!sealing.is_finished());
    scene.append(&[1]).await;
    scene.sealed(2).await;
    stop.cancel();
    sealing.await.expect("it stops");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_nodes_one_signs_and_all_have_its_head() {
    let scene = Scene::of(&[100, 100, 100]).await;
    let other = scene.test.log().await;
    for round in 1..=5 {
        let audits = [scene.log.audit(), other.audit()];
        let heads = join_all(audits.iter().cycle().take(8).map(Audit::seal)).await;
        let heads: Vec<_> = heads.into_iter().map(|head| head.expect("signed").expect("a head")).collect();
        assert!(heads.windows(2).all(|pair| pair[0] == pair[1]), "{heads:?}");
        assert_eq!(scene.sizes().await.len(), round);
        scene.append(&[100]).await;
    }
    assert_eq!(scene.live(&[]).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_desk_seals_by_itself() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let head = desk.get(&admin, "/api/v1/audit/head").await.expect(200);
    assert_eq!(head.body["size"], desk.head().await);
    let database = desk.close().await;
    // It signs when it starts if the log has grown since the last head.
    let mut superuser = database.superuser().await;
    superuser
        .execute("set session_replication_role = replica; delete from ledger.heads")
        .await
        .expect("deleted");
    let desk = TestDesk::on(database).await;
    let sealed = async {
        while desk.desk.log.audit().heads(i64::MAX, 1).await.expect("readable").is_empty() {
            tokio::time::sleep(OFTEN).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), sealed).await.expect("a head");
    desk.close().await;
}

/// A log of 70,000 events that was never sealed: nodes of level 16, and several steps.
#[tokio::test]
async fn an_old_and_long_log_is_sealed_in_steps() {
    const EVENTS: i64 = 70_000;
    let scene = Scene::of(&[]).await;
    scene
        .tamper(&[
            "insert into ledger.events
             select i, gen_random_uuid(), 1, 'ticket', gen_random_uuid(), 'TicketUnassigned', 1, now(), now(), 'system',
                    null, 'test', gen_random_uuid(), null, gen_random_uuid(), '{}', sha256(int8send(i))
               from generate_series(1, 70000) i",
            "insert into ledger.blocks values (70000, 1, now(), sha256('a block'))",
        ])
        .await;
    let mut frontier = Frontier::default();
    for position in 1..=EVENTS {
        let leaf = ring::digest::digest(&ring::digest::SHA256, &position.to_be_bytes());
        frontier.push(leaf.as_ref().try_into().expect("32 bytes"), |_, _| ());
    }
    let head = scene.head().await;
    assert_eq!((head.size, head.root), (EVENTS, frontier.root()));
    let nodes: Vec<(i16, i64)> =
        sqlx::query_as("select level, count(*) from ledger.tree group by level order by level")
            .fetch_all(scene.test.database.pool())
            .await
            .expect("readable");
    assert_eq!(nodes, [(8, 273), (16, 1)]);
    let audit = scene.log.audit();
    for (position, size) in [(1, EVENTS), (65_536, EVENTS), (65_537, EVENTS), (EVENTS, EVENTS), (257, 65_600)]
    {
        audit.inclusion(position, size).await.expect("proved");
        audit.consistency(position, size).await.expect("proved");
    }
}

#[tokio::test]
async fn nothing_is_signed_that_contradicts_a_head() {
    let scene = Scene::of(&[1, 1, 1]).await;
    scene.head().await;
    scene.append(&[1, 1]).await;
    scene.tamper(&["update ledger.events set leaf_hash = sha256('forged') where position = 2"]).await;
    let refused = scene.log.audit().seal().await;
    assert!(matches!(refused, Err(AuditError::Unsound(_))), "{refused:?}");
    scene
        .tamper(&[
            "delete from ledger.events where position > 2",
            "delete from ledger.blocks where last_position > 2",
        ])
        .await;
    let refused = scene.log.audit().seal().await;
    assert!(matches!(refused, Err(AuditError::Unsound(_))), "{refused:?}");
    assert_eq!(scene.sizes().await, [3]);
}

/// The database takes no head of its own making, and no node at all.
#[tokio::test]
async fn the_service_cannot_write_heads_or_nodes_at_will() {
    let scene = Scene::of(&[1, 2]).await;
    let key = HeadKey::from_seed(&[1; 32]);
    let mut service = scene.test.database.pool().acquire().await.expect("a connection");
    for (size, block) in [(2, "block_hash"), (1, "sha256('another')")] {
        let head = key.sign(size, [0; 32], [0; 32], chrono::Utc::now());
        let refused = sqlx::query(AssertSqlSafe(format!(
            "select ledger.seal($1, $2, (select {block} from ledger.blocks where last_position = 1), now(), '', $3)"
        )))
        .bind(size)
        .bind(head.root.as_slice())
        .bind(head.signature.as_slice())
        .execute(&mut *service)
        .await;
        let refused = refused.expect_err("no such block").to_string();
        assert!(refused.contains("no block of the log"), "{refused}");
    }
    for statement in ["insert into ledger.tree values (8, 0, sha256(''))", "select ledger.tile_root('')"] {
        let refused = (&mut *service).execute(statement).await.expect_err(statement);
        let code = refused.as_database_error().and_then(|error| error.code().map(|code| code.to_string()));
        assert_eq!(code.as_deref(), Some("42501"), "{statement}: {refused}");
    }
}
