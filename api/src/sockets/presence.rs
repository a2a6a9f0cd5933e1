//! Who looks at a ticket and who types, at whichever node: said to all nodes, kept nowhere, forgotten after a moment.
//!
//! Nodes tell each other identities and nothing else, several in one notification.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::id::{TicketId, UserId};
use projections::standing;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::desk::Desk;

/// How long what somebody does is known unless they do it again.
const KNOWN_FOR: Duration = Duration::from_secs(6);
const SWEPT_EVERY: Duration = Duration::from_millis(500);
/// How long what is to be said is collected, and how much of it is said at once: a notification has 8,000 bytes.
const PACE: Duration = Duration::from_millis(20);
const AT_ONCE: usize = 30;
/// How much may wait to be said; what is beyond that is not.
const WAITING: usize = 4_096;

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Does {
    /// Looks at the ticket, and read up to a position, if it is said.
    #[serde(rename = "v")]
    Views(Option<i64>),
    /// Types, and whether an internal note.
    #[serde(rename = "t")]
    Types(bool),
    /// Types no more.
    #[serde(rename = "n")]
    Stops,
    /// Went.
    #[serde(rename = "l")]
    Leaves,
}

/// That somebody does something.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Said {
    #[serde(rename = "t")]
    pub(super) ticket: TicketId,
    /// By which socket.
    #[serde(rename = "s")]
    pub(super) session: Uuid,
    #[serde(rename = "u")]
    pub(super) user: UserId,
    /// Whether they read the internal notes of the ticket.
    #[serde(rename = "f")]
    pub(super) is_staff: bool,
    #[serde(rename = "d")]
    pub(super) does: Does,
}

/// What one socket does on one ticket.
struct Mark {
    user: UserId,
    is_staff: bool,
    read: Option<i64>,
    views_until: Option<Instant>,
    types_until: Option<Instant>,
    is_internal: bool,
}

/// Who looks at a ticket and types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Present {
    pub(super) ticket: TicketId,
    /// Each with up to where they read.
    viewers: BTreeMap<UserId, Option<i64>>,
    /// Each with whether everybody may know it who sees the ticket.
    typing: BTreeMap<UserId, bool>,
}

impl Present {
    fn nobody(ticket: TicketId) -> Self {
        Self { ticket, viewers: BTreeMap::new(), typing: BTreeMap::new() }
    }

    fn of(ticket: TicketId, marks: Option<&HashMap<Uuid, Mark>>) -> Self {
        let mut present = Self::nobody(ticket);
        for mark in marks.into_iter().flat_map(HashMap::values) {
            if mark.views_until.is_some() {
                let read = present.viewers.entry(mark.user).or_default();
                *read = (*read).max(mark.read);
            }
            if mark.types_until.is_some() {
                *present.typing.entry(mark.user).or_default() |= mark.is_staff && !mark.is_internal;
            }
        }
        present
    }

    /// The frame for `room`: for whoever reads internal notes all of it, for others only which staff type an answer.
    pub(super) fn frame(&self, room: &str, internal: bool) -> String {
        let viewers = self.viewers.iter().filter(|_| internal);
        let viewers: Vec<Value> =
            viewers.map(|(user, read)| json!({ "user_id": user, "read_pos": read })).collect();
        let typing = self.typing.iter().filter(|(_, is_public)| internal || **is_public);
        let typing: Vec<&UserId> = typing.map(|(user, _)| user).collect();
        let ticket = self.ticket.to_string();
        json!({ "type": "presence", "room": room, "ticket_id": ticket, "viewers": viewers, "typing": typing })
            .to_string()
    }

    /// The frame that says that nobody is there.
    pub(super) fn nobody_in(room: &str, ticket: TicketId) -> String {
        Self::nobody(ticket).frame(room, false)
    }
}

/// What every socket, here and elsewhere, does.
pub(super) struct Presence {
    tickets: Mutex<HashMap<TicketId, HashMap<Uuid, Mark>>>,
    say: mpsc::Sender<Said>,
    to_say: tokio::sync::Mutex<mpsc::Receiver<Said>>,
}

impl Default for Presence {
    fn default() -> Self {
        let (say, to_say) = mpsc::channel(WAITING);
        Self { tickets: Mutex::default(), say, to_say: tokio::sync::Mutex::new(to_say) }
    }
}

impl Presence {
    /// Tells all nodes, this one included.
    pub(super) fn say(&self, said: Said) {
        // What does not get through is said again in a moment, or over.
        let _ = self.say.try_send(said);
    }

