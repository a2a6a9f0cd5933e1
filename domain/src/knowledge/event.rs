//! What can have happened to an article.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::values::{DocumentId, Filing};
use crate::event::{Event, StoredEvent, StreamType, version_of};

/// What can have happened to an article. Its texts are not sealed: they are what the organization tells its people, about
/// nobody, and belong to no person whose key could seal them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum ArticleEvent {
    /// It was written, as a draft.
    ArticleCreated {
        /// Its name in addresses, for good.
        document_id: DocumentId,
        /// What it is about, in a line.
        title: String,
        /// What it says, in Markdown.
        content: String,
        /// Where it is kept and whom it is for.
        filing: Filing,
    },
    /// It says something else; what is absent stayed as it was.
    ArticleRevised {
        /// What it is about, in a line.
        title: Option<String>,
        /// What it says, in Markdown.
        content: Option<String>,
        /// Where it is kept and whom it is for; all of it is repeated as it is from now on.
        filing: Option<Filing>,
    },
    /// Its readers are shown it.
    ArticlePublished {},
    /// Its readers are shown it no more.
    ArticleArchived {},
}

impl From<ArticleEvent> for Event {
    fn from(event: ArticleEvent) -> Self {
        Self::Article(event)
    }
}

impl StoredEvent for ArticleEvent {
    const STREAM: StreamType = StreamType::Article;
    const TYPES: &'static [(&'static str, i16)] =
        &[("ArticleCreated", 1), ("ArticleRevised", 1), ("ArticlePublished", 1), ("ArticleArchived", 1)];

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::Article(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for ArticleEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
