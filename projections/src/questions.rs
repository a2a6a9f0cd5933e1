//! What was asked of the desk itself, and whether an article answered.

use chrono::{DateTime, Utc};
use domain::chat::ChatEvent;
use domain::chat::values::ReplyKind;
use domain::event::{Event, Recorded};
use infrastructure::projection::{Cells, Kind, Row, Table, Texts};
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::facts::word;

/// The table `questions`.
pub struct Questions;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct QuestionRow {
    position: i64,
    chat: Uuid,
    asked_by: Option<Uuid>,
    asked_in: String,
    question: String,
    is_answered: bool,
    asked_at: DateTime<Utc>,
}

impl Table for Questions {
    type Key = i64;
    type Row = QuestionRow;

    const NAME: &'static str = "questions";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("position", Kind::Int8),
        ("chat", Kind::Uuid),
        ("asked_by", Kind::Uuid),
        ("asked_in", Kind::Text),
        ("question", Kind::Text),
        ("is_answered", Kind::Bool),
        ("asked_at", Kind::Timestamp),
    ];
    const OWN_ROWS: bool = true;
    const APPEND_ONLY: bool = true;
    const TEXTS: Option<Texts> =
        Some(Texts { columns: &["question"], of: &["QuestionAnswered"], whose: "asked_by = $1" });

    fn key(event: &Recorded) -> Option<i64> {
        let is_asked = matches!(
            event.event,
            Event::Chat(ChatEvent::QuestionAnswered { kind: ReplyKind::Answer | ReplyKind::NoAnswer, .. })
        );
        is_asked.then_some(event.position)
    }

    fn fold(_: Option<QuestionRow>, recorded: &Recorded) -> anyhow::Result<Option<QuestionRow>> {
        let Event::Chat(ChatEvent::QuestionAnswered { user, at, question, kind, .. }) = &recorded.event
        else {
            return Ok(None);
        };
        Ok(Some(QuestionRow {
            position: recorded.position,
            chat: recorded.stream,
            asked_by: user.map(|user| user.0),
            asked_in: word(*at),
            question: question.shown().to_owned(),
            is_answered: *kind == ReplyKind::Answer,
            asked_at: recorded.occurred_at,
        }))
    }
}

impl Row for QuestionRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .int8(self.position)
            .uuid(self.chat)
            .uuid(self.asked_by)
            .text(self.asked_in.as_str())
            .text(self.question.as_str())
            .bool(self.is_answered)
            .timestamp(self.asked_at);
    }
}

/// The questions since `since` that no article answered, the newest first, at most `limit`: what was asked, and when.
///
/// # Errors
/// The database cannot be reached.
pub async fn unanswered(
    pool: &PgPool,
    since: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<(String, DateTime<Utc>)>> {
    sqlx::query_as(
        "select question, asked_at
           from read.questions
          where not is_answered and asked_at >= $1 and question <> '[erased]'
          order by asked_at desc, position desc
          limit $2",
    )
    .bind(since)
    .bind(limit)
    .fetch_all(pool)
    .await
}
