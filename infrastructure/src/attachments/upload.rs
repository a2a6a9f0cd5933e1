//! Uploads: sealed and stored as they arrive, and either whole or nothing.

use domain::attachment::{Kind, Uploaded};
use domain::id::{AttachmentId, UserId};
use object_store::WriteMultipart;
use ring::digest::{Context, SHA256};
use uuid::Uuid;

use super::chunks::{CHUNK, FileKey, SEALED};
use super::sniff::Sniffer;
use super::{AttachmentError, Attachments};
use crate::audit::text::to_hex;

/// How many pieces are under way to the store at a time.
const UNDER_WAY: usize = 1;

/// An upload under way. If it is dropped before it is finished, nothing stays of it.
pub struct Upload {
    attachments: Attachments,
    id: AttachmentId,
    uploader: UserId,
    key: FileKey,
    sealed_key: String,
    writer: Option<WriteMultipart>,
    chunk: Vec<u8>,
    number: u64,
    size: u64,
    sha256: Context,
    sniffer: Sniffer,
    is_whole: bool,
}

impl Attachments {
    /// Begins an upload by `uploader`.
    ///
    /// # Errors
    /// The database or the store cannot be reached, or the uploader was erased.
    pub async fn upload(&self, uploader: UserId) -> Result<Upload, AttachmentError> {
        let id = AttachmentId(Uuid::now_v7());
        let (key, sealed_key) = self.new_key(id, uploader).await?;
        sqlx::query("insert into desk.uploads (id) values ($1)").bind(id.0).execute(&self.pool).await?;
        let mut upload = Upload {
            attachments: self.clone(),
            id,
            uploader,
            key,
            sealed_key,
            writer: None,
            chunk: Vec::with_capacity(CHUNK),
            number: 0,
            size: 0,
            sha256: Context::new(&SHA256),
            sniffer: Sniffer::default(),
            is_whole: false,
        };
        upload.writer = Some(self.store.write(id.0).await?);
        Ok(upload)
    }
}

impl Upload {
    /// Stores the next bytes.
    ///
    /// # Errors
    /// They are more than are allowed, or the store failed.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), AttachmentError> {
        self.size += bytes.len() as u64;
        if self.size > self.attachments.max_size {
            return Err(AttachmentError::TooLarge(self.attachments.max_size));
        }
        self.sha256.update(bytes);
        self.sniffer.feed(bytes);
        while !bytes.is_empty() {
            // A full chunk waits for the next byte: it may be the last one.
            if self.chunk.len() == CHUNK {
                self.store_chunk(false).await?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    async fn store_chunk(&mut self, is_last: bool) -> Result<(), AttachmentError> {
        let mut sealed = Vec::with_capacity(SEALED);
        self.key.seal(self.number, is_last, &self.chunk, &mut sealed);
        self.number += 1;
        self.chunk.clear();
        if let Some(writer) = &mut self.writer {
            writer.wait_for_capacity(UNDER_WAY).await?;
            writer.write(&sealed);
        }
        Ok(())
    }

    /// How many bytes came so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Ends it: the file is called `name` and has to be of `kind`. It is for the ticket of this stream and requester, or
    /// for whichever ticket it is used on first.
    ///
    /// # Errors
    /// It is of another kind, or the store or the database failed. Nothing stays of it then.
    pub async fn finish(
        mut self,
        name: String,
        kind: Kind,
        ticket: Option<(Uuid, UserId)>,
    ) -> Result<Uploaded, AttachmentError> {
        if !self.sniffer.is(kind) {
            return Err(AttachmentError::OtherKind);
        }
        self.store_chunk(true).await?;
        if let Some(writer) = self.writer.take() {
            writer.finish().await?;
        }
        let sha256 = to_hex(self.sha256.clone().finish().as_ref());
        let uploaded = Uploaded {
            id: self.id,
            uploader: self.uploader,
            name,
            size: i64::try_from(self.size).unwrap_or(i64::MAX),
            mime: kind.mime().to_owned(),
            sha256,
        };
        self.attachments.keep(&uploaded, &self.sealed_key, ticket).await?;
        self.is_whole = true;
        Ok(uploaded)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.is_whole {
            return;
        }
        let (attachments, id, writer) = (self.attachments.clone(), self.id, self.writer.take());
        tokio::spawn(async move {
            if let Some(writer) = writer
                && let Err(error) = writer.abort().await
            {
                tracing::debug!(%error, "An upload was not called off in order");
            }
            if let Err(error) = attachments.call_off(id).await {
                tracing::warn!(error = format!("{error:#}"), "What is left of an upload stays for a while");
            }
        });
    }
}
