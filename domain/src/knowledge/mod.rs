//! The knowledge base: articles that staff write and readers find, and what readers make of them.
//!
//! [`Article`] is one article with its versions; [`reception`] holds votes on it and where it was quoted, in streams of their
//! own, so that whoever edits is not overtaken by readers.

mod command;
mod error;
mod event;
pub mod reception;
#[cfg(test)]
mod tests;
pub mod values;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

pub use self::command::{ArticleChanges, ArticleCommand, Written};
pub use self::error::ArticleError;
pub use self::event::ArticleEvent;
use self::values::{ArticleStatus, DocumentId, Filing, Visibility};
use crate::access::Caller;
use crate::{Decide, Issued};

/// An article, as far as its decisions need to remember it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Article {
    kept: Option<Kept>,
}

/// An article that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its name in addresses, for good.
    pub document_id: DocumentId,
    /// What it is about, in a line.
    pub title: String,
    /// What it says, in Markdown.
    pub content: String,
    /// Where it is kept and whom it is for.
    pub filing: Filing,
    /// Where it stands.
    pub status: ArticleStatus,
}

/// How far somebody sees in the knowledge base: the one predicate of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readership {
    /// Agents, administrators and the desk itself: all articles.
    Staff,
    /// Everybody else, also who is not signed in: what is published for all.
    Everybody,
}

impl Readership {
    /// How far `caller` sees; none is somebody who is not signed in.
    #[must_use]
    pub fn of(caller: Option<&Caller>) -> Self {
        if caller.is_some_and(Caller::is_staff) { Self::Staff } else { Self::Everybody }
    }

    /// Whether an article of this status and visibility is there for them.
    #[must_use]
    pub fn reads(self, status: ArticleStatus, visibility: Visibility) -> bool {
        self == Self::Staff || (status == ArticleStatus::Published && visibility == Visibility::Public)
    }
}

type Decision = Result<Vec<ArticleEvent>, ArticleError>;

impl Article {
    /// What it says; none if it was never written.
    #[must_use]
    pub fn kept(&self) -> Option<&Kept> {
        self.kept.as_ref()
    }
}

impl Kept {
    /// What is different about it after `changes`; nothing if it says all that already.
    fn revise(&self, changes: ArticleChanges) -> Decision {
        let ArticleChanges { title, content, category, department, tags, visibility } = changes;
        let filing = Filing {
            category: category.unwrap_or(self.filing.category),
            department: department.of(self.filing.department.clone()),
            tags: tags.unwrap_or_else(|| self.filing.tags.clone()),
            visibility: visibility.unwrap_or(self.filing.visibility),
        }
        .checked()?;
        let title = title.filter(|title| *title != self.title);
        let content = content.filter(|content| *content != self.content);
        let filing = (filing != self.filing).then_some(filing);
        if title.is_none() && content.is_none() && filing.is_none() {
            return Ok(vec![]);
        }
        Ok(vec![ArticleEvent::ArticleRevised { title, content, filing }])
    }
}

impl Decide for Article {
    fn decide(&self, issued: Issued<ArticleCommand>) -> Decision {
        let Issued { by, command, .. } = issued;
        if !by.is_staff() {
            return Err(ArticleError::Forbidden);
        }
        match (&self.kept, command) {
            (None, ArticleCommand::Write(Written { document_id, title, content, filing })) => {
                let filing = filing.checked()?;
                Ok(vec![ArticleEvent::ArticleCreated { document_id, title, content, filing }])
            }
            (Some(_), ArticleCommand::Write(_)) => Err(ArticleError::AlreadyExists),
            (None, _) => Err(ArticleError::NotFound),
            (Some(kept), ArticleCommand::Revise(changes)) => kept.revise(changes),
            (Some(kept), ArticleCommand::Publish) => Ok(match kept.status {
                ArticleStatus::Published => vec![],
                ArticleStatus::Draft | ArticleStatus::Archived => vec![ArticleEvent::ArticlePublished {}],
            }),
            (Some(kept), ArticleCommand::Archive) => Ok(match kept.status {
                ArticleStatus::Archived => vec![],
                ArticleStatus::Draft | ArticleStatus::Published => vec![ArticleEvent::ArticleArchived {}],
            }),
        }
    }
}

impl Aggregate for Article {
    const TYPE: &'static str = "article";
    type Command = Issued<ArticleCommand>;
    type Event = ArticleEvent;
    type Error = ArticleError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), ArticleError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: ArticleEvent) {
        match (&mut self.kept, event) {
            (kept, ArticleEvent::ArticleCreated { document_id, title, content, filing }) => {
                *kept = Some(Kept { document_id, title, content, filing, status: ArticleStatus::Draft });
            }
            (Some(kept), ArticleEvent::ArticleRevised { title, content, filing }) => {
                kept.title = title.unwrap_or_else(|| std::mem::take(&mut kept.title));
                kept.content = content.unwrap_or_else(|| std::mem::take(&mut kept.content));
                if let Some(filing) = filing {
                    kept.filing = filing;
                }
            }
            (Some(kept), ArticleEvent::ArticlePublished {}) => kept.status = ArticleStatus::Published,
            (Some(kept), ArticleEvent::ArticleArchived {}) => kept.status = ArticleStatus::Archived,
            (None, _) => {}
        }
    }
}
