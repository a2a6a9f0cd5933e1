//! Leases: of several processes one does a piece of work, and one that lost it unnoticed moves nothing.
//!
//! A lease is a row with its keeper, a token that rises with every new keeper, and a time after which another
//! process may take over. The work's position stands in the same row and moves only from where its keeper knows
//! it to be, under the keeper's token: a process that slept through its lease has an old token.

use std::time::Duration;

use sqlx::{AssertSqlSafe, FromRow, PgExecutor};
use uuid::Uuid;

/// After this long without a sign of life, another process may take over.
const LEASE: &str = "2 seconds";
/// How often a keeper gives a sign of life.
pub(crate) const RENEW: Duration = Duration::from_millis(600);

/// A sign of life or a position that is lost with the server is found out and made up for: it does not wait for
/// the disk, nor for replicas.
const LAZILY: &str = "set_config('synchronous_commit', 'off', true) = 'off'";

/// A table of leases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leases {
    table: &'static str,
    /// The column that names the work.
    name: &'static str,
}

/// Who keeps the read models.
pub(crate) const READ_MODELS: Leases = Leases { table: "read.checkpoints", name: "model" };
/// Who runs the handlers.
pub(crate) const HANDLERS: Leases = Leases { table: "desk.handlers", name: "name" };
/// Who sends mail.
pub(crate) const MAIL: Leases = Leases { table: "desk.mail_sender", name: "name" };
/// Who reads for webhooks and sends to them.
pub(crate) const WEBHOOKS: Leases = Leases { table: "desk.webhook_sender", name: "name" };
/// Who sends what browsers are told.
pub(crate) const PUSH: Leases = Leases { table: "desk.push_sender", name: "name" };
/// Who runs jobs.
pub(crate) const JOBS: Leases = Leases { table: "desk.jobs", name: "name" };

/// A lease that one has.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Held {
    /// The work.
    pub(crate) name: String,
    /// The token to move its position under.
    pub(crate) token: i64,
    /// How far the work has come.
    pub(crate) position: i64,
}

impl Leases {
    /// Takes what is free of `names` for `me` and renews what is `me`'s already; gives all of both.
    pub(crate) async fn take(
        self,
        database: impl PgExecutor<'_>,
        me: Uuid,
        names: &[&str],
    ) -> sqlx::Result<Vec<Held>> {
        let Self { table, name } = self;
        sqlx::query_as(AssertSqlSafe(format!(
            // In one order, so that of several processes one gets them all.
            "update {table} c
                set lease_token = c.lease_token + (c.lease_owner is distinct from $1)::int, lease_owner = $1,
                    lease_until = now() + $3::interval
               from (select {name}
                       from {table}
                      where {name} = any($2) and (lease_owner = $1 or lease_until < now()) and {LAZILY}
                      order by {name}
                        for update) free
              where c.{name} = free.{name}
              returning c.{name} as name, c.lease_token as token, c.position"
        )))
        .bind(me)
        .bind(names)
        .bind(LEASE)
        .fetch_all(database)
        .await
    }

    /// Moves the positions of all that is `held` to `to`, or none: false if a lease was lost.
    pub(crate) async fn advance(
        self,
        database: impl PgExecutor<'_>,
        me: Uuid,
        held: &[Held],
        to: i64,
    ) -> sqlx::Result<bool> {
        let Self { table, name } = self;
        let names: Vec<&str> = held.iter().map(|held| held.name.as_str()).collect();
        let tokens: Vec<i64> = held.iter().map(|held| held.token).collect();
        let from: Vec<i64> = held.iter().map(|held| held.position).collect();
        let moved = sqlx::query(AssertSqlSafe(format!(
            "update {table} c
                set position = $5, lease_until = now() + $6::interval, updated_at = now()
               from unnest($2::text[], $3::bigint[], $4::bigint[]) f(name, token, position)
              where c.{name} = f.name and c.lease_token = f.token and c.position = f.position
                and c.lease_owner = $1 and {LAZILY}"
        )))
        .bind(me)
        .bind(&names)
        .bind(&tokens)
        .bind(&from)
        .bind(to)
        .bind(LEASE)
        .execute(database)
        .await?;
        Ok(moved.rows_affected() == u64::try_from(held.len()).unwrap_or_default())
    }

    /// Gives back those of `names` that are `me`'s, so that another process may take them at once.
    pub(crate) async fn give_back(
        self,
        database: impl PgExecutor<'_>,
        me: Uuid,
        names: &[&str],
    ) -> sqlx::Result<()> {
        let Self { table, name } = self;
        sqlx::query(AssertSqlSafe(format!(
            "update {table} set lease_owner = null, lease_until = '-infinity'
              where lease_owner = $1 and {name} = any($2)"
        )))
        .bind(me)
        .bind(names)
        .execute(database)
        .await?;
        Ok(())
    }
}
