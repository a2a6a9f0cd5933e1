//! Why a user's account refuses a command.

use serde_json::Value;

use super::MOST_MUTED;
use super::token::TokenError;
use crate::access::Department;
use crate::catalogue::values::EntryKind;
use crate::refusal::{Refusal, RefusalKind, wrong_field};

/// Why a user's account refuses a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserError {
    /// Nobody has this account.
    #[error("there is no such user")]
    NotFound,
    /// The caller is no administrator.
    #[error("only administrators may do this")]
    Forbidden,
    /// The account was created before.
    #[error("the user exists already")]
    AlreadyExists,
    /// Administrators cannot lock themselves out.
    #[error("nobody may deactivate their own account or take away their own role; ask another administrator")]
    OnOneself,
    /// The last administrator who can sign in.
    #[error("the last administrator stays; make somebody else an administrator first")]
    LastAdmin,
    /// The account was ended for good.
    #[error("this account was deleted")]
    Deleted,
    /// Somebody to whom no tickets are assigned.
    #[error("only agents and administrators are given tickets")]
    NotAnAgent,
    /// The person was erased: nothing can be done with the account any more.
    #[error("this person was erased")]
    Erased,
    /// An agent who would work for nobody.
    #[error("an agent needs at least one department")]
    NoDepartments,
    /// A department that is not there or not active, or takes no tickets.
    #[error("departments: there is no active department {0}")]
    NoSuchDepartment(Department),
    /// A building or an organization that is not there, or not active.
    #[error("{}_id: there is no active {} of this id", .0.as_str(), .0.as_str())]
    NoSuchEntry(EntryKind),
    /// The role says the department, and it is another one.
    #[error("an it_agent works for IT and an hr_agent for HR; use the role agent for other departments")]
    OtherDepartments,
    /// About an API token.
    #[error(transparent)]
    Token(TokenError),
    /// Recovery codes stand in for a second factor, and there is none.
    #[error("the account has no second factor; set one up first")]
    NoTwoFactor,
    /// The account is linked to somebody at this provider.
    #[error("the account is linked to an identity at this provider already; remove that link first")]
    AlreadyLinked,
    /// They muted as many tickets as can be.
    #[error("nobody mutes more than {MOST_MUTED} tickets; unmute some first")]
    TooManyMuted,
}

impl Refusal for UserError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::Forbidden => RefusalKind::Forbidden,
            Self::AlreadyExists
            | Self::OnOneself
            | Self::LastAdmin
            | Self::Deleted
            | Self::NotAnAgent
            | Self::Erased
            | Self::NoTwoFactor
            | Self::AlreadyLinked
            | Self::TooManyMuted => RefusalKind::Conflict,
            Self::NoDepartments
            | Self::NoSuchDepartment(_)
            | Self::NoSuchEntry(_)
            | Self::OtherDepartments => RefusalKind::Invalid,
            Self::Token(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Forbidden => "AUTHZ_FORBIDDEN",
            Self::AlreadyExists => "DUPLICATE",
            Self::OnOneself | Self::NotAnAgent => "CONFLICT",
            Self::Deleted => "ACCOUNT_DELETED",
            Self::LastAdmin => "LAST_ADMIN",
            Self::Erased => "PERSON_ERASED",
            Self::NoDepartments
            | Self::NoSuchDepartment(_)
            | Self::NoSuchEntry(_)
            | Self::OtherDepartments => "VALIDATION_ERROR",
            Self::Token(error) => error.code(),
            Self::NoTwoFactor => "TWO_FACTOR_OFF",
            Self::AlreadyLinked => "OIDC_ALREADY_LINKED",
            Self::TooManyMuted => "TOO_MANY_MUTED",
        }
    }

    fn details(&self) -> Option<Value> {
        match self {
            Self::NoSuchDepartment(_) | Self::NoSuchEntry(_) => wrong_field("invalid", &self.to_string()),
            _ => None,
        }
    }
}
