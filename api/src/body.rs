//! Request bodies: JSON, read strictly, with an error for every way of being wrong.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use crate::fields::{FieldError, of_serde};
use crate::problem::Problem;

/// The most bytes a request body may have.
pub const LONGEST_BODY: usize = 1024 * 1024;
/// How much of a longer one is read so that its sender gets to hear that it is.
const LONGEST_DROPPED: usize = 32 * 1024 * 1024;

/// A JSON body: of a request, checked against `T` (which denies unknown fields), or of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

/// A JSON body that may be left out: then it is `T::default()`.
#[derive(Debug, Clone, Copy)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let body = read(request, state).await?;
        if !is_json {
            return Err(Problem::unsupported_media_type(
                "the body must be JSON, with Content-Type: application/json",
            ));
        }
        parse(&body).map(Self)
    }
}

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let body = read(request, state).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json {
            return Err(Problem::unsupported_media_type(
                "the body must be JSON, with Content-Type: application/json",
            ));
        }
        parse(&body).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The whole body, if it is not too long. Of one that is, some more is read and dropped: a client that is
/// still sending when the connection ends never sees why.
pub(crate) async fn read<S: Send + Sync>(request: Request, _: &S) -> Result<Bytes, Problem> {
    let mut stream = request.into_body().into_data_stream();
    let (mut body, mut length) = (Vec::new(), 0_usize);
    while let Some(part) = stream.next().await {
        let part = part.map_err(|_| Problem::malformed("the body could not be read to its end"))?;
        length = length.saturating_add(part.len());
        if length > LONGEST_BODY {
            body = Vec::new();
        } else {
            body.extend_from_slice(&part);
        }
        if length > LONGEST_DROPPED {
            break;
        }
    }
    if length > LONGEST_BODY { Err(too_long()) } else { Ok(body.into()) }
}

/// The body has more than [`LONGEST_BODY`] bytes.
pub(crate) fn too_long() -> Problem {
    Problem::too_large(format!("the body may have at most {LONGEST_BODY} bytes"))
        .detail("limit", u64::try_from(LONGEST_BODY).unwrap_or(u64::MAX))
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = media_type(headers) else { return false };
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// The body's media type in lower case, without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Reads `T` from JSON: 400 if it is no JSON, 422 if it is JSON and wrong.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Serde would take a list of the fields' values for the object.
    if body.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice::<IgnoredAny>(body).map_err(|error| no_json(&error))?;
        let message = "must be an object".to_owned();
        return Err(FieldError { field: "body".to_owned(), code: "invalid_type", message }.into());
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        match error.classify() {
            Category::Data => of_serde(&path, &error.to_string(), "unknown_field").into(),
            Category::Io | Category::Syntax | Category::Eof => no_json(&error),
        }
    })?;
    json.end().map_err(|error| no_json(&error))?;
    Ok(value)
}

fn no_json(error: &serde_json::Error) -> Problem {
    Problem::malformed(format!("the body is not valid JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::DefaultBodyLimit;
    use axum::routing::post;
    use serde::Deserialize;
    use tower::ServiceExt;

    use super::*;
    use crate::problem::tests::error_of;

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        title: String,
        #[serde(default)]
        parts: Vec<Part>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Part {
        #[expect(dead_code, reason = "it is only read")]
        size: u32,
    }

    async fn send(kind: &str, body: impl Into<Body>) -> (u16, serde_json::Value) {
        let app = Router::new()
            .route(
                "/",
                post(async |Json(thing): Json<Thing>| format!("{}{}", thing.title, thing.parts.len())),
            )
            .layer(DefaultBodyLimit::max(LONGEST_BODY));
        let request = Request::post("/").header("content-type", kind).body(body.into()).expect("a request");
        error_of(app.oneshot(request).await.expect("an answer")).await
    }

    #[tokio::test]
    async fn json_of_any_spelling_is_read() {
        let good = r#"{"title":"a","parts":[{"size":1}]}"#;
        for kind in ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"] {
            assert_eq!(send(kind, good).await.0, 200, "{kind}");
        }
        assert_eq!(send("text/plain", good).await.0, 415);
    }

    #[tokio::test]
    async fn broken_json_is_malformed_and_wrong_json_names_the_field() {
        for broken in ["", "{", "{\"title\":\"a\"} x", "{'title':1}", "[", "\u{feff}{}"] {
            assert_eq!(send("application/json", broken).await.0, 400, "{broken}");
        }
        let cases = [
            (r#"{"titel":"a"}"#, "titel", "unknown_field"),
            ("{}", "title", "required"),
            (r#"{"title":1}"#, "title", "invalid_type"),
            (r#"{"title":"a","parts":[{"size":1},{"size":"x"}]}"#, "parts[1].size", "invalid_type"),
            (r#"{"title":"a","parts":[{"size":1,"x":1}]}"#, "parts[0].x", "unknown_field"),
            (r#"{"title":"a","parts":[{}]}"#, "parts[0].size", "required"),
            (r#"{"title":"a","title":"b"}"#, "title", "duplicate_field"),
            ("[]", "body", "invalid_type"),
            (r#"["a", []]"#, "body", "invalid_type"),
            ("5", "body", "invalid_type"),
        ];
        for (body, field, code) in cases {
            let (status, error) = send("application/json", body).await;
            assert_eq!(status, 422, "{body}");
            let first = &error["details"]["errors"][0];
            let named = (first["field"].as_str(), first["code"].as_str());
            assert_eq!(named, (Some(field), Some(code)), "{error}");
        }
    }

    #[tokio::test]
    async fn a_body_that_is_too_long_is_refused() {
        let (status, error) = send("application/json", vec![b' '; LONGEST_BODY + 1]).await;
        assert_eq!((status, error["code"].as_str()), (413, Some("PAYLOAD_TOO_LARGE")));
    }

    #[tokio::test]
    async fn an_optional_body_may_be_left_out() {
        let app =
            || Router::new().route("/", post(async |OptionalJson(thing): OptionalJson<Thing>| thing.title));
        let empty = Request::post("/").body(Body::empty()).expect("a request");
        assert_eq!(app().oneshot(empty).await.expect("an answer").status(), 200);
        let plain = Request::post("/").body(Body::from("{}")).expect("a request");
        assert_eq!(app().oneshot(plain).await.expect("an answer").status(), 415);
    }
}
