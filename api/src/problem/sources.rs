//! What each kind of failure is for the caller.

use application::Error;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::refusal::{Refusal, RefusalKind};
use infrastructure::attachments::AttachmentError;
use infrastructure::audit::AuditError;
use infrastructure::database::is_unreachable;
use infrastructure::keys::KeyError;
use infrastructure::password::PasswordError;

use super::Problem;
use crate::routes::attachment::form::other_kind;

const AWAY: &str = "the database cannot be reached at the moment; try again";

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Refused(refusal) => refused(&*refusal),
            Error::Stale { current, .. } => Self::stale(message).detail("current_version", current),
            Error::CommandReused => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED", message)
            }
            Error::Taken(kind) => {
                let field: &'static str = kind.into();
                Self::conflict("DUPLICATE", format!("the {field} is taken")).detail("field", field)
            }
            Error::QuotaExceeded { limit, retry_at } => quota_exceeded(limit, retry_at),
            Error::Erased => Self::conflict("PERSON_ERASED", message),
            Error::Contended => Self::conflict("CONFLICT", message).retry_after(1),
            Error::Overloaded => Self::unavailable(message),
            Error::Unavailable(reason) => {
                tracing::warn!(%reason, "The database cannot be reached");
                Self::unavailable(AWAY)
            }
            Error::Unexpected(error) => Self::internal(&error),
        }
    }
}

fn refused(refusal: &(dyn Refusal + Send + Sync)) -> Problem {
    let status = match refusal.kind() {
        RefusalKind::NotFound => StatusCode::NOT_FOUND,
        RefusalKind::Forbidden => StatusCode::FORBIDDEN,
        RefusalKind::Conflict => StatusCode::CONFLICT,
        RefusalKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalKind::Locked => StatusCode::LOCKED,
    };
    let problem = Problem::new(status, refusal.code(), refusal.to_string());
    match refusal.details() {
        Some(details) => problem.details(details),
        None => problem,
    }
}

fn quota_exceeded(limit: i32, retry_at: DateTime<Utc>) -> Problem {
    let seconds = (retry_at - Utc::now()).num_seconds().max(0).unsigned_abs() + 1;
    let reset = retry_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let message = format!("Rate limit exceeded: {limit} tickets in 24 hours; the next one after {reset}");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", message)
        .detail("limit", limit)
        .detail("rate_limit_reset", reset)
        .retry_after(seconds)
        .header(HeaderName::from_static("x-ratelimit-limit"), limit.into())
        .header(HeaderName::from_static("x-ratelimit-remaining"), HeaderValue::from_static("0"))
        .header(HeaderName::from_static("x-ratelimit-reset"), seconds.into())
}

impl From<AttachmentError> for Problem {
    fn from(error: AttachmentError) -> Self {
        match error {
            AttachmentError::TooLarge(_) => Self::too_large(error.to_string()),
            AttachmentError::OtherKind => other_kind(),
            AttachmentError::Gone => Self::not_found("there is no such attachment"),
            AttachmentError::Damaged(_) => Self::internal(&error.into()),
            AttachmentError::Store(error) => {
                tracing::error!(%error, "The store of attachments failed");
                Self::unavailable("the store of attachments cannot be reached at the moment; try again")
            }
            AttachmentError::Keys(error) => error.into(),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        if is_unreachable(&error) {
            tracing::warn!(%error, "The database cannot be reached");
            return Self::unavailable(AWAY);
        }
        Self::internal(&anyhow::Error::new(error))
    }
}

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Database(error) => error.into(),
            AuditError::Unsound(what) => {
                tracing::error!(what, "The log is not what was signed: run `ledgerdesk log verify`");
                Self::conflict("LOG_NOT_AS_SIGNED", what)
            }
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Database(error) => error.into(),
            error => Self::internal(&anyhow::Error::new(error)),
        }
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::unavailable(error.to_string()),
            PasswordError::Unusable => Self::invalid(error.to_string()),
            PasswordError::UnreadableHash | PasswordError::Failed => {
                Self::internal(&anyhow::Error::new(error))
            }
        }
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        Self::internal(&error)
    }
}
