//! Triage: a new ticket is screened and routed by what it says, and handed to an agent, each by a handler of its own.
//!
//! `TicketCreated` → [`Sort`] → `TicketScreened`, and `TicketFlagged` or `TicketRouted` → [`HandOut`] → `TicketAssigned`. Whoever
//! filed it waits a moment for that ([`Waiting`]). What a model concluded is in the events; where it is in doubt, or fails, the
//! ticket waits for a person, and says why. If a language model is configured, it is asked then ([`SecondOpinion`]), and nobody
//! waits for that.

mod hand_out;
pub(crate) mod judge;
mod question;
mod second_opinion;
mod sort;
mod waiting;

use chrono::TimeDelta;
use domain::event::{Event, Recorded};
use domain::ticket::TicketEvent;
use domain::ticket::values::Finding;

pub(crate) use self::hand_out::HandOut;
pub(crate) use self::question::{mark_of, names_of};
pub(crate) use self::second_opinion::SecondOpinion;
pub(crate) use self::sort::Sort;
pub(crate) use self::waiting::Waiting;

/// How long after it happened something may be recorded to be acted on: what is older comes from somewhere else, where it was
/// dealt with.
const HISTORY: TimeDelta = TimeDelta::days(1);

/// Whether `event` says of a ticket what was said of it before: another model could not tell, either.
pub(crate) fn is_no_news(event: &Recorded) -> bool {
    let is_doubt = match &event.event {
        Event::Ticket(TicketEvent::TicketScreened { found, .. }) => *found == Finding::Doubtful,
        Event::Ticket(TicketEvent::TicketRouted { department, .. }) => department.is_none(),
        _ => false,
    };
    is_doubt && &*event.via == second_opinion::NAME
}

fn is_history(event: &Recorded) -> bool {
    event.recorded_at - event.occurred_at > HISTORY
}
