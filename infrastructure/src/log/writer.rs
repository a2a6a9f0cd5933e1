//! The one task that appends: it sends what queued while the last batch was under way.
//!
//! No timer forms batches. An idle desk sends an append at once; a busy one fills a batch in the time the
//! database needs for the one before.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use application::ledger::{AppendError, Appended};
use sqlx::PgConnection;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::batch;
use super::epoch::Epoch;
use super::prepared::Prepared;
use super::tail::Tail;
use super::wire::{Verdict, Verdicts, append_batch};
use crate::database::{Database, Purpose, is_unreachable};

/// How many appends may wait; more are refused at once.
pub(crate) const QUEUE: usize = 4_096;
/// After this long without an answer the outcome of a batch is unknown.
const COMMIT: Duration = Duration::from_secs(10);
/// For this long a batch is sent again after the connection broke; then its senders are told.
const PERSIST: Duration = Duration::from_millis(1_200);
const RECONNECT: Duration = Duration::from_millis(50);

type Answer = Result<Appended, AppendError>;

/// An append on its way, and who waits for it.
pub(crate) struct Pending {
    pub(crate) append: Prepared,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// The writing task.
pub(crate) struct Writer {
    database: Database,
    connection: Option<PgConnection>,
    queue: mpsc::Receiver<Pending>,
    tail: Arc<Tail>,
    epoch: Arc<Epoch>,
}

impl Writer {
    pub(crate) fn new(
        database: Database,
        queue: mpsc::Receiver<Pending>,
        tail: Arc<Tail>,
        epoch: Arc<Epoch>,
    ) -> Self {
        Self { database, connection: None, queue, tail, epoch }
    }

    /// Appends until `stop`, then answers what was sent before.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                tokio::select! {
                    biased;
                    () = stop.cancelled(), if !self.queue.is_closed() => self.queue.close(),
                    next = self.queue.recv() => match next {
                        Some(pending) => waiting.push_back(pending),
                        None => return,
                    },
                }
            }
            // Those just answered may send their next one first: twice the batch for nothing.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            while waiting.len() < QUEUE
                && let Ok(pending) = self.queue.try_recv()
            {
                waiting.push_back(pending);
            }
            // Whoever stopped waiting before it was sent gets no events.
            waiting.retain(|pending: &Pending| !pending.answer.is_closed());
            let batch = batch::take(&mut waiting, |pending| &pending.append);
            if !batch.is_empty() {
                metrics::histogram!("ledgerdesk_append_batch_size")
                    .record(f64::from(u32::try_from(batch.len()).unwrap_or(u32::MAX)));
                self.send(batch).await;
            }
        }
    }

    /// Sends a batch until it has an answer, or the database has been away for too long.
    async fn send(&mut self, batch: Vec<Pending>) {
        let (appends, answers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|pending| (pending.append, pending.answer)).unzip();
        let started = Instant::now();
        loop {
            match self.call(&appends).await {
                Ok(verdicts) => {
                    self.answer(verdicts, appends, answers);
                    metrics::histogram!("ledgerdesk_append_seconds").record(started.elapsed().as_secs_f64());
                    return;
                }
                Err(error) if is_unreachable(&error) => {
                    self.connection = None;
                    if started.elapsed() > PERSIST {
                        tracing::warn!(error = %error, "The log cannot be reached");
                        for answer in answers {
                            let _ = answer.send(Err(AppendError::Unavailable(error.to_string())));
                        }
                        return;
                    }
                    tokio::time::sleep(RECONNECT).await;
                }
                Err(error) => return self.bisect(error, appends, answers).await,
            }
        }
    }

    /// The database refused the batch for something in it: each half is tried, down to the one append.
    async fn bisect(
        &mut self,
        error: sqlx::Error,
        mut appends: Vec<Prepared>,
        mut answers: Vec<oneshot::Sender<Answer>>,
    ) {
        if appends.len() == 1 {
            tracing::error!(error = %error, "The database refuses an append");
            for answer in answers {
                let _ = answer.send(Err(AppendError::Rejected(error.to_string())));
            }
            return;
        }
        let middle = appends.len() / 2;
        let (right, right_answers) = (appends.split_off(middle), answers.split_off(middle));
        for (appends, answers) in [(appends, answers), (right, right_answers)] {
            let half = appends.into_iter().zip(answers);
            Box::pin(self.send(half.map(|(append, answer)| Pending { append, answer }).collect())).await;
        }
    }

    async fn call(&mut self, appends: &[Prepared]) -> sqlx::Result<Verdicts> {
        // The connection leaves its place while it is used: whatever interrupts the call also ends it.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let outcome = tokio::time::timeout(COMMIT, append_batch(&mut connection, appends))
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        self.connection = Some(connection);
        Ok(outcome)
    }

    /// A connection whose server has its epoch before anything is appended over it.
    async fn connect(&self) -> sqlx::Result<PgConnection> {
        let mut connection = self.database.connect(Purpose::Append).await?;
        tokio::time::timeout(COMMIT, self.epoch.open(&mut connection))
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        Ok(connection)
    }

    fn answer(&self, outcome: Verdicts, appends: Vec<Prepared>, answers: Vec<oneshot::Sender<Answer>>) {
        let Verdicts { recorded_at, verdicts } = outcome;
        let mut accepted = Vec::new();
        let mut replies = Vec::with_capacity(answers.len());
        for ((verdict, append), answer) in verdicts.into_iter().zip(appends).zip(answers) {
            let reply = match verdict {
                Verdict::Accepted { first } => {
                    let last = first + i64::try_from(append.events.len()).unwrap_or_default() - 1;
                    accepted.extend(append.recorded(first, recorded_at));
                    Ok(Appended { first, last, repeated: false })
                }
                Verdict::Repeated { first, last } => Ok(Appended { first, last, repeated: true }),
                Verdict::Refused(error) => Err(error),
            };
            replies.push((answer, reply));
        }
        self.tail.extend(accepted);
        for (answer, reply) in replies {
            let _ = answer.send(reply);
        }
    }
}
