//! What is left of deleted rows: dead rows in tables, statistics, and the write-ahead log.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use crate::database::denied;

/// Tables whose deleted rows held keys, secrets or text, or samples of them (statistics).
const REWRITTEN: [&str; 15] = [
    "desk.subject_keys",
    "desk.credentials",
    "desk.second_factors",
    "desk.recovery_codes",
    "desk.sessions",
    "desk.api_tokens",
    "desk.refresh_tokens",
    "desk.idempotency",
    "desk.outgoing_mail",
    "desk.drafts",
    "desk.attachments",
    "desk.webhook_vault",
    "desk.push_subscriptions",
    "desk.outgoing_push",
    "pg_catalog.pg_statistic",
];
/// How long to wait for transactions that can still see deleted rows.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(100);

/// Rewrites the tables and lets go of the write-ahead log; gives what could not be done, and why.
pub(super) async fn purge(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    let mut remains = Vec::new();
    if !unseen(connection).await? {
        remains.push(
            "tables: an old transaction still sees deleted rows; the next purge removes them".to_owned(),
        );
    }
    for table in REWRITTEN {
        if !is_own(connection, table).await? {
            remains.push(format!("{table}: not rewritten: it belongs to another role"));
            continue;
        }
        let rewritten = connection.execute(AssertSqlSafe(format!("vacuum (full) {table}"))).await;
        if let Some(why) = allowed(rewritten)? {
            remains.push(format!("{table}: not rewritten: {why}"));
        }
    }
    remains.extend(wal(connection).await?.into_iter().map(|why| format!("wal: not purged: {why}")));
    Ok(remains)
}

/// Whether the role may rewrite the table: the server passes over those it may not, and says nothing.
async fn is_own(connection: &mut PgConnection, table: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select pg_has_role(c.relowner, 'usage') or pg_has_role(d.datdba, 'usage')
           from pg_class c, pg_database d
          where c.oid = $1::text::regclass and d.datname = current_database()",
    )
    .bind(table)
    .fetch_one(connection)
    .await
}

/// Waits until no transaction sees what was deleted before; false if one does for too long.
async fn unseen(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let now: String =
        sqlx::query_scalar("select pg_current_xact_id()::xid::text").fetch_one(&mut *connection).await?;
    let started = Instant::now();
    loop {
        let seen: bool = sqlx::query_scalar(
            "select exists (select from pg_stat_activity
                             where datname = current_database() and pid <> pg_backend_pid()
                               and greatest(age(backend_xmin), age(backend_xid)) > age($1::text::xid))",
        )
        .bind(&now)
        .fetch_one(&mut *connection)
        .await?;
        if !seen || started.elapsed() > PATIENCE {
            return Ok(!seen);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Begins a new segment of the write-ahead log and has the server remove those before; gives why they may live on.
async fn wal(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    for statement in ["checkpoint", "select pg_switch_wal()", "checkpoint"] {
        if let Some(why) = allowed(connection.execute(statement).await)? {
            return Ok(vec![format!("{why}; see docs/operations.md")]);
        }
    }
    let kept = sqlx::query_scalar(
        "select why
           from (values ('wal_recycle is on: removed segments live on under new names',
                         current_setting('wal_recycle') = 'on'),
                        ('wal_keep_size keeps old segments', current_setting('wal_keep_size') <> '0'),
                        ('the archive keeps its copies', current_setting('archive_mode') <> 'off'),
                        ('a replication slot keeps old segments', exists (select from pg_replication_slots))
                ) t (why, applies)
          where applies",
    );
    kept.fetch_all(connection).await
}

/// None if it was done, or why the role may not do it.
fn allowed<T>(outcome: sqlx::Result<T>) -> sqlx::Result<Option<String>> {
    match outcome {
        Ok(_) => Ok(None),
        Err(error) => denied(&error).map(Some).ok_or(error),
    }
}
