//! The problems a route can answer with, for its documentation: `responses((status = 200, …), Guarded, Missing)`.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};
use utoipa::IntoResponses;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::Components;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

/// For signed-in callers: 401, and 503 while the database is away.
pub struct Guarded;
/// For everybody: 503 while the database is away.
pub struct Unguarded;
/// The caller's role does not allow it: 403.
pub struct Forbidden;
/// It does not exist for the caller: 404.
pub struct Missing;
/// It was there and is gone for good: 410.
pub struct GoneForGood;
/// The present state does not allow it: 409.
pub struct Conflicting;
/// It changed since the caller saw it (`If-Match`): 412.
pub struct Stale;
/// The parameters can be wrong: 400, 422.
pub struct Checked;
/// The body can be wrong, or the key used for another one: 400, 409, 413, 415, 422.
pub struct CheckedBody;
/// The allowance can be used up: 429.
pub struct Limited;
/// A provider that has to be asked does not answer: 502.
pub struct Upstream;
/// Accepted, but not visible yet: 202.
pub struct Accepted;

/// Every reusable answer: its name, status, code, description and an example of the message.
const ALL: [(&str, u16, &str, &str, &str); 14] = [
    ("BadRequest", 400, "VALIDATION_ERROR", "The request cannot be read.", "the body is not valid JSON"),
    ("Unauthenticated", 401, "AUTH_INVALID", "Not signed in, or not any more.", "the token has expired"),
    (
        "Forbidden",
        403,
        "AUTHZ_FORBIDDEN",
        "The caller's role does not allow it, or needs a second factor first (`TWO_FACTOR_REQUIRED`).",
        "only administrators may do this",
    ),
    ("Missing", 404, "NOT_FOUND", "It does not exist, for this caller.", "there is no such ticket"),
    ("Conflict", 409, "CONFLICT", "The present state does not allow it.", "the username is taken"),
    ("Gone", 410, "PERSON_ERASED", "It was there and is gone for good.", "this person was erased"),
    (
        "Stale",
        412,
        "PRECONDITION_FAILED",
        "It changed since the version in If-Match.",
        "the resource has changed",
    ),
    (
        "TooLarge",
        413,
        "PAYLOAD_TOO_LARGE",
        "The body is too long.",
        "the body may have at most 1048576 bytes",
    ),
    ("WrongMediaType", 415, "UNSUPPORTED_MEDIA_TYPE", "The body is not JSON.", "the body must be JSON"),
    ("Invalid", 422, "VALIDATION_ERROR", "The request can be read, and is wrong.", "title: is missing"),
    (
        "Limited",
        429,
        "RATE_LIMIT_EXCEEDED",
        "The allowance is used up; Retry-After and X-RateLimit-Reset say for how many seconds.",
        "Rate limit exceeded: 5 tickets in 24 hours",
    ),
    (
        "Upstream",
        502,
        "OIDC_UNAVAILABLE",
        "A provider that has to be asked does not answer as it should.",
        "the provider cannot be reached, or does not answer as it should",
    ),
    ("Unavailable", 503, "DB_ERROR", "The database is away; try again.", "the database cannot be reached"),
    ("Late", 202, "", "Accepted for good, and visible from the position on.", ""),
];

impl IntoResponses for Guarded {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(&["Unauthenticated", "Unavailable"])
    }
}

impl IntoResponses for Unguarded {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(&["Unavailable"])
    }
}

impl IntoResponses for Forbidden {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(&["Forbidden"])
    }
}

impl IntoResponses for Missing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(&["Missing"])
    }
}

impl IntoResponses for GoneForGood {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(&["Gone"])
    }
}

impl IntoResponses for Conflicting {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(&["Conflict"])
    }
}

impl IntoResponses for Stale {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(&["BadRequest", "Stale"])
    }
}

impl IntoResponses for Checked {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(&["BadRequest", "Invalid"])
    }
}

impl IntoResponses for CheckedBody {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(&["BadRequest", "Conflict", "TooLarge", "WrongMediaType", "Invalid"])
    }
}

impl IntoResponses for Limited {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(&["Limited"])
    }
}

impl IntoResponses for Upstream {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(&["Upstream"])
    }
}

impl IntoResponses for Accepted {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        named(&["Late"])
    }
}

/// References to the answers of these names, by status.
fn named(names: &[&str]) -> BTreeMap<String, RefOr<Response>> {
    ALL.iter()
        .filter(|(name, ..)| names.contains(name))
        .map(|(name, status, ..)| (status.to_string(), Ref::from_response_name(*name).into()))
        .collect()
}

/// Puts the answers that the routes refer to into the document.
pub(crate) fn register(components: &mut Components) {
    for (name, status, code, description, message) in ALL {
        let late = status == StatusCode::ACCEPTED.as_u16();
        let schema = Ref::from_schema_name(if late { "Late" } else { "Problem" });
        let example = if late { example_late() } else { example(code, message) };
        let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
        let response = ResponseBuilder::new().description(description).content("application/json", content);
        components.responses.insert(name.to_owned(), response.into());
    }
}

fn example_late() -> Value {
    json!({ "message": "accepted; read it with min_position", "position": 4711 })
}

fn example(code: &str, message: &str) -> Value {
    json!({ "error": {
        "code": code,
        "message": message,
        "timestamp": "2026-01-01T09:00:00Z",
        "request_id": "019b76da-a800-7000-8000-000000000000",
        "context": {
            "user_id": "019b76da-a800-7000-8000-000000000001",
            "endpoint": "/api/v1/tickets/{id}",
            "method": "POST",
        },
    } })
}
