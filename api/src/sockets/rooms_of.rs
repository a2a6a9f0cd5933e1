//! The rooms of one socket: entering them, catching up, being told, and losing them.

use domain::id::TicketId;
use projections::standing::Standing;
use projections::ticket_page;
use projections::{sight, standing};
use serde_json::Value;

use super::end::End;
use super::frames;
use super::happened::{self, About, Happened};
use super::presence::{Does, Present};
use super::room::{Named, ROOMS, Room};
use super::socket::Socket;
use crate::problem::{Answer, Problem};
use crate::settle::PATIENCE;

/// How many rooms a socket may be in.
const ROOMS_AT_MOST: usize = 100;
/// How many events are read at a time to catch up.
const PAGE: usize = 64;

/// A room that a socket is in.
pub(super) struct Subscription {
    pub(super) room: Room,
    name: String,
    /// Behind this position everything is still to be sent.
    after: i64,
    /// Whether the hub tells of it; until then the socket reads the log for itself.
    pub(super) is_live: bool,
    /// What was last said of who is there.
    present: Option<String>,
    /// What the client has to be told of the subscription itself.
    greeting: Option<String>,
}

/// What a subscription is told of an event.
enum Verdict {
    Nothing,
    Frame(String),
    /// That the ticket is out of sight, and so the room is left.
    Leave,
    /// That the ticket left the room, which stays.
    Left(TicketId),
}

impl Socket {
    /// Enters the room that its person calls `name`, behind `since`; from now on without.
    pub(super) async fn subscribe_to(&mut self, name: &str, since: Option<i64>) -> Answer<()> {
        let room = self.find(name).await?.ok_or_else(|| Problem::not_found(ROOMS))?;
        self.leave(&room);
        if self.rooms.len() >= ROOMS_AT_MOST {
            return Err(Problem::invalid("a socket may be in at most 100 rooms"));
        }
        let (hub, line) = (&self.desk.sockets.hub, &self.entered.line);
        let joined = hub.join(line, room.topic(), since);
        let after = joined.or(since).unwrap_or_default();
        let canonical = room.to_string();
        self.rooms.push(Subscription {
            greeting: Some(frames::subscribed(&canonical, name, after)),
            name: canonical,
            room,
            after,
            is_live: joined.is_some(),
            present: None,
        });
        Ok(())
    }

    /// Says what rooms were entered, and who is there.
    pub(super) async fn greet(&mut self) -> Result<(), End> {
        for index in 0..self.rooms.len() {
            let Some(greeting) = self.rooms[index].greeting.take() else { continue };
            self.wire.send(greeting).await?;
            if let Room::Ticket(ticket) = self.rooms[index].room {
                let present = self.desk.sockets.presence.of(ticket);
                let standing = self.standing_of(ticket).await.map_err(|problem| End::of(&problem))?;
                if let Some(standing) = standing {
                    self.deliver_presence(&present, &standing).await?;
                }
            }
        }
        Ok(())
    }

    /// The room that its person calls `name`, if it is one of theirs.
    async fn find(&mut self, name: &str) -> Answer<Option<Room>> {
        let room = match Named::read(name, &self.signed.caller) {
            None => None,
            Some(Named::Other(room)) => Some(room),
            Some(Named::Ticket(ticket)) => {
                let found = ticket_page::resolve(self.desk.pool(), &self.sight, ticket).await?;
                found.map(Room::Ticket)
            }
        };
        Ok(room.filter(|room| room.admits(&self.signed.caller)))
    }

    /// Leaves the rooms called `names`, or all.
    pub(super) async fn unsubscribe(&mut self, names: Option<Vec<String>>) -> Result<(), End> {
        let all = || self.rooms.iter().map(|subscription| subscription.name.clone()).collect();
        for name in names.unwrap_or_else(all) {
            // Whoever named a ticket by its number was told what the room is called.
            let found = self.rooms.iter().find(|subscription| subscription.name == name);
            if let Some(room) = found.map(|subscription| subscription.room.clone()) {
                self.leave(&room);
            }
            self.wire.send(frames::unsubscribed(&name)).await?;
        }
        Ok(())
    }

