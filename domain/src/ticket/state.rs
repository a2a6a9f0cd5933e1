//! What a ticket remembers in order to decide.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::TicketEvent;
use super::labels::Labels;
use super::links::Link;
use super::values::{Finding, Impact, Priority, PrioritySource, Status, Urgency};
use crate::access::{Department, Whose};
use crate::catalogue::values::Code;
use crate::id::{EntryId, TicketId, UserId};
use crate::sealed::Sealed;

/// What a created ticket remembers in order to decide.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Live {
    pub(super) requester: UserId,
    pub(super) title: Sealed,
    pub(super) description: Sealed,
    pub(super) triage: Triage,
    pub(super) department: Option<Department>,
    pub(super) organization: Option<EntryId>,
    pub(super) labels: Labels,
    pub(super) assignee: Option<UserId>,
    pub(super) status: Status,
    pub(super) resolved_at: Option<DateTime<Utc>>,
    pub(super) reopen_count: u32,
    pub(super) stage: Stage,
    /// Whether what models could not tell is nobody's question any more: another one was asked, or a person took it up.
    pub(super) is_settled: bool,
    pub(super) is_flagged: bool,
    pub(super) feedback: Option<GivenFeedback>,
    pub(super) merged: Option<Merged>,
    pub(super) followers: Vec<UserId>,
    pub(super) links: Vec<Link>,
}

/// How far models have looked at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Stage {
    /// Not yet.
    New,
    /// It was said whether it is misuse.
    Screened,
    /// It could not be said whether it is misuse.
    InDoubt,
    /// It was said whose work it is, or that nobody can tell.
    Routed,
}

/// How much the ticket presses, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Triage {
    pub(super) urgency: Urgency,
    pub(super) impact: Option<Impact>,
    pub(super) priority: Priority,
    pub(super) source: PrioritySource,
}

/// The requester's judgement, and since when there is one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct GivenFeedback {
    pub(super) rating: Option<u8>,
    pub(super) comment: Option<Sealed>,
    pub(super) first_at: DateTime<Utc>,
}

/// Where the ticket lives on, and where it stood before.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Merged {
    pub(super) into: TicketId,
    pub(super) was: Status,
}

impl Live {
    /// Whose problem it is.
    #[must_use]
    pub fn requester(&self) -> UserId {
        self.requester
    }

    /// The department responsible.
    #[must_use]
    pub fn department(&self) -> Option<&Department> {
        self.department.as_ref()
    }

    /// The tags it is marked with.
    #[must_use]
    pub fn tags(&self) -> &[Code] {
        &self.labels.tags
    }

    /// The agent responsible.
    #[must_use]
    pub fn assignee(&self) -> Option<UserId> {
        self.assignee
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// How often the problem came back.
    #[must_use]
    pub fn reopen_count(&self) -> u32 {
        self.reopen_count
    }

    /// Whether somebody suspects misuse, or suspected it rightly.
    #[must_use]
    pub fn is_flagged(&self) -> bool {
        self.is_flagged
    }

    /// Whether triage has come to its end for now: somebody has it, it is in a queue, or it waits for a person's decision.
    #[must_use]
    pub fn is_triaged(&self) -> bool {
        let waits = match self.stage {
            Stage::New | Stage::Screened => false,
            Stage::InDoubt => true,
            Stage::Routed => self.department.is_none(),
        };
        self.status != Status::Open || self.is_flagged || waits
    }

    /// What it says: title and description.
    #[must_use]
    pub fn texts(&self) -> (&Sealed, &Sealed) {
        (&self.title, &self.description)
    }

    /// What it is about.
    #[must_use]
    pub fn category(&self) -> Option<EntryId> {
        self.labels.category
    }

    /// The ticket it was merged into, and by which it is locked.
    #[must_use]
    pub fn locked_into(&self) -> Option<TicketId> {
        self.merged.map(|merged| merged.into)
    }

    /// What its visibility depends on.
    #[must_use]
    pub fn whose(&self) -> Whose<'_> {
        Whose {
            requester: self.requester,
            department: self.department(),
            assignee: self.assignee,
            organization: self.organization,
        }
    }

