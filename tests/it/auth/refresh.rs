//! Refresh tokens: each has one successor, and is good until that has arrived.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::json;
use tests::desk::{Answer, PASSWORD, TestDesk};

use super::{desk_with_ada, post, refresh, said, sign_in, status_of};

fn refresh_token(pair: &Answer) -> String {
    pair.body["refresh_token"].as_str().expect("a token").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_is_used_up_once_what_it_gave_was_used() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    let first = sign_in(&desk).await.expect(200);
    let second = refresh(&desk, &first).await.expect(200);
    for field in ["access_token", "refresh_token"] {
        assert_ne!(first.body[field], second.body[field], "{field}");
    }
    assert_eq!(first.body["user"]["id"], second.body["user"]["id"]);
    assert_eq!(status_of(&desk, &first).await, 200, "the earlier access token lives its life");
    assert_eq!(status_of(&desk, &second).await, 200);
    let body = json!({ "refresh_token": second.body["refresh_token"] });
    let third = post(&desk, "/auth/token/refresh", &body).await.expect(200);
    assert_eq!(status_of(&desk, &third).await, 200);
    let _ = refresh(&desk, &second).await.expect(401);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_lost_can_be_asked_for_again() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    let first = sign_in(&desk).await.expect(200);
    let mut last = first.clone();
    for _ in 0..3 {
        let missed = refresh(&desk, &last).await.expect(200);
        let again = refresh(&desk, &last).await.expect(200);
        assert_eq!(refresh_token(&missed), refresh_token(&again), "one successor");
        assert_ne!(missed.body["access_token"], again.body["access_token"]);
        last = again;
    }
    assert_eq!(status_of(&desk, &last).await, 200);
    let _ = refresh(&desk, &first).await.expect(401);
    assert_eq!(status_of(&desk, &last).await, 401, "what was renewed long ago is a copy");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_shown_again_ends_the_whole_sign_in_and_no_other() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    let other = sign_in(&desk).await.expect(200);
    let first = sign_in(&desk).await.expect(200);
    let second = refresh(&desk, &first).await.expect(200);
    let third = refresh(&desk, &second).await.expect(200);
    assert_eq!(status_of(&desk, &third).await, 200);
    let stolen = refresh(&desk, &first).await.expect(401);
    assert_eq!(stolen.code(), "AUTH_INVALID");
    for (pair, which) in [(&first, "first"), (&second, "second"), (&third, "third")] {
        assert_eq!(status_of(&desk, pair).await, 401, "the {which} access token");
        let again = refresh(&desk, pair).await.expect(401);
        assert_eq!(said(&again), said(&stolen), "the {which} refresh token");
    }
    assert_eq!(status_of(&desk, &other).await, 200, "another sign-in goes on");
    let _ = refresh(&desk, &other).await.expect(200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_renewals_at_once_at_two_nodes_have_one_successor() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    let other = desk.another_node().await;
    let node = |number: usize| if number.is_multiple_of(2) { &desk } else { &other };
    let pair = sign_in(&desk).await.expect(200);
    let answers = join_all((0..20).map(|number| refresh(node(number), &pair))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let successors: BTreeSet<String> = answers.iter().map(refresh_token).collect();
    assert_eq!(successors.len(), 1, "one successor");
    assert_eq!(status_of(&desk, &answers[7]).await, 200);
    let _ = refresh(&other, &pair).await.expect(401);
    other.close().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_ends_for_good_however_often_it_is_renewed() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    let first = sign_in(&desk).await.expect(200);
    ends_in(&desk, "1 hour").await;
    let second = refresh(&desk, &first).await.expect(200);
    let left = second.body["expires_in"].as_u64().expect("seconds");
    assert!((3_500..=3_600).contains(&left), "no access token outlives its sign-in: {left}");
    assert_eq!(status_of(&desk, &second).await, 200);
    ends_in(&desk, "-1 second").await;
    let _ = refresh(&desk, &second).await.expect(401);
    desk.close().await;
}

async fn ends_in(desk: &TestDesk, interval: &str) {
    sqlx::query("update desk.sessions set expires_at = now() + $1::text::interval")
        .bind(interval)
        .execute(&mut desk.database.owner().await)
        .await
        .expect("changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_refresh_token_renews_nothing() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    let pair = sign_in(&desk).await.expect(200);
    let access = pair.body["access_token"].as_str().expect("a token").to_owned();
    let twisted: String = refresh_token(&pair).chars().rev().collect();
    for token in ["", "nonsense", &access, &twisted, &"r".repeat(100_000)] {
        let answer =
            post(&desk, "/api/v1/auth/refresh", &json!({ "refresh_token": token })).await.expect(401);
        assert_eq!(answer.code(), "AUTH_INVALID");
    }
    let _ = refresh(&desk, &pair).await.expect(200);
    desk.close().await;
}