    fn leave(&mut self, room: &Room) {
        self.rooms.retain(|subscription| subscription.room != *room);
        self.desk.sockets.hub.part(&self.entered.line, &room.topic());
        if let Room::Ticket(ticket) = room
            && self.marked.contains(ticket)
        {
            self.say(*ticket, false, Does::Leaves);
        }
    }

    /// Sends what `happened` is to the rooms that it belongs to.
    pub(super) async fn deliver(&mut self, happened: &Happened) -> Result<(), End> {
        let latest = match &happened.about {
            About::Ticket { id, .. } => self.desk.sockets.hub.standing(*id),
            About::Agent { .. } | About::Notification { .. } | About::Report { .. } => None,
        };
        let rooms: Vec<Room> = self
            .rooms
            .iter()
            .filter(|subscription| subscription.is_live && happened.position > subscription.after)
            .map(|subscription| subscription.room.clone())
            .collect();
        for room in rooms {
            self.deliver_to(&room, happened, latest.as_deref()).await?;
        }
        Ok(())
    }

    async fn deliver_to(
        &mut self,
        room: &Room,
        happened: &Happened,
        latest: Option<&Standing>,
    ) -> Result<(), End> {
        let verdict = self.verdict(room, happened, latest);
        let Some(subscription) = self.rooms.iter_mut().find(|subscription| subscription.room == *room) else {
            return Ok(());
        };
        subscription.after = subscription.after.max(happened.position);
        let name = subscription.name.clone();
        match verdict {
            Verdict::Nothing => Ok(()),
            Verdict::Frame(frame) => self.wire.send(frame).await,
            Verdict::Left(ticket) => {
                self.wire.send(frames::resync(&name, "ticket_left", Some(ticket.to_string()))).await
            }
            Verdict::Leave => {
                self.leave(room);
                self.wire.send(frames::resync(&name, "out_of_sight", None)).await
            }
        }
    }

    /// What `room` is told of `happened`, whose ticket stands as in `latest` if that is known better.
    fn verdict(&self, room: &Room, happened: &Happened, latest: Option<&Standing>) -> Verdict {
        let frame = |internal| {
            let frame = happened.frame(&room.to_string(), &self.sight, internal);
            frame.map_or(Verdict::Nothing, Verdict::Frame)
        };
        let About::Ticket { id, standing, left } = &happened.about else {
            let caller = &self.signed.caller;
            let is_for_them = match happened.about {
                About::Notification { .. } => true,
                About::Report { .. } => caller.is_admin(),
                About::Agent { .. } | About::Ticket { .. } => caller.is_staff(),
            };
            return if is_for_them && room.holds(happened, None) { frame(true) } else { Verdict::Nothing };
        };
        let standing = latest.unwrap_or(standing);
        let leaves = matches!((room, left), (Room::Agents(department), Some(left)) if left == department);
        if !leaves && !room.holds(happened, Some(standing)) {
            return Verdict::Nothing;
        }
        match (standing.within(&self.sight), room) {
            (Some(internal), _) => frame(internal),
            (None, Room::Ticket(_)) => Verdict::Leave,
            (None, Room::Agents(_)) if leaves => {
                // Only whoever saw it there may know that it went.
                let before = Standing { department: left.clone(), ..standing.clone() };
                before.within(&self.sight).map_or(Verdict::Nothing, |_| Verdict::Left(*id))
            }
            (None, _) => Verdict::Nothing,
        }
    }

    /// Reads a little of the log for the first room that is behind; once it is not, the hub tells of it.
    pub(super) async fn catch_up(&mut self) -> Result<(), End> {
        let behind = self.rooms.iter().find(|subscription| !subscription.is_live);
        let Some((room, after)) = behind.map(|behind| (behind.room.clone(), behind.after)) else {
            return Ok(());
        };
        let reached = self.desk.sockets.hub.position();
        if after < reached {
            let (events, scanned) =
                self.page(&room, after, reached).await.map_err(|problem| End::of(&problem))?;
            for happened in &events {
                self.deliver_to(&room, happened, None).await?;
            }
            if let Some(subscription) = self.rooms.iter_mut().find(|subscription| subscription.room == room) {
                subscription.after = scanned;
            }
            return Ok(());
        }
        let joined = self.desk.sockets.hub.join(&self.entered.line, room.topic(), Some(after));
        if let Some(subscription) = self.rooms.iter_mut().find(|subscription| subscription.room == room) {
            subscription.is_live = joined.is_some();
        }
        Ok(())
    }

