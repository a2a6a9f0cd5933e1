//! The database side: one schema with the documented postgres-es `events` table.

use std::collections::HashMap;
use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use cqrs_es::{Aggregate, DomainEvent};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use uuid::Uuid;

use crate::ticket::{Ticket, history};

/// Events of each prepared stream.
const HISTORY: usize = 5;

/// `db/init.sql` of postgres-es 0.5.0, in a schema of its own so that no other `events` is ever truncated.
const DDL: &str = "
CREATE SCHEMA IF NOT EXISTS peer_postgres_es;
CREATE TABLE IF NOT EXISTS peer_postgres_es.events (
    aggregate_type text                         NOT NULL,
    aggregate_id   text                         NOT NULL,
    sequence       bigint CHECK (sequence >= 0) NOT NULL,
    event_type     text                         NOT NULL,
    event_version  text                         NOT NULL,
    payload        json                         NOT NULL,
    metadata       json                         NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
)";

const PREFILL: &str = "
INSERT INTO events
SELECT $1, s.id, e.sequence, e.event_type, e.event_version, e.payload::json, $6::json
  FROM unnest($2::text[]) AS s (id)
 CROSS JOIN unnest($3::text[], $4::text[], $5::text[])
       WITH ORDINALITY AS e (event_type, event_version, payload, sequence)";

/// The tables between measurements. The measured pools are opened apart from it.
pub(crate) struct Store {
    options: PgConnectOptions,
    admin: PgPool,
}

impl Store {
    /// Connects and creates the schema and its table if they are missing.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .context("DATABASE_URL is not a PostgreSQL URL")?
            .options([("search_path", "peer_postgres_es")]);
        let admin = PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::raw_sql(DDL).execute(&admin).await.context("creating the events table")?;
        Ok(Self { options, admin })
    }

    /// The server's version and the settings a comparison stands on.
    pub(crate) async fn settings(&self) -> Result<String> {
        let settings = "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings
            WHERE name IN ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers')";
        Ok(sqlx::query_scalar(settings).fetch_one(&self.admin).await?)
    }

    /// A pool as the library opens it (`default_postgress_pool`), with the given number of connections.
    pub(crate) async fn pool(&self, connections: u32) -> Result<PgPool> {
        let options = PgPoolOptions::new().max_connections(connections);
        options.connect_with(self.options.clone()).await.context("opening the measured pool")
    }

    /// Empties the table, then gives every listed stream its history and the planner its statistics.
    ///
    /// Both cases start from such a store: on an empty table the server may settle on a plan that
    /// reads the whole table for each command, and keep it while the table grows.
    pub(crate) async fn reset(&self, streams: &[String]) -> Result<()> {
        sqlx::query("TRUNCATE events").execute(&self.admin).await?;
        self.prefill(streams).await.context("filling the streams")?;
        sqlx::query("VACUUM (ANALYZE) events").execute(&self.admin).await?;
        if let Err(error) = sqlx::query("CHECKPOINT").execute(&self.admin).await {
            eprintln!("measured without a checkpoint before it: {error}");
        }
        Ok(())
    }

    async fn prefill(&self, streams: &[String]) -> Result<()> {
        let events = history(HISTORY)?;
        let types: Vec<String> = events.iter().map(DomainEvent::event_type).collect();
        let versions: Vec<String> = events.iter().map(DomainEvent::event_version).collect();
        let payloads: Vec<String> = events.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        sqlx::query(PREFILL)
            .bind(Ticket::TYPE)
            .bind(streams)
            .bind(types)
            .bind(versions)
            .bind(payloads)
            .bind(serde_json::to_string(&metadata())?)
            .execute(&self.admin)
            .await?;
        Ok(())
    }

    /// Checks that exactly the acknowledged events were added to the histories of so many streams.
    pub(crate) async fn verify(&self, streams: usize, acknowledged: usize) -> Result<()> {
        let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(&self.admin).await?;
        let expected = i64::try_from(streams * HISTORY + acknowledged)?;
        ensure!(stored == expected, "{stored} events stored, but {expected} expected");
        Ok(())
    }
}

/// A new aggregate id, ordered by time as Ledgerdesk's are.
pub(crate) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// What Ledgerdesk also records with every event: who asked, and by which command.
pub(crate) fn metadata() -> HashMap<String, String> {
    HashMap::from([("actor_id".to_owned(), "agent-0190b4f0".to_owned()), ("command_id".to_owned(), new_id())])
}
