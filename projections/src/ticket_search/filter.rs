//! Which tickets.

use chrono::{DateTime, Utc};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

/// A span of time; each end may be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// From this moment on.
    pub after: Option<DateTime<Utc>>,
    /// Before this moment.
    pub before: Option<DateTime<Utc>>,
}

/// Which tickets. Lists are alternatives; an empty one means any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In one of these statuses.
    pub status: Vec<String>,
    /// Of one of these departments.
    pub department: Vec<String>,
    /// Of one of these priorities.
    pub priority: Vec<String>,
    /// Of one of these urgencies.
    pub urgency: Vec<String>,
    /// Suspected of misuse, or not.
    pub misuse_flag: Option<bool>,
    /// Assigned to one of these.
    pub assignee: Vec<Uuid>,
    /// Assigned to nobody (as an alternative to `assignee`).
    pub unassigned: bool,
    /// Filed by one of these.
    pub requester: Vec<Uuid>,
    /// About one of these categories.
    pub category: Vec<Uuid>,
    /// In one of these buildings.
    pub building: Vec<Uuid>,
    /// The work of one of these teams.
    pub team: Vec<Uuid>,
    /// Filed in one of these organizations.
    pub organization: Vec<Uuid>,
    /// Marked with one of these tags, by code.
    pub tag: Vec<String>,
    /// Followed by this person.
    pub follower: Option<Uuid>,
    /// Filed in this span.
    pub created: Span,
    /// Last changed in this span.
    pub updated: Span,
}

impl Filter {
    /// Whether the counters know the answer: they do not know people and times.
    pub(super) fn is_counted(&self) -> bool {
        self.assignee.is_empty()
            && !self.unassigned
            && self.requester.is_empty()
            && self.entries().iter().all(|(_, ids)| ids.is_empty())
            && self.tag.is_empty()
            && self.follower.is_none()
            && self.created == Span::default()
            && self.updated == Span::default()
    }

    /// What it says about entries of catalogues, by column.
    fn entries(&self) -> [(&'static str, &[Uuid]); 4] {
        [
            ("category", &self.category),
            ("building", &self.building),
            ("team", &self.team),
            ("organization", &self.organization),
        ]
    }

    /// Adds what the counters know: ` and …` for each condition on `t`.
    pub(super) fn push_counted(&self, query: &mut QueryBuilder<Postgres>, flag: &str) {
        for (column, words) in [
            ("status", &self.status),
            ("department", &self.department),
            ("priority", &self.priority),
            ("urgency", &self.urgency),
        ] {
            if !words.is_empty() {
                query.push(" and t.").push(column).push(" = any(").push_bind(words.clone()).push(")");
            }
        }
        if let Some(flagged) = self.misuse_flag {
            query.push(" and t.misuse_flag").push(flag).push(" = ").push_bind(flagged);
        }
    }

    pub(super) fn push(&self, query: &mut QueryBuilder<Postgres>) {
        self.push_counted(query, "");
        if !self.assignee.is_empty() || self.unassigned {
            query.push(" and (t.assignee = any(").push_bind(self.assignee.clone()).push(")");
            query.push(" or (").push_bind(self.unassigned).push(" and t.assignee is null))");
        }
        if !self.requester.is_empty() {
            query.push(" and t.requester = any(").push_bind(self.requester.clone()).push(")");
        }
        for (column, ids) in self.entries() {
            if !ids.is_empty() {
                query.push(" and t.").push(column).push(" = any(").push_bind(ids.to_vec()).push(")");
            }
        }
        if !self.tag.is_empty() {
            // Codes have nothing in them that means anything in a pattern but `_`, which means any letter.
            let patterns: Vec<String> =
                self.tag.iter().map(|code| format!("%,{},%", code.replace('_', "\\_"))).collect();
            query.push(" and t.tags like any(").push_bind(patterns).push(")");
        }
        if let Some(follower) = self.follower {
            query.push(" and t.followers like ").push_bind(format!("%,{follower},%"));
        }
        for (column, span) in [("created_at", self.created), ("updated_at", self.updated)] {
            if let Some(after) = span.after {
                query.push(" and t.").push(column).push(" >= ").push_bind(after);
            }
            if let Some(before) = span.before {
                query.push(" and t.").push(column).push(" < ").push_bind(before);
            }
        }
    }
}
