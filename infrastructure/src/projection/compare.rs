//! Whether two tables of a read model are the same.

use std::time::{Duration, Instant};

use serde::Serialize;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::bulk::Plan;
use super::fill::follow;
use super::follower::Follower;
use super::progress::{Phase, Progress};
use super::shape::run;
use super::{Kind, ReadModel, TableOf};
use crate::background;
use crate::database::Database;

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
    /// One of how many rows is compared, judged by how many the table in `schema` is thought to have.
    async fn nth(&self, connection: &mut PgConnection, schema: &str) -> sqlx::Result<i64> {
        let estimate: f32 =
            sqlx::query_scalar("select reltuples from pg_class where oid = $1::text::regclass")
                .bind(format!("{schema}.{}", self.name))
                .fetch_one(connection)
                .await?;
        #[expect(clippy::cast_possible_truncation, reason = "an estimate")]
        Ok(((estimate as i64).max(0) / FULL) + 1)
    }

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
        // Without columns that the database generates: they follow from these, and not every type has hashes.
        let columns: Vec<String> = self.columns.iter().map(|(name, _)| format!("t.{name}")).collect();
        let hash = format!("hash_record_extended(row({}), 0)", columns.join(", "));
        sqlx::query_as(AssertSqlSafe(format!(
            "select count(*), coalesce(sum({hash}){filter}, 0)::text from {schema}.{table} t"
        )))
        .fetch_one(connection)
        .await
    }
}

/// Compares the tables in `schema`, which `follower` keeps, with the live ones at the position those have
/// reached, without holding them up: all of it is seen in one snapshot.
pub(super) async fn compare_while_live(
    connection: &mut PgConnection,
    plan: Plan<'_>,
    follower: &mut Follower,
    progress: &Progress,
) -> anyhow::Result<Option<Vec<Compared>>> {
    progress.enter(Phase::Comparing);
    let until = Instant::now() + PATIENCE;
    loop {
        let mut snapshot = connection.begin_with("begin isolation level repeatable read").await?;
        let live: i64 = sqlx::query_scalar("select position from read.checkpoints where model = $1")
            .bind(plan.model.name())
            .fetch_one(&mut *snapshot)
            .await?;
        if live >= follower.position {
            let compared = compare(&mut snapshot, plan, follower, live, progress).await?;
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

/// Brings the tables to where the live ones are in this snapshot and sums them, while a second connection sums
/// the live ones as the same snapshot shows them.
async fn compare(
    snapshot: &mut PgConnection,
    plan: Plan<'_>,
    follower: &mut Follower,
    live: i64,
    progress: &Progress,
) -> anyhow::Result<Vec<Compared>> {
    let mut tables = Vec::new();
    for table in plan.model.comparables() {
        let nth = table.nth(snapshot, plan.schema).await?;
        tables.push((table, nth));
    }
    let exported: String =
        sqlx::query_scalar("select pg_export_snapshot()").fetch_one(&mut *snapshot).await?;
    let rebuilt = async {
        follow(snapshot, plan.log, follower, live, None, progress).await?;
        anyhow::Ok(sums(snapshot, plan.schema, &tables).await?)
    };
    let (rebuilt, live) = tokio::try_join!(rebuilt, sums_of_live(plan.database, &exported, &tables))?;
    let compared =
        tables.iter().zip(rebuilt.into_iter().zip(live)).map(|((table, nth), (rebuilt, live))| Compared {
            table: table.name,
            live: live.0,
            rows: rebuilt.0,
            equal: live == rebuilt,
            in_full: *nth == 1 || table.hash.is_none(),
        });
    Ok(compared.collect())
}

async fn sums_of_live(
    database: &Database,
    snapshot: &str,
    tables: &[(Comparable, i64)],
) -> anyhow::Result<Vec<(i64, String)>> {
    let mut connection = background::connect(database).await?;
    let mut transaction = connection.begin_with("begin isolation level repeatable read, read only").await?;
    run(&mut transaction, format!("set transaction snapshot '{snapshot}'")).await?;
    let sums = sums(&mut transaction, "read", tables).await?;
    transaction.rollback().await?;
    connection.close().await?;
    Ok(sums)
}

async fn sums(
    connection: &mut PgConnection,
    schema: &str,
    tables: &[(Comparable, i64)],
) -> sqlx::Result<Vec<(i64, String)>> {
    // An index would only be in the way of reading all of it.
    connection.execute("set local enable_indexscan = off").await?;
    let mut sums = Vec::new();
    for (table, nth) in tables {
        sums.push(table.sum(connection, schema, *nth).await?);
    }
    Ok(sums)
}
