//! A log as a help desk would have filled it.

use application::ledger::{Ledger as _, StreamAppend};
use chrono::{DateTime, TimeDelta, Utc};
use domain::conversation::ConversationEvent;
use domain::conversation::values::{MessageType, SenderRole};
use domain::event::{Event, StreamType};
use domain::id::{MessageId, TicketId, UserId};
use domain::sealed::Sealed;
use domain::ticket::TicketEvent;
use domain::ticket::values::{Priority, PrioritySource, ResolvedBy, Status, Urgency};
use futures::StreamExt as _;
use infrastructure::log::PgLog;
use tests::appends::{append, created, on};
use uuid::Uuid;

/// How many tickets live side by side.
const AT_A_TIME: usize = 2_000;
/// How many appends are under way at a time.
const CALLERS: usize = 256;
/// How many events a ticket gets.
const PER_TICKET: usize = 10;
/// How many tickets a requester files.
const PER_PERSON: usize = 20;

const QUESTION: &str = "I have done that twice now and nothing has changed: the lamp stays orange, the page \
    stays blank, and the queue says that my document was printed. Is there another printer I could use?";
const ANSWER: &str = "Thank you for trying. I have restarted the queue on the server and will come by at two \
    o'clock with a new cartridge. Until then please choose the printer in room 214, which takes the same \
    paper; the driver is installed on your machine already and asks for nothing.";
const RESOLUTION: &str = "The cartridge was leaking and had soiled the drum. Both were replaced, and a test \
    page came out right. The old cartridge went back to the supplier.";

/// Appends `events` events, one at a time for each ticket.
pub(super) async fn fill(log: &PgLog, events: usize) {
    let mut person = UserId(Uuid::now_v7());
    let (began, mut filed) = (Utc::now(), 0);
    while filed < events / PER_TICKET {
        let some = AT_A_TIME.min(events / PER_TICKET - filed);
        let tickets: Vec<(Uuid, UserId)> = (filed..filed + some)
            .map(|n| {
                if n % PER_PERSON == 0 {
                    person = UserId(Uuid::now_v7());
                }
                (stream_of(began, n), person)
            })
            .collect();
        for step in 0..PER_TICKET {
            let steps = futures::stream::iter(&tickets);
            let appended = steps.for_each_concurrent(CALLERS, |(stream, requester)| async move {
                let sent = append(vec![next(*stream, *requester, step)]);
                log.append(sent).await.expect("accepted");
            });
            appended.await;
        }
        filed += some;
    }
}

/// Each ticket has a millisecond of its own: of thousands within one, two would have the same id now and then.
fn stream_of(began: DateTime<Utc>, number: usize) -> Uuid {
    let number = u32::try_from(number).expect("so many tickets");
    TicketId::new(began + TimeDelta::milliseconds(number.into()), number).stream()
}

/// The event of a ticket at this step of its life.
fn next(stream: Uuid, requester: UserId, step: usize) -> StreamAppend {
    let agent = UserId(Uuid::from_u128(7_301));
    let text = |words: &str| Some(Sealed::new(requester, words));
    let ticket = |expected, event| on(stream, expected, vec![event]);
    match step {
        0 => ticket(0, created(requester)),
        1 => message(stream, 0, requester, requester, QUESTION),
        2 => ticket(1, TicketEvent::TicketAssigned { agent: Some(agent) }),
        3 => ticket(
            2,
            TicketEvent::StatusChanged { from: Status::Assigned, to: Status::InProgress, reason: None },
        ),
        4 => message(stream, 1, requester, agent, ANSWER),
        5 => message(stream, 2, requester, requester, QUESTION),
        6 => ticket(
            3,
            TicketEvent::PriorityChanged {
                urgency: Urgency::High,
                impact: None,
                priority: Priority::High,
                source: PrioritySource::Computed,
            },
        ),
        7 => message(stream, 3, requester, agent, ANSWER),
        8 => {
            let (by, at) = (ResolvedBy::Agent, Utc::now());
            let resolution = text(RESOLUTION);
            ticket(4, TicketEvent::TicketResolved { by, resolution, resolution_code: None, at })
        }
        _ => {
            let comment = text("Quick and friendly, thank you.");
            ticket(5, TicketEvent::FeedbackGiven { rating: Some(5), comment, at: Utc::now() })
        }
    }
}

fn message(stream: Uuid, expected: i32, about: UserId, sender: UserId, content: &str) -> StreamAppend {
    let (role, kind) = if sender == about {
        (SenderRole::User, MessageType::UserMessage)
    } else {
        (SenderRole::Agent, MessageType::AgentMessage)
    };
    let message_id = MessageId(Uuid::now_v7());
    let posted = ConversationEvent::MessagePosted {
        message_id,
        sender: Some(sender),
        sender_role: role,
        message_type: kind,
        content: Sealed::with_own_key(about, message_id.0, content),
        is_internal: false,
        is_ai: false,
        client_msg_id: None,
        mentions: vec![],
    };
    StreamAppend {
        stream: TicketId::of_stream(stream).conversation(),
        stream_type: StreamType::Conversation,
        expected,
        events: vec![Event::from(posted)],
    }
}
