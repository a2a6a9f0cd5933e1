//! The queue of mails, in the database: written down before anybody tries to send.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::id::UserId;
use sqlx::{PgConnection, PgPool};
use tokio::sync::Notify;
use uuid::Uuid;

use super::message::Content;
use super::{Message, NewMail};
use crate::keys::{KeyError, Keyring};

/// Until when a mail is tried that nobody said it of.
const GOOD_FOR: TimeDelta = TimeDelta::days(1);

/// Where mails wait. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Outbox {
    pool: PgPool,
    keys: Arc<Keyring>,
    pub(super) wake: Arc<Notify>,
}

/// A mail that is sealed and not in the queue yet.
#[derive(Debug, Clone)]
pub struct Prepared {
    id: Uuid,
    person: Option<UserId>,
    sealed: String,
    good_until: DateTime<Utc>,
    quotes: Vec<Uuid>,
}

impl Outbox {
    /// The queue in the database of `pool`, sealed with `keys`.
    #[must_use]
    pub fn new(pool: PgPool, keys: Arc<Keyring>) -> Self {
        Self { pool, keys, wake: Arc::default() }
    }

    /// Puts a mail into the queue; it is sent from there as soon as can be.
    ///
    /// # Errors
    /// The database cannot be reached, or the person was erased.
    pub async fn put(&self, mail: NewMail) -> Result<(), KeyError> {
        let prepared = self.prepare(mail).await?;
        let mut connection = self.pool.acquire().await?;
        prepared.put(&mut connection).await?;
        self.wake();
        Ok(())
    }

    /// Seals a mail, to be put into the queue in a transaction of the caller's.
    ///
    /// # Errors
    /// The database cannot be reached, or the person was erased.
    pub async fn prepare(&self, mail: NewMail) -> Result<Prepared, KeyError> {
        let id = Uuid::now_v7();
        let content = Content::new(&mail.address, &mail.letter, mail.thread);
        let content =
            serde_json::to_string(&content).map_err(|error| KeyError::Unreadable(error.to_string()))?;
        let sealed = match mail.person {
            Some(person) => self.keys.seal_text(person, id.as_bytes(), &content).await?,
            None => self.keys.seal_for_desk(id.as_bytes(), &content)?,
        };
        let good_until = mail.good_until.unwrap_or_else(|| Utc::now() + GOOD_FOR);
        Ok(Prepared { id, person: mail.person, sealed, good_until, quotes: mail.quotes })
    }

    /// Tells the sender of this process that there is something. Without it the sender looks twice a second.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// The mail `id` of `person` that is `sealed` and quotes texts of `quotes`; none if the person's key was destroyed.
    pub(super) async fn open(
        &self,
        id: Uuid,
        person: Option<UserId>,
        sealed: &str,
        quotes: &[Uuid],
    ) -> Result<Option<Message>, KeyError> {
        let content = match person {
            Some(person) => self.keys.open_text(person, id.as_bytes(), sealed).await?,
            None => Some(self.keys.open_for_desk(id.as_bytes(), sealed)?),
        };
        let Some(content) = content else { return Ok(None) };
        let content = serde_json::from_str(&content)
            .map_err(|_| KeyError::Unreadable("the content is not a mail's".to_owned()))?;
        let of = person.map(|person| person.0).into_iter().chain(quotes.iter().copied()).collect();
        Ok(Some(Message { id, content, of }))
    }
}

impl Prepared {
    /// Puts it into the queue; [`Outbox::wake`] once that is committed.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn put(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        sqlx::query(
            "insert into desk.outgoing_mail (id, user_id, sealed, good_until, quotes)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(self.id)
        .bind(self.person.map(|person| person.0))
        .bind(&self.sealed)
        .bind(self.good_until)
        .bind(&self.quotes)
        .execute(connection)
        .await?;
        Ok(())
    }
}
