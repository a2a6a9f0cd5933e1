//! Attachments: sealed contents in a store, and beside the log what there is of each.
//!
//! A content is sealed in chunks ([`chunks`]) with a key of its own. That key is sealed with one that is named by the
//! attachment, and then with the uploader's: both stand among the persons' keys, and when either is destroyed the content
//! is noise. An upload is noted before its first byte is stored and has a row when it is whole; whatever comes to no end
//! is swept away, on whichever node ([`sweep`]).

mod chunks;
mod content;
mod rows;
mod s3;
mod sniff;
mod store;
mod sweep;
mod upload;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use domain::id::{AttachmentId, UserId};
use ring::rand::{SecureRandom as _, SystemRandom};
use sqlx::PgPool;
use uuid::Uuid;

pub use self::chunks::Damaged;
use self::chunks::FileKey;
pub use self::content::Content;
pub use self::rows::Kept;
use self::store::Store;
pub use self::upload::Upload;
use crate::config;
use crate::keys::{KeyError, Keyring, aes_key};
use crate::log::PgLog;

/// Attachments. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Attachments {
    pool: PgPool,
    keys: Arc<Keyring>,
    log: Arc<PgLog>,
    store: Store,
    max_size: u64,
}

/// Why an attachment cannot be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// It has more bytes than are allowed.
    #[error("a file may have at most {0} bytes")]
    TooLarge(u64),
    /// It is not what the ending of its name says.
    #[error("the content is not what the ending of the name says")]
    OtherKind,
    /// Its key was destroyed.
    #[error("the file was removed")]
    Gone,
    /// What is stored is not what was stored.
    #[error(transparent)]
    Damaged(#[from] Damaged),
    /// The store does not answer as it should.
    #[error("the store of attachments failed: {0}")]
    Store(#[from] object_store::Error),
    /// The keys or the database cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
}

impl From<sqlx::Error> for AttachmentError {
    fn from(error: sqlx::Error) -> Self {
        Self::Keys(error.into())
    }
}

impl Attachments {
    /// The attachments as they are set to be kept.
    ///
    /// # Errors
    /// The place for them cannot be used.
    pub fn open(pool: PgPool, log: Arc<PgLog>, config: &config::Attachments) -> anyhow::Result<Self> {
        let store = Store::open(&config.uploads)?;
        Ok(Self { pool, keys: Arc::clone(log.keys()), log, store, max_size: config.max_size })
    }

    /// How many bytes one has at most.
    #[must_use]
    pub fn max_size(&self) -> u64 {
        self.max_size
    }

    /// `text`, sealed so that it is gone with the attachment or with its uploader.
    async fn seal(&self, id: AttachmentId, uploader: UserId, text: &str) -> Result<String, KeyError> {
        let inner = self.keys.seal_text(UserId(id.0), id.0.as_bytes(), text).await?;
        self.keys.seal_text(uploader, id.0.as_bytes(), &inner).await
    }

    /// What [`Attachments::seal`] sealed; none once either is gone.
    async fn opened(
        &self,
        id: AttachmentId,
        uploader: UserId,
        sealed: &str,
    ) -> Result<Option<String>, KeyError> {
        match self.keys.open_text(uploader, id.0.as_bytes(), sealed).await? {
            Some(inner) => self.keys.open_text(UserId(id.0), id.0.as_bytes(), &inner).await,
            None => Ok(None),
        }
    }

    /// A new key for the content of `id`, and the key sealed.
    async fn new_key(&self, id: AttachmentId, uploader: UserId) -> Result<(FileKey, String), KeyError> {
        let mut bytes = [0; 32];
        let filled = SystemRandom::new().fill(&mut bytes);
        filled.map_err(|_| KeyError::Unreadable("the system gives no random numbers".to_owned()))?;
        let sealed = self.seal(id, uploader, &BASE64.encode(bytes)).await?;
        Ok((FileKey { id: id.0, key: aes_key(&bytes) }, sealed))
    }

    /// The key of the content of `id`; none once it is gone.
    async fn key(
        &self,
        id: AttachmentId,
        uploader: UserId,
        sealed: &str,
    ) -> Result<Option<FileKey>, KeyError> {
        let Some(text) = self.opened(id, uploader, sealed).await? else { return Ok(None) };
        let bytes = BASE64.decode(text).ok().filter(|bytes| bytes.len() == 32);
        let bytes = bytes.ok_or_else(|| KeyError::Unreadable("this is no key of a file".to_owned()))?;
        Ok(Some(FileKey { id: id.0, key: aes_key(&bytes) }))
    }

    /// Destroys the keys of the attachment `id`, then its content and its row. Doing it again does no harm.
    ///
    /// # Errors
    /// The database or the store cannot be reached; then it has to be done again.
    pub async fn destroy(&self, id: AttachmentId) -> anyhow::Result<()> {
        destroy_key(&self.pool, id.0).await?;
        if let Err(error) = self.log.forget(UserId(id.0)).await {
            tracing::warn!(%error, "Other processes were not told of a removal; they find out within seconds");
        }
        self.store.remove(id.0).await?;
        sqlx::query("delete from desk.attachments where id = $1").bind(id.0).execute(&self.pool).await?;
        Ok(())
    }
}

async fn destroy_key(pool: &PgPool, id: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "update desk.subject_keys set wrapped = null, destroyed_at = now() where subject = $1 and wrapped is not null",
    )
    .bind(id)
    .execute(pool)
    .await?;
    Ok(())
}
