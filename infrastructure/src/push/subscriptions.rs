//! The browsers that people have registered.

use chrono::{DateTime, Utc};
use domain::id::UserId;
use openidconnect::url::Url;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgConnection, PgPool};
use uuid::Uuid;

use super::Push;
use crate::keys::{KeyError, Keyring};

/// How many browsers a person has at most; the one that registered longest ago goes.
const MOST: i64 = 20;

/// A browser to be registered.
#[derive(Debug, Clone)]
pub struct NewSubscription {
    /// Where its push service takes what is for it.
    pub endpoint: String,
    /// Its public key, in base64url.
    pub p256dh: String,
    /// Its secret, in base64url.
    pub auth: String,
    /// The program, as it names itself.
    pub device: Option<String>,
}

/// A browser that is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// Its identity.
    pub id: Uuid,
    /// The host of its push service.
    pub host: String,
    /// The program, as it named itself.
    pub device: Option<String>,
    /// When it last registered.
    pub created_at: DateTime<Utc>,
    /// When its push service last took something for it.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// What is sealed of a browser.
#[derive(Serialize, Deserialize)]
pub(super) struct Address {
    pub(super) endpoint: String,
    pub(super) p256dh: String,
    pub(super) auth: String,
}

#[derive(FromRow)]
struct Kept {
    id: Uuid,
    endpoint_hash: Vec<u8>,
    sealed: String,
    device: Option<String>,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

impl Push {
    /// Registers a browser of `user`, and gives it. One that was registered before stays the same with its new keys, and
    /// if it was somebody else's it is theirs no more.
    ///
    /// # Errors
    /// The database cannot be reached, or the person was erased.
    pub async fn subscribe(&self, user: UserId, new: NewSubscription) -> Result<Subscription, KeyError> {
        let NewSubscription { endpoint, p256dh, auth, device } = new;
        let hash = self.hash(&endpoint);
        let host = host(&endpoint);
        let address = serde_json::to_string(&Address { endpoint, p256dh, auth })
            .map_err(|error| KeyError::Unreadable(error.to_string()))?;
        let sealed = self.keys.seal_text(user, &address_context(&hash), &address).await?;
        let sealed_device = match &device {
            Some(device) => Some(self.keys.seal_text(user, &device_context(&hash), device).await?),
            None => None,
        };
        let mut transaction = self.pool.begin().await?;
        insist_on(&mut transaction, user, &hash).await?;
        sqlx::query("delete from desk.push_subscriptions where endpoint_hash = $1 and user_id <> $2")
            .bind(&hash)
            .bind(user.0)
            .execute(&mut *transaction)
            .await?;
        let (id, created_at, last_used_at) = sqlx::query_as(
            "insert into desk.push_subscriptions (id, user_id, endpoint_hash, sealed, device)
             values ($1, $2, $3, $4, $5)
             on conflict (endpoint_hash) do update
                set sealed = excluded.sealed, device = excluded.device, created_at = now(), quiet_until = '-infinity'
          returning id, created_at, last_used_at",
        )
        .bind(Uuid::now_v7())
        .bind(user.0)
        .bind(&hash)
        .bind(sealed)
        .bind(sealed_device)
        .fetch_one(&mut *transaction)
        .await?;
        keep_newest(&mut transaction, user).await?;
        transaction.commit().await?;
        Ok(Subscription { id, host, device, created_at, last_used_at })
    }

    /// Takes a browser from `user`, with all that waits for it; whether they had it.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn unsubscribe(&self, user: UserId, id: Uuid) -> sqlx::Result<bool> {
        let removed = sqlx::query("delete from desk.push_subscriptions where id = $1 and user_id = $2")
            .bind(id)
            .bind(user.0)
            .execute(&self.pool)
            .await?;
        Ok(removed.rows_affected() > 0)
    }

