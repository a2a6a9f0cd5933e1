//! What ends a stream, and what it says then.

use std::time::{Duration, Instant};

use chrono::Utc;
use domain::access::Role;
use domain::user::UserCommand;
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};

use super::client::{Follower, types};
use super::{do_to, text, write};

/// Waits for the event `end` and that nothing comes after it; gives what it says.
async fn ended(follower: &mut Follower) -> Value {
    loop {
        let frame = follower.next().await.expect("it says that it ends");
        if frame.event.as_deref() == Some("end") {
            assert_eq!(follower.next().await, None, "and ends");
            return frame.data.expect("why");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_sign_in_any_more_hears_nothing_more() {
    let desk = TestDesk::open().await;
    let (user, agent) = (desk.user().await, desk.it_agent().await);
    let mut follower = Follower::open(&desk, &agent, "").await;
    desk.ticket(&user, Some("IT")).await;
    assert_eq!(types(&follower.take(1).await), ["TicketCreated"]);
    do_to(&desk, agent.id, UserCommand::Deactivate).await;
    let began = Instant::now();
    assert_eq!(text(&ended(&mut follower).await, "code"), "AUTH_INVALID");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_was_signed_out_or_ran_out_ends_its_stream() {
    let desk = TestDesk::open().await;
    let user = desk.user().await;
    let mut follower = Follower::open(&desk, &user, "").await;
    let _ = desk.post(&user, "/api/v1/auth/logout", json!({})).await.expect(200);
    assert_eq!(text(&ended(&mut follower).await, "code"), "AUTH_INVALID");

    let (token, _) = desk.desk.tokens.issue(user.id, Role::User, Utc::now(), Duration::from_secs(2));
    let brief = Somebody { token, ..user };
    let mut follower = Follower::open(&desk, &brief, "").await;
    assert_eq!(text(&ended(&mut follower).await, "code"), "AUTH_INVALID");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_taken_away_takes_sight_away() {
    let desk = TestDesk::open().await;
    let (user, agent) = (desk.user().await, desk.it_agent().await);
    let mut follower = Follower::open(&desk, &agent, "").await;
    desk.ticket(&user, Some("IT")).await;
    assert_eq!(types(&follower.take(1).await), ["TicketCreated"]);
    do_to(&desk, agent.id, UserCommand::ChangeRole { role: Role::HrAgent, departments: vec![] }).await;
    assert_eq!(types(&follower.take(1).await), ["RoleChanged"]);
    // As long as a session is trusted, and a little longer.
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    desk.ticket(&user, Some("IT")).await;
    let own = desk.ticket(&user, Some("HR")).await;
    let next = follower.next().await.expect("an event").data.expect("data");
    assert_eq!(text(&next, "subject"), text(&own, "ticket_id"), "the stream goes on with the new sight");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_that_closes_says_so_and_does_not_wait_for_its_readers() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let mut follower = Follower::open(&desk, &admin, "").await;
    let waiting =
        desk.request(Some(&admin), reqwest::Method::GET, "/api/v1/events?after=1&wait=25&types=TicketMerged");
    let waiting = tokio::spawn(waiting.send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let began = Instant::now();
    desk.close().await;
    assert_eq!(text(&ended(&mut follower).await, "code"), "DB_ERROR");
    let _ = waiting.await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_epoch_ends_every_stream() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let mut follower = Follower::open(&desk, &admin, "").await;
    write(&desk.desk.log, 1).await;
    assert_eq!(follower.take(1).await.len(), 1);
    // As if the server were another one from now on, which whoever connects anew finds out.
    let mut superuser = desk.database.superuser().await;
    let exchanged = "set session_replication_role = replica;
                     update ledger.epochs set server_started_at = server_started_at - interval '1 hour'";
    sqlx::Executor::execute(&mut superuser, exchanged).await.expect("another server");
    let others = "select pg_terminate_backend(pid) from pg_stat_activity
                   where datname = current_database() and pid <> pg_backend_pid()";
    sqlx::Executor::execute(&mut superuser, others).await.expect("ended");
    let said = loop {
        // The database is away for a moment: the stream may end for that, and comes back.
        let said = ended(&mut follower).await;
        if text(&said, "code") == "EPOCH_CHANGED" {
            break said;
        }
        follower = Follower::open(&desk, &admin, "").await;
    };
    assert!(text(&said, "message").contains("restarted"), "{said}");
    desk.close().await;
}
