//! Contents: opened chunk by chunk while they are read.

use std::ops::Range;

use domain::id::AttachmentId;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _, TryStreamExt as _};

use super::chunks::{CHUNK, Damaged, FileKey, SEALED, chunks, sealed_size};
use super::{AttachmentError, Attachments, Kept};

/// A part of a content: whatever comes out of it was checked.
pub struct Content {
    key: FileKey,
    stored: BoxStream<'static, object_store::Result<Vec<u8>>>,
    /// What came from the store and is not opened yet.
    sealed: Vec<u8>,
    /// The chunk that comes next, and the content's last one.
    next: u64,
    last: u64,
    /// How much of the next chunk is passed over, and how much of what follows is wanted.
    skip: usize,
    wanted: u64,
}

impl Attachments {
    /// The bytes of `kept` in `range`, which lies within its size.
    ///
    /// # Errors
    /// Its key was destroyed, or the store has something else.
    pub async fn content(&self, kept: &Kept, range: Range<u64>) -> Result<Content, AttachmentError> {
        let key = self.key(AttachmentId(kept.id), kept.uploader(), &kept.sealed_key).await?;
        let key = key.ok_or(AttachmentError::Gone)?;
        let size = u64::try_from(kept.size).unwrap_or_default();
        let (chunk, sealed) = (CHUNK as u64, SEALED as u64);
        let (first, last) = (range.start / chunk, range.end.saturating_sub(1) / chunk);
        let whole = sealed_size(size);
        let (stored_size, stored) =
            self.store.read(kept.id, first * sealed, ((last + 1) * sealed).min(whole)).await?;
        if stored_size != whole {
            return Err(Damaged.into());
        }
        Ok(Content {
            key,
            stored,
            sealed: Vec::with_capacity(2 * SEALED),
            next: first,
            last: chunks(size) - 1,
            skip: usize::try_from(range.start % chunk).unwrap_or_default(),
            wanted: range.end - range.start,
        })
    }
}

impl Content {
    /// The next bytes; none at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, AttachmentError> {
        if self.wanted == 0 {
            return Ok(None);
        }
        while self.sealed.len() < SEALED {
            match self.stored.try_next().await? {
                Some(more) => self.sealed.extend_from_slice(&more),
                None => break,
            }
        }
        let mut chunk: Vec<u8> = self.sealed.drain(..self.sealed.len().min(SEALED)).collect();
        let plain = self.key.open(self.next, self.next == self.last, &mut chunk)?;
        let plain = plain.get(self.skip..).ok_or(Damaged)?;
        let end = plain.len().min(usize::try_from(self.wanted).unwrap_or(usize::MAX));
        let bytes = plain[..end].to_vec();
        if bytes.is_empty() {
            return Err(Damaged.into());
        }
        self.next += 1;
        self.skip = 0;
        self.wanted -= bytes.len() as u64;
        Ok(Some(bytes))
    }

    /// The bytes as they are opened. The first are opened at once, so that whoever asks hears in time if they cannot be.
    ///
    /// # Errors
    /// The first chunk cannot be read, or is not what was stored.
    pub async fn stream(
        mut self,
    ) -> Result<impl Stream<Item = Result<Vec<u8>, AttachmentError>> + Send, AttachmentError> {
        let first = self.next().await?;
        let rest = futures::stream::try_unfold(self, async |mut content| {
            Ok(content.next().await?.map(|bytes| (bytes, content)))
        });
        Ok(futures::stream::iter(first.map(Ok)).chain(rest))
    }
}
