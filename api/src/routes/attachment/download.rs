//! Fetching a file.

use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use domain::id::AttachmentId;
use futures::TryStreamExt as _;
use infrastructure::attachments::Kept;
use serde::Deserialize;
use utoipa::IntoParams;

use super::range::{Wanted, wanted};
use super::seen;
use crate::auth::{Signed, denied};
use crate::desk::Desk;
use crate::exchange::Exchange;
use crate::id::Id;
use crate::problem::declared::{Guarded, Missing};
use crate::problem::{Answer, Problem};
use crate::query::Query;
use crate::{required_factor, seen as sessions};

/// Whoever fetches: signed in, or with a link.
pub(super) struct Fetcher(Signed);

/// How they come.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// What `POST /attachments/{id}/link` gave; instead of signing in.
    link: Option<String>,
}

impl FromRequestParts<Desk> for Fetcher {
    type Rejection = Problem;

    /// A link is as good as the sign-in that it was asked for with, as of now.
    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let Query(How { link }) = Query::from_request_parts(parts, desk).await?;
        let Some(link) = link else {
            let signed = <Signed as FromRequestParts<Desk>>::from_request_parts(parts, desk).await?;
            return Ok(Self(signed));
        };
        let Id(id) = Id::<AttachmentId>::from_request_parts(parts, desk).await?;
        let link = desk.tokens.follow(&link, id, Utc::now()).map_err(|bad| denied(&bad.to_string()))?;
        let signed = sessions::signed_with(desk, link.sub, link.jti, link.expires_at()).await?;
        Exchange::of(&parts.extensions).signed_by(signed.user);
        required_factor::insist(signed).map(Self)
    }
}

/// Download a file
///
/// Always as something to be saved, never to be shown in place. `Range` takes one range of bytes; `ETag` is the SHA-256 of
/// the whole. What is stored is checked piece by piece: an answer that ends early is one that must not be used.
#[utoipa::path(
    get, path = "/attachments/{id}/download", operation_id = "download_attachment", tag = "tickets",
    params(("id" = Uuid, Path, description = "The file."), How),
    responses(
        (status = 200, description = "The file.", body = String, content_type = "application/octet-stream"),
        (status = 206, description = "A part of it.", body = String, content_type = "application/octet-stream"),
        (status = 416, description = "It has no such part.", body = crate::problem::ProblemBody),
        Guarded, Missing,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn download(
    State(desk): State<Desk>,
    Fetcher(signed): Fetcher,
    Id(id): Id<AttachmentId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let file = seen(&desk, &signed.caller, id).await?;
    let size = u64::try_from(file.kept.size).unwrap_or_default();
    let (status, part) = match wanted(&headers, size, &etag(&file.kept)) {
        Wanted::Whole => (StatusCode::OK, 0..size),
        Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Wanted::Nothing => return Err(no_such_part(size)),
    };
    let range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
    let length = part.end - part.start;
    let content = desk.attachments.content(&file.kept, part).await?.stream().await?;
    let content = content.inspect_err(|error| tracing::error!(%error, "A file could not be read to its end"));
    let mut response = (status, Body::from_stream(content)).into_response();
    describe(response.headers_mut(), &file.kept, &file.name);
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    if status == StatusCode::PARTIAL_CONTENT {
        response.headers_mut().insert(CONTENT_RANGE, visible(&range));
    }
    Ok(response)
}

/// Nothing that is uploaded runs or is shown in the desk's name, whatever it is.
fn describe(headers: &mut HeaderMap, kept: &Kept, name: &str) {
    headers.insert(CONTENT_TYPE, visible(&kept.mime));
    headers.insert(ETAG, visible(&etag(kept)));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let disposition = format!("attachment; filename*=UTF-8''{}", percent(name));
    headers.insert(CONTENT_DISPOSITION, visible(&disposition));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    // What is compressed on the way would have another length than was said, and no ranges.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store, no-transform"));
}

fn etag(kept: &Kept) -> String {
    format!("\"{}\"", kept.sha256)
}

fn visible(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("visible ASCII")
}

/// `name` as RFC 5987 writes it.
fn percent(name: &str) -> String {
    use std::fmt::Write as _;
    name.bytes().fold(String::with_capacity(name.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

fn no_such_part(size: u64) -> Problem {
    let message = format!("the file has {size} bytes and no such part");
    Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "VALIDATION_ERROR", message)
        .header(CONTENT_RANGE, visible(&format!("bytes */{size}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_so_that_nothing_ends_them_early() {
        assert_eq!(percent("a b\"; größe.png"), "a%20b%22%3B%20gr%C3%B6%C3%9Fe.png");
    }
}
