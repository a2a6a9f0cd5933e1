//! The articles of the knowledge base as they are, what readers say of them, and how often they are quoted.
//!
//! | module | what it holds |
//! |---|---|
//! | [`find`] | which articles, in which order; one article |
//! | [`search`] | articles by the words in them |
//! | [`shown`] | what answers say of an article |
//! | [`versions`] | what an article was: folded from its events, without a table |
//! | [`votes`], [`uses`] | what readers make of them |
//! | [`published`] | all of them for whoever keeps an index of their own |

pub mod find;
pub mod published;
pub mod search;
pub mod shown;
pub mod uses;
pub mod versions;
pub mod votes;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::event::{Event, Recorded};
use domain::knowledge::values::{ArticleStatus, Filing};
use domain::knowledge::{ArticleEvent, Readership};
use infrastructure::projection::{Cells, Kind, Row, Table};
use sqlx::FromRow;
use uuid::Uuid;

use crate::facts::word;
use crate::in_column::listed;

/// The table `articles`.
pub struct Articles;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct ArticleRow {
    id: Uuid,
    document_id: String,
    title: String,
    content: String,
    category: String,
    department: Option<String>,
    tags: String,
    visibility: String,
    status: String,
    created_by: Option<Uuid>,
    updated_by: Option<Uuid>,
    version: i32,
    position: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    published_at: Option<DateTime<Utc>>,
    archived_at: Option<DateTime<Utc>>,
}

impl ArticleRow {
    fn created(recorded: &Recorded, event: &ArticleEvent) -> Option<Self> {
        let ArticleEvent::ArticleCreated { document_id, title, content, filing } = event else { return None };
        let mut row = Self {
            id: recorded.stream,
            document_id: document_id.to_string(),
            title: title.clone(),
            content: content.clone(),
            category: String::new(),
            department: None,
            tags: String::new(),
            visibility: String::new(),
            status: word(ArticleStatus::Draft),
            created_by: recorded.actor.id,
            updated_by: recorded.actor.id,
            version: recorded.version,
            position: recorded.position,
            created_at: recorded.occurred_at,
            updated_at: recorded.occurred_at,
            published_at: None,
            archived_at: None,
        };
        row.file(filing);
        Some(row)
    }

    fn file(&mut self, filing: &Filing) {
        self.category = word(filing.category);
        self.department = filing.department.as_ref().map(ToString::to_string);
        self.tags = listed(&filing.tags);
        self.visibility = word(filing.visibility);
    }

    fn apply(&mut self, at: DateTime<Utc>, event: &ArticleEvent) {
        match event {
            ArticleEvent::ArticleCreated { .. } => {}
            ArticleEvent::ArticleRevised { title, content, filing } => {
                if let Some(title) = title {
                    self.title.clone_from(title);
                }
                if let Some(content) = content {
                    self.content.clone_from(content);
                }
                if let Some(filing) = filing {
                    self.file(filing);
                }
            }
            ArticleEvent::ArticlePublished {} => {
                self.status = word(ArticleStatus::Published);
                self.published_at = Some(at);
                self.archived_at = None;
            }
            ArticleEvent::ArticleArchived {} => {
                self.status = word(ArticleStatus::Archived);
                self.archived_at = Some(at);
            }
        }
    }
}

impl Table for Articles {
    type Key = Uuid;
    type Row = ArticleRow;

    const NAME: &'static str = "articles";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("id", Kind::Uuid),
        ("document_id", Kind::Text),
        ("title", Kind::Text),
        ("content", Kind::Text),
        ("category", Kind::Text),
        ("department", Kind::Text),
        ("tags", Kind::Text),
        ("visibility", Kind::Text),
        ("status", Kind::Text),
        ("created_by", Kind::Uuid),
        ("updated_by", Kind::Uuid),
        ("version", Kind::Int4),
        ("position", Kind::Int8),
        ("created_at", Kind::Timestamp),
        ("updated_at", Kind::Timestamp),
        ("published_at", Kind::Timestamp),
        ("archived_at", Kind::Timestamp),
    ];
    const OWN_ROWS: bool = true;

    fn key(event: &Recorded) -> Option<Uuid> {
        matches!(event.event, Event::Article(_) | Event::Unknown(_)).then_some(event.stream)
    }

    fn fold(row: Option<ArticleRow>, recorded: &Recorded) -> anyhow::Result<Option<ArticleRow>> {
        let Event::Article(event) = &recorded.event else {
            // It changes nothing here, yet the article's version counts it.
            let passed = |row| ArticleRow { version: recorded.version, position: recorded.position, ..row };
            return Ok(row.map(passed));
        };
        if let Some(created) = ArticleRow::created(recorded, event) {
            return Ok(Some(created));
        }
        let mut row = row.context("nothing is known of how this article was written")?;
        row.apply(recorded.occurred_at, event);
        row.updated_by = recorded.actor.id;
        row.version = recorded.version;
        row.position = recorded.position;
        row.updated_at = recorded.occurred_at;
        Ok(Some(row))
    }
}

impl Row for ArticleRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .uuid(self.id)
            .text(self.document_id.as_str())
            .text(self.title.as_str())
            .text(self.content.as_str())
            .text(self.category.as_str())
            .text(self.department.as_deref())
            .text(self.tags.as_str())
            .text(self.visibility.as_str())
            .text(self.status.as_str())
            .uuid(self.created_by)
            .uuid(self.updated_by)
            .int4(self.version)
            .int8(self.position)
            .timestamp(self.created_at)
            .timestamp(self.updated_at)
            .timestamp(self.published_at)
            .timestamp(self.archived_at);
    }
}

/// The condition that the article `a` is there for `readers`: the one translation of [`Readership::reads`].
pub(crate) fn seen(readers: Readership) -> &'static str {
    match readers {
        Readership::Staff => "true",
        Readership::Everybody => "(a.status = 'published' and a.visibility = 'public')",
    }
}
