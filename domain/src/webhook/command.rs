//! What can be asked of a webhook.

use uuid::Uuid;

/// Where it sends: what the log may know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The host of the address.
    pub host: String,
    /// Under which id the desk keeps the address.
    pub url_id: Uuid,
}

/// What can be asked of a webhook. Addresses are already checked and kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookCommand {
    /// Begin to tell somebody of what happens from now on.
    Add {
        /// Whom.
        to: Destination,
        /// Under which id the desk keeps the secret.
        secret_id: Uuid,
        /// Of which types of events; empty for all.
        events: Vec<String>,
        /// Whether of everything that an administrator sees.
        internal: bool,
    },
    /// Change whatever is given.
    Change {
        /// Whom it tells.
        to: Option<Destination>,
        /// Of which types of events.
        events: Option<Vec<String>>,
        /// Whether of everything that an administrator sees.
        internal: Option<bool>,
        /// Whether anything is sent.
        enabled: Option<bool>,
    },
    /// Sign with another secret, and for a day with the former one besides.
    RotateSecret {
        /// Under which id the desk keeps the new one.
        secret_id: Uuid,
    },
    /// Tell once more of all that happened from a position on.
    Replay {
        /// The first position.
        from_pos: i64,
        /// The newest position there is.
        head: i64,
    },
    /// Send nothing any more.
    Disable {
        /// Why.
        reason: String,
    },
    /// Take it away.
    Remove,
}
