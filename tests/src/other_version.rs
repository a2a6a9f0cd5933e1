//! Events as another version of the program would append them.

use chrono::{SubsecRound as _, Utc};
use infrastructure::database::{Database, Purpose};
use infrastructure::log::Row;
use serde_json::Value;
use uuid::Uuid;

/// An event of another version of the program.
#[derive(Debug, Clone)]
pub struct Foreign<'a> {
    /// Its stream.
    pub stream: Uuid,
    /// The stream's kind.
    pub stream_type: &'a str,
    /// Its type.
    pub event_type: &'a str,
    /// The version of its payload.
    pub schema_version: i16,
    /// Its fields as stored.
    pub payload: Value,
}

/// Appends `event` to its stream as the service would, hash and all; gives its position.
///
/// # Panics
/// If it is refused.
pub async fn append_foreign(database: &Database, event: Foreign<'_>) -> i64 {
    let mut connection = database.connect(Purpose::Append).await.expect("a connection");
    let version: i32 =
        sqlx::query_scalar("select coalesce(max(version), 0) from ledger.events where stream_id = $1")
            .bind(event.stream)
            .fetch_one(&mut connection)
            .await
            .expect("a version");
    let row = row(&event, version + 1);
    let nothing = "'{}', ".repeat(12);
    let call = format!(
        "select base + 1 from ledger.append_batch(array[$1::uuid], array[null::bytea], array[1], array[$2::uuid],
             array[$3::int - 1], {nothing} array[1], array[$2::uuid], array[$3::int], array[$4::text],
             array[$5::uuid], array[$6::text], array[$7::smallint], array[$8::timestamptz], array[$9::text],
             array[null::uuid], array[$10::text], array[null::uuid], array[$1::uuid], array[$11::text], array[$12::bytea])"
    );
    let position = sqlx::query_scalar(sqlx::AssertSqlSafe(call))
        .bind(row.command_id)
        .bind(row.stream_id)
        .bind(row.version)
        .bind(&row.stream_type)
        .bind(row.event_id)
        .bind(&row.event_type)
        .bind(row.schema_version)
        .bind(row.occurred_at)
        .bind(&row.actor_kind)
        .bind(&row.via)
        .bind(&row.payload)
        .bind(row.leaf().as_slice())
        .fetch_one(&mut connection)
        .await
        .expect("appended");
    sqlx::query("select pg_notify('ledgerdesk_head', $1::text)")
        .bind(position)
        .execute(&mut connection)
        .await
        .expect("told");
    position
}

fn row(event: &Foreign<'_>, version: i32) -> Row {
    let (command_id, now) = (Uuid::now_v7(), Utc::now().trunc_subsecs(6));
    Row {
        position: 0,
        stream_id: event.stream,
        version,
        stream_type: event.stream_type.to_owned(),
        event_id: Uuid::now_v7(),
        event_type: event.event_type.to_owned(),
        schema_version: event.schema_version,
        occurred_at: now,
        recorded_at: now,
        actor_kind: "system".to_owned(),
        actor_id: None,
        via: "another version".to_owned(),
        command_id,
        causation_id: None,
        correlation_id: command_id,
        payload: event.payload.to_string(),
        leaf_hash: Vec::new(),
    }
}
