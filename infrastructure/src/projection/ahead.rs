//! Events read ahead of the read models that take them.

use std::sync::Arc;

use tokio_util::task::AbortOnDropHandle;

use super::feed::{self, Next};
use crate::log::PgLog;

/// Reads the next events while the last ones are applied, when there is much to catch up with.
#[derive(Default)]
pub(crate) struct Ahead(Option<(i64, AbortOnDropHandle<sqlx::Result<Vec<Next>>>)>);

impl Ahead {
    /// At most `limit` events behind `position`, with the texts of the types `texts_of` opened, which are the same every time.
    pub(crate) async fn take(
        &mut self,
        log: &Arc<PgLog>,
        position: i64,
        limit: usize,
        texts_of: &Arc<[&'static str]>,
    ) -> sqlx::Result<Vec<Next>> {
        let events = match self.0.take() {
            Some((from, reading)) if from == position => match reading.await {
                Ok(read) => read?,
                Err(_) => feed::after(log, position, limit, texts_of).await?,
            },
            _ => feed::after(log, position, limit, texts_of).await?,
        };
        if let Some(last) = events.last().map(|event| event.position).filter(|_| events.len() == limit) {
            let (log, texts_of) = (Arc::clone(log), Arc::clone(texts_of));
            let reading = tokio::spawn(async move { feed::after(&log, last, limit, &texts_of).await });
            self.0 = Some((last, AbortOnDropHandle::new(reading)));
        }
        Ok(events)
    }
}
