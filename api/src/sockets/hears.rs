//! What comes in.

use std::time::Instant;

use domain::id::TicketId;
use projections::ticket_page::{self, TicketRef};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::chat::Chat;
use super::end::End;
use super::frames;
use super::pace::EVERY;
use super::presence::Does;
use super::socket::Socket;
use crate::id::Named as _;
use crate::problem::{Answer, Problem};

/// What may come in.
const TYPES: &str = "subscribe, unsubscribe, chat, typing, viewing, read, ping";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribe {
    rooms: Vec<String>,
    #[serde(default)]
    since: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unsubscribe {
    #[serde(default)]
    rooms: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Types {
    #[serde(default)]
    ticket_id: Option<String>,
    is_typing: bool,
    /// Whether it is an internal note, of which nobody hears who may not read it.
    #[serde(default)]
    is_internal: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Viewing {
    #[serde(default)]
    ticket_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[serde(default)]
    ticket_id: Option<String>,
    pos: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ping {}

impl Socket {
    /// Does what a frame asks for; what is wrong with it is answered.
    pub(super) async fn hear(&mut self, text: &str) -> Result<(), End> {
        if !self.pace.admits(Instant::now()) {
            return Err(End::too_many_frames());
        }
        let request_id = Uuid::now_v7();
        let (kind, frame) = match parse(text) {
            Ok(parsed) => parsed,
            Err(problem) => return self.wire.send(frames::error(&problem, &[], request_id)).await,
        };
        let client_msg_id = frame.get("client_msg_id").cloned();
        let problem = match self.obey(&kind, frame, request_id).await? {
            Ok(()) => return Ok(()),
            Err(problem) => problem,
        };
        let about: Vec<_> = client_msg_id.into_iter().map(|id| ("client_msg_id", id)).collect();
        self.wire.send(frames::error(&problem, &about, request_id)).await
    }

    async fn obey(
        &mut self,
        kind: &str,
        frame: Map<String, Value>,
        request_id: Uuid,
    ) -> Result<Answer<()>, End> {
        match kind {
            "subscribe" => match read::<Subscribe>(frame) {
                Ok(Subscribe { rooms, since }) => self.subscribe(rooms, since, request_id).await?,
                Err(problem) => return Ok(Err(problem)),
            },
            "unsubscribe" => match read::<Unsubscribe>(frame) {
                Ok(Unsubscribe { rooms }) => self.unsubscribe(rooms).await?,
                Err(problem) => return Ok(Err(problem)),
            },
            "chat" => match self.post(read::<Chat>(frame), request_id).await {
                Ok(ack) => self.wire.send(ack).await?,
                Err(problem) => return Ok(Err(problem)),
            },
            "ping" => match read::<Ping>(frame) {
                Ok(Ping {}) => self.wire.send(frames::pong()).await?,
                Err(problem) => return Ok(Err(problem)),
            },
            "typing" | "viewing" | "read" => return Ok(self.pass_on(kind, frame).await),
            "auth" => return Ok(Err(Problem::conflict("CONFLICT", "you are signed in already"))),
            _ => return Ok(Err(Problem::invalid(format!("there is no such type; there are {TYPES}")))),
        }
        Ok(Ok(()))
    }

    /// Tells the others on a ticket what its person does just now.
    async fn pass_on(&mut self, kind: &str, frame: Map<String, Value>) -> Answer<()> {
        let (ticket, what, does) = match kind {
            "typing" => {
                let Types { ticket_id, is_typing, is_internal } = read(frame)?;
                let does = if is_typing { Does::Types(is_internal) } else { Does::Stops };
                // To stop is to be heard although it was just said that they type.
                (ticket_id, if is_typing { "typing" } else { "stopped" }, does)
            }
            "viewing" => (read::<Viewing>(frame)?.ticket_id, "viewing", Does::Views(None)),
            _ => {
                let Read { ticket_id, pos } = read(frame)?;
                (ticket_id, "read", Does::Views(Some(pos)))
            }
        };
        let ticket = self.ticket(ticket).await?;
        let now = Instant::now();
        if self.said.get(&(ticket, what)).is_some_and(|last| now.duration_since(*last) < EVERY) {
            return Ok(());
        }
        self.said.insert((ticket, what), now);
        let standing = self.standing_of(ticket).await?;
        let internal = standing.and_then(|standing| standing.within(&self.sight)).ok_or_else(no_ticket)?;
        self.say(ticket, internal, does);
        Ok(())
    }

    /// The ticket that a frame names, or the one of the socket's address. That it is seen is another question, but for
    /// a number.
    pub(super) async fn ticket(&mut self, name: Option<String>) -> Answer<TicketId> {
        let Some(name) = name else {
            return self.home.ok_or_else(|| Problem::invalid("ticket_id is missing"));
        };
        match TicketRef::read(&name).ok_or_else(no_ticket)? {
            TicketRef::Id(id) => Ok(id),
            number @ TicketRef::Number(_) => {
                ticket_page::resolve(self.desk.pool(), &self.sight, number).await?.ok_or_else(no_ticket)
            }
        }
    }
}

fn no_ticket() -> Problem {
    Problem::not_found("there is no such ticket")
}

/// What type of frame it is, and what else it says.
fn parse(text: &str) -> Answer<(String, Map<String, Value>)> {
    let frame: Value =
        serde_json::from_str(text).map_err(|_| Problem::malformed("the frame is not valid JSON"))?;
    let Value::Object(mut frame) = frame else {
        return Err(Problem::malformed("a frame is a JSON object"));
    };
    match frame.remove("type") {
        Some(Value::String(kind)) => Ok((kind, frame)),
        _ => Err(Problem::malformed(format!("a frame has a type: {TYPES}"))),
    }
}

/// The fields of a frame, and no others.
fn read<T: DeserializeOwned>(frame: Map<String, Value>) -> Answer<T> {
    serde_json::from_value(Value::Object(frame)).map_err(|error| Problem::invalid(error.to_string()))
}
