//! What is rebuilt is what the live read model would have become, whatever is in the log.

use application::ledger::Ledger as _;
use domain::id::UserId;
use domain::sealed::Sealed;
use domain::ticket::TicketEvent;
use domain::ticket::values::{Priority, Urgency};
use infrastructure::projection::{Claim, Compared, Progress, differences, rebuild};
use sqlx::Executor as _;
use tests::appends::{append, new_stream, on, unassigned};
use tests::desk::TestDesk;
use tests::postgres::TestDatabase;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{count, live, model, parked, redact_all, settle, tickets};

/// Rebuilds every read model; each comes out equal to the live one, by its own comparison and by ours.
async fn rebuild_all_equal(test: &TestDatabase) {
    let log = &test.log().await; // without events in memory
    for model in projections::all() {
        let name = model.name();
        let before = parked(test.database.pool(), name).await;
        let rebuilt = rebuild(&test.database, log, &model, &Progress::default()).await.expect("rebuilt");
        let compared = rebuilt.compared.expect("the live one is up to date");
        assert!(compared.iter().all(|table| table.equal && table.in_full), "{name}: {compared:?}");
        assert_eq!(parked(test.database.pool(), name).await, before, "{name} parks the same");
        for (table, rows) in differences(&test.database, log, &model).await.expect("comparable") {
            assert_eq!(rows, 0, "{table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_is_equal_and_looks_like_what_it_replaces() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    redact_all(&log, &tickets(&log, 300, 7).await).await;
    settle(&test).await;
    let mut owner = test.owner().await;
    let shapes = "select string_agg(d, E'\\n' order by d) from (
        select pg_get_indexdef(i.indexrelid) as d from pg_index i join pg_class c on c.oid = i.indrelid
          join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'read'
        union all select c.relname || array_to_string(c.reloptions, ',') || c.relacl::text from pg_class c
          join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'read' and c.relkind = 'r'
        union all select conname || pg_get_constraintdef(oid) from pg_constraint
          where connamespace = 'read'::regnamespace) x";
    let before: String = sqlx::query_scalar(shapes).fetch_one(&mut owner).await.expect("shapes");
    rebuild_all_equal(&test).await;
    let after: String = sqlx::query_scalar(shapes).fetch_one(&mut owner).await.expect("shapes");
    assert_eq!(after, before, "indexes, constraints, storage parameters and grants");
    for (table, rows) in [
        ("read.ticket_list", 300),
        ("read.ticket_past", 2_100),
        ("read.ticket_messages", 300),
        ("read.ticket_history", 2_700),
    ] {
        assert_eq!(count(&mut owner, table).await, rows, "{table}");
    }
}

/// However little memory there is, and so however many passes over the log it takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_do_not_fit_into_memory_are_built_in_several_passes() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    tickets(&log, 1_500, 50).await;
    settle(&test).await;
    for name in ["ticket_page", "ticket_list", "ticket_past", "ticket_history"] {
        let model = model(name);
        let claim = Claim::take(&test.database, &model).await.expect("free").within(400_000);
        let progress = Progress::default();
        let rebuilt = claim.rebuild(&log, &progress).await.expect("rebuilt");
        assert!(!rebuilt.rows.is_empty(), "{name}: in the bulk phase, not event by event");
        // What only grows is not held, so it takes one pass whatever there is of it.
        assert_eq!(progress.now().passes > 1, name != "ticket_history", "{name}: {:?}", progress.now());
        assert!(rebuilt.compared.expect("compared").iter().all(|table| table.equal), "{name}");
        for (table, rows) in differences(&test.database, &log, &model).await.expect("comparable") {
            assert_eq!(rows, 0, "{table}");
        }
    }
}

/// Of a table that keeps every state, each state counts: one that is missing, altered or too many is a difference.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_of_then_that_is_not_what_the_log_says_is_found_and_rebuilt() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    tickets(&log, 30, 3).await;
    settle(&test).await;
    let (past, mut owner) = (model("ticket_past"), test.owner().await);
    let damage = [
        "delete from read.ticket_past where position = (select min(position) from read.ticket_past)",
        "update read.ticket_past set status = 'closed'
          where position = (select percentile_disc(0.5) within group (order by position) from read.ticket_past)",
        "create temp table one as select * from read.ticket_past limit 1;
         update one set position = 0;
         insert into read.ticket_past table one;",
    ];
    for statement in damage {
        owner.execute(statement).await.expect("damaged");
        let found = differences(&test.database, &log, &past).await.expect("comparable");
        assert_eq!(found, [("ticket_past", 1)], "{statement}");
        let rebuilt = rebuild(&test.database, &log, &past, &Progress::default()).await.expect("rebuilt");
        assert!(
            rebuilt.compared.expect("compared").iter().all(|table| !table.equal),
            "it says so: {statement}"
        );
        let found = differences(&test.database, &log, &past).await.expect("comparable");
        assert_eq!(found, [("ticket_past", 0)], "{statement}");
    }
}

