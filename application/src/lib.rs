//! Use cases: how a command reaches its aggregates and its events the log.
//!
//! A use case loads the states it needs, lets the pure rules of [`domain`] decide, and appends what they
//! decided in one piece. Who wins a race is decided by the log, never by a read before a write.

mod activity;
mod assignment;
mod attachment;
mod catalogue;
mod chat;
mod error;
mod execute;
mod identity;
mod knowledge;
pub mod ledger;
mod links;
mod merge;
mod misuse;
mod notification;
mod redaction;
mod setting;
mod split;
mod suggestion;
mod ticket;
mod unsplit;
mod user;
mod webhook;

use std::sync::Arc;

use domain::catalogue::Entry;
use domain::chat::Chat;
use domain::conversation::Conversation;
use domain::event::StreamType;
use domain::knowledge::Article;
use domain::knowledge::reception::Ballot;
use domain::misuse::Report;
use domain::notification::Notification;
use domain::setting::Settings;
use domain::suggestion::Suggestion;
use domain::ticket::Ticket;
use domain::user::User;
use domain::webhook::Webhook;

pub use crate::assignment::{Assignment, Load};
pub use crate::catalogue::{EntryChanges, NewEntry};
pub use crate::error::Error;
pub use crate::execute::{Done, Loaded, Request};
use crate::execute::{Preparing, Streams};
pub use crate::identity::NewIdentity;
pub use crate::knowledge::{Imported, NewArticle};
use crate::ledger::Ledger;
pub use crate::links::{LinkTarget, NewLink};
pub use crate::redaction::Redaction;
pub use crate::split::NewSplit;
pub use crate::ticket::{NewMessage, NewTicket};
pub use crate::user::NewUser;

/// How many states of each kind of aggregate are kept for the next command.
const STATES_KEPT: u64 = 10_000;
/// How many articles are; each may be as long as a hundred tickets.
const ARTICLES_KEPT: u64 = 200;

/// The write side of the desk.
pub struct Commands {
    ledger: Arc<dyn Ledger>,
    tickets: Streams<Ticket>,
    conversations: Streams<Conversation>,
    users: Streams<User>,
    settings: Streams<Settings>,
    entries: Streams<Entry>,
    webhooks: Streams<Webhook>,
    notifications: Streams<Notification>,
    articles: Streams<Article>,
    ballots: Streams<Ballot>,
    chats: Streams<Chat>,
    suggestions: Streams<Suggestion>,
    reports: Streams<Report>,
}

impl Commands {
    /// The write side over `ledger`.
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>) -> Self {
        Self {
            tickets: Streams::new(Arc::clone(&ledger), STATES_KEPT),
            conversations: Streams::new(Arc::clone(&ledger), STATES_KEPT),
            users: Streams::new(Arc::clone(&ledger), STATES_KEPT),
            settings: Streams::new(Arc::clone(&ledger), 1),
            entries: Streams::new(Arc::clone(&ledger), STATES_KEPT),
            webhooks: Streams::new(Arc::clone(&ledger), STATES_KEPT),
            notifications: Streams::new(Arc::clone(&ledger), STATES_KEPT),
            articles: Streams::new(Arc::clone(&ledger), ARTICLES_KEPT),
            ballots: Streams::new(Arc::clone(&ledger), STATES_KEPT),
            chats: Streams::new(Arc::clone(&ledger), STATES_KEPT),
            suggestions: Streams::new(Arc::clone(&ledger), STATES_KEPT),
            reports: Streams::new(Arc::clone(&ledger), STATES_KEPT),
            ledger,
        }
    }

    /// Forgets the states last seen, with every text in them; the next command reads the log. After a person was
    /// erased, what is in memory goes, too.
    pub fn forget(&self) {
        self.tickets.forget();
        self.conversations.forget();
        self.users.forget();
        self.ballots.forget();
        self.suggestions.forget();
        self.reports.forget();
    }

    /// Decides and appends, as [`execute::settle`] does, and remembers what it led to.
    async fn settle<'a>(
        &self,
        request: &Request,
        prepare: impl Fn(bool) -> Preparing<'a>,
    ) -> Result<Done, Error> {
        execute::settle(&*self.ledger, request, prepare, |accepted| {
            for part in &accepted.streams {
                match part.stream_type {
                    StreamType::Ticket => self.tickets.remember(part),
                    StreamType::Conversation => self.conversations.remember(part),
                    StreamType::User => self.users.remember(part),
                    StreamType::Setting => self.settings.remember(part),
                    StreamType::Catalogue => self.entries.remember(part),
                    StreamType::Webhook => self.webhooks.remember(part),
                    StreamType::Notification => self.notifications.remember(part),
                    StreamType::Article => self.articles.remember(part),
                    StreamType::Reception => self.ballots.remember(part),
                    StreamType::Chat => self.chats.remember(part),
                    StreamType::Suggestion => self.suggestions.remember(part),
                    StreamType::Misuse => self.reports.remember(part),
                    StreamType::Activity | StreamType::Workload => {}
                }
            }
        })
        .await
    }
}
