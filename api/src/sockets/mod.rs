//! The WebSocket: what happens on tickets, as it happens, in rooms; and what people say and do there.
//!
//! One task of the process reads the log ([`hub`]) as far as the read models show it and hands every event to the
//! sockets whose rooms it may belong to, through a bounded queue each. A socket decides for itself, with the rights of
//! its person as of now, what of it they see. Where a socket resumes, it reads the log for itself until it has caught up
//! with the hub, and joins there: nothing comes twice and nothing is missing.
//!
//! | module | what it is |
//! |---|---|
//! | [`door`] | who opens a socket, by whichever way they show their token |
//! | [`hub`] | the one reader of the log, and who is told what |
//! | [`happened`], `told`, `notified` | an event as frames say it |
//! | [`room`] | what rooms there are, and what belongs to them |
//! | [`socket`], `rooms_of`, `hears` | one connection: its loop, its rooms, what comes in |
//! | `chat` | posting a message |
//! | [`presence`] | who looks and types, on every node |
//! | [`watchman`] | whose rights have to be looked at again |
//! | `frames`, `pace`, `end` | words: what is sent, how often, and how it ends |

mod chat;
mod door;
mod end;
mod frames;
mod happened;
mod hears;
mod hub;
mod notified;
mod pace;
mod presence;
mod room;
mod rooms_of;
mod socket;
mod told;
mod watchman;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

pub(crate) use self::door::{bring_token, open};
use self::hub::Hub;
use self::presence::Presence;
use crate::desk::Desk;
use crate::problem::{Answer, Problem};

/// How many sockets a process serves.
const SOCKETS: usize = 8_192;

/// The sockets of this process.
pub(crate) struct Sockets {
    places: Arc<Semaphore>,
    /// Who is told what.
    hub: Hub,
    /// Who looks and types.
    presence: Presence,
}

impl Default for Sockets {
    fn default() -> Self {
        let places = Arc::new(Semaphore::new(SOCKETS));
        Self { places, hub: Hub::default(), presence: Presence::default() }
    }
}

impl Sockets {
    /// A place among them.
    fn enter(&self) -> Answer<OwnedSemaphorePermit> {
        let full = |_| Problem::unavailable("too many sockets are open").retry_after(5);
        Arc::clone(&self.places).try_acquire_owned().map_err(full)
    }

    /// Waits until all have ended, or that took too long.
    pub(crate) async fn ended(&self, at_most: Duration) {
        let all = u32::try_from(SOCKETS).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(at_most, self.places.acquire_many(all)).await;
    }

    /// Serves them until `stop`.
    pub(crate) async fn run(desk: Desk, stop: CancellationToken) {
        let serving = async { tokio::join!(hub::run(&desk), presence::run(&desk), watchman::run(&desk)) };
        let _ = stop.run_until_cancelled(serving).await;
    }
}
