//! What can have happened to a report of misuse.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::values::{MisuseType, Patterns, ReportSource, Severity};
use crate::event::{Event, StoredEvent, StreamType, version_of};
use crate::id::{TicketId, UserId};
use crate::sealed::Sealed;

/// What can have happened to a report of misuse. All that it quotes, and all that was said of it, is about the person and
/// goes with them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum MisuseEvent {
    /// Misuse is suspected of somebody, or was confirmed.
    MisuseReported {
        /// Of whom.
        user: UserId,
        /// Of which day, by the calendar of the zone that the desk looks for misuse in: there is one of each person and day.
        detection_date: NaiveDate,
        /// What it comes from.
        source: ReportSource,
        /// What kind of misuse it is.
        misuse_type: MisuseType,
        /// How grave it is.
        severity: Severity,
        /// The tickets that speak for it.
        tickets: Vec<TicketId>,
        /// What some of them say.
        samples: Vec<Sealed>,
        /// What was counted.
        patterns: Patterns,
        /// What speaks for it, in words.
        reasoning: Sealed,
        /// Which model says so, with its version; `rules` where it was only counted, none where a person said so.
        model: Option<String>,
        /// How sure that is, from 0 to 1.
        #[schema(minimum = 0.0, maximum = 1.0)]
        confidence: f64,
        /// When it was looked at.
        analyzed_at: DateTime<Utc>,
    },
    /// Another ticket speaks for it: its misuse was confirmed. Whoever reviewed the report has not seen that.
    MisuseEvidenceAdded {
        /// Whose report it is.
        user: UserId,
        /// The ticket.
        ticket: TicketId,
        /// What it says.
        sample: Sealed,
        /// How grave it is from now on.
        severity: Severity,
    },
    /// An administrator looked at it.
    MisuseReportReviewed {
        /// Whose report it is.
        user: UserId,
        /// What they did about it.
        action_taken: Option<Sealed>,
    },
}

impl From<MisuseEvent> for Event {
    fn from(event: MisuseEvent) -> Self {
        Self::Misuse(event)
    }
}

impl StoredEvent for MisuseEvent {
    const STREAM: StreamType = StreamType::Misuse;
    const TYPES: &'static [(&'static str, i16)] =
        &[("MisuseReported", 1), ("MisuseEvidenceAdded", 1), ("MisuseReportReviewed", 1)];

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::Misuse(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for MisuseEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
