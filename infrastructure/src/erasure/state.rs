//! How far an erasure has come.

use chrono::{DateTime, Utc};
use domain::id::UserId;
use serde::Serialize;
use sqlx::{FromRow, PgPool};
use strum::IntoStaticStr;

/// How far an erasure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Stage {
    /// It is in the log; the key is destroyed next.
    Accepted,
    /// The key is destroyed: nothing can be read from the log. Read models are masked next.
    KeyDestroyed,
    /// Nothing shows the texts any more; files are being purged.
    Purging,
    /// It is complete, except for what remains.
    Done,
}

/// An erasure.
#[derive(Debug, Clone, PartialEq, Eq, Default, FromRow)]
pub struct Progress {
    /// When the key was destroyed.
    pub key_destroyed_at: Option<DateTime<Utc>>,
    /// Since when nothing shows the texts.
    pub masked_at: Option<DateTime<Utc>>,
    /// When it was complete.
    pub done_at: Option<DateTime<Utc>>,
    /// What could not be purged, and why.
    pub remains: Vec<String>,
}

impl Progress {
    /// How far it has come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match (self.done_at, self.masked_at, self.key_destroyed_at) {
            (Some(_), ..) => Stage::Done,
            (None, Some(_), _) => Stage::Purging,
            (None, None, Some(_)) => Stage::KeyDestroyed,
            (None, None, None) => Stage::Accepted,
        }
    }
}

/// How far the erasure of `user`, who is erased according to the log, has come.
///
/// # Errors
/// The database cannot be reached.
pub async fn progress(pool: &PgPool, user: UserId) -> sqlx::Result<Progress> {
    let progress = sqlx::query_as(
        "select key_destroyed_at, masked_at, done_at, remains from desk.erasures where user_id = $1",
    );
    Ok(progress.bind(user.0).fetch_optional(pool).await?.unwrap_or_default())
}
