//! Read models: equal to a fold, fenced, parked in order, rebuilt beside the live ones, woken across processes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use application::ledger::Ledger;
use domain::access::{AgentVisibility, Caller, Department, Reach, Role, Shared, Sight, Whose};
use domain::id::{EntryId, TicketId, UserId};
use infrastructure::database::Purpose;
use infrastructure::log::PgLog;
use infrastructure::projection::{Progress, ReadModel, Runner, Visible, differences, rebuild, status};
use projections::ticket_page::{TicketRef, find};
use projections::ticket_search::{Filter, Page, Sort, SortBy, When, count, search};
use sqlx::{Executor as _, PgPool};
use tests::appends::{append, created, new_stream, on, unassigned};
use tests::desk::TestDesk;
use tests::postgres::TestDatabase;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::organizations::organization;

const PATIENCE: Duration = Duration::from_secs(15);

fn shows_texts_of_tickets(model: &ReadModel) -> bool {
    model.texts_of().contains(&"TicketCreated")
}

fn runner(test: &TestDatabase, log: &Arc<PgLog>) -> (JoinHandle<()>, Visible, CancellationToken) {
    let runner = Runner::new(Arc::clone(log), test.database.clone(), projections::all());
    let (visible, stop) = (runner.visible(), CancellationToken::new());
    (tokio::spawn(runner.run(stop.clone())), visible, stop)
}

async fn file(log: &PgLog, count: usize) -> Vec<Uuid> {
    let requester = UserId(Uuid::now_v7());
    let streams: Vec<Uuid> = (0..count).map(|_| new_stream()).collect();
    let filing =
        streams.iter().map(|stream| log.append(append(vec![on(*stream, 0, vec![created(requester)])])));
    for outcome in futures::future::join_all(filing).await {
        outcome.expect("accepted");
    }
    streams
}

async fn position(pool: &PgPool, model: &str) -> i64 {
    sqlx::query_scalar("select position from read.checkpoints where model = $1")
        .bind(model)
        .fetch_one(pool)
        .await
        .expect("a checkpoint")
}

/// Another process appends; the read models follow without polling, well below the fallback of seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_by_another_process_wakes_the_read_models() {
    let test = TestDatabase::create().await;
    let (here, elsewhere) = (test.log().await, test.log().await);
    let (running, visible, stop) = runner(&test, &here);
    file(&here, 1).await;
    assert!(visible.wait(1, PATIENCE).await, "up and running");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut slowest = Duration::ZERO;
    for position in 2..12 {
        file(&elsewhere, 1).await;
        let started = Instant::now();
        assert!(visible.wait(position, PATIENCE).await, "woken");
        slowest = slowest.max(started.elapsed());
    }
    assert!(slowest < Duration::from_millis(1_500), "{slowest:?}");
    stop.cancel();
    running.await.expect("no panic");
}

/// P2: whoever lost the lease moves no checkpoint and writes no row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_lost_its_lease_moves_nothing() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let (running, visible, stop) = runner(&test, &log);
    file(&log, 3).await;
    assert!(visible.wait(3, PATIENCE).await);
    // Somebody else took the lease while this process slept.
    let mut owner = test.owner().await;
    owner
        .execute(
            "update read.checkpoints set lease_token = lease_token + 1, lease_owner = gen_random_uuid(),
                    lease_until = now() + interval '1 hour'",
        )
        .await
        .expect("taken");
    file(&log, 3).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    for model in projections::all() {
        assert_eq!(position(test.database.pool(), model.name()).await, 3, "{}", model.name());
    }
    let rows: i64 = sqlx::query_scalar("select count(*) from read.ticket_list")
        .fetch_one(test.database.pool())
        .await
        .expect("a count");
    assert_eq!(rows, 3);
    // Once the other is gone, the work goes on.
    owner.execute("update read.checkpoints set lease_until = '-infinity'").await.expect("given up");
    assert!(visible.wait(6, PATIENCE).await, "taken over");
    stop.cancel();
    running.await.expect("no panic");
}

