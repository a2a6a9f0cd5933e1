//! The answers kept for repetitions: rows beside the log, sealed with the caller's key, for 24 hours.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use domain::id::UserId;
use sqlx::types::Json;

use crate::desk::Desk;
use crate::problem::Answer;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const LEDGER_POSITION: HeaderName = HeaderName::from_static("x-ledger-position");
static KEPT_HEADERS: [HeaderName; 4] = [CONTENT_TYPE, ETAG, LOCATION, LEDGER_POSITION];

/// An answer as the table has it: fingerprint, status, headers, sealed body.
type Row = (Vec<u8>, i16, Json<BTreeMap<String, String>>, String);

/// The answer kept for `key`, if there is one and it can still be read.
pub(super) async fn kept(
    desk: &Desk,
    caller: UserId,
    key: &str,
    fingerprint: [u8; 32],
) -> Answer<Option<Response>> {
    let row: Option<Row> = sqlx::query_as(
        "select fingerprint, status, headers, body from desk.idempotency
          where caller = $1 and key = $2 and created_at > now() - interval '24 hours'",
    )
    .bind(caller.0)
    .bind(key)
    .fetch_optional(desk.pool())
    .await?;
    let Some((kept_for, status, Json(headers), sealed)) = row else { return Ok(None) };
    if kept_for != fingerprint {
        return Err(application::Error::CommandReused.into());
    }
    let Some(body) = desk.log.keys().open_text(caller, key.as_bytes(), &sealed).await? else {
        return Ok(None);
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or_default();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(Some(response))
}

/// Keeps an answer that is final. One that asks to be tried again, or that is our fault, is not.
pub(super) async fn keep(
    desk: &Desk,
    caller: UserId,
    key: &str,
    fingerprint: [u8; 32],
    response: Response,
) -> Answer<Response> {
    if response.status().is_server_error() || response.headers().contains_key(RETRY_AFTER) {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(anyhow::Error::new)?;
    if let Ok(text) = std::str::from_utf8(&body)
        && let Err(problem) = write(desk, caller, key, fingerprint, parts.status, &parts.headers, text).await
    {
        // The command is done and stays done; only its answer will be made anew.
        tracing::warn!(code = problem.code(), "An answer could not be kept for repetitions");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

async fn write(
    desk: &Desk,
    caller: UserId,
    key: &str,
    fingerprint: [u8; 32],
    status: StatusCode,
    headers: &HeaderMap,
    body: &str,
) -> Answer<()> {
    let sealed = desk.log.keys().seal_text(caller, key.as_bytes(), body).await?;
    let headers: BTreeMap<&str, &str> = KEPT_HEADERS
        .iter()
        .filter_map(|name| Some((name.as_str(), headers.get(name)?.to_str().ok()?)))
        .collect();
    sqlx::query(
        "with old as (
           delete from desk.idempotency
            where (caller, key) in (select caller, key from desk.idempotency
                                     where created_at < now() - interval '24 hours'
                                       and (caller, key) <> ($1, $2)
                                     limit 100))
         insert into desk.idempotency (caller, key, fingerprint, status, headers, body)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (caller, key) do update
            set fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,
                body = excluded.body, created_at = now()
          where desk.idempotency.created_at < now() - interval '24 hours'",
    )
    .bind(caller.0)
    .bind(key)
    .bind(fingerprint.as_slice())
    .bind(i16::try_from(status.as_u16()).unwrap_or_default())
    .bind(Json(headers))
    .bind(sealed)
    .execute(desk.pool())
    .await?;
    Ok(())
}
