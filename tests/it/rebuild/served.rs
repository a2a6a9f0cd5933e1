//! Readers notice nothing, whatever becomes of a rebuild.

use std::time::Duration;

use domain::access::Sight;
use domain::id::TicketId;
use infrastructure::projection::{Claim, Progress, Refused, differences, drop_previous, rebuild};
use projections::ticket_page::{TicketRef, find};
use projections::ticket_search::{Filter, When, count as count_tickets};
use sqlx::{Executor as _, PgPool};
use tests::desk::TestDesk;
use tests::postgres::TestDatabase;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{count, model, settle, tickets};

/// Reads a ticket and counts all over and over; gives how often. Whatever is missing at any time is a failure.
fn reader(pool: PgPool, ticket: Uuid, at_least: i64, stop: CancellationToken) -> JoinHandle<usize> {
    tokio::spawn(async move {
        let mut reads = 0;
        while !stop.is_cancelled() {
            let ticket = TicketRef::Id(TicketId::of_stream(ticket));
            let found = find(&pool, &Sight::Everything, ticket).await.expect("no error");
            assert!(found.is_some(), "the ticket is there all the time");
            let counted = count_tickets(&pool, When::Now, &Sight::Everything, &Filter::default())
                .await
                .expect("no error");
            assert!(counted >= at_least, "{counted} of {at_least} tickets: a half-built list");
            let (list, page): (i64, i64) = sqlx::query_as(
                "select (select count(*) from read.ticket_list), (select count(*) from read.ticket_page)",
            )
            .fetch_one(&pool)
            .await
            .expect("no error");
            assert!(list >= at_least && page >= at_least, "{list} {page}");
            reads += 1;
        }
        reads
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_are_served_throughout_rebuilds_under_writes() {
    let desk = TestDesk::open().await;
    let streams = tickets(&desk.desk.log, 300, 5).await;
    let head = desk.head().await;
    assert!(desk.desk.visible.wait(head, super::PATIENCE).await);
    let stop = CancellationToken::new();
    let readers: Vec<_> =
        (0..3).map(|n| reader(desk.desk.pool().clone(), streams[n], 300, stop.clone())).collect();
    let (log, writing) = (desk.desk.log.clone(), stop.clone());
    let writer = tokio::spawn(async move {
        while !writing.is_cancelled() {
            tickets(&log, 3, 1).await;
        }
    });
    for _ in 0..5 {
        for name in ["ticket_list", "ticket_page"] {
            rebuild(&desk.desk.database, &desk.desk.log, &model(name), &Progress::default())
                .await
                .expect("rebuilt");
        }
    }
    stop.cancel();
    writer.await.expect("no panic");
    for reader in readers {
        assert!(reader.await.expect("nothing was missing") > 10, "reads went on");
    }
    desk.assert_sound().await;
}

/// Given up at any moment: what is live stays as it is, and the next one finds nothing in its way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_ends_early_changes_nothing() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    tickets(&log, 400, 5).await;
    settle(&test).await;
    let (page, mut owner) = (model("ticket_page"), test.owner().await);
    let table = |schema: &str| format!("select '{schema}.ticket_page'::regclass::oid::bigint");
    let live: i64 =
        sqlx::query_scalar(sqlx::AssertSqlSafe(table("read"))).fetch_one(&mut owner).await.expect("there");
    let mut given_up = 0;
    for step in 1..12 {
        let claim = loop {
            match Claim::take(&test.database, &page).await {
                Ok(claim) => break claim,
                // PostgreSQL notices a moment later that the last one's connection is gone.
                Err(Refused::Busy(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
                Err(refused) => panic!("{refused}"),
            }
        };
        let progress = Progress::default();
        let rebuilding = claim.rebuild(&log, &progress);
        let moment = Duration::from_millis(8 * step);
        match tokio::time::timeout(moment, rebuilding).await {
            Err(_) => given_up += 1,
            Ok(rebuilt) => {
                rebuilt.expect("rebuilt");
                break;
            }
        }
        let now: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(table("read")))
            .fetch_one(&mut owner)
            .await
            .expect("there");
        assert_eq!(now, live, "the same table is live");
    }
    assert!(given_up > 0, "some were given up");
    // One killed in the middle of everything leaves a schema with something in it.
    owner
        .execute(
            "drop schema if exists read_rebuild_ticket_page cascade;
             create schema read_rebuild_ticket_page; create table read_rebuild_ticket_page.ticket_page (id int)",
        )
        .await
        .expect("left over");
    loop {
        match rebuild(&test.database, &log, &page, &Progress::default()).await {
            Ok(_) => break,
            Err(error) if error.is::<Refused>() => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(error) => panic!("{error:#}"),
        }
    }
    for (table, rows) in differences(&test.database, &log, &page).await.expect("comparable") {
        assert_eq!(rows, 0, "{table}");
    }
    let schemas: i64 =
        sqlx::query_scalar("select count(*) from pg_namespace where nspname like 'read\\_rebuild%'")
            .fetch_one(&mut owner)
            .await
            .expect("a count");
    assert_eq!(schemas, 0, "nothing is left of any of them");
}

#[tokio::test]
async fn of_two_at_once_the_second_is_refused() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let list = model("ticket_list");
    let first = Claim::take(&test.database, &list).await.expect("free");
    let refused = rebuild(&test.database, &log, &list, &Progress::default()).await.expect_err("taken");
    assert!(refused.to_string().contains("ticket_list is being rebuilt"), "{refused}");
    rebuild(&test.database, &log, &model("ticket_page"), &Progress::default())
        .await
        .expect("another is free");
    first.rebuild(&log, &Progress::default()).await.expect("rebuilt");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_replaced_comes_back_up_to_date_until_it_is_dropped() {
    let desk = TestDesk::open().await;
    let (log, database, list) = (&desk.desk.log, &desk.desk.database, model("ticket_list"));
    tickets(log, 50, 2).await;
    assert!(desk.desk.visible.wait(desk.head().await, super::PATIENCE).await);
    let mut owner = desk.database.owner().await;
    // Something that no event says, by which the tables can be told apart.
    owner
        .execute("alter table read.ticket_list add constraint the_first check (number > 0)")
        .await
        .expect("marked");
    let marked =
        "select count(*) from pg_constraint where conname = 'the_first' and connamespace = $1::regnamespace";
    rebuild(database, log, &list, &Progress::default()).await.expect("rebuilt");
    owner.execute("alter table read.ticket_list drop constraint the_first").await.expect("told apart");
    tickets(log, 20, 2).await;

    let claim = Claim::take(database, &list).await.expect("free");
    let position = claim.rollback(log, &Progress::default()).await.expect("put back");
    assert!(position >= desk.head().await, "up to date");
    let here: i64 = sqlx::query_scalar(marked).bind("read").fetch_one(&mut owner).await.expect("a count");
    assert_eq!(here, 1, "the first table is live again");
    tickets(log, 20, 2).await;
    desk.assert_sound().await;

    let back = Claim::take(database, &list).await.expect("free");
    back.rollback(log, &Progress::default()).await.expect("and back once more");
    desk.assert_sound().await;
    assert_eq!(count(&mut owner, "read.previous").await, 1);
    drop_previous(database, &projections::all()).await.expect("dropped");
    assert_eq!(count(&mut owner, "read.previous").await, 0);
    let schemas: i64 = sqlx::query_scalar("select count(*) from pg_namespace where nspname like 'read\\_%'")
        .fetch_one(&mut owner)
        .await
        .expect("a count");
    assert_eq!(schemas, 0, "no table is left of them");
    let claim = Claim::take(database, &list).await.expect("free");
    let none = claim.rollback(log, &Progress::default()).await.expect_err("nothing is kept");
    assert!(none.to_string().contains("nothing is kept of ticket_list"), "{none}");
    desk.assert_sound().await;
}

/// Somebody's key is destroyed while their texts are copied: they must not come back to life.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_shows_nobody_who_was_erased_meanwhile() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    tickets(&log, 10, 2).await;
    settle(&test).await;
    // The switch waits for the checkpoint's row, and so for us.
    let mut owner = test.owner().await;
    owner
        .execute("begin; select from read.checkpoints where model = 'ticket_page' for update")
        .await
        .expect("held");
    let (database, progress) = (test.database.clone(), std::sync::Arc::new(Progress::default()));
    let (log, watched) = (log.clone(), progress.clone());
    let rebuilding =
        tokio::spawn(async move { rebuild(&database, &log, &model("ticket_page"), &watched).await });
    while progress.now().phase != infrastructure::projection::Phase::Switching {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    owner
        .execute(
            "update desk.subject_keys set wrapped = null, destroyed_at = now()
              where subject = (select subject from desk.subject_keys limit 1); commit",
        )
        .await
        .expect("erased");
    let refused = rebuilding.await.expect("no panic").expect_err("refused");
    assert!(refused.to_string().contains("erased meanwhile"), "{refused:#}");
}