    /// The same with the browser that is reached at `endpoint`.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn unsubscribe_at(&self, user: UserId, endpoint: &str) -> sqlx::Result<bool> {
        let removed =
            sqlx::query("delete from desk.push_subscriptions where endpoint_hash = $1 and user_id = $2")
                .bind(self.hash(endpoint))
                .bind(user.0)
                .execute(&self.pool)
                .await?;
        Ok(removed.rows_affected() > 0)
    }

    /// Takes all browsers from `user`, with all that waits for them.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn unsubscribe_all(&self, user: UserId) -> sqlx::Result<()> {
        sqlx::query("delete from desk.push_subscriptions where user_id = $1")
            .bind(user.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    fn hash(&self, endpoint: &str) -> Vec<u8> {
        self.keys.claim_hash("push endpoint", endpoint).to_vec()
    }
}

/// The browsers of `user`, the one that registered last first, opened with `keys`.
///
/// # Errors
/// The database cannot be reached, or what is there is not what was kept.
pub async fn subscriptions(
    pool: &PgPool,
    keys: &Keyring,
    user: UserId,
) -> Result<Vec<Subscription>, KeyError> {
    let rows: Vec<Kept> = sqlx::query_as(
        "select id, endpoint_hash, sealed, device, created_at, last_used_at
           from desk.push_subscriptions
          where user_id = $1
          order by created_at desc, id desc",
    )
    .bind(user.0)
    .fetch_all(pool)
    .await?;
    let mut subscriptions = Vec::with_capacity(rows.len());
    for Kept { id, endpoint_hash, sealed, device, created_at, last_used_at } in rows {
        let Some(address) = address(keys, user, &endpoint_hash, &sealed).await? else { continue };
        let device = match device {
            Some(device) => keys.open_text(user, &device_context(&endpoint_hash), &device).await?,
            None => None,
        };
        let host = host(&address.endpoint);
        subscriptions.push(Subscription { id, host, device, created_at, last_used_at });
    }
    Ok(subscriptions)
}

/// The address that was `sealed` for `user` and that hash; none if the person's key was destroyed.
pub(super) async fn address(
    keys: &Keyring,
    user: UserId,
    hash: &[u8],
    sealed: &str,
) -> Result<Option<Address>, KeyError> {
    let Some(text) = keys.open_text(user, &address_context(hash), sealed).await? else { return Ok(None) };
    let address = serde_json::from_str(&text);
    address.map(Some).map_err(|_| KeyError::Unreadable("the content is not a browser's".to_owned()))
}

/// Until the end of the transaction nobody else registers this browser, nor a browser for `user`; nor are they erased, or
/// else they were already.
async fn insist_on(transaction: &mut PgConnection, user: UserId, hash: &[u8]) -> Result<(), KeyError> {
    let first = hash.first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes));
    sqlx::query("select pg_advisory_xact_lock($1)").bind(first).execute(&mut *transaction).await?;
    let key: Option<i32> = sqlx::query_scalar(
        "select 1 from desk.subject_keys where subject = $1 and wrapped is not null for no key update",
    )
    .bind(user.0)
    .fetch_optional(transaction)
    .await?;
    key.map(drop).ok_or(KeyError::Destroyed(user))
}

/// Takes from `user` all browsers but the newest.
async fn keep_newest(transaction: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query(
        "delete from desk.push_subscriptions
          where id in (select id from desk.push_subscriptions
                        where user_id = $1
                        order by created_at desc, id desc
                       offset $2)",
    )
    .bind(user.0)
    .bind(MOST)
    .execute(transaction)
    .await?;
    Ok(())
}

/// What is sealed opens beside its own hash only.
fn address_context(hash: &[u8]) -> Vec<u8> {
    [b"push address".as_slice(), hash].concat()
}

fn device_context(hash: &[u8]) -> Vec<u8> {
    [b"push device".as_slice(), hash].concat()
}

/// The host of an address that was looked at before it was kept.
fn host(endpoint: &str) -> String {
    let url: Option<Url> = endpoint.parse().ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
