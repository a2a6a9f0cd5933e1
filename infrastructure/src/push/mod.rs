//! Web Push (RFC 8030): what people's browsers are told while no page of the desk is open, by way of their push services.
//!
//! What is to be sent is written down first ([`Push::prepare`]) and sent afterwards ([`Sender`]), again if need be. Push
//! services see neither what it says (RFC 8291) nor whom it is for, and know the desk by its key (RFC 8292). Addresses,
//! keys of browsers and texts are sealed with the person's key while they are here.

mod message;
mod notice;
mod outcome;
mod queue;
mod sender;
mod status;
mod subscriptions;
mod vapid;

use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::Notify;

pub use self::message::{BrowserKey, Secret};
pub use self::notice::{Notice, Urgency};
pub use self::queue::Prepared;
pub use self::sender::Sender;
pub use self::status::{Status, status};
pub use self::subscriptions::{NewSubscription, Subscription, subscriptions};
use self::vapid::Vapid;
use crate::keys::{KeyError, Keyring};
use crate::outbound::Client;

/// Where browsers are registered and notices wait. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Push {
    pool: PgPool,
    keys: Arc<Keyring>,
    client: Client,
    vapid: Arc<Vapid>,
    wake: Arc<Notify>,
}

impl Push {
    /// The browsers and the queue in the database of `pool`, sealed with `keys`, and sent to by `client`. Push services
    /// reach the operator by `contact`, a `mailto:` or a page. Makes the desk's key if it has none.
    ///
    /// # Errors
    /// The database cannot be reached, or the desk's key cannot be read.
    pub async fn open(
        pool: PgPool,
        keys: Arc<Keyring>,
        client: Client,
        contact: String,
    ) -> Result<Self, KeyError> {
        let vapid = Vapid::open(&pool, &keys, contact).await?;
        Ok(Self { pool, keys, client, vapid: Arc::new(vapid), wake: Arc::default() })
    }

    /// What browsers register with: the desk's public key, a point of P-256 in base64url.
    #[must_use]
    pub fn public_key(&self) -> &str {
        self.vapid.public_key()
    }

    /// The way out, which says what may be sent where.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Tells the sender of this process that there is something. Without it the sender looks a few times a second.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}