/// P3: an event nobody can read parks its ticket, in order and visibly; other tickets go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poison_event_parks_its_ticket_and_nothing_else() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let streams = file(&log, 3).await;
    // A ciphertext of another event: authentic nowhere else.
    let mut superuser = test.superuser().await;
    superuser
        .execute(
            "set session_replication_role = replica;
             update ledger.events e set payload = o.payload from ledger.events o
              where e.position = 2 and o.position = 1;",
        )
        .await
        .expect("poisoned");
    let poisoned: Uuid = sqlx::query_scalar("select stream_id from ledger.events where position = 2")
        .fetch_one(&mut superuser)
        .await
        .expect("a stream");
    log.append(append(vec![on(poisoned, 1, vec![unassigned()])])).await.expect("accepted");

    let log = test.log().await; // without the events in memory
    let (running, visible, stop) = runner(&test, &log);
    assert!(visible.wait(4, PATIENCE).await, "the others go on");
    let (models, all) = (status(test.database.pool()).await.expect("a status"), projections::all());
    assert_eq!(models.len(), all.len());
    for model in models {
        // What shows none of its texts does not care for one that does not open.
        let shows = all.iter().any(|one| one.name() == model.model && shows_texts_of_tickets(one));
        assert_eq!(
            model.parked,
            if shows { 2 } else { 0 },
            "{}: the event and the one after it",
            model.model
        );
    }
    let (parked, order): (Vec<Uuid>, Vec<i64>) = sqlx::query_as::<_, (Uuid, i64)>(
        "select entity, position from read.parked where model = 'ticket_list' order by position",
    )
    .fetch_all(test.database.pool())
    .await
    .expect("parked")
    .into_iter()
    .unzip();
    assert_eq!((parked, order), (vec![poisoned; 2], vec![2, 4]));
    for stream in streams {
        let ticket = TicketRef::Id(TicketId::of_stream(stream));
        let found = find(test.database.pool(), &Sight::Everything, ticket).await.expect("readable");
        assert_eq!(found.is_some(), stream != poisoned);
    }
    // A rebuild meets the same event and parks the same, no more and no less.
    for model in projections::all() {
        rebuild(&test.database, &log, &model, &Progress::default()).await.expect("rebuilt");
        for (table, rows) in differences(&test.database, &log, &model).await.expect("comparable") {
            assert_eq!(rows, 0, "{table}");
        }
    }
    let models: Vec<(String, i64)> =
        sqlx::query_as("select model, count(*) from read.parked group by 1 order by 1")
            .fetch_all(test.database.pool())
            .await
            .expect("parked");
    let live: Vec<_> = models.iter().filter(|(model, _)| !model.contains(' ')).collect();
    let showing = projections::all().iter().filter(|model| shows_texts_of_tickets(model)).count();
    assert_eq!(live.len(), showing, "{models:?}");
    assert!(live.iter().all(|(_, parked)| *parked == 2), "{models:?}");
    stop.cancel();
    running.await.expect("no panic");
}

/// A damaged read model is noticed: the check that everything else relies on can fail.
#[tokio::test]
async fn a_difference_is_found() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    desk.ticket(&admin, None).await;
    desk.assert_sound().await;
    desk.database
        .owner()
        .await
        .execute("update read.ticket_list set title = 'Something else'")
        .await
        .expect("damaged");
    let list = &projections::all()[0];
    let found = differences(&desk.desk.database, &desk.desk.log, list).await.expect("comparable");
    assert_eq!(found, [("ticket_list", 1), ("ticket_counts", 0)]);
}

