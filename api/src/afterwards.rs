//! Work that is done after its answer, so that how long an answer takes says nothing about what there was to do.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::desk::Desk;
use crate::problem::{Answer, Problem};

/// How much of it may wait,
const WAITING: usize = 128;
/// and how much is done at a time.
const AT_A_TIME: usize = 4;
/// How long a desk that stops waits for it.
const LAST_ORDERS: Duration = Duration::from_secs(5);

/// Work that is done after its answer. All clones are one.
#[derive(Clone)]
pub(crate) struct Afterwards {
    tasks: TaskTracker,
    waiting: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Default for Afterwards {
    fn default() -> Self {
        Self {
            tasks: TaskTracker::new(),
            waiting: Arc::new(Semaphore::new(WAITING)),
            places: Arc::new(Semaphore::new(AT_A_TIME)),
        }
    }
}

impl Afterwards {
    /// Waits until what was begun is done, for a while.
    pub(crate) async fn finish(&self) {
        self.tasks.close();
        let _ = tokio::time::timeout(LAST_ORDERS, self.tasks.wait()).await;
    }
}

impl Desk {
    /// Has `work` done after the answer. It is lost if the process dies before it is done.
    ///
    /// # Errors
    /// Too much waits.
    pub(crate) fn afterwards(&self, work: impl Future<Output = Answer<()>> + Send + 'static) -> Answer<()> {
        let afterwards = &self.afterwards;
        let waiting = Arc::clone(&afterwards.waiting).try_acquire_owned();
        let waiting = waiting.map_err(|_| Problem::unavailable("too many are asking for this; try again"))?;
        let places = Arc::clone(&afterwards.places);
        afterwards.tasks.spawn(async move {
            let _place = places.acquire_owned().await;
            if let Err(problem) = work.await {
                tracing::warn!(code = problem.code(), "Something could not be done after its answer");
            }
            drop(waiting);
        });
        Ok(())
    }
}
