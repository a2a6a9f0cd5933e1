//! Requests in a window: who is counted as whom, and what they are told.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::desk::{Answer, TestDesk};
use tests::postgres::TestDatabase;

use super::{ME, ask, desk, forger};

fn number(answer: &Answer, header: &str) -> u64 {
    let text = answer.header(header);
    text.parse().unwrap_or_else(|_| panic!("{header}: {text:?}"))
}

#[tokio::test]
async fn everybody_is_told_how_they_stand_and_refused_behind_the_limit() {
    let desk = desk(3).await;
    let (ada, eve) = (desk.user().await, desk.user().await);
    for remaining in [2, 1, 0] {
        let answer = desk.get(&ada, ME).await.expect(200);
        assert_eq!(
            (number(&answer, "x-ratelimit-limit"), number(&answer, "x-ratelimit-remaining")),
            (3, remaining)
        );
        let reset = number(&answer, "x-ratelimit-reset");
        assert!((890..=900).contains(&reset), "{reset}");
        assert_eq!(answer.header("ratelimit-policy"), "\"user\";q=3;w=900");
        assert_eq!(answer.header("ratelimit"), format!("\"user\";r={remaining};t={reset}"));
    }
    let refused = desk.get(&ada, ME).await.expect(429);
    assert_eq!((refused.code(), number(&refused, "x-ratelimit-remaining")), ("RATE_LIMIT_EXCEEDED", 0));
    assert_eq!(number(&refused, "retry-after"), number(&refused, "x-ratelimit-reset"));
    let error = &refused.body["error"];
    assert_eq!((&error["details"]["limit"], &error["details"]["window_seconds"]), (&json!(3), &json!(900)));
    assert_eq!((&error["context"]["user_id"], &error["context"]["endpoint"]), (&json!(ada.id), &json!(ME)));
    assert!(
        error["message"].as_str().is_some_and(|said| said.starts_with("Rate limit exceeded: 3 requests"))
    );
    // Each is counted alone.
    assert_eq!(number(&desk.get(&eve, ME).await.expect(200), "x-ratelimit-remaining"), 2);
    desk.close().await;
}

#[tokio::test]
async fn staff_may_ask_for_more() {
    let desk = desk(2).await;
    for (somebody, policy) in [(desk.it_agent().await, "staff"), (desk.admin().await, "staff")] {
        for remaining in [3, 2, 1, 0] {
            let answer = desk.get(&somebody, ME).await.expect(200);
            assert_eq!(number(&answer, "x-ratelimit-remaining"), remaining);
            assert_eq!(answer.header("ratelimit-policy"), format!("\"{policy}\";q=4;w=900"));
        }
        let _ = desk.get(&somebody, ME).await.expect(429);
    }
    desk.close().await;
}

#[tokio::test]
async fn a_token_that_is_not_good_counts_for_the_address() {
    let desk = desk(3).await;
    let ada = desk.user().await;
    let answer = ask(&desk, ME, &[]).await.expect(401);
    assert_eq!(answer.header("ratelimit-policy"), "\"address\";q=3;w=900");
    let _ = desk.get(&forger(), ME).await.expect(401);
    let _ = desk.get(&forger(), "/api/v1/nowhere").await.expect(404);
    let _ = desk.get(&forger(), ME).await.expect(429);
    let login = json!({ "username": "ada", "password": "a guess" });
    let login = desk.request(None, reqwest::Method::POST, "/api/v1/auth/login").json(&login);
    assert_eq!(desk.send(login).await.expect(429).code(), "RATE_LIMIT_EXCEEDED");
    // Whoever is signed in at the same address goes on.
    let _ = desk.get(&ada, ME).await.expect(200);
    desk.close().await;
}

#[tokio::test]
async fn what_watches_and_describes_the_desk_is_never_limited() {
    let desk = desk(1).await;
    let free = [
        "/",
        "/health",
        "/health/ready",
        "/api/v1/health",
        "/version",
        "/metrics",
        "/openapi.json",
        "/asyncapi.json",
        "/schemas",
        "/docs/",
    ];
    for _ in 0..3 {
        for path in free {
            let answer = ask(&desk, path, &[]).await.expect(200);
            assert_eq!(answer.header("x-ratelimit-limit"), "", "{path}");
        }
    }
    let _ = ask(&desk, ME, &[]).await.expect(401);
    let _ = ask(&desk, ME, &[]).await.expect(429);
    desk.close().await;
}

#[tokio::test]
async fn a_new_window_begins_when_it_was_said_to() {
    let settings = [("RATE_LIMIT_WINDOW_MS", "1000"), ("RATE_LIMIT_MAX_REQUESTS", "2")];
    let desk = TestDesk::with(TestDatabase::create().await, &settings).await;
    let ada = desk.user().await;
    let began = Instant::now();
    while desk.get(&ada, ME).await.status.is_success() {}
    let refused = desk.get(&ada, ME).await;
    assert!(number(&refused, "retry-after") <= 1, "{refused:?}");
    while desk.get(&ada, ME).await.status.as_u16() == 429 {
        assert!(began.elapsed() < Duration::from_secs(10), "no new window");
    }
    assert!(began.elapsed() >= Duration::from_millis(990), "{:?}", began.elapsed());
    desk.close().await;
}

#[tokio::test]
async fn an_answer_about_tickets_a_day_keeps_what_it_says() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    for _ in 0..5 {
        desk.ticket(&ada, None).await;
    }
    let body = json!({ "title": "The sixth today", "description": "One too many." });
    let refused = desk.post(&ada, "/api/v1/tickets", body).await.expect(429);
    assert_eq!((number(&refused, "x-ratelimit-limit"), number(&refused, "x-ratelimit-remaining")), (5, 0));
    assert!(number(&refused, "retry-after") > 80_000, "of the day, not of the window");
    desk.close().await;
}
