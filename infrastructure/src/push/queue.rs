//! The queue of what browsers are to be told, in the database: written down before anybody tries to send.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::UserId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Notice, Push, Urgency};
use crate::keys::KeyError;

/// How many bytes of a hash name a topic: as many as fit into the 32 characters that one may have.
const TOPIC: usize = 24;
/// How long a test is worth showing.
const TEST_GOOD_FOR: TimeDelta = TimeDelta::minutes(10);

/// A notice that is sealed for each browser of a person and not in the queue yet.
#[derive(Debug, Clone)]
pub struct Prepared {
    user: UserId,
    messages: Vec<Message>,
    good_until: DateTime<Utc>,
    quotes: Vec<Uuid>,
}

#[derive(Debug, Clone)]
struct Message {
    id: Uuid,
    subscription: Uuid,
    sealed: String,
}

/// What is sealed of a message.
#[derive(Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) payload: String,
    pub(super) urgency: Urgency,
    pub(super) topic: Option<String>,
}

impl Push {
    /// Seals a notice for each browser of `user`, to be put into the queue in a transaction of the caller's. For somebody
    /// who has none, or was erased, that is nothing.
    ///
    /// # Errors
    /// The database cannot be reached, or the notice is too long without its body.
    pub async fn prepare(&self, user: UserId, notice: &Notice) -> Result<Prepared, KeyError> {
        let subscriptions =
            sqlx::query_scalar("select id from desk.push_subscriptions where user_id = $1 order by id")
                .bind(user.0)
                .fetch_all(&self.pool)
                .await?;
        self.prepare_for(user, notice, subscriptions).await
    }

    /// Puts a notice that only says that it arrived into the queue for one browser of `user`; false if they do not have
    /// it.
    ///
    /// # Errors
    /// The database cannot be reached, or the person was erased.
    pub async fn test(&self, user: UserId, subscription: Uuid) -> Result<bool, KeyError> {
        let known: Option<Uuid> =
            sqlx::query_scalar("select id from desk.push_subscriptions where id = $1 and user_id = $2")
                .bind(subscription)
                .bind(user.0)
                .fetch_optional(&self.pool)
                .await?;
        let Some(known) = known else { return Ok(false) };
        let notice = Notice {
            id: Uuid::now_v7(),
            title: "Ledgerdesk".to_owned(),
            body: "Notifications reach this device.".to_owned(),
            tag: Some("test".to_owned()),
            url: None,
            data: Value::Null,
            urgency: Urgency::High,
            topic: Some("test".to_owned()),
            good_until: Utc::now() + TEST_GOOD_FOR,
            quotes: vec![],
        };
        let prepared = self.prepare_for(user, &notice, vec![known]).await?;
        let mut connection = self.pool.acquire().await?;
        prepared.put(&mut connection).await?;
        self.wake();
        Ok(true)
    }

    async fn prepare_for(
        &self,
        user: UserId,
        notice: &Notice,
        subscriptions: Vec<Uuid>,
    ) -> Result<Prepared, KeyError> {
        let too_long = || KeyError::Unreadable("the notice is too long without its body".to_owned());
        let payload = notice.payload().ok_or_else(too_long)?;
        let mut messages = Vec::with_capacity(subscriptions.len());
        for subscription in subscriptions {
            let id = Uuid::new_v5(&notice.id, subscription.as_bytes());
            let topic = notice.topic.as_deref().map(|topic| self.topic(subscription, topic));
            let content = Content { payload: payload.clone(), urgency: notice.urgency, topic };
            let content =
                serde_json::to_string(&content).map_err(|error| KeyError::Unreadable(error.to_string()))?;
            match self.keys.seal_text(user, &context(id), &content).await {
                Ok(sealed) => messages.push(Message { id, subscription, sealed }),
                // Erased since: their browsers go as well.
                Err(KeyError::Destroyed(_)) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Prepared { user, messages, good_until: notice.good_until, quotes: notice.quotes.clone() })
    }

    /// What stands for `topic` where the push service sees it: nothing that it could tell, or compare with another
    /// browser's.
    fn topic(&self, subscription: Uuid, topic: &str) -> String {
        let hash = self.keys.claim_hash("push topic", &format!("{subscription} {topic}"));
        URL_SAFE_NO_PAD.encode(&hash[..TOPIC])
    }

    /// The message `id` to `user` that is `sealed`; none if the person's key was destroyed.
    pub(super) async fn open_message(
        &self,
        id: Uuid,
        user: UserId,
        sealed: &str,
    ) -> Result<Option<Content>, KeyError> {
        let Some(text) = self.keys.open_text(user, &context(id), sealed).await? else { return Ok(None) };
        let content = serde_json::from_str(&text);
        content.map(Some).map_err(|_| KeyError::Unreadable("the content is not a message's".to_owned()))
    }
}

impl Prepared {
    /// Whether there is nothing to put.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Puts it into the queue; [`Push::wake`] once that is committed. What is there already stays as it is, and a browser
    /// that is not registered any more gets nothing.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn put(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        for message in &self.messages {
            sqlx::query(
                "insert into desk.outgoing_push (id, user_id, subscription, sealed, good_until, quotes)
                 select $1, $2, id, $4, $5, $6
                   from (select id from desk.push_subscriptions where id = $3 and user_id = $2 for key share) s
                 on conflict do nothing",
            )
            .bind(message.id)
            .bind(self.user.0)
            .bind(message.subscription)
            .bind(&message.sealed)
            .bind(self.good_until)
            .bind(&self.quotes)
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }
}

fn context(id: Uuid) -> Vec<u8> {
    [b"push message".as_slice(), id.as_bytes()].concat()
}
