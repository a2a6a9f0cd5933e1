//! What follows when somebody works on tickets no more: refused everywhere, and their tickets are the queue's again.

use std::time::{Duration, Instant};

use application::ledger::Ledger as _;
use domain::event::Event;
use domain::id::TicketId;
use domain::ticket::TicketEvent;
use futures::future::{join, join_all};
use serde_json::json;
use sqlx::Executor as _;
use tests::desk::{Somebody, TestDesk};
use tests::postgres::TestDatabase;

use super::{active_count, assign, delete, of, patch, ticket, until};

/// How often the ticket was put into its department's queue.
async fn times_queued(desk: &TestDesk, ticket: &str) -> usize {
    let id: TicketId = ticket.parse().expect("an id");
    let events = desk.desk.log.read_streams(&[(id.stream(), 0)]).await.expect("a log");
    let queued = |event: &Event| matches!(event, Event::Ticket(TicketEvent::TicketAssigned { agent: None }));
    events.iter().filter(|recorded| queued(&recorded.event)).count()
}

async fn assignee(desk: &TestDesk, admin: &Somebody, ticket: &str) -> serde_json::Value {
    let ticket = desk.get(admin, &format!("/api/v1/tickets/{ticket}")).await.expect(200).body;
    json!([ticket["status"], ticket["assignee_id"], ticket["department"]])
}

async fn other_node(desk: &TestDesk) -> TestDesk {
    TestDesk::on(TestDatabase::at(desk.database.options.clone())).await
}

