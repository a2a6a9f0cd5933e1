//! The log's newest events as this process appended them, and who waits for more.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use domain::event::Recorded;
use tokio::sync::watch;

use crate::keys::Keyring;

/// How many events are kept for those who follow closely; who lags further reads the database.
const KEPT: usize = 4_096;

/// The end of the log: where it is, and the events just before it that this process appended.
pub(crate) struct Tail {
    head: watch::Sender<i64>,
    /// How far this process appended; others may have gone further.
    appended: watch::Sender<i64>,
    newest: Mutex<VecDeque<Arc<Recorded>>>,
    keys: Arc<Keyring>,
}

impl Tail {
    pub(crate) fn new(keys: Arc<Keyring>) -> Self {
        let (head, appended) = (watch::Sender::new(0), watch::Sender::new(0));
        Self { head, appended, newest: Mutex::default(), keys }
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
            if self.is_readable(&events) {
                newest.extend(events.into_iter().map(Arc::new));
                let surplus = newest.len().saturating_sub(KEPT);
                newest.drain(..surplus);
            } else {
                newest.clear();
            }
        }
        self.appended.send_replace(last);
        self.advance(last);
    }

    /// Whether the texts in `events` may be kept: not if the key of one was destroyed since it was sealed.
    fn is_readable(&self, events: &[Recorded]) -> bool {
        let mut subjects = events.iter().flat_map(|recorded| recorded.event.subjects());
        self.keys.all_live() || !subjects.any(|subject| self.keys.is_destroyed(subject))
    }

    /// Forgets the events at hand. Whose key was destroyed is known to the keyring before, so that what is
    /// appended meanwhile is not kept either.
    pub(crate) fn forget(&self) {
        self.newest.lock().expect("no panic while the tail grows").clear();
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
