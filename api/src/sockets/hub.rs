//! The one reader of the log for all sockets of the process, and who is told what.
//!
//! It follows the log as far as the read models show it, and sleeps while there are no sockets. A queue that is full
//! ends its socket: who comes back resumes where they were.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::id::{TicketId, UserId};
use infrastructure::log::Filter;
use moka::sync::Cache;
use projections::standing::Standing;
use tokio::sync::{Notify, mpsc, watch};
use uuid::Uuid;

use super::end::End;
use super::happened::{self, About, Happened};
use super::presence::Present;
use super::room::Topic;
use crate::auth::{Signed, TRUSTED_FOR};
use crate::desk::Desk;
use crate::feed::shown_up_to;
use crate::problem::{Answer, Problem};

/// How many events wait for a socket at most.
const QUEUE: usize = 256;
/// How many events are read at a time.
const PAGE: usize = 128;
/// Of how many tickets it is known who sees them since they last changed.
const STANDINGS: u64 = 50_000;
/// How long a new socket waits for the hub to wake up.
const PATIENCE: Duration = Duration::from_secs(5);
const RETRY: Duration = Duration::from_millis(200);

/// What a socket is told.
pub(super) enum Item {
    /// Something that may concern one of its rooms.
    Happened(Arc<Happened>),
    /// Who looks at a ticket and types, and how that ticket stands.
    Presence(Arc<(Present, Standing)>),
}

/// The way to one socket.
pub(super) struct Line {
    /// Its name.
    pub(super) session: Uuid,
    /// Somebody changed what its person may do: it has to look again.
    pub(super) look: Notify,
    /// Whose account, whose token, which token.
    pub(super) who: (UserId, UserId, Uuid),
    queue: mpsc::Sender<Item>,
    cut: watch::Sender<Option<End>>,
}

/// Who is told what.
pub(super) struct Hub {
    state: Mutex<State>,
    /// How tickets stand that changed lately.
    standings: Cache<Uuid, Arc<Standing>>,
    awake: watch::Sender<bool>,
    arrivals: Notify,
}

#[derive(Default)]
struct State {
    /// Up to where everything was handed out.
    position: i64,
    lines: HashMap<Uuid, Arc<Line>>,
    topics: HashMap<Topic, HashMap<Uuid, Arc<Line>>>,
}

impl State {
    /// Nobody tells `session` anything any more.
    fn remove(&mut self, session: &Uuid) {
        self.lines.remove(session);
        self.topics.retain(|_, lines| {
            lines.remove(session);
            !lines.is_empty()
        });
    }
}

/// A socket's place in the hub; it is left when this is dropped.
pub(super) struct Entered {
    pub(super) line: Arc<Line>,
    desk: Desk,
}

/// What a socket hears from the hub: what happens, and that it has to end.
pub(super) type Ears = (mpsc::Receiver<Item>, watch::Receiver<Option<End>>);

impl Default for Hub {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            standings: Cache::new(STANDINGS),
            awake: watch::Sender::new(false),
            arrivals: Notify::new(),
        }
    }
}

impl Hub {
    /// A place for the socket of `signed`, once the hub follows the log.
    pub(super) async fn enter(desk: &Desk, signed: &Signed) -> Answer<(Entered, Ears)> {
        let (queue, items) = mpsc::channel(QUEUE);
        let (cut, end) = watch::channel(None);
        let owner = signed.grant.as_ref().map_or(signed.user, |grant| grant.owner);
        let line = Line {
            session: Uuid::now_v7(),
            look: Notify::new(),
            who: (signed.user, owner, signed.jti),
            queue,
            cut,
        };
        let (line, hub) = (Arc::new(line), &desk.sockets.hub);
        hub.state().lines.insert(line.session, Arc::clone(&line));
        let entered = Entered { line, desk: desk.clone() };
        hub.arrivals.notify_one();
        let mut awake = hub.awake.subscribe();
        let woken = tokio::time::timeout(PATIENCE, awake.wait_for(|awake| *awake)).await;
        let late = || Problem::unavailable("the log cannot be followed at the moment");
        woken.map_err(|_| late())?.map_err(|_| late())?;
        Ok((entered, (items, end)))
    }

    /// Up to where everything was handed out.
    pub(super) fn position(&self) -> i64 {
        self.state().position
    }

    /// From now on `line` is told of `topic`; gives behind which position. With `after`, only if that is not behind
    /// what was handed out: otherwise nothing changes.
    pub(super) fn join(&self, line: &Arc<Line>, topic: Topic, after: Option<i64>) -> Option<i64> {
        let mut state = self.state();
        if after.is_some_and(|after| after < state.position) {
            return None;
        }
        state.topics.entry(topic).or_default().insert(line.session, Arc::clone(line));
        Some(after.unwrap_or(state.position))
    }

