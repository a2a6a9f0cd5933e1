//! Webhooks on their way out, as Standard Webhooks: the log read on for each of them, what is to be sent in the
//! database, one sender at a time.
//!
//! Which webhooks there are is in the log, and so is everything that is sent: a row of the queue names a position, and the
//! message is made of it when it is sent. A message may arrive twice, and then both have the same `webhook-id`.

mod feed;
mod message;
mod outcome;
mod sender;
mod status;
mod target;
mod vault;

use std::sync::Arc;

use domain::event::Event;
use serde_json::Value;

pub use self::message::{Failure, Secret, Tried};
pub use self::sender::Sender;
pub use self::status::{Status, status};
pub use self::vault::Vault;
use crate::log::Row;

/// What a webhook is told of an event, or of its public part only unless it is told of everything; none if that is nothing.
/// Events come with their texts opened, or without.
pub type Render = Arc<dyn Fn(&Row, &Event, bool) -> Option<Told> + Send + Sync>;

/// What a webhook is told of an event.
pub struct Told {
    /// As which type, which is another than the stored one where the stored one would say too much.
    pub event_type: String,
    /// Its envelope.
    pub data: Value,
}
