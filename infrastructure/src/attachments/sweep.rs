//! Sweeping: what was uploaded and not used within a day goes, and what uploads left that came to no end.
//!
//! Every node does it. Each step is one statement that only one of them succeeds with, or may be done twice.

use std::time::Duration;

use application::ledger::Ledger as _;
use domain::conversation::ConversationEvent;
use domain::event::Event;
use domain::id::{AttachmentId, TicketId};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Attachments, destroy_key};

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(5);

impl Attachments {
    /// Sweeps until `stop`.
    pub async fn sweep(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Some(Err(error)) = stop.run_until_cancelled(self.sweep_once()).await {
                tracing::warn!(error = format!("{error:#}"), "Unused attachments were not swept away");
            }
            let _ = stop.run_until_cancelled(tokio::time::sleep(EVERY)).await;
        }
    }

    async fn sweep_once(&self) -> anyhow::Result<()> {
        // No request takes so long.
        let begun: Vec<Uuid> = sqlx::query_scalar(
            "select id from desk.uploads where started_at < now() - interval '1 hour' order by id limit 100",
        )
        .fetch_all(&self.pool)
        .await?;
        for id in begun {
            self.call_off(AttachmentId(id)).await?;
        }
        // Whoever takes one and dies leaves it to others a minute later.
        let unused: Vec<(Uuid, Option<Uuid>)> = sqlx::query_as(
            "update desk.attachments set removing_at = now()
              where id in (select id from desk.attachments
                            where not is_used and touched_at < now() - interval '24 hours'
                              and (removing_at is null or removing_at < now() - interval '1 minute')
                            order by touched_at limit 100 for update skip locked)
              returning id, ticket",
        )
        .fetch_all(&self.pool)
        .await?;
        for (id, ticket) in unused {
            self.keep_or_destroy(AttachmentId(id), ticket).await?;
        }
        Ok(())
    }

    /// Removes what an upload that came to no end left.
    pub(super) async fn call_off(&self, id: AttachmentId) -> anyhow::Result<()> {
        let begun = sqlx::query("delete from desk.uploads where id = $1").bind(id.0);
        let mut transaction = self.pool.begin().await?;
        // It may have come to its end meanwhile; then it is not noted any more.
        if begun.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(());
        }
        self.store.remove(id.0).await?;
        transaction.commit().await?;
        destroy_key(&self.pool, id.0).await?;
        Ok(())
    }

    /// The log says whether it is used: a command that reserved it may have come to nothing.
    async fn keep_or_destroy(&self, id: AttachmentId, ticket: Option<Uuid>) -> anyhow::Result<()> {
        let is_used = match ticket {
            Some(ticket) => self.is_in_the_log(id, TicketId::of_stream(ticket)).await?,
            None => false,
        };
        if !is_used {
            return self.destroy(id).await;
        }
        sqlx::query("update desk.attachments set is_used = true, removing_at = null where id = $1")
            .bind(id.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn is_in_the_log(&self, id: AttachmentId, ticket: TicketId) -> anyhow::Result<bool> {
        let events = self.log.read_streams(&[(ticket.conversation(), 0)]).await?;
        Ok(events.iter().any(|recorded| match &recorded.event {
            Event::Conversation(ConversationEvent::AttachmentAdded { attachment_id, .. }) => {
                *attachment_id == id
            }
            _ => false,
        }))
    }
}
