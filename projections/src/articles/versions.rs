//! What an article was: its versions, folded from its events.

use chrono::{DateTime, Utc};
use domain::event::{Event, Recorded};
use domain::knowledge::ArticleEvent;
use infrastructure::projection::{Table as _, fold};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ArticleRow, Articles};
use crate::past::{AsOf, Moment, Names};

/// A version of an article; as it is, part of a response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ArticleVersion {
    /// Its number: 1, 2, 3 …
    #[schema(example = 2)]
    pub version: i32,
    /// What happened: `created`, `revised`, `published`, `archived`.
    #[schema(example = "revised")]
    pub action: &'static str,
    /// What is different from the version before: `title`, `content`, `category`, `department`, `tags`, `visibility`,
    /// `status`.
    #[schema(example = json!(["content"]))]
    pub changed: Vec<&'static str>,
    /// Who did it; none for the desk itself.
    pub by_id: Option<Uuid>,
    /// The name of who did it.
    pub by_username: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// The title from then on.
    pub title: String,
    /// Where it stood from then on.
    #[schema(example = "published")]
    pub status: String,
    /// The text from then on; only of the one version that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// Everybody who made a version.
#[must_use]
pub fn people(events: &[Recorded]) -> Vec<Uuid> {
    events.iter().filter_map(|recorded| recorded.actor.id).collect()
}

/// The versions that the article's `events` made, oldest first; with the text of the version `full`.
///
/// # Errors
/// The events do not fit each other.
pub fn versions(
    events: &[Recorded],
    names: &Names,
    full: Option<i32>,
) -> anyhow::Result<Vec<ArticleVersion>> {
    let mut before: Option<ArticleRow> = None;
    let mut versions = Vec::with_capacity(events.len());
    for recorded in events {
        let Some(now) = Articles::fold(before.clone(), recorded)? else { continue };
        if let Event::Article(event) = &recorded.event {
            versions.push(ArticleVersion {
                version: recorded.version,
                action: action(event),
                changed: before.as_ref().map(|before| changed(before, &now)).unwrap_or_default(),
                by_id: recorded.actor.id,
                by_username: recorded.actor.id.and_then(|id| names.get(&id).cloned()),
                at: recorded.occurred_at,
                title: now.title.clone(),
                status: now.status.clone(),
                content: (full == Some(recorded.version)).then(|| now.content.clone()),
            });
        }
        before = Some(now);
    }
    Ok(versions)
}

/// The article as its `events` had made it at a moment, and the moment; none if it was not there, or has no such version.
///
/// # Errors
/// The events do not fit each other.
pub fn at(events: &[Recorded], as_of: AsOf) -> anyhow::Result<Option<(ArticleRow, Moment)>> {
    let counts = |recorded: &&Recorded| match as_of {
        AsOf::Version(version) => recorded.version <= version,
        AsOf::Position(position) => recorded.position <= position,
        AsOf::Time(moment) => recorded.recorded_at <= moment,
    };
    let until: Vec<Recorded> = events.iter().take_while(counts).cloned().collect();
    let Some(last) = until.last() else { return Ok(None) };
    if let AsOf::Version(version) = as_of
        && last.version != version
    {
        return Ok(None);
    }
    let moment = Moment { version: last.version, position: last.position, recorded_at: last.recorded_at };
    Ok(fold::<Articles>(&until)?.pop().map(|row| (row, moment)))
}

fn action(event: &ArticleEvent) -> &'static str {
    match event {
        ArticleEvent::ArticleCreated { .. } => "created",
        ArticleEvent::ArticleRevised { .. } => "revised",
        ArticleEvent::ArticlePublished {} => "published",
        ArticleEvent::ArticleArchived {} => "archived",
    }
}

fn changed(before: &ArticleRow, now: &ArticleRow) -> Vec<&'static str> {
    let fields = [
        ("title", before.title != now.title),
        ("content", before.content != now.content),
        ("category", before.category != now.category),
        ("department", before.department != now.department),
        ("tags", before.tags != now.tags),
        ("visibility", before.visibility != now.visibility),
        ("status", before.status != now.status),
    ];
    fields.into_iter().filter_map(|(name, is_other)| is_other.then_some(name)).collect()
}
