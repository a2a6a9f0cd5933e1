//! Triage: a new ticket is screened and routed by what it says, and handed to an agent, each by a handler of its own.
//!
//! `TicketCreated` → [`Sort`] → `TicketScreened`, and `TicketFlagged` or `TicketRouted` → [`HandOut`] → `TicketAssigned`. Whoever
//! filed it waits a moment for that ([`Waiting`]). What a model concluded is in the events; where it is in doubt, or fails, the
//! ticket waits for a person, and says why.

mod hand_out;
pub(crate) mod judge;
mod sort;
mod waiting;

use chrono::TimeDelta;
use domain::event::Recorded;

pub(crate) use self::hand_out::HandOut;
pub(crate) use self::sort::Sort;
pub(crate) use self::waiting::Waiting;

/// How long after it happened something may be recorded to be acted on: what is older comes from somewhere else, where it was
/// dealt with.
const HISTORY: TimeDelta = TimeDelta::days(1);

fn is_history(event: &Recorded) -> bool {
    event.recorded_at - event.occurred_at > HISTORY
}
