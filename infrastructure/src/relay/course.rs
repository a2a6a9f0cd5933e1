//! One connection's course: look where the stream ends, stand by while another publishes, else publish.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures::stream::FuturesOrdered;
use futures::{FutureExt as _, StreamExt as _};

use super::envelope;
use super::status::{State, Telling};
use super::stream::{Answer, End, Stream, Taken, UNDER_WAY, WINDOW, taken};
use super::{Trouble, jittered};
use crate::log::{PgLog, Row};

/// How many events are read at a time.
const BATCH: i64 = 256;
/// How often an idle relay looks whether the stream still ends where it left it.
const IDLE_LOOK: Duration = Duration::from_secs(5);
/// How often a relay that stands by looks whether the other still publishes.
const STAND_BY_LOOK: Duration = Duration::from_millis(800);

/// What one connection needs.
pub(super) struct Course<'a> {
    pub(super) log: &'a PgLog,
    pub(super) stream: &'a Stream,
    pub(super) telling: &'a Telling,
    pub(super) sent: &'a AtomicI64,
}

impl Course<'_> {
    /// Runs until there is trouble that this connection cannot get over.
    pub(super) async fn run(&self) -> Trouble {
        let mut beaten = false;
        loop {
            let end = match self.stand_by(beaten).await {
                Ok(end) => end,
                Err(trouble) => return trouble,
            };
            self.telling.well(State::Relaying);
            match self.publish_from(end).await {
                Err(Trouble::Moved) => beaten = true,
                Err(trouble) => return trouble,
                Ok(never) => match never {},
            }
        }
    }

    /// Looks on until the stream stands still: while the log has more, if this relay was `beaten` before.
    async fn stand_by(&self, beaten: bool) -> Result<End, Trouble> {
        let mut end = self.checked_end().await?;
        if beaten {
            self.telling.well(State::StandingBy);
        }
        loop {
            tokio::time::sleep(jittered(STAND_BY_LOOK)).await;
            let now = self.checked_end().await?;
            if now == end && (!beaten || end.position < *self.log.watch_head().borrow()) {
                return Ok(end);
            }
            end = now;
        }
    }

    /// Where the stream ends, having checked that its last message is the log's event at that position.
    async fn checked_end(&self) -> Result<End, Trouble> {
        let end = self.stream.end().await?;
        let name = self.stream.name();
        if end.position > 0 {
            let event = self.log.rows_after(end.position - 1, 1).await?.into_iter().next();
            let Some(event) = event else {
                let (last, head) = (end.position, self.log.head().await?);
                return Err(Trouble::Refused(format!(
                    "the stream {name} ends at {last} and the log at {head}: was the log restored from a backup?"
                )));
            };
            if end.event != Some(event.event_id) {
                return Err(forked(name, end.position));
            }
        }
        self.telling.reached(end.position, *self.log.watch_head().borrow());
        Ok(end)
    }

    /// Publishes what follows `end` as it comes, many messages under way at a time.
    async fn publish_from(&self, mut end: End) -> Result<std::convert::Infallible, Trouble> {
        // What was under way when a connection broke may be taken in the end: that is no other relay's work.
        let own = self.sent.load(Ordering::Relaxed);
        let own = own - UNDER_WAY..=own;
        let mut head = self.log.watch_head();
        let mut answers = FuturesOrdered::new();
        loop {
            let known = *head.borrow_and_update();
            if end.position < known {
                for row in self.rows_behind(end).await? {
                    if answers.len() >= WINDOW
                        && let Some(answer) = answers.next().await
                    {
                        self.taken(answer, &own, known)?;
                    }
                    let behind = end.event.filter(|_| !answers.is_empty());
                    let message = envelope::message(&row, self.stream.name(), behind).map_err(|error| {
                        Trouble::Refused(format!("event {} cannot be read: {error}", row.position))
                    })?;
                    self.sent.fetch_max(row.position, Ordering::Relaxed);
                    let answer = self.stream.publish(message).await?.into_future();
                    answers.push_back(answer.map(move |answer| (row.position, answer)));
                    end = End { position: row.position, event: Some(row.event_id) };
                }
                while let Some(Some(answer)) = answers.next().now_or_never() {
                    self.taken(answer, &own, known)?;
                }
                continue;
            }
            tokio::select! {
                Some(answer) = answers.next(), if !answers.is_empty() => self.taken(answer, &own, known)?,
                _ = head.changed() => {}
                () = tokio::time::sleep(IDLE_LOOK), if answers.is_empty() => {
                    if self.checked_end().await? != end {
                        return Err(Trouble::Moved);
                    }
                }
            }
        }
    }

    /// The events behind `end`, having checked again that the log still has the one at `end` there: the database
    /// may be another one than a moment ago.
    async fn rows_behind(&self, end: End) -> Result<Vec<Row>, Trouble> {
        if end.position == 0 {
            return Ok(self.log.rows_after(0, BATCH).await?);
        }
        let mut rows = self.log.rows_after(end.position - 1, BATCH + 1).await?;
        if rows.first().is_none_or(|row| Some(row.event_id) != end.event) {
            return Err(forked(self.stream.name(), end.position));
        }
        rows.remove(0);
        Ok(rows)
    }

    fn taken(
        &self,
        (position, answer): (i64, Answer),
        own: &RangeInclusive<i64>,
        head: i64,
    ) -> Result<(), Trouble> {
        let by_another = taken(position, answer)? == Taken::Before && !own.contains(&position);
        if by_another {
            return Err(Trouble::Moved);
        }
        self.telling.reached(position, head);
        Ok(())
    }
}

fn forked(stream: &str, position: i64) -> Trouble {
    Trouble::Refused(format!(
        "message {position} of the stream {stream} is not the log's event {position}: one of them was restored from a \
         backup, or something else publishes there"
    ))
}
