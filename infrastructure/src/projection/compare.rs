//! Whether two tables of a read model are the same.

use std::time::{Duration, Instant};

use serde::Serialize;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::fill::follow;
use super::follower::Follower;
use super::progress::{Phase, Progress};
use super::{Kind, ReadModel, TableOf};
use crate::log::PgLog;

/// How many rows of a table are compared in full; of larger tables so many, chosen by a hash of their keys.
const FULL: i64 = 100_000;
/// How long the live read model is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

/// How a rebuilt table compared with the live one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The table.
    pub table: &'static str,
    /// How many rows the live one had.
    pub live: i64,
    /// How many rows the rebuilt one had at the same position.
    pub rows: i64,
    /// Whether they had as many rows, and those compared were equal.
    pub equal: bool,
    /// Whether every row was compared, and not a sample.
    pub in_full: bool,
}

/// A table of a read model or one of its counters', as far as comparing goes.
pub(super) struct Comparable {
    pub(super) name: &'static str,
    /// What identifies a row.
    pub(super) keys: Vec<&'static str>,
    /// All columns; whether each is text.
    pub(super) columns: Vec<(&'static str, bool)>,
    /// What spreads rows evenly; none for tables that are small anyway.
    hash: Option<&'static str>,
}

impl ReadModel {
    /// All its tables as they are compared.
    pub(super) fn comparables(&self) -> Vec<Comparable> {
        self.tables.iter().flat_map(TableOf::comparables).collect()
    }
}

impl TableOf {
    fn comparables(&self) -> Vec<Comparable> {
        let kind = self.columns[0].1;
        let keys = self.columns[..if self.versioned { 2 } else { 1 }].iter().map(|(name, _)| *name).collect();
        let columns = self.columns.iter().map(|(name, kind)| (*name, *kind == Kind::Text)).collect();
        let hash = match kind {
            Kind::Uuid => Some("uuid_hash_extended"),
            Kind::Int8 => Some("hashint8extended"),
            _ => None,
        };
        let mut all = vec![Comparable { name: self.name, keys, columns, hash }];
        all.extend(self.counters.map(|name| Comparable {
            name,
            keys: self.counter_columns.to_vec(),
            columns: self.counter_columns.iter().map(|name| (*name, true)).chain([("n", false)]).collect(),
            hash: None,
        }));
        all
    }
}

impl Comparable {
    /// How many rows the table in `schema` has, and the sum of the hashes of every `nth` of them.
    async fn sum(
        &self,
        connection: &mut PgConnection,
        schema: &str,
        nth: i64,
    ) -> sqlx::Result<(i64, String)> {
        let filter = match self.hash {
            Some(hash) if nth > 1 => format!(" filter (where {hash}(t.{}, 0) % {nth} = 0)", self.keys[0]),
            _ => String::new(),
        };
        let table = self.name;
        sqlx::query_as(AssertSqlSafe(format!(
            "select count(*), coalesce(sum(hash_record_extended(t, 0)){filter}, 0)::text from {schema}.{table} t"
        )))
        .fetch_one(connection)
        .await
    }
}

/// Compares the tables in `schema`, which `follower` keeps, with the live ones at the position those have
/// reached, without holding them up: all of it is seen in one snapshot.
pub(super) async fn compare_while_live(
    connection: &mut PgConnection,
    log: &PgLog,
    model: &ReadModel,
    schema: &str,
    follower: &mut Follower,
    progress: &Progress,
) -> anyhow::Result<Option<Vec<Compared>>> {
    progress.enter(Phase::Comparing);
    let until = Instant::now() + PATIENCE;
    loop {
        let mut snapshot = connection.begin_with("begin isolation level repeatable read").await?;
        let live: i64 = sqlx::query_scalar("select position from read.checkpoints where model = $1")
            .bind(model.name())
            .fetch_one(&mut *snapshot)
            .await?;
        if live >= follower.position {
            follow(&mut snapshot, log, follower, live, None, progress).await?;
            let compared = compare(&mut snapshot, model, schema).await?;
            snapshot.commit().await?;
            return Ok(Some(compared));
        }
        snapshot.rollback().await?;
        if Instant::now() > until {
            return Ok(None);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn compare(
    connection: &mut PgConnection,
    model: &ReadModel,
    schema: &str,
) -> anyhow::Result<Vec<Compared>> {
    connection.execute("set local enable_indexscan = off").await?;
    let mut all = Vec::new();
    for table in model.comparables() {
        let estimate: f32 =
            sqlx::query_scalar("select reltuples from pg_class where oid = $1::text::regclass")
                .bind(format!("{schema}.{}", table.name))
                .fetch_one(&mut *connection)
                .await?;
        #[expect(clippy::cast_possible_truncation, reason = "an estimate")]
        let nth = ((estimate as i64).max(0) / FULL) + 1;
        let (live, live_sum) = table.sum(connection, "read", nth).await?;
        let (rows, sum) = table.sum(connection, schema, nth).await?;
        let equal = (live, live_sum) == (rows, sum);
        let in_full = nth == 1 || table.hash.is_none();
        all.push(Compared { table: table.name, live, rows, equal, in_full });
    }
    Ok(all)
}
