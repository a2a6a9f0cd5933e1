//! Guessing the password of one account.

use futures::future::join_all;
use serde_json::json;
use tests::desk::{Answer, PASSWORD, TestDesk};

use super::{Caller, WRONG, account, noted};

/// Checks that `answer` says when to come back, within the window of 15 minutes.
#[track_caller]
fn assert_must_wait(answer: Answer) {
    let answer = answer.expect(429);
    assert_eq!(answer.code(), "RATE_LIMIT_EXCEEDED");
    let seconds: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=900).contains(&seconds), "{seconds}");
    assert_eq!(answer.body["error"]["details"]["retry_after"], seconds);
}

/// Lets all attempts so far be older by this much.
async fn later(desk: &TestDesk, interval: &str) {
    sqlx::query("update desk.guesses set at = at - $1::text::interval")
        .bind(interval)
        .execute(desk.desk.pool())
        .await
        .expect("older");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_five_wrong_passwords_the_right_one_is_not_looked_at_for_a_while() {
    let desk = TestDesk::open().await;
    account(&desk, "ada").await;
    let stranger = Caller::at("127.0.1.1");
    for _ in 0..5 {
        let _ = stranger.sign_in(&desk, "ada", WRONG).await.expect(401);
    }
    assert_must_wait(stranger.sign_in(&desk, "ada", PASSWORD).await);
    assert_must_wait(Caller::at("127.0.9.1").sign_in(&desk, "ADA ", PASSWORD).await);
    assert_eq!(noted(&desk, "SignInRefused").await, 5, "what is not looked at is counted, not recorded");
    let _ = stranger.sign_in(&desk, "ivan", WRONG).await.expect(401);
    later(&desk, "14 minutes 50 seconds").await;
    assert_must_wait(stranger.sign_in(&desk, "ada", PASSWORD).await);
    later(&desk, "10 seconds").await;
    let _ = stranger.sign_in(&desk, "ada", PASSWORD).await.expect(200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_guesses_at_once_at_two_nodes_five_are_looked_at() {
    let desk = TestDesk::open().await;
    account(&desk, "ada").await;
    let other = desk.another_node().await;
    let stranger = Caller::at("127.0.1.1");
    let guesses = (0..24).map(|number| {
        let (desk, stranger) = (if number % 2 == 0 { &desk } else { &other }, &stranger);
        async move { stranger.sign_in(desk, "ada", WRONG).await.status.as_u16() }
    });
    let statuses = join_all(guesses).await;
    let looked_at = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!(looked_at, 5, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
    other.close().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_do_not_lock_the_owner_out_of_where_they_are_known() {
    let desk = TestDesk::open().await;
    account(&desk, "ada").await;
    let (owner, stranger) = (Caller::at("127.0.1.1"), Caller::at("127.0.2.1"));
    let _ = owner.sign_in(&desk, "ada", PASSWORD).await.expect(200);
    for _ in 0..5 {
        let _ = stranger.sign_in(&desk, "ada", WRONG).await.expect(401);
    }
    assert_must_wait(stranger.sign_in(&desk, "ada", PASSWORD).await);
    let _ = owner.sign_in(&desk, "ada", PASSWORD).await.expect(200);
    let neighbour = Caller::at("127.0.1.200");
    let _ = neighbour.sign_in(&desk, "ada", PASSWORD).await.expect(200);
    assert_must_wait(Caller::at("127.0.3.1").sign_in(&desk, "ada", PASSWORD).await);
    // Where they are known there are five attempts, too, and nobody elsewhere has fewer for it.
    later(&desk, "15 minutes").await;
    for _ in 0..5 {
        let _ = owner.sign_in(&desk, "ada", WRONG).await.expect(401);
    }
    assert_must_wait(neighbour.sign_in(&desk, "ada", PASSWORD).await);
    let _ = stranger.sign_in(&desk, "ada", PASSWORD).await.expect(200);
    desk.close().await;
}

/// Whoever signs in has lost no attempt by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn right_passwords_use_nothing_up() {
    let desk = TestDesk::open().await;
    account(&desk, "ada").await;
    let owner = Caller::at("127.0.1.1");
    for _ in 0..4 {
        let _ = owner.sign_in(&desk, "ada", WRONG).await.expect(401);
    }
    for _ in 0..7 {
        let _ = owner.sign_in(&desk, "ada", PASSWORD).await.expect(200);
    }
    let left: i64 = sqlx::query_scalar("select count(*) from desk.guesses")
        .fetch_one(desk.desk.pool())
        .await
        .expect("a count");
    assert_eq!(left, 4);
    desk.close().await;
}

/// An account has five attempts, not five under each of its names; and that two names are of one account is not told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_name_gives_no_more_guesses_and_is_not_given_away() {
    let desk = TestDesk::open().await;
    account(&desk, "ada").await;
    let stranger = Caller::at("127.0.1.1");
    for (name, email) in [("ada", "ada@example.com"), ("nobody", "nobody@example.com")] {
        for name in [name, email, name, email, name] {
            let _ = stranger.sign_in(&desk, name, WRONG).await.expect(401);
        }
        let sixth = stranger.sign_in(&desk, email, PASSWORD).await.expect(401);
        assert_eq!(sixth.code(), "AUTH_INVALID", "{email}");
    }
    assert_eq!(noted(&desk, "SignInRefused").await, 5 + 6, "the sixth for Ada was not looked at");
    assert_eq!(noted(&desk, "SignedIn").await, 0);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_s_account_is_limited_as_somebody_s_is() {
    let desk = TestDesk::open().await;
    account(&desk, "ada").await;
    let stranger = Caller::at("127.0.1.1");
    for name in ["ada", "nobody", "nobody@example.com", "no name at all!"] {
        let mut statuses = Vec::new();
        for _ in 0..7 {
            statuses.push(stranger.sign_in(&desk, name, WRONG).await.status.as_u16());
        }
        assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429], "{name}");
    }
    desk.close().await;
}

/// An attempt whose request is broken off counts: otherwise guessing would be free for whoever does not listen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_hangs_up_has_guessed_all_the_same() {
    let desk = TestDesk::open().await;
    account(&desk, "ada").await;
    let body = json!({ "username": "ada", "password": WRONG });
    for before in 0..5 {
        // A connection of their own each, that ends with the request.
        let impatient = Caller::at("127.0.1.1");
        tokio::select! {
            _ = impatient.post(&desk, "/api/v1/auth/login", &body) => {}
            () = more_than(&desk, before) => {}
        }
    }
    assert_must_wait(Caller::at("127.0.1.1").sign_in(&desk, "ada", PASSWORD).await);
    desk.close().await;
}

async fn attempts(desk: &TestDesk) -> i64 {
    let count = sqlx::query_scalar("select count(*) from desk.guesses");
    count.fetch_one(desk.desk.pool()).await.expect("a count")
}

async fn more_than(desk: &TestDesk, before: i64) {
    while attempts(desk).await <= before {
        tokio::task::yield_now().await;
    }
}
