//! Appends as the tests and benchmarks make them.

use std::time::{Duration, Instant};

use application::ledger::{Append, AppendError, Appended, Envelope, Ledger as _, StreamAppend};
use chrono::Utc;
use domain::event::{Event, StreamType};
use domain::id::{TicketId, UserId};
use domain::sealed::Sealed;
use domain::ticket::TicketEvent;
use domain::ticket::values::{Priority, Urgency};
use infrastructure::log::PgLog;
use uuid::Uuid;

use crate::postgres::the_desk;

/// How long the database may count as away.
const PATIENCE: Duration = Duration::from_secs(30);

/// An append of `streams`, as the desk itself, with a command id of its own.
#[must_use]
pub fn append(streams: Vec<StreamAppend>) -> Append {
    let command_id = Uuid::now_v7();
    Append {
        command_id,
        fingerprint: None,
        streams,
        claims: Vec::new(),
        releases: Vec::new(),
        quota: None,
        envelope: Envelope {
            occurred_at: Utc::now(),
            actor: the_desk().actor(),
            via: "test".into(),
            causation_id: None,
            correlation_id: command_id,
        },
    }
}

/// Appends, and again while the database counts as away: so it does when the machine is very busy.
///
/// # Panics
/// If it is refused, or the database stays away.
pub async fn accepted(log: &PgLog, append: Append) -> Appended {
    let started = Instant::now();
    loop {
        match log.append(append.clone()).await {
            Err(AppendError::Unavailable(why)) => {
                assert!(started.elapsed() < PATIENCE, "{why}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            outcome => return outcome.expect("accepted"),
        }
    }
}

/// `events` on the ticket stream `stream`, which is expected at `expected`.
#[must_use]
pub fn on(stream: Uuid, expected: i32, events: Vec<TicketEvent>) -> StreamAppend {
    let events = events.into_iter().map(Event::from).collect();
    StreamAppend { stream, stream_type: StreamType::Ticket, expected, events }
}

/// A ticket's creation, with about 400 bytes of text.
#[must_use]
pub fn created(requester: UserId) -> TicketEvent {
    TicketEvent::TicketCreated {
        requester,
        title: Sealed::new(
            requester,
            "The printer on the second floor prints blank pages since this morning",
        ),
        description: Sealed::new(requester, DESCRIPTION),
        urgency: Urgency::Medium,
        priority: Priority::Medium,
        department: None,
        category: None,
        building: None,
        organization: None,
    }
}

/// A small event without texts.
#[must_use]
pub fn unassigned() -> TicketEvent {
    TicketEvent::TicketUnassigned {}
}

/// A stream nobody has written to.
#[must_use]
pub fn new_stream() -> Uuid {
    let entropy = u32::try_from(Uuid::new_v4().as_u128() & 0xFFFF_FFFF).unwrap_or_default();
    TicketId::new(Utc::now(), entropy).stream()
}

const DESCRIPTION: &str = "Since this morning every page comes out blank, whatever I print and from whichever \
    program. I have switched it off and on, taken the toner out and put it back, and printed the test page from \
    the menu: blank as well. The display says Ready. We need it for the contracts that go out at noon.";
