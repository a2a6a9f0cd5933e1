//! What people are writing on tickets and have not sent: one draft for each person and ticket, in the database, so that it
//! is there after a restart and on every node. No events: see ARCHITECTURE.md.

use application::Error;
use chrono::{DateTime, Utc};
use domain::id::{TicketId, UserId};
use infrastructure::keys::{KeyError, Keyring};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::desk::Desk;
use crate::problem::{Answer, Problem};

/// What somebody is writing on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Draft {
    /// What it says so far.
    #[schema(example = "Did you turn it off and")]
    pub content: String,
    /// Whether it is to be an internal note.
    pub is_internal: bool,
    /// Which draft of the person's on the ticket it is; the `ETag` is `"v<version>"`.
    #[schema(example = 3)]
    pub version: i32,
    /// When it was kept.
    pub updated_at: DateTime<Utc>,
}

/// A draft of the person's, wherever it is: a part of what is stored about them.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedDraft {
    /// The ticket it was written on.
    #[schema(example = "TKT-1763700000000-4K9XQ2")]
    pub ticket_id: String,
    /// The draft.
    #[serde(flatten)]
    pub draft: Draft,
}

/// What the writer takes to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// No draft.
    Nothing,
    /// A draft, whichever.
    Something,
    /// The draft of this version.
    Version(i32),
}

/// Where a draft is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Who writes it.
    pub writer: UserId,
    /// On which ticket.
    pub ticket: TicketId,
    /// Whose ticket that is.
    pub requester: UserId,
}

#[derive(FromRow)]
struct Row {
    ticket: Uuid,
    version: i32,
    sealed: Option<String>,
    is_internal: bool,
    updated_at: DateTime<Utc>,
}

impl Row {
    /// The version of what is there.
    fn current(&self) -> Option<i32> {
        self.sealed.as_ref().map(|_| self.version)
    }

    /// The draft; none if nothing is left of it.
    async fn open(self, keys: &Keyring, writer: UserId) -> Result<Option<Draft>, KeyError> {
        let Some(sealed) = self.sealed else { return Ok(None) };
        let content = keys.open_text(writer, self.ticket.as_bytes(), &sealed).await?;
        let Self { is_internal, version, updated_at, .. } = self;
        Ok(content.map(|content| Draft { content, is_internal, version, updated_at }))
    }
}

/// The draft of `writer` on `ticket`.
pub(crate) async fn find(desk: &Desk, writer: UserId, ticket: TicketId) -> Answer<Option<Draft>> {
    let row: Option<Row> = sqlx::query_as(
        "select ticket, version, sealed, is_internal, updated_at from desk.drafts
          where user_id = $1 and ticket = $2",
    )
    .bind(writer.0)
    .bind(ticket.stream())
    .fetch_optional(desk.pool())
    .await?;
    match row {
        Some(row) => Ok(row.open(desk.log.keys(), writer).await?),
        None => Ok(None),
    }
}

/// Keeps a draft where the writer takes `known` to be; says whether there was none before. What is there word for word
/// stays as it is, whatever the writer knows: a lost answer can be asked for again.
pub(crate) async fn keep(
    desk: &Desk,
    place: Place,
    known: Known,
    content: &str,
    is_internal: bool,
) -> Answer<(Draft, bool)> {
    let (keys, stream) = (desk.log.keys(), place.ticket.stream());
    let sealed = match keys.seal_text(place.writer, stream.as_bytes(), content).await {
        Err(KeyError::Destroyed(_)) => return Err(Error::Erased.into()),
        sealed => sealed?,
    };
    let mut transaction = desk.pool().begin().await?;
    hold_keys(&mut transaction, place).await?;
    let row = locked(&mut transaction, place).await?;
    let current = row.current();
    let version = row.version + 1;
    if let Some(there) = row.open(keys, place.writer).await?
        && (there.content.as_str(), there.is_internal) == (content, is_internal)
    {
        return Ok((there, false));
    }
    as_known(known, current)?;
    let updated_at = sqlx::query_scalar(
        "update desk.drafts set version = $3, sealed = $4, is_internal = $5, updated_at = now()
          where user_id = $1 and ticket = $2
         returning updated_at",
    )
    .bind(place.writer.0)
    .bind(stream)
    .bind(version)
    .bind(sealed)
    .bind(is_internal)
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok((Draft { content: content.to_owned(), is_internal, version, updated_at }, current.is_none()))
}

/// Holds the keys of the writer and the requester until the draft is kept: an erasure destroys them first and deletes drafts
/// then, so it finds this one, or the draft is refused.
async fn hold_keys(connection: &mut PgConnection, place: Place) -> Answer<()> {
    let people = if place.writer == place.requester {
        vec![place.writer.0]
    } else {
        vec![place.writer.0, place.requester.0]
    };
    let live: Vec<Uuid> = sqlx::query_scalar(
        "select subject from desk.subject_keys where subject = any($1) and wrapped is not null
          order by subject
            for share",
    )
    .bind(&people)
    .fetch_all(connection)
    .await?;
    if live.len() == people.len() { Ok(()) } else { Err(Error::Erased.into()) }
}

