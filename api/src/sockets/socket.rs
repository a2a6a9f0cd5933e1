//! One connection: what comes in, what goes out, and whether its person may still have it.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use chrono::Utc;
use domain::access::Sight;
use domain::id::TicketId;
use projections::ticket_page::{self, TicketRef};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::end::End;
use super::frames;
use super::hub::{Entered, Hub, Item};
use super::pace::Pace;
use super::presence::{Does, Said};
use super::rooms_of::Subscription;
use super::wire::Wire;
use crate::auth::{Signed, TRUSTED_FOR};
use crate::desk::Desk;
use crate::id::Named as _;

/// How often a client is asked whether it is there, and how long it may be silent.
const PING: Duration = Duration::from_secs(25);
const SILENCE: Duration = Duration::from_mins(1);
/// How long rights are looked at each second once somebody said that they changed: what they follow from is trusted for
/// a second in several places.
const WARY: Duration = Duration::from_millis(2_500);
/// How long they are trusted when nobody says anything.
const TRUSTED_UNTOLD: Duration = Duration::from_secs(30);

/// One connection.
pub(super) struct Socket {
    pub(super) desk: Desk,
    pub(super) signed: Signed,
    /// What its person sees, as of now.
    pub(super) sight: Sight,
    pub(super) wire: Wire,
    pub(super) entered: Entered,
    pub(super) rooms: Vec<Subscription>,
    /// The ticket that its address names.
    pub(super) home: Option<TicketId>,
    /// When something was said last of those that may be said every now and then.
    pub(super) said: HashMap<(TicketId, &'static str), Instant>,
    /// The tickets whose others were told that this one is there.
    pub(super) marked: HashSet<TicketId>,
    pub(super) pace: Pace,
    items: mpsc::Receiver<Item>,
    heard: Instant,
    pinged: Instant,
    looked: Instant,
    wary_until: Instant,
}

impl Socket {
    /// Serves `wire` for `signed` to its end.
    pub(super) async fn serve(desk: Desk, mut wire: Wire, signed: Signed, ticket: Option<String>) {
        let (entered, (items, cut)) = match Hub::enter(&desk, &signed).await {
            Ok(entered) => entered,
            Err(problem) => return wire.close(End::of(&problem)).await,
        };
        wire.cut_by(cut);
        let now = Instant::now();
        let mut socket = Self {
            sight: signed.caller.sight(),
            desk,
            signed,
            wire,
            entered,
            rooms: Vec::new(),
            home: None,
            said: HashMap::new(),
            marked: HashSet::new(),
            pace: Pace::new(now),
            items,
            heard: now,
            pinged: now,
            looked: now,
            // Something may have changed before the watchman knew of this socket.
            wary_until: now + WARY,
        };
        let end = match socket.run(ticket).await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        socket.leave_all();
        let Self { wire, entered, .. } = socket;
        drop(entered);
        wire.close(end).await;
    }

    async fn run(&mut self, ticket: Option<String>) -> Result<std::convert::Infallible, End> {
        let head = self.desk.sockets.hub.position();
        self.wire.send(frames::welcome(self.entered.line.session, head)).await?;
        if let Some(ticket) = ticket {
            Box::pin(self.come_home(&ticket)).await?;
        }
        let mut ticks = tokio::time::interval(TRUSTED_FOR);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // What happens now and then is put on the heap while it happens: a socket is idle nearly always, and there are many.
        loop {
            let is_behind = self.rooms.iter().any(|subscription| !subscription.is_live);
            tokio::select! {
                text = self.wire.next() => {
                    self.heard = Instant::now();
                    if let Some(text) = text? {
                        Box::pin(self.hear(&text)).await?;
                    }
                }
                item = self.items.recv() => match item {
                    Some(Item::Happened(happened)) => Box::pin(self.deliver(&happened)).await?,
                    Some(Item::Presence(present)) => Box::pin(self.deliver_presence(&present.0, &present.1)).await?,
                    None => return Err(End::Gone),
                },
                () = self.entered.line.look.notified() => {
                    self.wary_until = Instant::now() + WARY;
                    Box::pin(self.look()).await?;
                }
                _ = ticks.tick() => self.tick().await?,
                () = std::future::ready(()), if is_behind => Box::pin(self.catch_up()).await?,
            }
        }
    }

    /// Enters the room of the ticket that the address names.
    async fn come_home(&mut self, ticket: &str) -> Result<(), End> {
        let Some(named) = TicketRef::read(ticket) else { return Err(End::no_ticket()) };
        let found = ticket_page::resolve(self.desk.pool(), &self.sight, named).await;
        let found = found.map_err(|error| End::of(&error.into()))?;
        self.home = Some(found.ok_or_else(End::no_ticket)?);
        self.subscribe_to(&format!("ticket_{ticket}"), None).await.map_err(|problem| End::of(&problem))?;
        self.greet().await
    }

    async fn tick(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if self.signed.expires_at <= Utc::now() {
            return Err(End::expired());
        }
        if now.duration_since(self.heard) >= SILENCE {
            return Err(End::too_slow("nothing came for 60 seconds"));
        }
        if now.duration_since(self.pinged) >= PING {
            self.pinged = now;
            self.wire.ping().await?;
        }
        if now < self.wary_until || now.duration_since(self.looked) >= TRUSTED_UNTOLD {
            Box::pin(self.look()).await?;
        }
        self.said.retain(|_, at| now.duration_since(*at) < SILENCE);
        Ok(())
    }

    /// Looks whether its person may still have it, and what they see.
    async fn look(&mut self) -> Result<(), End> {
        match self.signed.again(&self.desk).await {
            Ok(signed) => {
                let is_the_same = signed.caller == self.signed.caller;
                self.signed = signed;
                self.looked = Instant::now();
                if !is_the_same {
                    self.sight = self.signed.caller.sight();
                    self.check_rooms().await?;
                }
                Ok(())
            }
            // While nobody can say, nothing comes either: it is asked again in a second.
            Err(problem) if problem.status() == StatusCode::SERVICE_UNAVAILABLE => {
                self.wary_until = Instant::now() + WARY;
                Ok(())
            }
            Err(problem) => Err(End::of(&problem)),
        }
    }

    /// Tells the others on `ticket` what its person does.
    pub(super) fn say(&mut self, ticket: TicketId, is_staff: bool, does: Does) {
        let session = self.entered.line.session;
        if does == Does::Leaves {
            self.marked.remove(&ticket);
        } else {
            self.marked.insert(ticket);
        }
        self.desk.sockets.presence.say(Said { ticket, session, user: self.signed.user, is_staff, does });
    }

    fn leave_all(&mut self) {
        for ticket in std::mem::take(&mut self.marked) {
            self.say(ticket, false, Does::Leaves);
        }
    }
}