/// D8: what a query finds is what the one predicate of visibility says, for every kind of reader and ticket.
#[tokio::test]
async fn queries_see_what_sight_sees() {
    let desk = TestDesk::open().await;
    let (admin, ada, eve) = (desk.admin().await, desk.user().await, desk.user().await);
    let (ivan, hana) = (desk.it_agent().await, desk.hr_agent().await);
    let desk_of = |code: &str| code.parse::<Department>().expect("a code");
    let acme = organization(&desk, &admin, &["IT"], &[&ada, &eve]).await;
    for requester in [&ada, &eve, &ivan] {
        for department in [None, Some("IT"), Some("HR")] {
            let on_behalf = serde_json::json!({
                "title": "Something is broken", "description": "Badly.", "on_behalf_of": requester.id,
                "department": department,
            });
            let body = match department {
                Some(_) => on_behalf,
                None => {
                    serde_json::json!({ "title": "Something is broken", "description": "Badly.", "on_behalf_of": requester.id })
                }
            };
            for assignee in [None, Some(&ivan), Some(&hana)] {
                let ticket = desk.post(&admin, "/api/v1/tickets", body.clone()).await.expect(201).body;
                if let Some(assignee) = assignee {
                    let path =
                        format!("/api/v1/tickets/{}/assign", ticket["ticket_id"].as_str().expect("an id"));
                    let _ = desk
                        .post(&admin, &path, serde_json::json!({ "agent_id": assignee.id }))
                        .await
                        .expect(200);
                }
            }
        }
    }
    let everything = listed(&desk, &Sight::Everything).await;
    assert_eq!(everything.len(), 27);
    let person = |somebody: &tests::desk::Somebody, role, departments: &[&str]| Caller::Person {
        id: somebody.id,
        role,
        departments: departments.iter().map(|code| desk_of(code)).collect(),
        reach: Reach::default(),
    };
    let member = |organization, departments: &[&str]| {
        let departments = departments.iter().map(|code| desk_of(code)).collect();
        Reach { colleagues: Some(Shared { organization, departments }), ..Reach::default() }
    };
    let assigned_only = Reach { agents: AgentVisibility::Assigned, ..Reach::default() };
    for caller in [
        person(&ada, Role::User, &[]),
        person(&ivan, Role::ItAgent, &["IT"]),
        person(&hana, Role::HrAgent, &["HR"]),
        person(&eve, Role::Agent, &["IT", "HR"]),
        person(&eve, Role::Agent, &["FACILITIES"]),
        person(&admin, Role::Admin, &[]),
        person(&ivan, Role::ItAgent, &["IT"]).reaching(assigned_only.clone()),
        person(&eve, Role::Agent, &["IT", "HR"]).reaching(assigned_only.clone()),
        person(&ada, Role::User, &[]).reaching(assigned_only),
        person(&ada, Role::User, &[]).reaching(member(acme, &["IT"])),
        person(&ada, Role::User, &[]).reaching(member(acme, &["IT", "HR"])),
        person(&ada, Role::User, &[]).reaching(member(EntryId::default(), &["IT"])),
        person(&ivan, Role::User, &[]).reaching(member(acme, &["HR"])),
        person(&ivan, Role::ItAgent, &["IT"]).reaching(member(acme, &["HR"])),
    ] {
        let sight = caller.sight();
        let expected: Vec<Uuid> = everything
            .iter()
            .filter(|ticket| {
                let department = ticket.department.as_deref().map(desk_of);
                sight.sees(Whose {
                    requester: UserId(ticket.user_id),
                    department: department.as_ref(),
                    assignee: ticket.assignee_id.map(UserId),
                    organization: ticket.labels.organization_id.map(EntryId),
                })
            })
            .map(|ticket| ticket.id)
            .collect();
        let found: Vec<Uuid> = listed(&desk, &sight).await.iter().map(|ticket| ticket.id).collect();
        assert_eq!(found, expected, "{caller:?}");
        let counted = count(desk.desk.pool(), When::Now, &sight, &Filter::default()).await.expect("a count");
        assert_eq!(usize::try_from(counted), Ok(expected.len()), "{caller:?}");
        for ticket in &everything {
            let page =
                find(desk.desk.pool(), &sight, TicketRef::Number(ticket.number)).await.expect("readable");
            assert_eq!(page.is_some(), expected.contains(&ticket.id), "{caller:?}");
        }
    }
}

async fn listed(desk: &TestDesk, sight: &Sight) -> Vec<projections::ticket_search::ListedTicket> {
    let order = vec![Sort { by: SortBy::CreatedAt, descending: true }];
    let page = Page { order, limit: 100, skip: 0, after: None };
    search(desk.desk.pool(), When::Now, sight, &Filter::default(), &page).await.expect("readable")
}

/// The runner's connection has no more rights than it needs.
#[tokio::test]
async fn a_projection_may_not_touch_the_log() {
    let test = TestDatabase::create().await;
    let mut connection = test.database.connect(Purpose::Projection).await.expect("a connection");
    let refused = connection.execute("delete from ledger.events").await.expect_err("refused");
    assert_eq!(
        refused.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref(),
        Some("42501")
    );
}