    /// The state after its first event; none for any other event.
    pub(super) fn created(event: TicketEvent) -> Option<Self> {
        let TicketEvent::TicketCreated {
            requester,
            title,
            description,
            urgency,
            priority,
            department,
            category,
            building,
            organization,
        } = event
        else {
            return None;
        };
        Some(Self {
            requester,
            title,
            description,
            triage: Triage { urgency, impact: None, priority, source: PrioritySource::Computed },
            department,
            organization,
            labels: Labels { category, building, ..Labels::default() },
            assignee: None,
            status: Status::Open,
            resolved_at: None,
            reopen_count: 0,
            stage: Stage::New,
            is_settled: false,
            is_flagged: false,
            feedback: None,
            merged: None,
            followers: Vec::new(),
            links: Vec::new(),
        })
    }

    /// Takes over what happened.
    pub(super) fn apply(&mut self, event: TicketEvent) {
        use TicketEvent as E;
        match event {
            E::TicketCreated { .. } | E::TicketSplit { .. } => {}
            E::TicketDetailsEdited { title, description } => self.edited(title, description),
            E::PriorityChanged { urgency, impact, priority, source } => {
                self.triage = Triage { urgency, impact, priority, source };
            }
            E::TicketTransferred { to, .. } => {
                self.department = Some(to);
                self.taken_up();
                self.nobodys();
            }
            E::TicketAssigned { agent } => {
                self.taken_up();
                self.assigned(agent);
            }
            E::TicketUnassigned {} => self.nobodys(),
            E::TeamAssigned { team } => self.labels.team = team,
            E::CategoryChanged { category } => self.labels.category = category,
            E::BuildingChanged { building } => self.labels.building = building,
            E::TagsChanged { tags } => self.labels.tags = tags,
            E::StatusChanged { to, .. } => self.status = to,
            E::TicketResolved { at, .. } => {
                self.status = Status::Resolved;
                self.resolved_at = Some(at);
            }
            E::TicketClosed { .. } | E::MisuseConfirmed { .. } => self.status = Status::Closed,
            E::TicketReopened { to, .. } => self.reopened(to),
            E::FeedbackGiven { rating, comment, at } => self.judged(rating, comment, at),
            E::TicketScreened { found, .. } => {
                self.is_settled = self.stage == Stage::InDoubt;
                self.stage = if found == Finding::Doubtful { Stage::InDoubt } else { Stage::Screened };
            }
            E::TicketRouted { department, .. } => {
                self.is_settled |= self.stage == Stage::Routed;
                self.stage = Stage::Routed;
                self.department = department;
            }
            E::TicketFlagged { .. } => self.is_flagged = true,
            E::FlagCleared {} => {
                self.is_flagged = false;
                // Whose work it is may be asked anew.
                self.is_settled = false;
            }
            E::TicketMerged { into, .. } => {
                self.merged = Some(Merged { into, was: self.status });
                self.status = Status::Closed;
            }
            E::TicketUnmerged { to } => {
                self.merged = None;
                self.status = to;
            }
            E::TicketLinked { link, kind, to, url } => self.linked(link, kind, to, url),
            E::TicketUnlinked { link, .. } => self.links.retain(|known| known.id != link),
            E::TicketFollowed { user } => self.followed(user, true),
            E::TicketUnfollowed { user } => self.followed(user, false),
        }
    }

    fn edited(&mut self, title: Option<Sealed>, description: Option<Sealed>) {
        if let Some(title) = title {
            self.title = title;
        }
        if let Some(description) = description {
            self.description = description;
        }
    }

    /// A person said whose work it is, or has it, after models had looked.
    fn taken_up(&mut self) {
        self.is_settled |= matches!(self.stage, Stage::InDoubt | Stage::Routed);
    }

    fn nobodys(&mut self) {
        self.labels.team = None;
        self.handed(None, Status::Open);
    }

    fn handed(&mut self, assignee: Option<UserId>, status: Status) {
        self.assignee = assignee;
        self.status = status;
    }

    fn assigned(&mut self, agent: Option<UserId>) {
        let status = match (agent, self.status) {
            (Some(_), under_way @ (Status::InProgress | Status::WaitingOnCustomer)) => under_way,
            _ => Status::Assigned,
        };
        self.handed(agent, status);
    }

    fn reopened(&mut self, to: Status) {
        self.status = to;
        self.resolved_at = None;
        self.reopen_count = self.reopen_count.saturating_add(1);
    }

    fn judged(&mut self, rating: Option<u8>, comment: Option<Sealed>, at: DateTime<Utc>) {
        let first_at = self.feedback.as_ref().map_or(at, |feedback| feedback.first_at);
        self.feedback = Some(GivenFeedback { rating, comment, first_at });
    }
}
