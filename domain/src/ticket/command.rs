//! What can be asked of a ticket.

use chrono::TimeDelta;

use super::labels::LabelChanges;
use super::links::Link;
use super::values::{Finding, Harm, Impact, Priority, Status, Urgency};
use crate::access::{Caller, Department, Role};
use crate::change::Change;
use crate::id::{EntryId, LinkId, TicketId, UserId};
use crate::user::Availability;

/// What can be asked of a ticket. Texts are already parsed ([`super::values`]); who asks and when stand
/// beside the command ([`crate::Issued`]).
#[derive(Debug, Clone, PartialEq)]
pub enum TicketCommand {
    /// Report a problem.
    Create(Box<Report>),
    /// Change whatever is given.
    Edit(Box<Changes>),
    /// Send it to a department's queue.
    Transfer {
        /// The department.
        department: Department,
        /// Why, for the colleagues.
        note: Option<String>,
    },
    /// Make an agent responsible, or with none put it into its department's queue; and perhaps a team.
    Assign {
        /// The agent.
        agent: Option<Assignee>,
        /// The team whose work it is.
        team: Change<Team>,
    },
    /// Take it: assign it to the caller.
    Claim,
    /// Make nobody responsible.
    Unassign,
    /// Put it back into its department's queue if this agent, who works on tickets no more, still has it.
    PutBack {
        /// The agent.
        agent: UserId,
    },
    /// Bring it to a status by the transition that leads there.
    SetStatus {
        /// The status wanted.
        to: Status,
        /// Why.
        reason: Option<String>,
    },
    /// Consider it solved.
    Resolve {
        /// What solved it.
        resolution: Option<String>,
        /// What solved it, as a code.
        resolution_code: Option<String>,
    },
    /// Consider it done.
    Close,
    /// Say that the problem came back.
    Reopen {
        /// Why.
        reason: Option<String>,
    },
    /// A message was posted on it: by staff a first public answer starts the work, by the requester an
    /// answer ends the waiting or reopens it.
    Answer {
        /// Whether only staff can read the message.
        is_internal: bool,
    },
    /// Judge the outcome.
    GiveFeedback {
        /// One to five.
        rating: Option<u8>,
        /// In words.
        comment: Option<String>,
    },
    /// Take over what models made of it: whether it is misuse, and whose work it is. For the desk itself.
    Triage(Box<Triaged>),
    /// Take over what another model made of it, where those that were asked first were in doubt and nobody said anything
    /// since. For the desk itself.
    SecondOpinion(Box<Triaged>),
    /// Suspect misuse.
    Flag {
        /// What raised the suspicion.
        reason: Option<String>,
    },
    /// Drop the suspicion.
    ClearFlag,
    /// Confirm the suspicion and close.
    ConfirmMisuse,
    /// Let it live on in another ticket.
    Merge {
        /// This ticket, so that merging it into itself is noticed.
        ticket: TicketId,
        /// The other ticket.
        into: TicketId,
    },
    /// Take a merge back.
    Unmerge,
    /// Split a part of it off.
    Split {
        /// As which ticket.
        into: TicketId,
    },
    /// Give what is said on it back to the ticket that it was split off from, and live on there.
    Unsplit {
        /// This ticket.
        ticket: TicketId,
        /// The ticket that it was split off from, if the caller sees one.
        from: Option<TicketId>,
    },
    /// Link it.
    Link {
        /// This ticket, so that linking it with itself is noticed.
        ticket: TicketId,
        /// The link, as this ticket has it.
        link: Link,
    },
    /// Remove a link.
    Unlink {
        /// Which.
        link: LinkId,
    },
    /// A link was removed from the ticket at its other end.
    LoseLink {
        /// Which.
        link: LinkId,
    },
    /// Have somebody told of it.
    Follow {
        /// Who.
        user: UserId,
        /// The same as they see now; none who may not sign in.
        reader: Option<Caller>,
    },
    /// Have somebody told of it no more.
    Unfollow {
        /// Who.
        user: UserId,
    },
    /// A message on it speaks to people who may read it: have them told from now on.
    FollowMentioned {
        /// Whom.
        users: Vec<UserId>,
    },
}

impl TicketCommand {
    /// Whether it is about nobody but the caller, who needs no part in the ticket for it.
    pub(super) fn is_about(&self, by: &Caller) -> bool {
        matches!(self, Self::Follow { user, .. } | Self::Unfollow { user } if by.is(*user))
    }
}

/// A problem as it is reported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Whose problem it is; staff may report for somebody else.
    pub requester: UserId,
    /// The problem in a line.
    pub title: String,
    /// The problem in full.
    pub description: String,
    /// How pressing the requester says it is.
    pub urgency: Urgency,
    /// The department to file it with.
    pub department: Option<Department>,
    /// What it is about; an active category.
    pub category: Option<EntryId>,
    /// Where it is; an active building.
    pub building: Option<EntryId>,
    /// The organization that the requester belongs to.
    pub organization: Option<EntryId>,
}

/// What models made of a ticket.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Triaged {
    /// Whether it is misuse; none if nobody has to ask.
    pub screening: Option<Screening>,
    /// Whose work it is, as far as that is not known.
    pub routing: Option<Routing>,
}

/// Whether a ticket is misuse.
#[derive(Debug, Clone, PartialEq)]
pub struct Screening {
    /// What was made of it.
    pub found: Finding,
    /// What is harmful about it, or may be.
    pub harm: Option<Harm>,
    /// Who says so, and why.
    pub by: Conclusion,
}

/// Whose work a ticket is.
#[derive(Debug, Clone, PartialEq)]
pub struct Routing {
    /// The department; none if it cannot be told.
    pub department: Option<Department>,
    /// What it is about; an active category.
    pub category: Option<EntryId>,
    /// How pressing the text says it is.
    pub urgency: Option<Urgency>,
    /// Who says so, and why.
    pub by: Conclusion,
}

/// How a model came to what it says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conclusion {
    /// The model, with its version.
    pub model: String,
    /// How sure it is, from 0 to 1.
    pub confidence: f64,
    /// What made it think so.
    pub reasons: Option<String>,
    /// How long it took.
    pub took: TimeDelta,
}

/// What is to be different about a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// A new title.
    pub title: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// A new urgency; by staff too, while the ticket is active.
    pub urgency: Option<Urgency>,
    /// A new impact; staff only.
    pub impact: Option<Impact>,
    /// A priority set by hand; staff only.
    pub priority: Option<Priority>,
    /// Another department: a transfer without a note.
    pub department: Option<Department>,
    /// What it is marked with.
    pub labels: LabelChanges,
}

/// A team whose work a ticket may be, as the catalogue knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Which.
    pub id: EntryId,
    /// The department it belongs to, if it belongs to one.
    pub department: Option<Department>,
    /// Who belongs to it.
    pub members: Vec<UserId>,
}

/// Somebody to whom a ticket may be assigned, as the user directory knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignee {
    /// Who.
    pub id: UserId,
    /// As what they work.
    pub role: Role,
    /// For which departments.
    pub departments: Vec<Department>,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Whether there is room on their desk.
    pub room: Room,
}

/// Whether there is room on an agent's desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// As far as they take tickets and have fewer than they can.
    Counted {
        /// Whether they take tickets, and how many at a time.
        availability: Availability,
        /// How many they have that still need something done.
        active: u32,
    },
    /// However much they have; administrators may say so.
    Forced,
}
