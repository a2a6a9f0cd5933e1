//! Relays every event to a stream of NATS, whose sequence numbers are the log's positions.
//!
//! The stream itself is the only checkpoint: what follows its last message is published, each event on the
//! condition that the one before it is the last. So nothing is doubled or left out whoever dies when, and of
//! several relays one wins per event. Texts are never published: [`envelope`].

mod course;
mod envelope;
mod status;
mod stream;
mod trouble;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::course::Course;
use self::status::Telling;
pub use self::status::{State, Status};
use self::stream::Stream;
use self::trouble::Trouble;
use crate::config::Nats;
use crate::log::PgLog;

/// How long it waits after the first trouble; twice as long after each further one …
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// … and at most so long.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How often it looks whether a stream that was refused has been put right.
const REFUSED_WAIT: Duration = Duration::from_secs(15);

/// Relays the log.
pub struct Relay {
    log: Arc<PgLog>,
    nats: Nats,
    telling: Telling,
    /// The last position this relay ever sent.
    sent: AtomicI64,
}

impl Relay {
    /// A relay of `log` to where `nats` says.
    #[must_use]
    pub fn new(log: Arc<PgLog>, nats: Nats) -> Self {
        Self { log, nats, telling: Telling::new(), sent: AtomicI64::new(0) }
    }

    /// How it is doing.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.telling.watch()
    }

    /// Runs until `stop`, whatever happens to NATS and the database meanwhile.
    pub async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.keep_relaying() => {}
        }
    }

    async fn keep_relaying(&self) {
        let mut wait = FIRST_WAIT;
        loop {
            let before = self.telling.position();
            let trouble = self.session().await;
            self.telling.trouble(&trouble);
            if self.telling.position() != before {
                wait = FIRST_WAIT;
            }
            match trouble {
                Trouble::Refused(_) => tokio::time::sleep(jittered(REFUSED_WAIT)).await,
                _ => tokio::time::sleep(jittered(wait)).await,
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Relays over one connection until it breaks or the stream is refused.
    async fn session(&self) -> Trouble {
        let stream = match Stream::connect(&self.nats).await {
            Ok(stream) => stream,
            Err(trouble) => return trouble,
        };
        let course = Course { log: &self.log, stream: &stream, telling: &self.telling, sent: &self.sent };
        tokio::select! {
            trouble = course.run() => trouble,
            () = stream.lost() => Trouble::Away("the connection was lost".to_owned()),
        }
    }
}

/// Between half of `wait` and all of it, so that several relays do not come back in step.
fn jittered(wait: Duration) -> Duration {
    let chance = u32::from(Uuid::new_v4().as_bytes()[0]);
    wait / 2 + wait * chance / 512
}
