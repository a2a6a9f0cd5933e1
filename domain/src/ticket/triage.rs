//! Triage: what models made of a new ticket, taken over as far as nobody knows better.

use super::state::Stage;
use super::values::{Finding, FlaggedBy, Priority, PrioritySource, RoutedBy, Status, Urgency};

use super::{Conclusion, Decision, Live, Routing, Screening, TicketError, TicketEvent, Triaged};
use crate::access::Caller;

/// What models could not tell of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Whether it is misuse.
    Misuse,
    /// Whose work it is.
    Department,
}

impl Live {
    /// What models could not tell of it and waits for a person; none once somebody took it up, or another model was asked.
    #[must_use]
    pub fn doubt(&self) -> Option<Doubt> {
        if self.status != Status::Open || self.is_flagged || self.is_settled {
            return None;
        }
        match self.stage {
            Stage::InDoubt => Some(Doubt::Misuse),
            Stage::Routed if self.department.is_none() => Some(Doubt::Department),
            Stage::New | Stage::Screened | Stage::Routed => None,
        }
    }

    /// Takes over what another model made of it, once, as far as it answers what is in doubt: what the first ones were sure of
    /// stands, and so does what a person did meanwhile.
    pub(super) fn take_second_opinion(&self, by: &Caller, triaged: Triaged) -> Decision {
        if by.person().is_some() {
            return Err(TicketError::Forbidden("the desk itself"));
        }
        let Triaged { screening, routing } = triaged;
        Ok(match (self.doubt(), screening, routing) {
            (Some(Doubt::Misuse), Some(screening), routing) => {
                let routing = routing.filter(|_| screening.found == Finding::Harmless);
                let mut events = self.screened(screening);
                events.extend(routing.into_iter().flat_map(|routing| self.routed(routing)));
                events
            }
            (Some(Doubt::Department), _, Some(routing)) => self.routed(routing),
            _ => vec![],
        })
    }

    /// Takes over what models made of it, while nobody took it up: a suspicion, or whose work it is. Where whoever filed it
    /// said something else than the models, what they said stands.
    pub(super) fn take_triage(&self, by: &Caller, triaged: Triaged) -> Decision {
        if by.person().is_some() {
            return Err(TicketError::Forbidden("the desk itself"));
        }
        if self.status != Status::Open || self.is_flagged {
            return Ok(vec![]);
        }
        let Triaged { screening, routing } = triaged;
        let mut events = Vec::new();
        match (screening, self.stage) {
            (Some(screening), Stage::New) => {
                let found = screening.found;
                events.extend(self.screened(screening));
                if found != Finding::Harmless {
                    return Ok(events);
                }
            }
            // A person has to look, whatever a model makes of it now.
            (Some(_), Stage::InDoubt) => return Ok(vec![]),
            _ => {}
        }
        if let Some(routing) = routing.filter(|_| self.stage != Stage::Routed) {
            events.extend(self.routed(routing));
        }
        Ok(events)
    }

    fn screened(&self, screening: Screening) -> Vec<TicketEvent> {
        let Screening { found, harm, by } = screening;
        let Conclusion { model, confidence, reasons, took } = by;
        let reasons = self.sealed(reasons);
        let flagged = (found == Finding::Harmful)
            .then(|| TicketEvent::TicketFlagged { reason: reasons.clone(), by: FlaggedBy::Screening });
        let took_us = took.num_microseconds().unwrap_or(i64::MAX);
        let screened = TicketEvent::TicketScreened { found, harm, model, confidence, reasons, took_us };
        [screened].into_iter().chain(flagged).collect()
    }

    fn routed(&self, routing: Routing) -> Vec<TicketEvent> {
        let Routing { department, category, urgency, by } = routing;
        let (department, said_by) = match (self.department.clone(), department) {
            (Some(department), _) => (Some(department), RoutedBy::Filing),
            (None, Some(department)) => (Some(department), RoutedBy::Model),
            (None, None) => (None, RoutedBy::Nobody),
        };
        let mut events = vec![TicketEvent::TicketRouted {
            department,
            by: said_by,
            model: Some(by.model),
            confidence: Some(by.confidence),
            reasons: self.sealed(by.reasons),
            took_us: by.took.num_microseconds().unwrap_or(i64::MAX),
        }];
        if self.labels.category.is_none() && category.is_some() {
            events.push(TicketEvent::CategoryChanged { category });
        }
        events.extend(urgency.and_then(|urgency| self.pressing(urgency)));
        events
    }

    /// The priority that follows from how pressing the text is, if nobody said anything of that: medium is what is claimed
    /// where nothing is.
    fn pressing(&self, read: Urgency) -> Option<TicketEvent> {
        let (urgency, impact) = (self.triage.urgency, self.triage.impact);
        let is_said = urgency != Urgency::Medium || self.triage.source != PrioritySource::Computed;
        let priority = Priority::computed(read, impact);
        (!is_said && priority != self.triage.priority).then_some(TicketEvent::PriorityChanged {
            urgency,
            impact,
            priority,
            source: PrioritySource::Ai,
        })
    }
}
