//! Every failure has its status, its code and the one body.

use application::Error;
use application::ledger::ClaimKind;
use axum::body::to_bytes;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use chrono::{TimeDelta, Utc};
use domain::id::UserId;
use serde_json::Value;
use uuid::Uuid;

use super::{Problem, describe};
use crate::exchange::Exchange;

/// The status of an answer and its `error`, described as the desk's layers would.
pub(crate) async fn error_of(response: Response) -> (u16, Value) {
    let exchange = Exchange::new(Uuid::nil(), Method::POST, "/things/{id}".to_owned());
    exchange.signed_by(UserId(Uuid::from_u128(7)));
    let response = describe(response, &exchange);
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    (status, body["error"].clone())
}

async fn wire(error: Error) -> (u16, String) {
    let (status, error) = error_of(Problem::from(error).into_response()).await;
    (status, error["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_problem_names_the_request_it_belongs_to() {
    let (status, error) = error_of(Problem::not_found("no such thing").into_response()).await;
    assert_eq!(status, 404);
    assert_eq!(error["code"], "NOT_FOUND");
    assert_eq!(error["message"], "no such thing");
    assert_eq!(error["request_id"], Uuid::nil().to_string());
    assert_eq!(error["context"]["endpoint"], "/things/{id}");
    assert_eq!(error["context"]["method"], "POST");
    assert_eq!(error["context"]["user_id"], Uuid::from_u128(7).to_string());
    assert!(error.get("details").is_none());
    assert!(error["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')));
}

#[tokio::test]
async fn every_failure_of_a_use_case_has_its_status_and_code() {
    let cases = [
        (Error::Stale { expected: 1, current: 2 }, 412, "PRECONDITION_FAILED"),
        (Error::CommandReused, 422, "IDEMPOTENCY_KEY_REUSED"),
        (Error::Taken(ClaimKind::Email), 409, "DUPLICATE"),
        (Error::QuotaExceeded { limit: 5, retry_at: Utc::now() }, 429, "RATE_LIMIT_EXCEEDED"),
        (Error::Erased, 409, "PERSON_ERASED"),
        (Error::refused(domain::user::UserError::LastAdmin), 409, "LAST_ADMIN"),
        (Error::Contended, 409, "CONFLICT"),
        (Error::Overloaded, 503, "DB_ERROR"),
        (Error::Unavailable("secret".to_owned()), 503, "DB_ERROR"),
        (Error::Unexpected(anyhow::anyhow!("secret")), 500, "INTERNAL_ERROR"),
        (Error::refused(domain::user::UserError::OnOneself), 409, "CONFLICT"),
        (Error::refused(domain::user::UserError::NotFound), 404, "NOT_FOUND"),
        (Error::refused(domain::user::UserError::NoDepartments), 422, "VALIDATION_ERROR"),
    ];
    for (error, status, code) in cases {
        assert_eq!(wire(error).await, (status, code.to_owned()));
    }
}

#[tokio::test]
async fn faults_of_ours_are_not_told() {
    for error in [Error::Unexpected(anyhow::anyhow!("hush")), Error::Unavailable("hush".to_owned())] {
        let (_, error) = error_of(Problem::from(error).into_response()).await;
        assert!(!error.to_string().contains("hush"));
    }
}

#[tokio::test]
async fn an_allowance_says_when_it_is_free_again() {
    let retry_at = Utc::now() + TimeDelta::seconds(90);
    let response = Problem::from(Error::QuotaExceeded { limit: 5, retry_at }).into_response();
    let after: u64 = response.headers()["retry-after"].to_str().expect("text").parse().expect("a number");
    assert!((89..=91).contains(&after), "{after}");
    let (_, error) = error_of(response).await;
    assert_eq!(error["details"]["limit"], 5);
    assert!(error["message"].as_str().is_some_and(|text| text.starts_with("Rate limit exceeded")));
}

#[test]
fn an_unreachable_database_is_no_fault_of_ours() {
    assert_eq!(Problem::from(sqlx::Error::PoolTimedOut).status().as_u16(), 503);
    assert_eq!(Problem::from(sqlx::Error::RowNotFound).status().as_u16(), 500);
}