    async fn page(
        &mut self,
        room: &Room,
        after: i64,
        reached: i64,
    ) -> Answer<(Vec<std::sync::Arc<Happened>>, i64)> {
        let ticket = match room {
            Room::Ticket(ticket) => Some(*ticket),
            _ => None,
        };
        let filter = happened::filter(ticket);
        let slice = self.desk.log.slice(after, reached, &filter, PAGE).await?;
        Ok((happened::of(&self.desk, &slice.entries).await?, slice.scanned))
    }

    /// Tells who looks at a ticket and types, where that is something new to this client.
    pub(super) async fn deliver_presence(
        &mut self,
        present: &Present,
        standing: &Standing,
    ) -> Result<(), End> {
        let room = Room::Ticket(present.ticket);
        let index = self.rooms.iter().position(|subscription| subscription.room == room);
        let (Some(index), Some(internal)) = (index, standing.within(&self.sight)) else { return Ok(()) };
        let subscription = &mut self.rooms[index];
        let frame = present.frame(&subscription.name, internal);
        let nobody = || Present::nobody_in(&subscription.name, present.ticket);
        if *subscription.present.get_or_insert_with(nobody) == frame {
            return Ok(());
        }
        subscription.present = Some(frame.clone());
        self.wire.send(frame).await
    }

    /// How `ticket` stands, as the read models show it.
    pub(super) async fn standing_of(&mut self, ticket: TicketId) -> Answer<Option<Standing>> {
        Ok(standing::of_tickets(self.desk.pool(), &[ticket.stream()]).await?.remove(&ticket.stream()))
    }

    /// Leaves the rooms that are its person's no more, whose rights changed.
    pub(super) async fn check_rooms(&mut self) -> Result<(), End> {
        let tickets: Vec<_> = self
            .rooms
            .iter()
            .filter_map(|subscription| match &subscription.room {
                Room::Ticket(ticket) => Some(ticket.stream()),
                _ => None,
            })
            .collect();
        let seen = sight::seen(self.desk.pool(), &self.sight, &tickets).await;
        let seen = seen.map_err(|error| End::of(&error.into()))?;
        let caller = &self.signed.caller;
        let is_lost = |room: &Room| match room {
            Room::Ticket(ticket) => !seen.contains_key(&ticket.stream()),
            room => !room.admits(caller),
        };
        let lost: Vec<Room> =
            self.rooms.iter().map(|subscription| subscription.room.clone()).filter(is_lost).collect();
        for room in lost {
            self.leave(&room);
            self.wire.send(frames::resync(&room.to_string(), "rights_changed", None)).await?;
        }
        Ok(())
    }

    /// Enters several rooms behind `since`; what is wrong with one says nothing of the others.
    pub(super) async fn subscribe(
        &mut self,
        names: Vec<String>,
        since: Option<i64>,
        request_id: uuid::Uuid,
    ) -> Result<(), End> {
        let is_a_place = match since {
            Some(since) => self.is_a_place(since).await,
            None => Ok(()),
        };
        if let Err(problem) = is_a_place {
            return self.wire.send(frames::error(&problem, &[], request_id)).await;
        }
        for name in names {
            if let Err(problem) = self.subscribe_to(&name, since).await {
                let about = [("room", Value::from(name))];
                self.wire.send(frames::error(&problem, &about, request_id)).await?;
            }
        }
        self.greet().await
    }

    /// Refuses what is no position of the log; waits a moment for one that is not shown yet.
    async fn is_a_place(&mut self, since: i64) -> Answer<()> {
        if since < 0 || (since > self.desk.sockets.hub.position() && since > self.desk.log.head().await?) {
            let message =
                "since is not a position of this log: it was restored from a backup, or it is another log";
            return Err(Problem::conflict("LOG_FORKED", message));
        }
        self.desk.visible.wait(since, PATIENCE).await;
        Ok(())
    }
}
