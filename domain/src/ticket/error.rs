//! Why a ticket refuses a command.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::values::Status;
use super::{MOST_FOLLOWERS, MOST_GENERATIONS, MOST_LINKS, MOST_TAGS};
use crate::catalogue::values::{Code, EntryKind};
use crate::id::{TicketId, UserId};
use crate::refusal::{Refusal, RefusalKind, wrong_field};

/// Why a ticket refuses a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// It was never created, or the caller does not see it.
    #[error("there is no such ticket")]
    NotFound,
    /// The caller sees it but may not do this; the words say who may.
    #[error("only {0} may do this")]
    Forbidden(&'static str),
    /// A ticket of this id was created before.
    #[error("the ticket exists already")]
    AlreadyExists,
    /// It lives on in another ticket.
    #[error("the ticket was merged into another one and takes no changes")]
    Locked {
        /// The ticket it lives on in. The words do not tell it: not everybody who sees the one sees the other.
        into: TicketId,
    },
    /// It is too far along for this change.
    #[error("the ticket is {}: this cannot be changed any more", .status.as_str())]
    NotEditable {
        /// Where it stands.
        status: Status,
    },
    /// No transition leads from its status to the one wanted.
    #[error("the ticket is {} and cannot become {} this way; possible: {}", .from.as_str(), .to.as_str(), listed(.allowed))]
    InvalidTransition {
        /// Where it stands.
        from: Status,
        /// Where it should have gone.
        to: Status,
        /// Where it can go.
        allowed: Vec<Status>,
    },
    /// It was resolved too long ago to be reopened.
    #[error("the ticket was resolved too long ago to be reopened; open a new one that refers to it")]
    ReopenWindowPassed {
        /// When it was resolved.
        resolved_at: DateTime<Utc>,
    },
    /// Whoever should get it is deactivated or does not work on tickets.
    #[error("this person cannot be given tickets: they are deactivated or not an agent")]
    AgentUnavailable,
    /// Whoever should get it takes no tickets at the moment.
    #[error(
        "this person takes no tickets at the moment; an administrator may assign one all the same, with force"
    )]
    AgentAway,
    /// Whoever should get it has as many tickets as they can.
    #[error(
        "this person has {active} of {capacity} tickets; an administrator may assign one more, with force"
    )]
    AgentAtCapacity {
        /// How many they can have.
        capacity: u16,
        /// How many they have.
        active: u32,
    },
    /// Somebody else was faster.
    #[error("somebody else has already taken the ticket")]
    AlreadyClaimed {
        /// Who has it.
        by: UserId,
    },
    /// It belongs to no department, so no queue can take it.
    #[error("the ticket has no department whose queue could take it; transfer it first")]
    NoDepartment,
    /// The team works for another department.
    #[error("the team belongs to another department than the ticket; transfer the ticket first")]
    TeamOfOtherDepartment,
    /// The agent does not belong to the team.
    #[error("this person does not belong to the team")]
    NotInTeam,
    /// A category, building or team that is not there, or not active.
    #[error("{}_id: there is no active {} of this id", .0.as_str(), .0.as_str())]
    NoSuchEntry(EntryKind),
    /// A tag that is not there, or not active.
    #[error("tags: there is no active tag {0}")]
    NoSuchTag(Code),
    /// More tags than a ticket has.
    #[error("tags: a ticket has at most {MOST_TAGS}")]
    TooManyTags,
    /// It is closed.
    #[error("a closed ticket takes no answers; reopen it")]
    Closed,
    /// The outcome cannot be judged before there is one.
    #[error("feedback can be given once the ticket is resolved")]
    FeedbackTooEarly,
    /// The time for changing the feedback is over.
    #[error("the feedback was given too long ago to be changed")]
    FeedbackFinal,
    /// Nobody suspects misuse.
    #[error("the ticket is not flagged as misuse")]
    NotFlagged,
    /// It cannot live on in itself.
    #[error("into: a ticket cannot be merged into itself")]
    MergeIntoItself,
    /// The other ticket that the request names in this field does not exist, or the caller does not see it.
    #[error("{0}: there is no such ticket")]
    NoSuchTarget(&'static str),
    /// The ticket that it should live on in is done, or lives on elsewhere itself.
    #[error("the ticket to merge into is {}: only one that is still worked on can be merged into", .status.as_str())]
    MergeTargetNotOpen {
        /// Where the other ticket stands.
        status: Status,
    },
    /// It is no part of another ticket that became one of its own, or the caller does not see that ticket: the same for both.
    #[error("the ticket was not split off from one that you see")]
    NotSplitOff,
    /// It cannot be linked with itself.
    #[error("to: a ticket cannot be linked with itself")]
    LinkToItself,
    /// What the two are to each other already says the opposite.
    #[error("the tickets are linked the other way round; remove that link first")]
    LinkContradicts,
    /// A ticket is a part of one other ticket at most.
    #[error("the ticket has a parent already; remove that link first")]
    HasParent,
    /// What it would be a part of is a part of it.
    #[error("a ticket cannot be a part of what is a part of it")]
    LinkCircle,
    /// Too many tickets stand above each other.
    #[error("at most {MOST_GENERATIONS} tickets can stand in a line, each a part of the one above")]
    TooManyAncestors,
    /// More links than a ticket has.
    #[error("a ticket has at most {MOST_LINKS} links")]
    TooManyLinks,
    /// The other ticket lives on elsewhere.
    #[error("the other ticket was merged and takes no changes")]
    LinkTargetLocked,
    /// It was never made, was removed, or leads to what the caller does not see.
    #[error("there is no such link")]
    LinkNotFound,
    /// A part of it is still worked on.
    #[error("tickets that are parts of this one are still worked on: resolve them first")]
    OpenChildren,
    /// Whoever should follow it may not read it, or may not sign in, or does not exist: the same for all.
    #[error("this person cannot follow the ticket: they do not see it")]
    NotAReader,
    /// More followers than a ticket has.
    #[error("a ticket has at most {MOST_FOLLOWERS} followers")]
    TooManyFollowers,
    /// A rating outside its scale.
    #[error("a rating must be 1, 2, 3, 4 or 5")]
    RatingOutOfRange,
    /// Feedback that says nothing.
    #[error("feedback needs a rating or a comment")]
    EmptyFeedback,
}

