//! What can have happened to a ticket.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::evolution::STEPS;
use super::links::LinkKind;
use super::values::{
    Finding, FlaggedBy, Harm, Impact, Priority, PrioritySource, ResolvedBy, RoutedBy, Status, Urgency,
};
use crate::access::Department;
use crate::catalogue::values::Code;
use crate::event::{Event, StoredEvent, StreamType, version_of};
use crate::evolution::Step;
use crate::id::{EntryId, LinkId, TicketId, UserId};
use crate::sealed::Sealed;

/// What can have happened to a ticket.
///
/// Who did it and when stand beside the event in the log ([`crate::event::Recorded`]); a variant repeats the
/// time only where a later decision needs it. Stored for ever: fields and variants are only added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum TicketEvent {
    /// A requester reported a problem.
    TicketCreated {
        /// Whose problem it is.
        requester: UserId,
        /// The problem in a line.
        title: Sealed,
        /// The problem in full.
        description: Sealed,
        /// How pressing the requester says it is.
        urgency: Urgency,
        /// What follows from the urgency by the matrix in force.
        priority: Priority,
        /// The department it was filed with, if the requester chose one or the category belongs to one.
        department: Option<Department>,
        /// What it is about, if the requester chose a category.
        category: Option<EntryId>,
        /// The building where it is.
        building: Option<EntryId>,
        /// The organization that the requester belonged to; for good.
        organization: Option<EntryId>,
    },
    /// The requester corrected the text before anybody took it up.
    TicketDetailsEdited {
        /// The new title, if it changed.
        title: Option<Sealed>,
        /// The new description, if it changed.
        description: Option<Sealed>,
    },
    /// Urgency, impact or priority changed; all are repeated as they are from now on.
    PriorityChanged {
        /// The requester's claim.
        urgency: Urgency,
        /// How many are affected, once somebody judged it.
        impact: Option<Impact>,
        /// What agents work by.
        priority: Priority,
        /// Whether the priority follows from the matrix or was set by hand.
        source: PrioritySource,
    },
    /// The ticket was sent to a department's queue; whoever had it no longer has.
    TicketTransferred {
        /// The department before.
        from: Option<Department>,
        /// The department now responsible.
        to: Department,
        /// Why, for the colleagues.
        note: Option<Sealed>,
    },
    /// The ticket waits in its department's queue (no agent) or on an agent's desk.
    TicketAssigned {
        /// The agent now responsible; none for the department's queue.
        agent: Option<UserId>,
    },
    /// Nobody is responsible any more.
    TicketUnassigned {},
    /// It is another team's work from now on, or no team's.
    TeamAssigned {
        /// The team.
        team: Option<EntryId>,
    },
    /// It is about something else.
    CategoryChanged {
        /// The category.
        category: Option<EntryId>,
    },
    /// It is somewhere else.
    BuildingChanged {
        /// The building.
        building: Option<EntryId>,
    },
    /// It is marked with other words; all are repeated as they are from now on.
    TagsChanged {
        /// The codes of the tags, in alphabetical order.
        tags: Vec<Code>,
    },
    /// Work began, or waits for the requester.
    StatusChanged {
        /// The status before.
        from: Status,
        /// The status from now on.
        to: Status,
        /// Why, if somebody said so.
        reason: Option<Sealed>,
    },
    /// Somebody considers the problem solved.
    TicketResolved {
        /// As what they said so.
        by: ResolvedBy,
        /// What solved it.
        resolution: Option<Sealed>,
        /// What solved it, as a code for reports.
        resolution_code: Option<String>,
        /// When: the reopening window starts here.
        at: DateTime<Utc>,
    },
    /// The ticket is done.
    TicketClosed {
        /// When: the reopening window counts on from the resolution, this is for the record.
        at: DateTime<Utc>,
    },
    /// The problem came back.
    TicketReopened {
        /// `in_progress` if its agent still has it, `open` otherwise.
        to: Status,
        /// Why, if somebody said so.
        reason: Option<Sealed>,
    },
    /// The requester judged the outcome; a later one replaces it.
    FeedbackGiven {
        /// One to five.
        rating: Option<u8>,
        /// In words.
        comment: Option<Sealed>,
        /// When: feedback may be changed for some days after the first.
        at: DateTime<Utc>,
    },
    /// A model looked whether it is misuse. Where that is suspected, `TicketFlagged` follows.
    TicketScreened {
        /// What it made of it.
        found: Finding,
        /// What is harmful about it, or may be.
        harm: Option<Harm>,
        /// The model, with its version.
        model: String,
        /// How sure it is, from 0 to 1.
        #[schema(minimum = 0.0, maximum = 1.0)]
        confidence: f64,
        /// What made it think so.
        reasons: Option<Sealed>,
        /// How long it took, in microseconds.
        #[schema(minimum = 0)]
        took_us: i64,
    },
    /// It was said whose work it is. What a model read out of the text besides follows in events of its own.
    TicketRouted {
        /// The department now responsible; none if a person has to say.
        department: Option<Department>,
        /// Who said so.
        by: RoutedBy,
        /// The model that was asked, with its version.
        model: Option<String>,
        /// How sure it is of its department, from 0 to 1.
        #[schema(minimum = 0.0, maximum = 1.0)]
        confidence: Option<f64>,
        /// What made it think so, or why nobody could tell.
        reasons: Option<Sealed>,
        /// How long it took, in microseconds.
        #[schema(minimum = 0)]
        took_us: i64,
    },
    /// Screening or a person suspects misuse; an administrator decides.
    TicketFlagged {
        /// What raised the suspicion.
        reason: Option<Sealed>,
        /// Who raised it.
        by: FlaggedBy,
    },
    /// The suspicion was unfounded.
    FlagCleared {},
    /// The suspicion was confirmed; the ticket is closed.
    MisuseConfirmed {
        /// When it was closed.
        at: DateTime<Utc>,
    },
    /// The ticket lives on in another one and is locked.
    TicketMerged {
        /// The ticket it lives on in.
        into: TicketId,
        /// When it was closed.
        at: DateTime<Utc>,
    },
    /// The merge was a mistake; the ticket is as before.
    TicketUnmerged {
        /// The status it returns to.
        to: Status,
    },
    /// Messages of it went on as a ticket of their own.
    TicketSplit {
        /// The new ticket.
        into: TicketId,
    },
    /// It was linked with another ticket, which has the same link the other way round, or with an address.
    TicketLinked {
        /// The link.
        link: LinkId,
        /// What it is to the other ticket.
        kind: LinkKind,
        /// The other ticket.
        to: Option<TicketId>,
        /// Or the address.
        url: Option<Sealed>,
    },
    /// A link was removed.
    TicketUnlinked {
        /// The link.
        link: LinkId,
        /// What it was to the other ticket.
        kind: LinkKind,
        /// The other ticket.
        to: Option<TicketId>,
    },
    /// Somebody wants to be told of it, or was spoken to on it.
    TicketFollowed {
        /// Who.
        user: UserId,
    },
    /// Somebody does not want to be told of it any more.
    TicketUnfollowed {
        /// Who.
        user: UserId,
    },
}

