//! Misuse of the desk: what speaks for it, and the reports that administrators review.
//!
//! [`pattern`] is the rule that looks through somebody's tickets; [`Report`] is one report about one person and day.

mod error;
mod event;
pub mod pattern;
#[cfg(test)]
mod tests;
pub mod values;

use chrono::{DateTime, NaiveDate, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

pub use self::error::ReportError;
pub use self::event::MisuseEvent;
use self::pattern::Suspicion;
use self::values::{ReportSource, Severity};
use crate::access::Caller;
use crate::id::{TicketId, UserId};
use crate::sealed::Sealed;
use crate::{Decide, Issued};

/// A report, as far as its decisions need to remember it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Report {
    filed: Option<Filed>,
}

/// A report that there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Filed {
    user: UserId,
    tickets: Vec<TicketId>,
    severity: Severity,
    is_reviewed: bool,
    action_taken: Option<Sealed>,
}

/// What is to be reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Filing {
    /// About whom.
    pub user: UserId,
    /// Of which day.
    pub day: NaiveDate,
    /// What speaks for it.
    pub suspicion: Suspicion,
    /// When it was looked at.
    pub analyzed_at: DateTime<Utc>,
}

/// What can be asked of a report.
#[derive(Debug, Clone, PartialEq)]
pub enum ReportCommand {
    /// Report what the desk found. The desk's own to ask; if there is a report of that day, that one stays as it is.
    File(Box<Filing>),
    /// Report a ticket whose misuse was confirmed. The desk's own to ask; if there is a report of that day, the ticket joins it.
    Confirm(Box<Filing>),
    /// Note that an administrator looked at it.
    MarkReviewed {
        /// What they did about it; none leaves what was said before.
        action_taken: Option<String>,
    },
}

type Decision = Result<Vec<MisuseEvent>, ReportError>;

impl Filing {
    fn reported(self, source: ReportSource) -> MisuseEvent {
        let Self { user, day, suspicion, analyzed_at } = self;
        let Suspicion { misuse_type, severity, tickets, samples, patterns, reasoning, model, confidence } =
            suspicion;
        MisuseEvent::MisuseReported {
            user,
            detection_date: day,
            source,
            misuse_type,
            severity,
            tickets,
            samples: samples.into_iter().map(|sample| Sealed::new(user, sample)).collect(),
            patterns,
            reasoning: Sealed::new(user, reasoning),
            model,
            confidence,
            analyzed_at,
        }
    }
}

impl Filed {
    /// The tickets of `filing` that are not in it yet, each with what it says.
    fn joined_by(&self, filing: Filing) -> Vec<MisuseEvent> {
        let (user, severity) = (self.user, self.severity.max(filing.suspicion.severity));
        let Suspicion { tickets, samples, .. } = filing.suspicion;
        let texts = samples.into_iter().chain(std::iter::repeat(String::new()));
        let new = tickets.into_iter().zip(texts).filter(|(ticket, _)| !self.tickets.contains(ticket));
        let added = new.map(|(ticket, text)| {
            let sample = Sealed::new(user, text);
            MisuseEvent::MisuseEvidenceAdded { user, ticket, sample, severity }
        });
        added.collect()
    }

    fn reviewed(&self, action_taken: Option<String>) -> Vec<MisuseEvent> {
        let said = action_taken.map(|action| Sealed::new(self.user, action));
        let says_something_else = said.is_some() && said != self.action_taken;
        if self.is_reviewed && !says_something_else {
            return vec![];
        }
        vec![MisuseEvent::MisuseReportReviewed { user: self.user, action_taken: said }]
    }
}

impl Report {
    fn file(&self, by: &Caller, filing: Filing, source: ReportSource) -> Decision {
        if by.person().is_some() {
            return Err(ReportError::DeskOnly);
        }
        Ok(match (&self.filed, source) {
            (None, _) => vec![filing.reported(source)],
            (Some(_), ReportSource::Detection) => vec![],
            (Some(filed), ReportSource::Confirmation) => filed.joined_by(filing),
        })
    }
}

impl Decide for Report {
    fn decide(&self, issued: Issued<ReportCommand>) -> Decision {
        let Issued { by, command, .. } = issued;
        match command {
            ReportCommand::File(filing) => self.file(&by, *filing, ReportSource::Detection),
            ReportCommand::Confirm(filing) => self.file(&by, *filing, ReportSource::Confirmation),
            ReportCommand::MarkReviewed { .. } if !by.is_admin() => Err(ReportError::Forbidden),
            ReportCommand::MarkReviewed { action_taken } => {
                let filed = self.filed.as_ref().ok_or(ReportError::NotFound)?;
                Ok(filed.reviewed(action_taken))
            }
        }
    }
}

impl Aggregate for Report {
    const TYPE: &'static str = "misuse";
    type Command = Issued<ReportCommand>;
    type Event = MisuseEvent;
    type Error = ReportError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), ReportError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: MisuseEvent) {
        match (&mut self.filed, event) {
            (filed, MisuseEvent::MisuseReported { user, tickets, severity, .. }) => {
                *filed = Some(Filed { user, tickets, severity, is_reviewed: false, action_taken: None });
            }
            (Some(filed), MisuseEvent::MisuseEvidenceAdded { ticket, severity, .. }) => {
                filed.tickets.push(ticket);
                filed.severity = severity;
                filed.is_reviewed = false;
            }
            (Some(filed), MisuseEvent::MisuseReportReviewed { action_taken, .. }) => {
                filed.is_reviewed = true;
                filed.action_taken = action_taken.or_else(|| filed.action_taken.take());
            }
            (None, _) => {}
        }
    }
}
