//! Reading the log on for a webhook, and putting what it is told of into the queue.

use std::sync::Arc;

use domain::event::Event;
use domain::id::TicketId;
use uuid::Uuid;

use super::sender::{Hold, Parts};
use super::target::Target;
use crate::log::Entry;

/// How many deliveries of one webhook wait at most: the log has the rest.
const MOST_WAITING: i64 = 1_000;
/// How many are put into the queue in one go.
const AT_A_TIME: i64 = 250;

/// Reads on for `target`, as far as `head` and as much as its queue has room for. Says whether there is more.
pub(super) async fn read_on(sender: &Parts, target: &Target, hold: Hold, head: i64) -> sqlx::Result<bool> {
    let from = target.position();
    if from >= head || target.pending > MOST_WAITING - AT_A_TIME {
        return Ok(false);
    }
    let limit = usize::try_from(AT_A_TIME).unwrap_or_default();
    let slice = sender.log.slice(from, head, &target.filter(), limit).await?;
    let told: Vec<(&Arc<Entry>, String)> =
        slice.entries.iter().filter_map(|entry| Some((entry, told_as(sender, entry, target)?))).collect();
    let mut transaction = sender.pool.begin().await?;
    if !hold.insist(&mut transaction).await? {
        return Ok(false);
    }
    if !told.is_empty() {
        sqlx::query(
            "insert into desk.webhook_deliveries (id, webhook, position, event_id, event_type, subject)
             select e.id, $1, e.position, e.event_id, e.event_type, e.subject
               from unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::text[], $6::uuid[])
                      e(id, position, event_id, event_type, subject)
                 on conflict (webhook, position) do update
                set state = 'pending', attempts = 0, queued_at = now(), next_attempt_at = now(), ended_at = null
              where webhook_deliveries.state <> 'pending'",
        )
        .bind(target.id)
        .bind(told.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
        .bind(told.iter().map(|(entry, _)| entry.row.position).collect::<Vec<_>>())
        .bind(told.iter().map(|(entry, _)| entry.row.event_id).collect::<Vec<_>>())
        .bind(told.iter().map(|(_, told_as)| told_as.clone()).collect::<Vec<_>>())
        .bind(told.iter().map(|(entry, _)| subject(entry)).collect::<Vec<_>>())
        .execute(&mut *transaction)
        .await?;
    }
    sqlx::query(
        "insert into desk.webhook_progress (webhook, position, begun_at) values ($1, $2, $3)
             on conflict (webhook) do update set position = excluded.position, begun_at = excluded.begun_at",
    )
    .bind(target.id)
    .bind(slice.scanned)
    .bind(target.begun_at)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(slice.scanned < head)
}

/// As what an event is told; none if it is not. What is told is asked when it is sent, with the texts opened.
fn told_as(sender: &Parts, entry: &Entry, target: &Target) -> Option<String> {
    let row = &entry.row;
    let event = row.without_texts().map(|recorded| recorded.event);
    let event = event.unwrap_or_else(|_| Event::Unknown(row.event_type.as_str().into()));
    let told = (sender.render)(row, &event, target.internal)?;
    Some(told.event_type).filter(|told_as| target.wants(told_as))
}

/// Within what it keeps its order: the ticket, or else the stream.
fn subject(entry: &Entry) -> Uuid {
    match entry.row.stream_type.as_str() {
        "ticket" | "conversation" => TicketId::of_stream(entry.row.stream_id).stream(),
        _ => entry.row.stream_id,
    }
}
