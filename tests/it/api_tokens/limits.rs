//! How many requests API tokens may make.

use serde_json::json;
use tests::desk::TestDesk;
use tests::postgres::TestDatabase;

use super::{ME, TOKENS, holder, token};

async fn desk() -> TestDesk {
    let settings = [("RATE_LIMIT_MAX_REQUESTS", "10"), ("RATE_LIMIT_MAX_REQUESTS_STAFF", "6")];
    TestDesk::with(TestDatabase::create().await, &settings).await
}

#[tokio::test]
async fn many_tokens_of_one_account_are_no_more_requests() {
    let desk = desk().await;
    let ada = desk.user().await;
    let (one, _) = token(&desk, &ada, &["tickets:read"]).await;
    let (other, _) = token(&desk, &ada, &["tickets:read"]).await;
    for program in [&one, &other].repeat(3) {
        let answer = desk.get(program, ME).await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"tokens\";q=6;w=900");
    }
    for program in [&one, &other] {
        assert_eq!(desk.get(program, ME).await.expect(429).code(), "RATE_LIMIT_EXCEEDED");
    }
    let _ = desk.get(&ada, ME).await.expect(200);
    desk.close().await;
}

#[tokio::test]
async fn a_token_may_say_less() {
    let desk = desk().await;
    let ada = desk.user().await;
    let body = json!({ "name": "slow", "scopes": ["tickets:read"], "max_requests": 2 });
    let (slow, _) = holder(&ada, &desk.post(&ada, TOKENS, body).await.expect(201));
    for remaining in ["1", "0"] {
        let answer = desk.get(&slow, ME).await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"token\";q=2;w=900");
        assert_eq!(answer.header("x-ratelimit-remaining"), remaining);
    }
    let _ = desk.get(&slow, ME).await.expect(429);
    let (other, _) = token(&desk, &ada, &["tickets:read"]).await;
    assert_eq!(desk.get(&other, ME).await.expect(200).header("x-ratelimit-remaining"), "3");
    desk.close().await;
}
