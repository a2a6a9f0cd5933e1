//! How often an article was quoted to somebody.

use chrono::{DateTime, Utc};
use domain::event::{Event, Recorded};
use domain::knowledge::reception::ReceptionEvent;
use infrastructure::projection::{Cells, Kind, Row, Table};
use sqlx::FromRow;
use uuid::Uuid;

/// The table `article_uses`.
pub struct Uses;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct UseRow {
    article: Uuid,
    uses: i64,
    last_used_at: DateTime<Utc>,
}

impl Table for Uses {
    type Key = Uuid;
    type Row = UseRow;

    const NAME: &'static str = "article_uses";
    const COLUMNS: &'static [(&'static str, Kind)] =
        &[("article", Kind::Uuid), ("uses", Kind::Int8), ("last_used_at", Kind::Timestamp)];

    fn key(event: &Recorded) -> Option<Uuid> {
        match &event.event {
            Event::Reception(ReceptionEvent::ArticleUsed { article, .. }) => Some(article.0),
            _ => None,
        }
    }

    fn fold(row: Option<UseRow>, recorded: &Recorded) -> anyhow::Result<Option<UseRow>> {
        let Some(article) = Self::key(recorded) else { return Ok(row) };
        let uses = row.map_or(0, |row| row.uses) + 1;
        Ok(Some(UseRow { article, uses, last_used_at: recorded.occurred_at }))
    }
}

impl Row for UseRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells.uuid(self.article).int8(self.uses).timestamp(self.last_used_at);
    }
}
