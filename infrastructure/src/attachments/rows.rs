//! What there is of each attachment beside the log.

use domain::attachment::Uploaded;
use domain::id::{AttachmentId, UserId};
use sqlx::FromRow;
use uuid::Uuid;

use super::{AttachmentError, Attachments};

/// A file that was uploaded whole.
#[derive(Debug, Clone, FromRow)]
pub struct Kept {
    pub(super) id: Uuid,
    pub(super) uploader: Uuid,
    /// The stream of the ticket that it is for, as far as that is known.
    pub ticket: Option<Uuid>,
    pub(super) sealed_key: String,
    pub(super) sealed_name: String,
    /// How many bytes its content has.
    pub size: i64,
    /// Its media type, by its content.
    pub mime: String,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
}

/// Its columns.
const COLUMNS: &str = "id, uploader, ticket, sealed_key, sealed_name, size, mime, sha256";

impl Kept {
    /// Who uploaded it.
    #[must_use]
    pub fn uploader(&self) -> UserId {
        UserId(self.uploader)
    }
}

impl Attachments {
    /// Notes that `file` is whole.
    pub(super) async fn keep(
        &self,
        file: &Uploaded,
        sealed_key: &str,
        ticket: Option<(Uuid, UserId)>,
    ) -> Result<(), AttachmentError> {
        let sealed_name = self.seal(file.id, file.uploader, &file.name).await?;
        let mut transaction = self.pool.begin().await?;
        let begun = sqlx::query("delete from desk.uploads where id = $1").bind(file.id.0);
        if begun.execute(&mut *transaction).await?.rows_affected() == 0 {
            // It took so long that it was swept away.
            return Err(AttachmentError::Gone);
        }
        sqlx::query(
            "insert into desk.attachments
               (id, uploader, ticket, requester, sealed_key, sealed_name, size, mime, sha256)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(file.id.0)
        .bind(file.uploader.0)
        .bind(ticket.map(|(ticket, _)| ticket))
        .bind(ticket.map(|(_, requester)| requester.0))
        .bind(sealed_key)
        .bind(sealed_name)
        .bind(file.size)
        .bind(&file.mime)
        .bind(&file.sha256)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// The file of this id, if there is one.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn find(&self, id: AttachmentId) -> sqlx::Result<Option<Kept>> {
        sqlx::query_as(sqlx::AssertSqlSafe(format!("select {COLUMNS} from desk.attachments where id = $1")))
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await
    }

    /// The file with its name opened; none if its key or its uploader's was destroyed.
    ///
    /// # Errors
    /// The keys cannot be read.
    pub async fn uploaded(&self, kept: &Kept) -> Result<Option<Uploaded>, AttachmentError> {
        let (id, uploader) = (AttachmentId(kept.id), kept.uploader());
        let name = self.opened(id, uploader, &kept.sealed_name).await?;
        let (size, mime, sha256) = (kept.size, kept.mime.clone(), kept.sha256.clone());
        Ok(name.map(|name| Uploaded { id, uploader, name, size, mime, sha256 }))
    }

    /// Reserves `ids` for a command by `uploader` on the ticket of this stream and requester; none if one of them is not
    /// theirs, was removed, or is for another ticket. Otherwise they have another day from now on.
    ///
    /// # Errors
    /// The database or the keys cannot be read.
    pub async fn reserve(
        &self,
        ids: &[AttachmentId],
        uploader: UserId,
        (ticket, requester): (Uuid, UserId),
    ) -> Result<Option<Vec<Uploaded>>, AttachmentError> {
        let wanted: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let mut transaction = self.pool.begin().await?;
        let reserved: Vec<Kept> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "update desk.attachments set ticket = $3, requester = $4, touched_at = now()
              where id in (select id from desk.attachments
                            where id = any($1) and uploader = $2 and (ticket is null or ticket = $3)
                              and removing_at is null
                            order by id for update)
              returning {COLUMNS}"
        )))
        .bind(&wanted)
        .bind(uploader.0)
        .bind(ticket)
        .bind(requester.0)
        .fetch_all(&mut *transaction)
        .await?;
        // In the order in which they were given.
        let in_order = wanted.iter().map(|id| reserved.iter().find(|kept| kept.id == *id));
        let Some(in_order) = in_order.collect::<Option<Vec<&Kept>>>() else { return Ok(None) };
        // Before a key is read, which takes another connection.
        transaction.commit().await?;
        let mut files = Vec::with_capacity(in_order.len());
        for kept in in_order {
            let Some(file) = self.uploaded(kept).await? else { return Ok(None) };
            files.push(file);
        }
        Ok(Some(files))
    }

    /// Removes a file that is for no ticket yet; false if it is for one by now.
    ///
    /// # Errors
    /// The database or the store cannot be reached; what was begun is swept away a day later.
    pub async fn discard(&self, id: AttachmentId) -> anyhow::Result<bool> {
        let taken =
            sqlx::query("update desk.attachments set removing_at = now() where id = $1 and ticket is null")
                .bind(id.0)
                .execute(&self.pool)
                .await?;
        if taken.rows_affected() == 0 {
            return Ok(false);
        }
        self.destroy(id).await?;
        Ok(true)
    }

    /// Lets go of what was reserved for a ticket that was not filed.
    ///
    /// # Errors
    /// The database cannot be reached; then they stay reserved until they are swept away.
    pub async fn release(&self, ticket: Uuid) -> sqlx::Result<()> {
        sqlx::query(
            "update desk.attachments set ticket = null, requester = null where ticket = $1 and not is_used",
        )
        .bind(ticket)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// What `user` uploaded, and what is on their tickets, with the stream of the ticket that each is for.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn about(&self, user: UserId) -> sqlx::Result<Vec<(AttachmentId, Option<Uuid>)>> {
        let rows: Vec<(Uuid, Option<Uuid>)> = sqlx::query_as(
            "select id, ticket from desk.attachments where uploader = $1 or requester = $1 order by id",
        )
        .bind(user.0)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(id, ticket)| (AttachmentId(id), ticket)).collect())
    }
}
