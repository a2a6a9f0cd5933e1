//! Erasing a person: from the event `UserErased` to the last file that held their texts.
//!
//! Two handlers follow the event. [`Forget`] is quick: it destroys the key, has every process forget it, masks what
//! read models show, and deletes password, sessions and kept answers. [`Purge`] takes its time: it builds the read
//! models anew, rewrites tables and lets go of the write-ahead log, so that no file holds the old texts; it does so
//! for all who wait for it at once. `MessageRedacted` goes the same way with the key of one message's content: what is
//! about "a person" here holds for it. Every step may be cut off and is done again; none needs the one before to be
//! remembered by anybody but the database.

mod copies;
mod forget;
mod physical;
mod purge;
mod state;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use domain::conversation::ConversationEvent;
use domain::event::{Event, Recorded};
use domain::id::UserId;
use domain::user::UserEvent;

pub use self::state::{Progress, Stage, progress};
use crate::database::Database;
use crate::handler::Handler;
use crate::log::PgLog;
use crate::projection::ReadModel;

/// What erasing works on.
pub struct Erasure {
    database: Database,
    log: Arc<PgLog>,
    /// The read models that show texts about people.
    models: Vec<ReadModel>,
    /// Where mails are that did not leave the house.
    mails: PathBuf,
}

impl Erasure {
    /// Erasing from `log`, from whatever of `models` shows texts, and from the folder `mails`.
    #[must_use]
    pub fn new(database: Database, log: Arc<PgLog>, models: Vec<ReadModel>, mails: PathBuf) -> Self {
        Self { database, log, models: models.into_iter().filter(ReadModel::shows_texts).collect(), mails }
    }

    /// The handlers that do it.
    #[must_use]
    pub fn handlers(self) -> Vec<Arc<dyn Handler>> {
        let erasure = Arc::new(self);
        vec![Arc::new(Forget(Arc::clone(&erasure))), Arc::new(Purge(erasure))]
    }
}

/// Destroys the key of whoever is erased; from then on nothing shows what it sealed.
struct Forget(Arc<Erasure>);

/// Removes what files still hold of whoever is erased.
struct Purge(Arc<Erasure>);

/// What erasures and redactions are.
const TYPES: &[&str] = &["UserErased", "MessageRedacted"];

/// Whose key is destroyed by `event`: a person's, or that of a message, which stands among persons' keys.
fn erased(event: &Recorded) -> anyhow::Result<UserId> {
    match &event.event {
        Event::User(UserEvent::UserErased { .. }) => Some(UserId(event.stream)),
        Event::Conversation(ConversationEvent::MessageRedacted { destroyed_key, .. }) => {
            Some(UserId(*destroyed_key))
        }
        _ => None,
    }
    .context("this is no erasure")
}

#[async_trait]
impl Handler for Forget {
    fn name(&self) -> &'static str {
        "erasure"
    }

    fn types(&self) -> &'static [&'static str] {
        TYPES
    }

    async fn handle(&self, event: &Recorded) -> anyhow::Result<()> {
        self.0.forget(erased(event)?, event.position).await
    }
}

#[async_trait]
impl Handler for Purge {
    fn name(&self) -> &'static str {
        "erasure_purge"
    }

    fn types(&self) -> &'static [&'static str] {
        TYPES
    }

    async fn handle(&self, event: &Recorded) -> anyhow::Result<()> {
        let user = erased(event)?;
        // Usually done before by the other handler; nothing is purged of what can still be read.
        self.0.forget(user, event.position).await?;
        self.0.purge(user).await
    }
}
