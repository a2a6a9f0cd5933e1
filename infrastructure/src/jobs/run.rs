//! A run of a job, and how far it has come.

use chrono::{DateTime, NaiveDate, Utc};
use domain::id::UserId;
use sqlx::FromRow;
use uuid::Uuid;

/// A run that is to be done, as far as its work has to know it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Run {
    /// Its identity.
    pub id: Uuid,
    /// Of which day what it finds is.
    pub for_day: NaiveDate,
    /// It looks at what happened from then on
    pub window_from: DateTime<Utc>,
    /// and before then.
    pub window_until: DateTime<Utc>,
    user_id: Option<Uuid>,
    reached: Option<Uuid>,
    total: Option<i32>,
    done: i32,
    made: i32,
    failures: i32,
}

/// A run that this process does, under its lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The run.
    pub run: Run,
    pub(super) token: i64,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Everybody up to here is dealt with, in the order of their ids.
    pub reached: Option<Uuid>,
    /// How many people there are to deal with, once that is known.
    pub total: Option<i32>,
    /// How many were dealt with,
    pub done: i32,
    /// how many reports followed from that,
    pub made: i32,
    /// and how many people could not be dealt with.
    pub failures: i32,
    /// Whether that was all.
    pub is_over: bool,
}

impl Run {
    /// The one person that it looks at; none if it is everybody.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        self.user_id.map(UserId)
    }

    /// How far it had come when it was taken.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let Self { reached, total, done, made, failures, .. } = self;
        Progress {
            reached: *reached,
            total: *total,
            done: *done,
            made: *made,
            failures: *failures,
            is_over: false,
        }
    }
}
