//! The log's newest events as this process appended them, and who waits for more.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use domain::event::Recorded;
use tokio::sync::watch;

/// How many events are kept for those who follow closely; who lags further reads the database.
const KEPT: usize = 4_096;

/// The end of the log: where it is, and the events just before it that this process appended.
pub(crate) struct Tail {
    head: watch::Sender<i64>,
    /// How far this process appended; others may have gone further.
    appended: watch::Sender<i64>,
    newest: Mutex<VecDeque<Arc<Recorded>>>,
}

impl Tail {
    pub(crate) fn new() -> Self {
        Self { head: watch::Sender::new(0), appended: watch::Sender::new(0), newest: Mutex::default() }
    }

    /// The events this process had accepted, in order of position.
    pub(crate) fn extend(&self, events: Vec<Recorded>) {
        let Some(last) = events.last().map(|event| event.position) else { return };
        {
            let mut newest = self.newest.lock().expect("no panic while the tail grows");
            // Another process appended in between: what is kept must have no holes.
            if newest.back().is_some_and(|back| back.position + 1 != events[0].position) {
                newest.clear();
            }
            newest.extend(events.into_iter().map(Arc::new));
            let surplus = newest.len().saturating_sub(KEPT);
            newest.drain(..surplus);
        }
        self.appended.send_replace(last);
        self.advance(last);
    }

    /// The log is known to reach `position`.
    pub(crate) fn advance(&self, position: i64) {
        self.head.send_if_modified(|head| {
            let newer = position > *head;
            *head = (*head).max(position);
            newer
        });
    }

    /// Follows the end of the log.
    pub(crate) fn watch(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }

    /// Follows how far this process appended.
    pub(crate) fn watch_appended(&self) -> watch::Receiver<i64> {
        self.appended.subscribe()
    }

    /// The events right after `position`, at most `limit`; none if they are not all at hand.
    pub(crate) fn after(&self, position: i64, limit: usize) -> Option<Vec<Arc<Recorded>>> {
        let newest = self.newest.lock().expect("no panic while the tail grows");
        let oldest = newest.front()?.position;
        let skip = usize::try_from(position + 1 - oldest).ok()?;
        let events: Vec<_> = newest.iter().skip(skip).take(limit).cloned().collect();
        (!events.is_empty()).then_some(events)
    }
}
