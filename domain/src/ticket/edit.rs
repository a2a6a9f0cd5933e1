//! Corrections: text, urgency, impact, priority and labels.

use super::decide::staff_only;
use super::state::Triage;
use super::values::{Impact, Priority, PrioritySource, Status, Urgency};
use super::{Changes, Decision, Live, TicketError, TicketEvent};
use crate::access::Caller;
use crate::sealed::Sealed;

impl Live {
    /// Changes what is given, all or nothing. Who may is asked of everything given; how far along the
    /// ticket is, only of what would become different.
    pub(super) fn edit(&self, by: &Caller, changes: Changes) -> Decision {
        let Changes { title, description, urgency, impact, priority, department, labels } = changes;
        if (title.is_some() || description.is_some()) && !self.is_owner(by) {
            return Err(TicketError::Forbidden("the requester"));
        }
        if impact.is_some() || priority.is_some() {
            staff_only(by)?;
        }
        let mut events = self.edit_text(title, description)?;
        events.extend(self.edit_triage(by, self.triage.with(urgency, impact, priority))?);
        events.extend(self.edit_labels(by, labels)?);
        if let Some(department) = department {
            events.extend(self.transfer(by, department, None)?);
        }
        Ok(events)
    }

    fn edit_text(&self, title: Option<String>, description: Option<String>) -> Decision {
        let changed = |text: Option<String>, present: &Sealed| {
            self.sealed(text.filter(|text| present.text() != Some(text.as_str())))
        };
        let title = changed(title, &self.title);
        let description = changed(description, &self.description);
        if title.is_none() && description.is_none() {
            return Ok(vec![]);
        }
        if self.status != Status::Open {
            return Err(self.not_editable());
        }
        Ok(vec![TicketEvent::TicketDetailsEdited { title, description }])
    }

    fn edit_triage(&self, by: &Caller, wanted: Triage) -> Decision {
        if wanted == self.triage {
            return Ok(vec![]);
        }
        if !self.is_open_to(by) {
            return Err(self.not_editable());
        }
        let Triage { urgency, impact, priority, source } = wanted;
        Ok(vec![TicketEvent::PriorityChanged { urgency, impact, priority, source }])
    }

    /// Whether the ticket is early enough for the caller's changes: the requester's while it is open,
    /// those of staff as long as somebody has to do something about it.
    pub(super) fn is_open_to(&self, by: &Caller) -> bool {
        if by.is_staff() { self.status.is_active() } else { self.status == Status::Open }
    }

    /// The refusal of a change that comes too late.
    pub(super) fn not_editable(&self) -> TicketError {
        TicketError::NotEditable { status: self.status }
    }
}

impl Triage {
    /// This with what is given; a priority set by hand outlasts changes of urgency and impact.
    fn with(self, urgency: Option<Urgency>, impact: Option<Impact>, by_hand: Option<Priority>) -> Self {
        let changed =
            Self { urgency: urgency.unwrap_or(self.urgency), impact: impact.or(self.impact), ..self };
        match by_hand {
            Some(priority) => Self { priority, source: PrioritySource::Manual, ..changed },
            None if changed == self || self.source == PrioritySource::Manual => changed,
            None => Self {
                priority: Priority::computed(changed.urgency, changed.impact),
                source: PrioritySource::Computed,
                ..changed
            },
        }
    }
}