impl From<TicketEvent> for Event {
    fn from(event: TicketEvent) -> Self {
        Self::Ticket(event)
    }
}

impl StoredEvent for TicketEvent {
    const STREAM: StreamType = StreamType::Ticket;
    const TYPES: &'static [(&'static str, i16)] = &[
        ("TicketCreated", 2),
        ("TicketDetailsEdited", 1),
        ("PriorityChanged", 1),
        ("TicketTransferred", 1),
        ("TicketAssigned", 1),
        ("TicketUnassigned", 1),
        ("TeamAssigned", 1),
        ("CategoryChanged", 1),
        ("BuildingChanged", 1),
        ("TagsChanged", 1),
        ("StatusChanged", 1),
        ("TicketResolved", 1),
        ("TicketClosed", 1),
        ("TicketReopened", 1),
        ("FeedbackGiven", 1),
        ("TicketScreened", 1),
        ("TicketRouted", 1),
        ("TicketFlagged", 2),
        ("FlagCleared", 1),
        ("MisuseConfirmed", 1),
        ("TicketMerged", 1),
        ("TicketUnmerged", 1),
        ("TicketFollowed", 1),
        ("TicketUnfollowed", 1),
        ("TicketSplit", 1),
        ("TicketLinked", 1),
        ("TicketUnlinked", 1),
    ];
    const STEPS: &'static [Step] = STEPS;

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::Ticket(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for TicketEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