/// The row of the draft, made if there is none, and nobody else's until the transaction ends.
async fn locked(connection: &mut PgConnection, place: Place) -> sqlx::Result<Row> {
    sqlx::query(
        "insert into desk.drafts (user_id, ticket, requester, version) values ($1, $2, $3, 0)
             on conflict do nothing",
    )
    .bind(place.writer.0)
    .bind(place.ticket.stream())
    .bind(place.requester.0)
    .execute(&mut *connection)
    .await?;
    sqlx::query_as(
        "select ticket, version, sealed, is_internal, updated_at from desk.drafts
          where user_id = $1 and ticket = $2
            for update",
    )
    .bind(place.writer.0)
    .bind(place.ticket.stream())
    .fetch_one(connection)
    .await
}

/// Refuses a writer who takes something else to be there than the draft of the version `current`, or none.
fn as_known(known: Known, current: Option<i32>) -> Answer<()> {
    let message = match (known, current) {
        (Known::Nothing, None) | (Known::Something, Some(_)) => return Ok(()),
        (Known::Version(version), Some(current)) if version == current => return Ok(()),
        (Known::Nothing, Some(_)) => "there is a draft already; If-Match says which one is overwritten",
        (_, None) => "there is no draft any more",
        (Known::Version(_), Some(_)) => "the draft was kept anew since, perhaps by another window",
    };
    Err(Problem::stale(message).detail("current_version", current))
}

/// Throws the draft of `writer` on `ticket` away, if it is what they take to be there.
pub(crate) async fn discard(desk: &Desk, writer: UserId, ticket: TicketId, known: Known) -> Answer<()> {
    let mut transaction = desk.pool().begin().await?;
    let current: Option<i32> = sqlx::query_scalar(
        "select version from desk.drafts where user_id = $1 and ticket = $2 and sealed is not null
            for update",
    )
    .bind(writer.0)
    .bind(ticket.stream())
    .fetch_optional(&mut *transaction)
    .await?;
    if let Known::Version(_) = known {
        as_known(known, current)?;
    }
    let Some(current) = current else { return Ok(()) };
    emptied(&mut transaction, writer, ticket, current).await?;
    transaction.commit().await?;
    Ok(())
}

/// The draft of `version` became a message: nothing is left of it. A draft of another version was written meanwhile, and stays.
/// What cannot be done here is noted: the message was accepted.
pub(crate) async fn sent(desk: &Desk, writer: UserId, ticket: TicketId, version: i32) {
    let emptied = match desk.pool().acquire().await {
        Ok(mut connection) => emptied(&mut connection, writer, ticket, version).await,
        Err(error) => Err(error),
    };
    if let Err(error) = emptied {
        tracing::warn!(%error, "A draft stays, though its message was accepted");
    }
}

async fn emptied(
    connection: &mut PgConnection,
    writer: UserId,
    ticket: TicketId,
    version: i32,
) -> sqlx::Result<()> {
    sqlx::query(
        "update desk.drafts set version = version + 1, sealed = null, is_internal = false, updated_at = now()
          where user_id = $1 and ticket = $2 and version = $3 and sealed is not null",
    )
    .bind(writer.0)
    .bind(ticket.stream())
    .bind(version)
    .execute(connection)
    .await?;
    Ok(())
}

/// All drafts of `writer`, on whatever ticket.
pub(crate) async fn of(
    pool: &PgPool,
    keys: &Keyring,
    writer: UserId,
) -> Result<Vec<ExportedDraft>, KeyError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select ticket, version, sealed, is_internal, updated_at from desk.drafts
          where user_id = $1 and sealed is not null
          order by updated_at, ticket",
    )
    .bind(writer.0)
    .fetch_all(pool)
    .await?;
    let mut drafts = Vec::with_capacity(rows.len());
    for row in rows {
        let ticket_id = TicketId::of_stream(row.ticket).to_string();
        drafts.extend(row.open(keys, writer).await?.map(|draft| ExportedDraft { ticket_id, draft }));
    }
    Ok(drafts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_overwritten_by_whoever_knows_it() {
        let allowed = |known, current| as_known(known, current).map_err(|problem| problem.status().as_u16());
        for (known, current) in
            [(Known::Nothing, None), (Known::Something, Some(3)), (Known::Version(3), Some(3))]
        {
            assert_eq!(allowed(known, current), Ok(()), "{known:?} {current:?}");
        }
        for (known, current) in [
            (Known::Nothing, Some(3)),
            (Known::Something, None),
            (Known::Version(3), None),
            (Known::Version(3), Some(4)),
            (Known::Version(4), Some(3)),
        ] {
            assert_eq!(allowed(known, current), Err(412), "{known:?} {current:?}");
        }
    }
}