/// Every way in which an event can be refused: its ciphertext is another's, there is nothing it follows on, or
/// PostgreSQL does not take the text. The rebuild parks the same events for the same reasons.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_parks_what_the_live_read_model_parks() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    tickets(&log, 40, 3).await;
    // Read by nobody: a ciphertext of another event.
    test.superuser()
        .await
        .execute(
            "set session_replication_role = replica;
             update ledger.events e set payload = o.payload from ledger.events o
              where e.position = 5 and o.position = 6;",
        )
        .await
        .expect("poisoned");
    settle(&test).await;
    rebuild_all_equal(&test).await;
    assert!(parked(test.database.pool(), "ticket_list").await.len() > 1, "and what follows on it");

    // Refused by the fold: nothing is known of the ticket.
    log.append(append(vec![on(new_stream(), 0, vec![unassigned()])])).await.expect("accepted");
    live(&log, new_stream(), UserId(Uuid::now_v7()), 1).await;
    settle(&test).await;
    rebuild_all_equal(&test).await;
    let refused = parked(test.database.pool(), "ticket_page").await;
    assert!(refused.iter().any(|(.., error)| error.contains("creation")), "{refused:?}");

    // Refused by the table: a text with a NUL in it.
    let requester = UserId(Uuid::now_v7());
    let odd = TicketEvent::TicketCreated {
        requester,
        title: Sealed::new(requester, "nothing \0 less"),
        description: Sealed::new(requester, "nothing more"),
        urgency: Urgency::Low,
        priority: Priority::Low,
        department: None,
        category: None,
        building: None,
        organization: None,
    };
    log.append(append(vec![on(new_stream(), 0, vec![odd])])).await.expect("accepted");
    settle(&test).await;
    rebuild_all_equal(&test).await;
    let refused = parked(test.database.pool(), "ticket_list").await;
    assert!(refused.iter().any(|(.., error)| error.contains("invalid byte sequence")), "{refused:?}");
}

/// A rebuild beside the live read model, with writes going on, comes out equal.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rebuild_under_writes_comes_out_equal() {
    let desk = TestDesk::open().await;
    tickets(&desk.desk.log, 200, 5).await;
    let writing = CancellationToken::new();
    let (log, stop) = (desk.desk.log.clone(), writing.clone());
    let writer = tokio::spawn(async move {
        let mut written = 0;
        while !stop.is_cancelled() {
            written += tickets(&log, 5, 2).await.len();
        }
        written
    });
    for model in projections::all() {
        let progress = Progress::default();
        let rebuilt = rebuild(&desk.desk.database, &desk.desk.log, &model, &progress).await.expect("rebuilt");
        assert!(rebuilt.events >= 1_200 && progress.now().folded >= rebuilt.events - 500, "{rebuilt:?}");
        let different = |table: &Compared| !table.equal;
        assert!(!rebuilt.compared.iter().flatten().any(different), "{:?}", rebuilt.compared);
    }
    writing.cancel();
    assert!(writer.await.expect("no panic") > 0, "writes went on meanwhile");
    desk.assert_sound().await;
}