/// A token that was good a moment ago, asked about at both nodes without a pause.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_is_deactivated_or_deleted_is_refused_on_every_node_within_a_second() {
    let desk = TestDesk::open().await;
    let other = other_node(&desk).await;
    let admin = desk.admin().await;
    for deleted in [false, true] {
        let ivan = desk.it_agent().await;
        let me = "/api/v1/auth/me";
        for node in [&desk, &other] {
            let _ = node.get(&ivan, me).await.expect(200);
        }
        let answer = if deleted {
            delete(&desk, &admin, &of(&ivan, "")).await
        } else {
            desk.post(&admin, &of(&ivan, "/deactivate"), json!({})).await
        };
        let ended = Instant::now();
        let _ = answer.expect(200);
        for node in [&desk, &other] {
            loop {
                // What was asked within the second may still be answered, however long that takes.
                let asked = ended.elapsed();
                if node.get(&ivan, me).await.status == 401 {
                    break;
                }
                assert!(asked < Duration::from_secs(1), "still good after {asked:?}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
    let _databases = (other.close().await, desk.close().await);
}

/// Deactivated, deleted, erased, or given another role: what they had and is not done goes back, and only that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_open_tickets_of_whoever_works_no_more_go_back_to_the_queue_once() {
    let desk = TestDesk::open().await;
    let (admin, ida) = (desk.admin().await, desk.it_agent().await);
    for way in ["deactivate", "delete", "role"] {
        let ivan = desk.it_agent().await;
        let mut theirs = Vec::new();
        for _ in 0..3 {
            let id = ticket(&desk, &admin).await;
            let _ = assign(&desk, &admin, &id, ivan.id, false).await.expect(200);
            theirs.push(id);
        }
        let path = |id: &str, below: &str| format!("/api/v1/tickets/{id}{below}");
        let _ = desk
            .post(&ivan, &path(&theirs[1], "/status"), json!({ "status": "in_progress" }))
            .await
            .expect(200);
        let _ = desk.post(&ivan, &path(&theirs[2], "/resolve"), json!({})).await.expect(200);
        let hers = ticket(&desk, &admin).await;
        let _ = assign(&desk, &admin, &hers, ida.id, false).await.expect(200);
        let answer = match way {
            "deactivate" => desk.post(&admin, &of(&ivan, "/deactivate"), json!({})).await,
            "delete" => delete(&desk, &admin, &of(&ivan, "")).await,
            _ => patch(&desk, &admin, &of(&ivan, ""), json!({ "role": "user" })).await,
        };
        let _ = answer.expect(200);
        let queue = json!(["assigned", null, "IT"]);
        for id in &theirs[..2] {
            until("it is back in the queue", async || assignee(&desk, &admin, id).await == queue).await;
            assert_eq!(times_queued(&desk, id).await, 1, "{way}");
        }
        assert_eq!(assignee(&desk, &admin, &theirs[2]).await, json!(["resolved", ivan.id, "IT"]));
        assert_eq!(assignee(&desk, &admin, &hers).await, json!(["assigned", ida.id, "IT"]));

        // What was done and comes back comes back to the queue as well.
        let _ = desk.post(&admin, &path(&theirs[2], "/reopen"), json!({})).await.expect(200);
        until("reopened into the queue", async || assignee(&desk, &admin, &theirs[2]).await == queue).await;
    }
    desk.assert_sound().await;
    desk.close().await;
}

/// A handler that hears of an event again, because it died before it could say that it was done, does nothing again:
/// not even to what the agent was given after they came back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hearing_of_it_again_changes_nothing() {
    let desk = TestDesk::open().await;
    let (admin, ivan) = (desk.admin().await, desk.it_agent().await);
    let (old, new) = (ticket(&desk, &admin).await, ticket(&desk, &admin).await);
    let _ = assign(&desk, &admin, &old, ivan.id, false).await.expect(200);
    let before = desk.head().await;
    let _ = desk.post(&admin, &of(&ivan, "/deactivate"), json!({})).await.expect(200);
    until("it is back in the queue", async || times_queued(&desk, &old).await == 1).await;
    let _ = desk.post(&admin, &of(&ivan, "/activate"), json!({})).await.expect(200);
    for id in [&old, &new] {
        let _ = assign(&desk, &admin, id, ivan.id, false).await.expect(200);
    }
    let head = desk.head().await;
    let database = desk.close().await;
    let again = format!("update desk.handlers set position = {before} where name = 'put_back'");
    database.owner().await.execute(sqlx::AssertSqlSafe(again)).await.expect("set back");
    let desk = TestDesk::on(database).await;
    until("it has heard of it again", async || {
        let reached: i64 = sqlx::query_scalar("select position from desk.handlers where name = 'put_back'")
            .fetch_one(desk.desk.pool())
            .await
            .expect("a position");
        reached > before
    })
    .await;
    assert_eq!(desk.head().await, head, "nothing happened");
    for id in [&old, &new] {
        assert_eq!(assignee(&desk, &admin, id).await, json!(["assigned", ivan.id, "IT"]));
    }
    desk.assert_sound().await;
    desk.close().await;
}

/// Assignments and claims that race with the deactivation either come before it, and go back, or are refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_stays_with_somebody_who_was_deactivated_while_it_was_assigned() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    for round in 0..5 {
        let ivan = desk.it_agent().await;
        let tickets = join_all((0..12).map(|_| ticket(&desk, &admin))).await;
        let assigned = join_all(tickets.iter().enumerate().map(|(n, id)| {
            let (desk, admin, ivan) = (&desk, &admin, &ivan);
            async move {
                if n % 3 == 0 {
                    return desk.post(ivan, &format!("/api/v1/tickets/{id}/claim"), json!({})).await;
                }
                assign(desk, admin, id, ivan.id, n % 3 == 1).await
            }
        }));
        let deactivated = async {
            tokio::time::sleep(Duration::from_millis(3 * round)).await;
            desk.post(&admin, &of(&ivan, "/deactivate"), json!({})).await
        };
        let (answers, deactivated) = join(assigned, deactivated).await;
        let _ = deactivated.expect(200);
        for answer in &answers {
            assert!(
                [200, 202, 401, 409].contains(&answer.status.as_u16()),
                "{} {}",
                answer.status,
                answer.body
            );
        }
        let held = "select count(*) from read.assigned_tickets where agent = $1 and is_active";
        until("nothing stays with them", async || {
            let held: i64 =
                sqlx::query_scalar(held).bind(ivan.id.0).fetch_one(desk.desk.pool()).await.expect("a count");
            held == 0
        })
        .await;
        for id in &tickets {
            assert!(times_queued(&desk, id).await <= 1);
        }
    }
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_administrators_who_end_each_other_at_once_one_stays() {
    let desk = TestDesk::open().await;
    for round in 0..6 {
        let (one, other) = (desk.admin().await, desk.admin().await);
        let ends = |by: &Somebody, whom: &Somebody| {
            let (by, whom) = (by.clone(), whom.clone());
            let desk = &desk;
            async move {
                match round % 3 {
                    0 => desk.post(&by, &of(&whom, "/deactivate"), json!({})).await,
                    1 => delete(desk, &by, &of(&whom, "")).await,
                    _ => patch(desk, &by, &of(&whom, ""), json!({ "role": "user" })).await,
                }
            }
        };
        let (first, second) = join(ends(&one, &other), ends(&other, &one)).await;
        let accepted = [&first, &second].iter().filter(|answer| answer.status.is_success()).count();
        assert_eq!(accepted, 1, "round {round}: {} {}", first.body, second.body);
    }
    let one = desk.admin().await;
    let _ = desk.post(&one, &of(&one, "/deactivate"), json!({})).await.expect(409);
    let _ = delete(&desk, &one, &of(&one, "")).await.expect(409);
    let count = active_count(&desk, &one, one.id).await;
    assert_eq!(count, 0);
    desk.close().await;
}
