//! Those who filed a ticket and wait until it is known whose work it is.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::id::TicketId;
use domain::ticket::Live;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::desk::Desk;
use crate::settle::PATIENCE;

/// How often it is looked for where another node may have done it, and the log says that something happened.
const LOOK: Duration = Duration::from_millis(100);

/// How long this node counts as the one that triages after it did.
const BUSY: Duration = Duration::from_secs(2);

/// Those who wait on this node, by ticket.
#[derive(Default)]
pub(crate) struct Waiting {
    those: Mutex<HashMap<TicketId, oneshot::Sender<i64>>>,
    /// When this node last triaged something.
    worked: Mutex<Option<Instant>>,
}

/// Somebody who waits for one ticket; they wait no more when this is dropped.
pub(crate) struct Waiter<'a> {
    ticket: TicketId,
    done: oneshot::Receiver<i64>,
    waiting: &'a Waiting,
}

impl Waiting {
    /// A place to wait for `ticket`. It is taken before the ticket is filed: nothing is missed then.
    pub(crate) fn enter(&self, ticket: TicketId) -> Waiter<'_> {
        let (tell, done) = oneshot::channel();
        self.those().insert(ticket, tell);
        Waiter { ticket, done, waiting: self }
    }

    /// `ticket` is where it shall be for now, since `position`.
    pub(super) fn done(&self, ticket: TicketId, position: i64) {
        *self.worked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        if let Some(waiter) = self.those().remove(&ticket) {
            let _ = waiter.send(position);
        }
    }

    fn those(&self) -> MutexGuard<'_, HashMap<TicketId, oneshot::Sender<i64>>> {
        self.those.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether whoever waits here will be told, as far as anybody can say.
    fn is_told_here(&self) -> bool {
        let worked = self.worked.lock().unwrap_or_else(PoisonError::into_inner);
        worked.is_some_and(|at| at.elapsed() < BUSY)
    }
}

impl Waiter<'_> {
    /// Waits until the ticket is where it shall be for now; gives since which position, or none if that takes longer than until
    /// `deadline`. Done by this node it is told at once; by another one it is seen in the log.
    pub(crate) async fn wait(mut self, desk: &Desk, deadline: Instant) -> Option<i64> {
        let mut head = desk.log.watch_head();
        let looking = async {
            loop {
                tokio::time::sleep(LOOK).await;
                let at = *head.borrow_and_update();
                if !self.waiting.is_told_here()
                    && let Ok(loaded) = desk.commands.load_ticket(self.ticket).await
                    && loaded.state.live().is_some_and(Live::is_triaged)
                {
                    return at;
                }
                // Without the log's end moving nothing is done; without the log there is nothing to wait for.
                if head.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            told = &mut self.done => told.ok(),
            seen = looking => Some(seen),
            () = tokio::time::sleep_until(deadline) => None,
        }
    }
}

impl Desk {
    /// Waits, for as long as anybody waits for anything, until the ticket is where it shall be for now, and the read models show it;
    /// gives since which position. Without that the answer says what is true by then.
    pub(crate) async fn triaged(&self, waiter: Waiter<'_>) -> Option<i64> {
        if !self.config.triage {
            return None;
        }
        let deadline = Instant::now() + PATIENCE;
        let position = waiter.wait(self, deadline).await?;
        let rest = deadline.saturating_duration_since(Instant::now());
        self.visible.wait(position, rest).await.then_some(position)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.waiting.those().remove(&self.ticket);
    }
}
