//! Answers from the knowledge base: to requesters before they write, to whoever chats, and drafts for agents.
//!
//! An answer quotes the part of an article that says most of what is asked, and names it; where none says enough, it says so
//! and makes nothing up. What is asked is only ever looked up, never followed.
//!
//! | module | what it holds |
//! |---|---|
//! | [`shelf`] | the published articles, indexed in memory |
//! | [`draft`] | a reply to a ticket, for an agent to send, change or drop |
//! | [`worded`] | its words, where a language model is configured |

mod draft;
mod shelf;
#[cfg(test)]
mod tests;
mod worded;

use std::time::Instant;

use application::Request;
use domain::access::Caller;
use domain::chat::values::{Origin, ReplyKind, Source};
use domain::id::ArticleId;
use domain::knowledge::Readership;
use domain::knowledge::reception::UsedBy;

pub(crate) use self::draft::{Asked, Draft};
use self::shelf::Passage;
pub(crate) use self::shelf::Shelves;
use crate::desk::Desk;
use crate::problem::Answer;

/// What answers are made by, with its version: another number when the same articles and question would give another answer.
pub(crate) const MODEL: &str = "local-retrieval/1";
/// How much of a question an article has to cover to be taken for an answer.
const ENOUGH: f64 = 0.5;
/// How many articles an answer rests on at most.
const SOURCES: usize = 3;
/// What is said where no article answers.
pub(crate) const NOTHING: &str = "I found no article that answers this, and I do not want to guess. You can file a ticket: a person will \
     look at it.";

/// An answer, before it is told to anybody.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answered {
    /// What kind of an answer it is.
    pub(crate) kind: ReplyKind,
    /// What it says, in Markdown.
    pub(crate) text: String,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

impl Desk {
    /// What the articles that are there for `readers` say to `question`.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn answer(&self, question: &str, readers: Readership) -> Answer<Answered> {
        let began = Instant::now();
        let found = self.passages(question, readers).await?;
        Ok(answered(&found, began))
    }

    /// The passages of articles that answer `question`, the best first.
    async fn passages(&self, question: &str, readers: Readership) -> Answer<Vec<Passage>> {
        let articles = self.shelves.newest(self.pool()).await?;
        Ok(articles.passages(question, readers, SOURCES))
    }

    /// The articles that may answer `question`, of those that `caller` may read: the best first.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn sources_for(&self, question: &str, caller: &Caller) -> Answer<Vec<Source>> {
        let found = self.passages(question, Readership::of(Some(caller))).await?;
        Ok(enough(&found).into_iter().map(Passage::source).collect())
    }

    /// Notes that the sources of an answer were quoted. It says how useful articles are and nothing else, so nobody waits for it,
    /// and an answer is given without it.
    pub(crate) async fn note_uses(&self, request: &Request, sources: &[Source], by: UsedBy) {
        let used: Vec<ArticleId> = sources.iter().map(|source| source.article).collect();
        if used.is_empty() {
            return;
        }
        let request = Request {
            command_id: uuid::Uuid::now_v7(),
            fingerprint: None,
            expected: None,
            ..request.clone()
        };
        if let Err(error) = self.commands.articles_used(&request, &used, by).await {
            tracing::warn!(%error, "That articles were quoted is not noted");
        }
    }
}

/// Those of `found` that answer.
fn enough(found: &[Passage]) -> Vec<&Passage> {
    found.iter().filter(|passage| passage.covers >= ENOUGH).collect()
}

/// The answer that `found` gives.
fn answered(found: &[Passage], began: Instant) -> Answered {
    let enough = enough(found);
    let confidence = found.first().map_or(0.0, |best| best.covers);
    let (kind, text) = match enough.split_first() {
        None => (ReplyKind::NoAnswer, NOTHING.to_owned()),
        Some((best, others)) => (ReplyKind::Answer, quoted(best, others)),
    };
    Answered { kind, text, origin: origin(&enough, confidence, began) }
}

/// The best passage, where it is from, and what else may help.
fn quoted(best: &Passage, others: &[&Passage]) -> String {
    let mut text = format!("From “{}”:\n\n{}", best.named(), best.text);
    if !others.is_empty() {
        let titles: Vec<String> = others.iter().map(|other| format!("“{}”", other.title)).collect();
        text.push_str("\n\nSee also: ");
        text.push_str(&titles.join(", "));
    }
    text
}

fn origin(passages: &[&Passage], confidence: f64, began: Instant) -> Origin {
    Origin {
        sources: passages.iter().map(|passage| passage.source()).collect(),
        confidence,
        model: MODEL.to_owned(),
        took_us: i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX),
    }
}
