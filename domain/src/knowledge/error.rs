//! Why an article, or a vote on one, refuses a command.

use serde_json::Value;

use super::values::MOST_TAGS;
use crate::access::Department;
use crate::refusal::{Refusal, RefusalKind, wrong_field};

/// Why an article, or a vote on one, refuses a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArticleError {
    /// There is no such article, for the caller.
    #[error("there is no such article")]
    NotFound,
    /// The caller is neither an agent nor an administrator.
    #[error("only agents and administrators may do this")]
    Forbidden,
    /// The article was written before.
    #[error("the article exists already")]
    AlreadyExists,
    /// It is a draft, or archived.
    #[error("only published articles can be voted on")]
    NotPublished,
    /// Only people have an opinion.
    #[error("only people vote")]
    NobodyVotes,
    /// It has too many tags.
    #[error("tags: must have {max} items or fewer", max = MOST_TAGS)]
    TooManyTags,
    /// It names a department that is not there or not active.
    #[error("department: there is no active department {0}")]
    NoSuchDepartment(Department),
}

impl Refusal for ArticleError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::Forbidden | Self::NobodyVotes => RefusalKind::Forbidden,
            Self::AlreadyExists | Self::NotPublished => RefusalKind::Conflict,
            Self::TooManyTags | Self::NoSuchDepartment(_) => RefusalKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Forbidden | Self::NobodyVotes => "AUTHZ_FORBIDDEN",
            Self::AlreadyExists => "DUPLICATE",
            Self::NotPublished => "ARTICLE_NOT_PUBLISHED",
            Self::TooManyTags | Self::NoSuchDepartment(_) => "VALIDATION_ERROR",
        }
    }

    fn details(&self) -> Option<Value> {
        wrong_field("invalid", &self.to_string())
    }
}
