//! What the list and the page of a ticket say alike, and how events change it.

use chrono::{DateTime, Utc};
use domain::ticket::TicketEvent;
use domain::ticket::values::{Priority, PrioritySource, Status};
use sqlx::FromRow;
use uuid::Uuid;

use crate::labels::Labels;

/// Where a ticket stands.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub(crate) struct Facts {
    pub(crate) urgency: String,
    pub(crate) impact: Option<String>,
    pub(crate) priority: String,
    pub(crate) priority_source: String,
    pub(crate) status: String,
    pub(crate) department: Option<String>,
    pub(crate) requester: Uuid,
    pub(crate) assignee: Option<Uuid>,
    pub(crate) misuse_flag: bool,
    pub(crate) resolved_at: Option<DateTime<Utc>>,
    pub(crate) closed_at: Option<DateTime<Utc>>,
    #[sqlx(flatten)]
    pub(crate) labels: Labels,
}

impl Facts {
    /// Where a ticket stands when it was just created; none for any other event.
    pub(crate) fn created(event: &TicketEvent) -> Option<Self> {
        let TicketEvent::TicketCreated { requester, urgency, priority, department, .. } = event else {
            return None;
        };
        Some(Self {
            urgency: word(*urgency),
            impact: None,
            priority: word(*priority),
            priority_source: word(PrioritySource::Computed),
            status: word(Status::Open),
            department: department.as_ref().map(ToString::to_string),
            requester: requester.0,
            assignee: None,
            misuse_flag: false,
            resolved_at: None,
            closed_at: None,
            labels: Labels::created(event)?,
        })
    }

    /// What `event` changes.
    pub(crate) fn apply(&mut self, event: &TicketEvent) {
        use TicketEvent as E;
        self.labels.apply(event);
        match event {
            E::TicketCreated { .. }
            | E::TicketDetailsEdited { .. }
            | E::FeedbackGiven { .. }
            | E::TeamAssigned { .. }
            | E::TicketScreened { .. }
            | E::CategoryChanged { .. }
            | E::BuildingChanged { .. }
            | E::TagsChanged { .. }
            | E::TicketSplit { .. }
            | E::TicketLinked { .. }
            | E::TicketUnlinked { .. }
            | E::TicketFollowed { .. }
            | E::TicketUnfollowed { .. } => {}
            E::PriorityChanged { urgency, impact, priority, source } => {
                self.urgency = word(*urgency);
                self.impact = impact.map(word);
                self.priority = word(*priority);
                self.priority_source = word(*source);
            }
            E::TicketTransferred { to, .. } => {
                self.department = Some(to.to_string());
                self.assignee = None;
                self.status = word(Status::Open);
            }
            E::TicketAssigned { agent } => self.assigned(agent.map(|agent| agent.0)),
            E::TicketUnassigned {} => {
                self.assignee = None;
                self.status = word(Status::Open);
            }
            E::StatusChanged { to, .. } => self.status = word(*to),
            E::TicketResolved { at, .. } => {
                self.status = word(Status::Resolved);
                self.resolved_at = Some(*at);
            }
            E::TicketClosed { at } | E::MisuseConfirmed { at } | E::TicketMerged { at, .. } => {
                self.status = word(Status::Closed);
                self.closed_at = Some(*at);
            }
            E::TicketReopened { to, .. } => {
                self.status = word(*to);
                self.resolved_at = None;
                self.closed_at = None;
            }
            E::TicketUnmerged { to } => {
                self.status = word(*to);
                self.closed_at = None;
            }
            E::TicketRouted { department, .. } => {
                self.department = department.as_ref().map(ToString::to_string);
            }
            E::TicketFlagged { .. } => self.misuse_flag = true,
            E::FlagCleared {} => self.misuse_flag = false,
        }
    }

    /// An agent takes over work as it stands; a queue starts from the beginning.
    fn assigned(&mut self, agent: Option<Uuid>) {
        self.assignee = agent;
        if agent.is_none() || self.status == Status::Open.as_str() {
            self.status = word(Status::Assigned);
        }
    }

    /// The priority as a number that sorts: 0 low to 3 critical.
    pub(crate) fn priority_rank(&self) -> i16 {
        self.priority.parse::<Priority>().map_or(0, |priority| priority as i16)
    }
}

/// The word on the wire.
pub(crate) fn word(value: impl Into<&'static str>) -> String {
    value.into().to_owned()
}
