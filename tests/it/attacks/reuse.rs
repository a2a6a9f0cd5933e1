//! Stealing a refresh token: whoever is second, the owner or the thief, ends the sign-in for both.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tests::desk::{Answer, PASSWORD, TestDesk};

use super::{Caller, account, noted};

/// How long any node may go on trusting a sign-in that has ended.
const A_SECOND: Duration = Duration::from_millis(1_050);

async fn renew(desk: &TestDesk, caller: &Caller, pair: &Answer) -> Answer {
    caller.post(desk, "/api/v1/auth/refresh", &json!({ "refresh_token": pair.body["refresh_token"] })).await
}

async fn use_it(desk: &TestDesk, pair: &Answer) -> u16 {
    let token = pair.body["access_token"].as_str().expect("a token");
    let request = desk.request(None, Method::GET, "/api/v1/auth/me").bearer_auth(token);
    desk.send(request).await.status.as_u16()
}

/// What `first` and then `second` do with one stolen token; both lose everything within a second, at every node.
async fn both_lose(first: &str, second: &str) {
    let desk = TestDesk::open().await;
    let other = desk.another_node().await;
    account(&desk, "ada").await;
    let (first, second) = (Caller::at(first), Caller::at(second));
    let stolen = first.sign_in(&desk, "ada", PASSWORD).await.expect(200);
    let untouched = first.sign_in(&desk, "ada", PASSWORD).await.expect(200);

    let renewed = renew(&desk, &first, &stolen).await.expect(200);
    assert_eq!(use_it(&desk, &renewed).await, 200);
    assert_eq!(use_it(&other, &renewed).await, 200, "and trusted there for a moment from now on");
    let token = renewed.body["access_token"].as_str().expect("a token");
    let stream = other.request(None, Method::GET, "/api/v1/events/stream").bearer_auth(token);
    let mut stream = stream.send().await.expect("a stream");

    let refused = renew(&desk, &second, &stolen).await.expect(401);
    assert_eq!(refused.code(), "AUTH_INVALID");
    let shown = Instant::now();
    let over = async { while stream.chunk().await.is_ok_and(|chunk| chunk.is_some()) {} };
    tokio::time::timeout(Duration::from_secs(5), over).await.expect("the stream ends");
    tokio::time::sleep(A_SECOND.saturating_sub(shown.elapsed())).await;
    for node in [&desk, &other] {
        assert_eq!(use_it(node, &stolen).await, 401);
        assert_eq!(use_it(node, &renewed).await, 401);
        for (caller, pair) in [(&first, &renewed), (&second, &renewed), (&second, &stolen)] {
            let _ = renew(node, caller, pair).await.expect(401);
        }
        assert_eq!(use_it(node, &untouched).await, 200, "another sign-in goes on");
    }
    assert_eq!((noted(&desk, "TokenReused").await, noted(&desk, "SessionRevoked").await), (1, 1));
    other.close().await;
    desk.close().await;
}

const OWNER: &str = "127.0.1.1";
const THIEF: &str = "127.0.66.6";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thief_who_comes_after_the_owner_ends_the_sign_in() {
    both_lose(OWNER, THIEF).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thief_who_comes_before_the_owner_loses_it_when_the_owner_comes() {
    both_lose(THIEF, OWNER).await;
}

/// A thief who renews and waits shares the owner's successor, and is found out at the next renewal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thief_who_lies_in_wait_is_found_out_one_renewal_later() {
    let desk = TestDesk::open().await;
    account(&desk, "ada").await;
    let (owner, thief) = (Caller::at(OWNER), Caller::at(THIEF));
    let stolen = owner.sign_in(&desk, "ada", PASSWORD).await.expect(200);
    let waiting = renew(&desk, &thief, &stolen).await.expect(200);
    let renewed = renew(&desk, &owner, &stolen).await.expect(200);
    assert_eq!(waiting.body["refresh_token"], renewed.body["refresh_token"]);
    let next = renew(&desk, &owner, &renewed).await.expect(200);
    assert_eq!(use_it(&desk, &next).await, 200);
    let _ = renew(&desk, &thief, &waiting).await.expect(401);
    for pair in [&stolen, &waiting, &renewed, &next] {
        assert_eq!(use_it(&desk, pair).await, 401);
    }
    assert_eq!(noted(&desk, "TokenReused").await, 1);
    desk.close().await;
}
