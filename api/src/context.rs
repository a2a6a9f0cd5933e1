//! What a command needs to know of the request it comes from, and the version a resource is at.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponseParts, ResponseParts};
use chrono::Utc;
use uuid::Uuid;

use crate::auth::Signed;
use crate::desk::Desk;
use crate::exchange::Exchange;
use crate::idempotency::RepeatableCommand;
use crate::problem::Problem;

/// A signed-in person's request as the use cases take it: who, when, under which id, at which version.
#[derive(Debug, Clone)]
pub struct Asked(pub application::Request);

impl FromRequestParts<Desk> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let signed = <Signed as FromRequestParts<Desk>>::from_request_parts(parts, desk).await?;
        let once = asked_once(desk, &signed, Exchange::of(&parts.extensions).request_id()).await?;
        let repeatable = parts.extensions.get::<RepeatableCommand>().copied();
        Ok(Self(application::Request {
            command_id: repeatable.map_or(once.command_id, |command| command.command_id),
            fingerprint: repeatable.map(|command| command.fingerprint),
            expected: expected(&parts.headers)?,
            ..once
        }))
    }
}

/// What `signed` asks for now, and nobody repeats.
///
/// # Errors
/// The settings cannot be read.
pub(crate) async fn asked_once(
    desk: &Desk,
    signed: &Signed,
    correlation_id: Uuid,
) -> Result<application::Request, Problem> {
    Ok(application::Request {
        via: door(signed),
        by: signed.caller.clone(),
        at: Utc::now(),
        command_id: Uuid::now_v7(),
        fingerprint: None,
        expected: None,
        causation_id: None,
        correlation_id,
        terms: desk.settings().await?.terms(),
    })
}

/// Through which door: `api`, or which API token, by which it also shows that its owner acted for somebody.
fn door(signed: &Signed) -> Cow<'static, str> {
    signed.grant.as_ref().map_or("api".into(), |grant| format!("token:{}", grant.id).into())
}

/// The version in `If-Match: "v17"`; none without the header or for `*`.
fn expected(headers: &HeaderMap) -> Result<Option<i32>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let malformed =
        || Problem::malformed("If-Match must be one version such as \"v17\", as ETag gave it, or *");
    let value = value.to_str().map_err(|_| malformed())?.trim();
    if value == "*" {
        return Ok(None);
    }
    // A proxy that compresses makes an ETag weak; the version in it is exact all the same.
    let version = value
        .strip_prefix("W/")
        .unwrap_or(value)
        .strip_prefix("\"v")
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    version.and_then(|digits| digits.parse().ok()).map(Some).ok_or_else(malformed)
}

/// The version of the resource in the answer, as its `ETag`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(pub i32);

impl IntoResponseParts for Version {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        let tag = HeaderValue::try_from(format!("\"v{}\"", self.0)).expect("digits in quotation marks");
        parts.headers_mut().insert(ETAG, tag);
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    fn read(value: &'static str) -> Result<Option<i32>, u16> {
        let headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static(value))]);
        expected(&headers).map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn if_match_is_a_version_or_anything() {
        assert_eq!(expected(&HeaderMap::new()).ok(), Some(None));
        assert_eq!(read("\"v17\""), Ok(Some(17)));
        assert_eq!(read("W/\"v17\""), Ok(Some(17)));
        assert_eq!(read("*"), Ok(None));
        for bad in ["", "17", "v17", "\"17\"", "\"v-1\"", "\"v\"", "\"v1\", \"v2\"", "\"v99999999999\""] {
            assert_eq!(read(bad), Err(400), "{bad}");
        }
    }

    #[test]
    fn a_version_is_an_etag() {
        assert_eq!((Version(17), "").into_response().headers()[ETAG], "\"v17\"");
    }
}