    /// `line` is told of `topic` no more.
    pub(super) fn part(&self, line: &Line, topic: &Topic) {
        let mut state = self.state();
        if let Some(lines) = state.topics.get_mut(topic) {
            lines.remove(&line.session);
            if lines.is_empty() {
                state.topics.remove(topic);
            }
        }
    }

    /// How `ticket` stands, if it changed lately.
    pub(super) fn standing(&self, ticket: TicketId) -> Option<Arc<Standing>> {
        self.standings.get(&ticket.stream())
    }

    /// Whether somebody here is in the room of `ticket`.
    pub(super) fn is_heard(&self, ticket: TicketId) -> bool {
        self.state().topics.contains_key(&Topic::Ticket(ticket))
    }

    /// Whether `user` may have a socket here.
    pub(super) fn is_there(&self, user: UserId) -> bool {
        self.state().lines.values().any(|line| line.who.0 == user)
    }

    /// Tells who looks at a ticket. Whoever cannot take it now hears it next time.
    pub(super) fn tell(&self, present: &Arc<(Present, Standing)>) {
        let state = self.state();
        for line in state.topics.get(&Topic::Ticket(present.0.ticket)).into_iter().flat_map(HashMap::values) {
            let _ = line.queue.try_send(Item::Presence(Arc::clone(present)));
        }
    }

    /// The lines to all sockets.
    pub(super) fn lines(&self) -> Vec<Arc<Line>> {
        self.state().lines.values().cloned().collect()
    }

    /// Waits until there are sockets and the log is followed for them.
    pub(super) async fn is_awake(&self) {
        // The sender is part of the hub.
        let _ = self.awake.subscribe().wait_for(|awake| *awake).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From `position` on everything is handed out.
    fn wake(&self, position: i64) {
        self.standings.invalidate_all();
        self.state().position = position;
        self.awake.send_replace(true);
    }

    /// Stops following if nobody is there; whether it did.
    fn doze(&self) -> bool {
        let state = self.state();
        if state.lines.is_empty() {
            self.awake.send_replace(false);
        }
        state.lines.is_empty()
    }

    /// Ends all sockets.
    fn cut_all(&self, end: &End) {
        let mut state = self.state();
        for line in state.lines.values() {
            line.cut.send_replace(Some(end.clone()));
        }
        *state = State { position: state.position, ..State::default() };
        self.awake.send_replace(false);
    }

    /// Hands out what happened, up to `position`.
    fn publish(&self, happened: &[Arc<Happened>], position: i64) {
        let mut state = self.state();
        let mut slow = Vec::new();
        for event in happened {
            if let About::Ticket { id, standing, .. } = &event.about {
                self.standings.insert(id.stream(), Arc::clone(standing));
            }
            let told = event.topics();
            let told = told.iter().filter_map(|topic| state.topics.get(topic)).flatten();
            // Whoever is in several rooms of it is told once, and sorts it by room.
            let told: HashMap<&Uuid, &Arc<Line>> = told.collect();
            for line in told.values() {
                if line.queue.try_send(Item::Happened(Arc::clone(event))).is_err() {
                    slow.push(Arc::clone(line));
                }
            }
        }
        for line in slow {
            line.cut.send_replace(Some(End::too_slow("too slow: come back with the last position")));
            state.remove(&line.session);
        }
        state.position = position;
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.desk.sockets.hub.state().remove(&self.line.session);
    }
}

/// Follows the log while there are sockets.
pub(super) async fn run(desk: &Desk) {
    let hub = &desk.sockets.hub;
    let mut epoch = desk.log.watch_epoch();
    loop {
        while hub.doze() {
            hub.arrivals.notified().await;
        }
        if let Err(problem) = follow(desk, &mut epoch).await {
            tracing::debug!(code = problem.code(), "The sockets wait for the log");
            tokio::time::sleep(RETRY).await;
        }
    }
}

/// Hands out what happens until nobody listens, or the server is another one.
async fn follow(desk: &Desk, epoch: &mut watch::Receiver<i32>) -> Answer<()> {
    let hub = &desk.sockets.hub;
    let mut head = desk.log.watch_head();
    if !*hub.awake.borrow() {
        epoch.mark_unchanged();
        let shown = desk.visible.position().await?;
        hub.wake(shown.min(*head.borrow_and_update()));
    }
    while !hub.doze() {
        if epoch.has_changed().unwrap_or(true) {
            hub.cut_all(&End::exchanged());
            return Ok(());
        }
        let (reached, position) = (*head.borrow_and_update(), hub.position());
        if position >= reached {
            tokio::select! {
                _ = head.changed() => {}
                _ = epoch.changed() => epoch.mark_changed(),
                () = tokio::time::sleep(TRUSTED_FOR) => {}
            }
            continue;
        }
        let ceiling = shown_up_to(desk, position, reached).await?;
        let slice = desk.log.slice(position, ceiling, &Filter::default(), PAGE).await?;
        let happened = happened::of(desk, &slice.entries).await?;
        hub.publish(&happened, slice.scanned);
    }
    Ok(())
}
