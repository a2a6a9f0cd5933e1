//! Refresh tokens: each is good once.

use futures::future::join_all;
use serde_json::json;
use tests::desk::PASSWORD;

use super::{desk_with_ada, post, refresh, said, sign_in, status_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_is_used_up_by_its_use() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    let first = sign_in(&desk).await.expect(200);
    let second = refresh(&desk, &first).await.expect(200);
    for field in ["access_token", "refresh_token"] {
        assert_ne!(first.body[field], second.body[field], "{field}");
    }
    assert_eq!(first.body["user"], second.body["user"]);
    assert_eq!(status_of(&desk, &first).await, 200, "the earlier access token lives its life");
    assert_eq!(status_of(&desk, &second).await, 200);
    let body = json!({ "refresh_token": second.body["refresh_token"] });
    let _ = post(&desk, "/auth/token/refresh", &body).await.expect(200);
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

/// Two who show one token at once cannot both be its owner.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_show_a_refresh_token_at_once_one_gets_a_pair() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    for _ in 0..5 {
        let pair = sign_in(&desk).await.expect(200);
        let answers = join_all((0..8).map(|_| refresh(&desk, &pair))).await;
        let good: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(good.len(), 1, "{answers:?}");
        assert!(answers.iter().all(|answer| answer.status == 200 || answer.status == 401), "{answers:?}");
        assert_eq!(status_of(&desk, good[0]).await, 401, "and loses it, since somebody else had the token");
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_refresh_token_renews_nothing() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    let pair = sign_in(&desk).await.expect(200);
    let access = pair.body["access_token"].as_str().expect("a token").to_owned();
    let twisted: String = pair.body["refresh_token"].as_str().expect("a token").chars().rev().collect();
    for token in ["", "nonsense", &access, &twisted, &"r".repeat(100_000)] {
        let answer =
            post(&desk, "/api/v1/auth/refresh", &json!({ "refresh_token": token })).await.expect(401);
        assert_eq!(answer.code(), "AUTH_INVALID");
    }
    let _ = refresh(&desk, &pair).await.expect(200);
    desk.close().await;
}