/// `statuses` in words, for people.
fn listed(statuses: &[Status]) -> String {
    match statuses {
        [] => "nothing".to_owned(),
        _ => statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>().join(", "),
    }
}

impl Refusal for TicketError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound | Self::LinkNotFound => RefusalKind::NotFound,
            Self::Forbidden(_) => RefusalKind::Forbidden,
            Self::Locked { .. } => RefusalKind::Locked,
            Self::MergeIntoItself
            | Self::LinkToItself
            | Self::NoSuchTarget(_)
            | Self::RatingOutOfRange
            | Self::EmptyFeedback
            | Self::NoSuchEntry(_)
            | Self::NoSuchTag(_)
            | Self::TooManyTags => RefusalKind::Invalid,
            Self::AlreadyExists
            | Self::NotEditable { .. }
            | Self::InvalidTransition { .. }
            | Self::ReopenWindowPassed { .. }
            | Self::AgentUnavailable
            | Self::AgentAway
            | Self::AgentAtCapacity { .. }
            | Self::AlreadyClaimed { .. }
            | Self::NoDepartment
            | Self::TeamOfOtherDepartment
            | Self::NotInTeam
            | Self::Closed
            | Self::FeedbackTooEarly
            | Self::FeedbackFinal
            | Self::NotAReader
            | Self::TooManyFollowers
            | Self::MergeTargetNotOpen { .. }
            | Self::NotSplitOff
            | Self::LinkContradicts
            | Self::HasParent
            | Self::LinkCircle
            | Self::TooManyAncestors
            | Self::TooManyLinks
            | Self::LinkTargetLocked
            | Self::OpenChildren
            | Self::NotFlagged => RefusalKind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound | Self::LinkNotFound => "NOT_FOUND",
            Self::Forbidden(_) => "AUTHZ_FORBIDDEN",
            Self::Locked { .. } => "TICKET_LOCKED",
            Self::MergeIntoItself
            | Self::LinkToItself
            | Self::NoSuchTarget(_)
            | Self::RatingOutOfRange
            | Self::EmptyFeedback
            | Self::NoSuchEntry(_)
            | Self::NoSuchTag(_)
            | Self::TooManyTags => "VALIDATION_ERROR",
            Self::InvalidTransition { .. } => "INVALID_STATUS_TRANSITION",
            Self::ReopenWindowPassed { .. } => "REOPEN_WINDOW_PASSED",
            Self::AgentUnavailable | Self::AgentAway => "AGENT_UNAVAILABLE",
            Self::AgentAtCapacity { .. } => "AGENT_AT_CAPACITY",
            Self::NotAReader => "NOT_A_READER",
            Self::MergeTargetNotOpen { .. } => "MERGE_TARGET_NOT_OPEN",
            Self::NotSplitOff => "NOT_SPLIT_OFF",
            Self::LinkContradicts => "LINK_CONTRADICTS",
            Self::HasParent => "HAS_PARENT",
            Self::LinkCircle | Self::TooManyAncestors => "LINK_CIRCLE",
            Self::TooManyLinks => "TOO_MANY_LINKS",
            Self::LinkTargetLocked => "LINK_TARGET_LOCKED",
            Self::OpenChildren => "OPEN_CHILDREN",
            Self::AlreadyExists
            | Self::NotEditable { .. }
            | Self::AlreadyClaimed { .. }
            | Self::NoDepartment
            | Self::TeamOfOtherDepartment
            | Self::NotInTeam
            | Self::Closed
            | Self::FeedbackTooEarly
            | Self::FeedbackFinal
            | Self::TooManyFollowers
            | Self::NotFlagged => "CONFLICT",
        }
    }

    fn details(&self) -> Option<Value> {
        match self {
            Self::NotEditable { status } | Self::MergeTargetNotOpen { status } => {
                Some(json!({ "status": status }))
            }
            Self::InvalidTransition { from, to, allowed } => {
                Some(json!({ "from": from, "to": to, "allowed": allowed }))
            }
            Self::ReopenWindowPassed { resolved_at } => Some(json!({ "resolved_at": resolved_at })),
            Self::AgentAtCapacity { capacity, active } => {
                Some(json!({ "capacity": capacity, "active_count": active }))
            }
            Self::AlreadyClaimed { by } => Some(json!({ "assignee_id": by })),
            Self::NoSuchEntry(_)
            | Self::NoSuchTag(_)
            | Self::TooManyTags
            | Self::MergeIntoItself
            | Self::LinkToItself
            | Self::NoSuchTarget(_) => wrong_field("invalid", &self.to_string()),
            _ => None,
        }
    }
}
