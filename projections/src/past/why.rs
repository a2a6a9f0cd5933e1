//! Why a field has its value: the event that gave it, and what caused that.

use anyhow::Context as _;
use domain::event::{Event, Recorded};
use domain::ticket::{Field, TicketEvent};
use infrastructure::projection::Table as _;
use serde_json::Value;
use uuid::Uuid;

use super::{Names, Past};
use crate::person::TicketName;
use crate::ticket_page::{PageRow, TicketPage};

/// Why a field has its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Why<'e> {
    /// The value, as answers show it; of the ticket it was merged into only the id, whoever looks.
    pub value: Value,
    /// The event that last gave the field another value, or the ticket's creation; none if it is for staff only.
    pub set_by: Option<&'e Recorded>,
    /// What caused it, what caused that, and so on, as far as the events are this ticket's: the first cause last.
    pub causes: Vec<&'e Recorded>,
    /// The cause of the last of them, if that is no event of this ticket that the reader sees.
    pub caused_elsewhere: Option<Uuid>,
    /// What else followed from the same command or the same request, on this ticket.
    pub together: Vec<&'e Recorded>,
}

impl Past {
    /// Why `field` had its value.
    ///
    /// # Errors
    /// The events do not fit each other.
    pub fn why(&self, field: Field) -> anyhow::Result<Why<'_>> {
        let (set_by, value) = self.last_change(field)?;
        let Some(set_by) = self.seen().find(|recorded| recorded.position == set_by.position) else {
            return Ok(Why { value, set_by: None, causes: vec![], caused_elsewhere: None, together: vec![] });
        };
        let (mut causes, mut cause) = (Vec::new(), set_by.causation_id);
        let mut before = set_by.position;
        while let Some(found) = self.caused_by(cause, before) {
            (before, cause) = (found.position, found.causation_id);
            causes.push(found);
        }
        let is_together = |other: &&Recorded| {
            let is_same =
                other.command_id == set_by.command_id || other.correlation_id == set_by.correlation_id;
            is_same && other.position != set_by.position
        };
        let together = self.seen().filter(is_together).collect();
        Ok(Why { value, set_by: Some(set_by), causes, caused_elsewhere: cause, together })
    }

    /// The event of this id, if it is one of this ticket's that the reader sees and lies before `position`: a cause
    /// does, so a chain of causes has an end.
    fn caused_by(&self, event_id: Option<Uuid>, position: i64) -> Option<&Recorded> {
        let is_cause =
            |recorded: &&Recorded| Some(recorded.event_id) == event_id && recorded.position < position;
        event_id.and_then(|_| self.seen().find(is_cause))
    }

    /// The event that last gave `field` another value, and the value.
    fn last_change(&self, field: Field) -> anyhow::Result<(&Recorded, Value)> {
        let mut row: Option<PageRow> = None;
        let mut found: Option<(&Recorded, Value)> = None;
        for recorded in self.events.iter().filter(|recorded| TicketPage::key(recorded).is_some()) {
            row = TicketPage::fold(row.take(), recorded)?;
            let may_set = |event: &TicketEvent| event.sets().contains(&field);
            if !matches!(&recorded.event, Event::Ticket(event) if may_set(event)) {
                continue;
            }
            let value = value(row.clone(), field)?;
            if found.as_ref().is_none_or(|(_, before)| *before != value) {
                found = Some((recorded, value));
            }
        }
        found.context("a ticket without a creation")
    }
}

/// What answers show in `field`.
fn value(row: Option<PageRow>, field: Field) -> anyhow::Result<Value> {
    let ticket = row.context("a ticket without a creation")?.shown(&Names::new(), true, vec![]);
    if field == Field::MergedInto {
        return Ok(serde_json::to_value(ticket.merging.map(TicketName::from))?);
    }
    let mut shown = serde_json::to_value(ticket)?;
    shown.get_mut(field.name()).map(Value::take).with_context(|| format!("no answer has {}", field.name()))
}
