//! Requests that are wrong: each is told so in the one error body, and leaves no trace in the log.

mod bodies;
mod headers;
mod lists;

use chrono::{DateTime, TimeDelta, Utc};
use domain::id::UserId;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};
use uuid::Uuid;

/// A desk with a requester, an agent of IT, and a ticket of the requester in IT.
struct Scene {
    desk: TestDesk,
    user: Somebody,
    agent: Somebody,
    ticket: String,
}

/// What a request should be answered with.
#[derive(Debug, Clone, Copy)]
struct Expected {
    status: u16,
    code: &'static str,
    /// The field that the details complain about, if they complain about one.
    field: Option<&'static str>,
}

const fn expected(status: u16, code: &'static str) -> Expected {
    Expected { status, code, field: None }
}

/// 422, because of `field`.
const fn wrong(field: &'static str) -> Expected {
    Expected { status: 422, code: "VALIDATION_ERROR", field: Some(field) }
}

impl Scene {
    async fn set() -> Self {
        let desk = TestDesk::open().await;
        let (user, agent) = (desk.user().await, desk.it_agent().await);
        let ticket = desk.ticket(&user, Some("IT")).await;
        let ticket = ticket["ticket_id"].as_str().expect("an id").to_owned();
        Self { desk, user, agent, ticket }
    }

    /// A ticket of somebody else that neither the requester nor the agent sees.
    async fn foreign(&self) -> String {
        let other = self.desk.user().await;
        let ticket = self.desk.ticket(&other, Some("HR")).await;
        ticket["ticket_id"].as_str().expect("an id").to_owned()
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/tickets/{}{rest}", self.ticket)
    }

    /// A POST of the requester, with `body` as it is.
    fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let request = self.desk.request(Some(&self.user), Method::POST, path);
        request.header("content-type", "application/json").body(body)
    }

    /// Sends `request`, by `by` to the route `endpoint`, and checks what it is answered with.
    async fn refused(
        &self,
        name: &str,
        request: RequestBuilder,
        by: Option<&Somebody>,
        endpoint: &str,
        expected: Expected,
    ) -> Answer {
        let method = request.try_clone().and_then(|request| request.build().ok());
        let method = method.map(|request| request.method().to_string());
        let head = self.desk.decided().await;
        let answer = self.desk.send(request).await;
        let by = by.map(|somebody| somebody.id);
        check(name, &answer, expected, method.as_deref(), endpoint, by);
        assert_eq!(self.desk.decided().await, head, "{name}: no event follows");
        answer
    }
}

/// Checks an error's body, part by part (K01).
fn check(
    name: &str,
    answer: &Answer,
    expected: Expected,
    method: Option<&str>,
    endpoint: &str,
    by: Option<UserId>,
) {
    let body = &answer.body;
    assert_eq!((answer.status.as_u16(), answer.code()), (expected.status, expected.code), "{name}: {body}");
    assert_eq!(answer.header("content-type"), "application/json", "{name}");
    let error = &body["error"];
    assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{name}: {body}");
    let timestamp = error["timestamp"].as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let age = Utc::now() - timestamp.unwrap_or_else(|| panic!("{name}: {body}")).to_utc();
    assert!(age.abs() < TimeDelta::minutes(1), "{name}: {body}");
    let request_id = error["request_id"].as_str().unwrap_or_default();
    assert!(Uuid::try_parse(request_id).is_ok(), "{name}: {body}");
    assert_eq!(request_id, answer.header("x-request-id"), "{name}");
    let method = method.map_or_else(|| error["context"]["method"].clone(), Into::into);
    let context = json!({ "endpoint": endpoint, "method": method, "user_id": by });
    assert_eq!(error["context"], context, "{name}: {body}");
    if let Some(field) = expected.field {
        let named: Vec<&Value> = error["details"]["errors"]
            .as_array()
            .map(|errors| errors.iter().map(|error| &error["field"]).collect())
            .unwrap_or_default();
        assert_eq!(named, [field], "{name}: {body}");
    }
}
