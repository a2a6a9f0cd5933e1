//! API tokens of an account: what may be issued, and what is good. Their secrets are rows beside the log.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::account::Account;
use super::{Decision, UserError, UserEvent};
use crate::access::{Caller, Role};
use crate::refusal::{Refusal, RefusalKind};
use crate::scope::Scope;

/// The longest an API token may be good for, in days.
pub const LONGEST_TOKEN_DAYS: i64 = 366;
/// How many good API tokens an account may have at a time.
pub const MOST_TOKENS: usize = 50;

/// What an API token allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// Its identity, which is no secret.
    pub id: Uuid,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// How many requests it may make in a window, if fewer than its owner's tokens may together.
    pub max_requests: Option<u32>,
}

/// Why an account refuses to issue or revoke an API token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The account has no such token.
    #[error("there is no such API token")]
    NotFound,
    /// People issue their own tokens.
    #[error("API tokens are issued for oneself; administrators also issue those of service accounts")]
    OfOthers,
    /// The account may not be used.
    #[error("the account is deactivated")]
    Deactivated,
    /// It could be used for nothing.
    #[error("an API token needs at least one scope")]
    NoScope,
    /// A scope that only administrators give.
    #[error("only administrators may give an API token the scope {}", .0.as_str())]
    NotYours(Scope),
    /// It ends before it begins, or too late.
    #[error("an API token ends after now and within {LONGEST_TOKEN_DAYS} days")]
    Life,
    /// It could make no request.
    #[error("max_requests must be at least 1")]
    NoRequests,
    /// The account has as many as it may.
    #[error("an account has at most {MOST_TOKENS} API tokens; revoke one first")]
    TooMany,
}

impl Refusal for TokenError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::OfOthers | Self::NotYours(_) => RefusalKind::Forbidden,
            Self::Deactivated | Self::TooMany => RefusalKind::Conflict,
            Self::NoScope | Self::Life | Self::NoRequests => RefusalKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self.kind() {
            RefusalKind::NotFound => "NOT_FOUND",
            RefusalKind::Forbidden => "AUTHZ_FORBIDDEN",
            RefusalKind::Invalid => "VALIDATION_ERROR",
            RefusalKind::Conflict | RefusalKind::Locked => "CONFLICT",
        }
    }
}

/// A token that was issued, and whether it was taken back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Issue {
    token: ApiToken,
    is_revoked: bool,
}

/// The tokens of an account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Issues(Vec<Issue>);

impl Issues {
    /// The tokens that are good at `now`.
    pub(super) fn good(&self, now: DateTime<Utc>) -> impl Iterator<Item = &ApiToken> {
        let issues = self.0.iter().filter(move |issue| !issue.is_revoked && now < issue.token.expires_at);
        issues.map(|issue| &issue.token)
    }

    pub(super) fn add(&mut self, token: ApiToken) {
        self.0.push(Issue { token, is_revoked: false });
    }

    pub(super) fn revoke(&mut self, id: Uuid) {
        for issue in self.0.iter_mut().filter(|issue| issue.token.id == id) {
            issue.is_revoked = true;
        }
    }

    /// Whoever may sign in no more has no good token any more, and gets none back.
    pub(super) fn revoke_all(&mut self) {
        self.0.clear();
    }
}

impl Account {
    /// The token `id`, if it is good at `now`. What only administrators give, a person's token has while they are one; a
    /// service account keeps what it was given.
    pub(super) fn good_token(&self, id: Uuid, now: DateTime<Utc>) -> Option<ApiToken> {
        let mut token =
            self.tokens.good(now).find(|token| token.id == id).filter(|_| self.is_active)?.clone();
        let keeps_all = self.is_service || self.role == Role::Admin;
        token.scopes.retain(|scope| keeps_all || !scope.is_for_admins_to_give());
        Some(token)
    }

    pub(super) fn issue_token(&self, by: &Caller, at: DateTime<Utc>, mut token: ApiToken) -> Decision {
        let may = if self.is_service { by.is_admin() } else { by.is(self.id) };
        if !may {
            return Err(TokenError::OfOthers.into());
        }
        if !self.is_active {
            return Err(TokenError::Deactivated.into());
        }
        token.scopes.sort_unstable();
        token.scopes.dedup();
        if token.scopes.is_empty() {
            return Err(TokenError::NoScope.into());
        }
        let not_theirs = |scope: &&Scope| scope.is_for_admins_to_give() && !by.is_admin();
        if let Some(scope) = token.scopes.iter().find(not_theirs) {
            return Err(TokenError::NotYours(*scope).into());
        }
        if token.expires_at <= at || token.expires_at > at + TimeDelta::days(LONGEST_TOKEN_DAYS) {
            return Err(TokenError::Life.into());
        }
        if token.max_requests == Some(0) {
            return Err(TokenError::NoRequests.into());
        }
        if self.tokens.0.iter().any(|issue| issue.token.id == token.id) {
            return Ok(vec![]);
        }
        if self.tokens.good(at).count() >= MOST_TOKENS {
            return Err(TokenError::TooMany.into());
        }
        let ApiToken { id: token_id, scopes, expires_at, max_requests } = token;
        Ok(vec![UserEvent::ApiTokenIssued { token_id, scopes, expires_at, max_requests }])
    }

    pub(super) fn revoke_token(&self, by: &Caller, id: Uuid) -> Decision {
        if !by.is(self.id) && !by.is_admin() {
            return Err(UserError::Forbidden);
        }
        match self.tokens.0.iter().find(|issue| issue.token.id == id) {
            None => Err(TokenError::NotFound.into()),
            Some(issue) if issue.is_revoked => Ok(vec![]),
            Some(_) => Ok(vec![UserEvent::ApiTokenRevoked { token_id: id }]),
        }
    }
}

impl From<TokenError> for UserError {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}
