//! Masking: what a read model shows of an erased person reads `[erased]` at once, as after a rebuild.

use std::fmt::Write as _;

use domain::id::UserId;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::ReadModel;

/// The texts in a table, and whose they are.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    /// The columns that hold opened text.
    pub columns: &'static [&'static str],
    /// The types of the events that they come from.
    pub of: &'static [&'static str],
    /// The rows whose texts are sealed with the key of the person `$1`, as a condition.
    pub whose: &'static str,
}

/// Masks all that the live tables of `model` show of `subject`, whose key was destroyed before.
///
/// Whoever keeps the read model loses it for a moment and with it every row in memory; whatever is folded from
/// then on knows that the key is gone ([`PgLog::learn_destroyed`](crate::log::PgLog::learn_destroyed)).
///
/// # Errors
/// The database cannot be reached.
pub async fn mask(connection: &mut PgConnection, model: &ReadModel, subject: UserId) -> sqlx::Result<u64> {
    let statements: Vec<String> =
        model.tables.iter().filter_map(|table| Some(statement(table.name, table.texts?))).collect();
    if statements.is_empty() {
        return Ok(0);
    }
    let mut still = connection.begin().await?;
    // The checkpoint first: it is the lock that everybody takes before they touch the tables.
    sqlx::query(
        "update read.checkpoints
            set lease_token = lease_token + 1, lease_owner = null, lease_until = '-infinity'
          where model = $1",
    )
    .bind(model.name())
    .execute(&mut *still)
    .await?;
    let mut masked = 0;
    for statement in statements {
        masked +=
            sqlx::query(AssertSqlSafe(statement)).bind(subject.0).execute(&mut *still).await?.rows_affected();
    }
    still.commit().await?;
    Ok(masked)
}

/// All names in it come from the program.
fn statement(table: &str, texts: Texts) -> String {
    let mut statement = format!("update read.{table} set ");
    for (index, column) in texts.columns.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let _ = write!(statement, "{comma}{column} = case when {column} is not null then '[erased]' end");
    }
    let _ = write!(statement, " where {}", texts.whose);
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_there_stays_away() {
        let texts = Texts { columns: &["title", "note"], of: &["ThingMade"], whose: "requester = $1" };
        assert_eq!(
            statement("things", texts),
            "update read.things set title = case when title is not null then '[erased]' end, \
             note = case when note is not null then '[erased]' end where requester = $1"
        );
    }
}
