//! Mail on its way out: a queue in the database, one sender at a time, and two ways out of the house.
//!
//! What is to be sent is written down first ([`Outbox`]) and sent afterwards ([`Sender`]), again if need be: a mail
//! may arrive twice, and then both have the same `Message-ID`. Address and texts are sealed while they wait.

mod folder;
mod letter;
mod message;
mod outbox;
mod sender;
mod smtp;
mod status;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::id::UserId;
use domain::user::values::EmailAddress;
use uuid::Uuid;

pub use self::folder::{Folder, forget as forget_in_folder};
pub use self::letter::Letter;
pub use self::message::Message;
pub use self::outbox::{Outbox, Prepared};
pub use self::sender::Sender;
pub use self::smtp::Smtp;
pub use self::status::{Status, status};
use crate::config;

/// A mail to be sent.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// Whose account it is about: it is sealed with their key and goes when they are erased. None for somebody
    /// without an account.
    pub person: Option<UserId>,
    /// Where it goes.
    pub address: EmailAddress,
    /// What it says.
    pub letter: Letter,
    /// Until when it is worth sending; none for a day.
    pub good_until: Option<DateTime<Utc>>,
    /// The ticket that it is about, by the name that people write: mails about one ticket are one thread to programs that
    /// read mail.
    pub thread: Option<String>,
    /// Whose texts it quotes, persons and messages with keys of their own: it goes when one of them is erased or redacted.
    pub quotes: Vec<Uuid>,
}

impl NewMail {
    /// `letter` to `address`, whose account it is about if it is `person`'s; no part of a thread, and worth sending for a day.
    #[must_use]
    pub fn new(person: Option<UserId>, address: EmailAddress, letter: Letter) -> Self {
        Self { person, address, letter, good_until: None, thread: None, quotes: Vec::new() }
    }
}

/// A way out of the house.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Hands a message over to whoever delivers it.
    ///
    /// # Errors
    /// It was not accepted, or nobody knows whether it was.
    async fn send(&self, message: &Message) -> Result<(), SendError>;
}

/// Why a message was not handed over. The words say nothing of whose it was or what was in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Worth another try.
    #[error("{0}")]
    Later(String),
    /// This message will not be taken, however often it is tried.
    #[error("{0}")]
    Never(String),
}

/// The folder of mails in the data directory `data_dir`.
#[must_use]
pub fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("mail")
}

/// The way out that is set: the SMTP server, or else the folder `mail` in the data directory.
///
/// # Errors
/// The certificates for the server cannot be used.
pub fn way_out(mail: &config::Mail, data_dir: &Path) -> anyhow::Result<Arc<dyn Mailer>> {
    Ok(match &mail.smtp {
        Some(smtp) => Arc::new(Smtp::new(smtp.clone(), mail.from.clone())?),
        None => Arc::new(Folder::new(folder(data_dir), mail.from.clone())),
    })
}