    /// Who looks at `ticket` now.
    pub(super) fn of(&self, ticket: TicketId) -> Present {
        Present::of(ticket, self.tickets().get(&ticket))
    }

    fn tickets(&self) -> MutexGuard<'_, HashMap<TicketId, HashMap<Uuid, Mark>>> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was said; gives what it changed.
    fn hear(&self, heard: &[Said], now: Instant) -> Vec<Present> {
        let mut tickets = self.tickets();
        let concerned: HashSet<TicketId> = heard.iter().map(|said| said.ticket).collect();
        let before: Vec<Present> =
            concerned.iter().map(|ticket| Present::of(*ticket, tickets.get(ticket))).collect();
        for said in heard {
            let marks = tickets.entry(said.ticket).or_default();
            let mark = marks.entry(said.session).or_insert_with(|| Mark {
                user: said.user,
                is_staff: said.is_staff,
                read: None,
                views_until: None,
                types_until: None,
                is_internal: false,
            });
            mark.is_staff = said.is_staff;
            match said.does {
                Does::Views(read) => {
                    mark.views_until = Some(now + KNOWN_FOR);
                    mark.read = mark.read.max(read);
                }
                Does::Types(is_internal) => {
                    (mark.types_until, mark.is_internal) = (Some(now + KNOWN_FOR), is_internal);
                }
                Does::Stops => mark.types_until = None,
                Does::Leaves => {
                    marks.remove(&said.session);
                }
            }
        }
        changed(&tickets, before)
    }

    /// Forgets what was not said again; gives what that changed.
    fn sweep(&self, now: Instant) -> Vec<Present> {
        let mut tickets = self.tickets();
        let before: Vec<Present> =
            tickets.iter().map(|(ticket, marks)| Present::of(*ticket, Some(marks))).collect();
        for marks in tickets.values_mut() {
            for mark in marks.values_mut() {
                mark.views_until = mark.views_until.filter(|until| *until > now);
                mark.types_until = mark.types_until.filter(|until| *until > now);
            }
            marks.retain(|_, mark| mark.views_until.is_some() || mark.types_until.is_some());
        }
        let changed = changed(&tickets, before);
        tickets.retain(|_, marks| !marks.is_empty());
        changed
    }
}

/// What is not as it was `before`.
fn changed(tickets: &HashMap<TicketId, HashMap<Uuid, Mark>>, before: Vec<Present>) -> Vec<Present> {
    let now = |before: Present| {
        let now = Present::of(before.ticket, tickets.get(&before.ticket));
        (now != before).then_some(now)
    };
    before.into_iter().filter_map(now).collect()
}

/// Says and hears what people do, for ever.
pub(super) async fn run(desk: &Desk) {
    tokio::join!(tell(desk), hear(desk), sweep(desk));
}

async fn tell(desk: &Desk) {
    let mut to_say = desk.sockets.presence.to_say.lock().await;
    let mut said = Vec::new();
    while to_say.recv_many(&mut said, AT_ONCE).await > 0 {
        let text = serde_json::to_string(&said).unwrap_or_default();
        if let Err(error) = desk.log.announce_presence(&text).await {
            tracing::debug!(%error, "Other nodes were not told who looks at tickets");
        }
        said.clear();
        tokio::time::sleep(PACE).await;
    }
}

async fn hear(desk: &Desk) {
    let mut announced = desk.log.watch_presence();
    loop {
        match announced.recv().await {
            Ok(text) => {
                let heard: Vec<Said> = serde_json::from_str(&text).unwrap_or_default();
                spread(desk, desk.sockets.presence.hear(&heard, Instant::now())).await;
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

async fn sweep(desk: &Desk) {
    loop {
        tokio::time::sleep(SWEPT_EVERY).await;
        spread(desk, desk.sockets.presence.sweep(Instant::now())).await;
    }
}

/// Tells whoever listens here; how the tickets stand is asked once for all of them.
async fn spread(desk: &Desk, mut changed: Vec<Present>) {
    changed.retain(|present| desk.sockets.hub.is_heard(present.ticket));
    if changed.is_empty() {
        return;
    }
    let tickets: Vec<Uuid> = changed.iter().map(|present| present.ticket.stream()).collect();
    match standing::of_tickets(desk.pool(), &tickets).await {
        Ok(mut standings) => {
            for present in changed {
                if let Some(standing) = standings.remove(&present.ticket.stream()) {
                    desk.sockets.hub.tell(&Arc::new((present, standing)));
                }
            }
        }
        Err(error) => tracing::debug!(%error, "Nobody was told who looks at tickets"),
    }
}
