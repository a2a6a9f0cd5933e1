//! What the database must do for the log's promises to hold, checked at every start.

use anyhow::{Context as _, bail, ensure};
use domain::evolution::{REGISTRY, Registry};
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::database::{Database, Purpose};

/// Refuses a database on which an acknowledged event could be lost, doubled, re-ordered or altered.
///
/// # Errors
/// The first promise the database does not keep, and what to change; or that this program could not read every
/// event that an earlier one stored.
pub(super) async fn run(database: &Database) -> anyhow::Result<()> {
    readable(&REGISTRY)?;
    let mut connection =
        database.connect(Purpose::Append).await.context("the log's database cannot be reached")?;
    settings(&mut connection).await?;
    grants(&mut connection).await?;
    let other = database.connect(Purpose::Append).await?;
    exclusive_lock(&mut connection, other).await?;
    connection.close().await?;
    Ok(())
}

/// Refuses a program that could not read every version of every event.
fn readable(registry: &Registry) -> anyhow::Result<()> {
    registry.check().context("the log refuses this program")
}

async fn settings(connection: &mut PgConnection) -> anyhow::Result<()> {
    let version: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int")
        .fetch_one(&mut *connection)
        .await?;
    ensure!(version >= 150_000, "PostgreSQL 15 or newer is needed, this is {version}");
    for (setting, wrong, why) in [
        ("fsync", "off", "an acknowledged event could be lost with the power"),
        ("full_page_writes", "off", "a page could be torn when the power fails"),
        ("synchronous_commit", "off", "an acknowledged event could be lost in a crash"),
    ] {
        let value: String = sqlx::query_scalar("select current_setting($1)")
            .bind(setting)
            .fetch_one(&mut *connection)
            .await?;
        ensure!(value != wrong, "the log refuses a database with {setting} = {wrong}: {why}");
    }
    let isolation: String = sqlx::query_scalar("select current_setting('transaction_isolation')")
        .fetch_one(&mut *connection)
        .await?;
    ensure!(
        isolation == "read committed",
        "the log needs the isolation level read committed, this role has {isolation}: set \
         default_transaction_isolation"
    );
    Ok(())
}

async fn grants(connection: &mut PgConnection) -> anyhow::Result<()> {
    let excess: Vec<String> = sqlx::query_scalar(
        "select t || ': ' || p
           from unnest(array['ledger.events', 'ledger.blocks', 'ledger.commands', 'ledger.claims', 'ledger.tree',
                             'ledger.heads', 'ledger.epochs']) t,
                unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
          where has_table_privilege(current_user, t, p)",
    )
    .fetch_all(&mut *connection)
    .await?;
    ensure!(excess.is_empty(), "the service's role may write the log directly ({})", excess.join(", "));
    let may_append: bool = sqlx::query_scalar(
        "select bool_and(has_function_privilege(current_user, p.oid, 'EXECUTE')) from pg_proc p
           join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'ledger' and p.proname = 'append_batch'",
    )
    .fetch_one(&mut *connection)
    .await?;
    ensure!(may_append, "the service's role may not append to the log: run `ledgerdesk migrate`");
    Ok(())
}

/// Some engines that speak PostgreSQL's protocol accept advisory locks and do not lock.
async fn exclusive_lock(holder: &mut PgConnection, mut other: PgConnection) -> anyhow::Result<()> {
    holder.execute("begin; select pg_advisory_xact_lock(7301, 0)").await?;
    let locked_twice: bool =
        sqlx::query_scalar("select pg_try_advisory_xact_lock(7301, 0)").fetch_one(&mut other).await?;
    holder.execute("rollback").await?;
    other.close().await?;
    if locked_twice {
        bail!("this database does not honour advisory locks: two nodes could draw the same position");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::event::StreamType;
    use domain::evolution::Family;

    use super::*;

    #[test]
    fn a_program_that_could_not_read_every_event_is_refused_in_one_line() {
        static GAP: &[Family] =
            &[Family { stream: StreamType::Ticket, types: &[("TicketFlagged", 2)], steps: &[] }];
        assert!(readable(&REGISTRY).is_ok());
        let refused = format!("{:#}", readable(&Registry::new(GAP)).expect_err("a gap"));
        assert!(
            refused
                .starts_with("the log refuses this program: no step leads from version 1 of TicketFlagged")
        );
        assert!(!refused.contains('\n'), "{refused}");
    }
}
