//! The published articles, indexed in memory as they are now.

use std::collections::HashMap;
use std::sync::Arc;

use domain::chat::values::Source;
use domain::id::ArticleId;
use domain::knowledge::Readership;
use domain::knowledge::values::{ArticleStatus, DocumentId, Visibility};
use domain::share::thousandths;
use engine::retrieval::{Document, Index};
use projections::articles::published::{changed_at, published};
use sqlx::PgPool;
use tokio::sync::Mutex;

use crate::problem::{Answer, Problem};

/// The newest shelf. It is made anew when an article changed; whoever asks meanwhile waits for that one.
#[derive(Default)]
pub(crate) struct Shelves(Mutex<Option<Arc<Shelf>>>);

/// All published articles as of a position, indexed.
pub(crate) struct Shelf {
    changed_at: i64,
    articles: HashMap<String, Shelved>,
    index: Index,
}

/// An article on the shelf.
struct Shelved {
    id: ArticleId,
    document_id: DocumentId,
    title: String,
    content: String,
    visibility: Visibility,
}

/// A part of an article that answers a question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Passage {
    /// The article.
    pub(super) article: ArticleId,
    /// Its name in addresses.
    pub(super) document_id: DocumentId,
    /// Its title.
    pub(super) title: String,
    /// The heading that the part is under; the title where there is none.
    pub(super) heading: String,
    /// What it says, in Markdown.
    pub(super) text: String,
    /// How much of what is asked it says, from 0 to 1.
    pub(super) covers: f64,
}

impl Passage {
    /// The article, as what rests on it names it.
    pub(super) fn source(&self) -> Source {
        Source {
            article: self.article,
            document_id: self.document_id.clone(),
            title: self.title.clone(),
            score: self.covers,
        }
    }

    /// What the part is called.
    pub(super) fn named(&self) -> String {
        if self.heading == self.title {
            self.title.clone()
        } else {
            format!("{}: {}", self.title, self.heading)
        }
    }
}

impl Shelves {
    /// The shelf with every article as it is now.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn newest(&self, pool: &PgPool) -> Answer<Arc<Shelf>> {
        let changed_at = changed_at(pool).await?;
        let mut kept = self.0.lock().await;
        if let Some(shelf) = kept.as_ref().filter(|shelf| shelf.changed_at >= changed_at) {
            return Ok(Arc::clone(shelf));
        }
        let articles = published(pool, Readership::Staff).await?;
        // Computing for longer than others should wait for their turn.
        let filled = tokio::task::spawn_blocking(move || {
            let those = articles.into_iter().filter_map(|article| {
                let shelved = Shelved {
                    id: ArticleId(article.id),
                    document_id: article.document_id.parse().ok()?,
                    title: article.title,
                    content: article.content,
                    visibility: article.visibility.parse().ok()?,
                };
                Some((shelved, article.tags))
            });
            Shelf::filled(changed_at, those)
        });
        let made = filled.await.map_err(|error| Problem::internal(&anyhow::Error::new(error)))?;
        let made = Arc::new(made);
        *kept = Some(Arc::clone(&made));
        Ok(made)
    }
}

impl Shelf {
    fn filled(changed_at: i64, shelved: impl Iterator<Item = (Shelved, Vec<String>)>) -> Self {
        let (mut articles, mut documents) = (HashMap::new(), Vec::new());
        for (article, tags) in shelved {
            let id = article.document_id.to_string();
            documents.push(Document {
                id: id.clone(),
                title: article.title.clone(),
                tags,
                body: article.content.clone(),
            });
            articles.insert(id, article);
        }
        Self { changed_at, articles, index: Index::build(documents.into_iter()) }
    }

    /// How many articles are there for `readers`.
    pub(crate) fn count(&self, readers: Readership) -> usize {
        let is_there = |article: &&Shelved| readers.reads(ArticleStatus::Published, article.visibility);
        self.articles.values().filter(is_there).count()
    }

    /// The parts of articles that are there for `readers` and say most of what `question` asks, at most `limit`, the best first.
    pub(super) fn passages(&self, question: &str, readers: Readership, limit: usize) -> Vec<Passage> {
        let allowed = |id: &str| {
            let article = self.articles.get(id);
            article.is_some_and(|article| readers.reads(ArticleStatus::Published, article.visibility))
        };
        let hits = self.index.search(question, limit, allowed).into_iter();
        hits.filter_map(|hit| {
            let article = self.articles.get(&hit.id)?;
            Some(Passage {
                article: article.id,
                document_id: article.document_id.clone(),
                title: article.title.clone(),
                heading: hit.heading,
                text: article.content.get(hit.passage)?.trim().to_owned(),
                covers: thousandths(hit.covers),
            })
        })
        .collect()
    }
}
