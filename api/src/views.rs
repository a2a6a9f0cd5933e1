//! How often articles are looked at: counted in memory, and written down every few seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::id::ArticleId;
use sqlx::PgPool;
use tokio::sync::{RwLock, RwLockReadGuard};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often they are written down.
const WRITTEN_EVERY: Duration = Duration::from_secs(5);

/// The looks that this process has not written down yet. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub(crate) struct Views(Arc<Counted>);

#[derive(Default)]
struct Counted {
    pending: Mutex<HashMap<Uuid, i64>>,
    /// Held by readers while they read what is written and add what is not, so that no look is in both or in neither.
    writing: RwLock<()>,
}

impl Views {
    /// Nothing is written down while this is held.
    pub(crate) async fn hold(&self) -> RwLockReadGuard<'_, ()> {
        self.0.writing.read().await
    }

    /// Counts a look at `article`; gives how many are not written down.
    pub(crate) fn count(&self, article: ArticleId) -> i64 {
        let mut pending = self.0.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let views = pending.entry(article.0).or_default();
        *views += 1;
        *views
    }

    /// How many looks at `article` are not written down.
    pub(crate) fn pending(&self, article: ArticleId) -> i64 {
        let pending = self.0.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.get(&article.0).copied().unwrap_or_default()
    }

    /// Writes them down every few seconds, and once more at the end.
    pub(crate) async fn keep(self, pool: PgPool, stop: CancellationToken) {
        loop {
            let is_last = stop.run_until_cancelled(tokio::time::sleep(WRITTEN_EVERY)).await.is_none();
            if let Err(error) = self.write(&pool).await {
                tracing::warn!(%error, "Views of articles are not written down yet");
            }
            if is_last {
                return;
            }
        }
    }

    async fn write(&self, pool: &PgPool) -> sqlx::Result<()> {
        let _writing = self.0.writing.write().await;
        let mut counted: Vec<(Uuid, i64)> = {
            let pending = self.0.pending.lock().unwrap_or_else(PoisonError::into_inner);
            pending.iter().map(|(article, views)| (*article, *views)).collect()
        };
        if counted.is_empty() {
            return Ok(());
        }
        // In one order, so that nodes do not wait for each other in a circle.
        counted.sort_unstable();
        let (articles, views): (Vec<Uuid>, Vec<i64>) = counted.into_iter().unzip();
        sqlx::query(
            "insert into desk.article_views as v (article, views)
             select * from unnest($1::uuid[], $2::bigint[])
             on conflict (article) do update set views = v.views + excluded.views",
        )
        .bind(articles)
        .bind(views)
        .execute(pool)
        .await?;
        self.0.pending.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }
}
