//! One connection that follows the log: server-sent events, asked for one by one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::sse::Event as Frame;
use domain::setting::Flag;
use futures::Stream;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::cloud::CloudEvent;
use super::reader::Reader;
use crate::auth::{Signed, TRUSTED_FOR};
use crate::desk::Desk;
use crate::envelope::Envelope;
use crate::problem::{Answer, Problem};

/// How many connections may follow the log at a time.
const STREAMS: usize = 4_096;
/// How many events a connection holds at most.
const PAGE: usize = 64;
/// A reader of whom this much passed by is told how far the log was looked at.
const PASSED: i64 = 1_000;
/// When a client whose connection ended should come back.
const RETRY: Duration = Duration::from_secs(1);

/// The shape of the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// The desk's own envelope.
    #[default]
    Envelope,
    /// `CloudEvents` 1.0 in JSON.
    Cloudevents,
}

/// What the `id` of a server-sent event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ids {
    /// The event's position.
    #[default]
    Position,
    /// The event's cursor, which also notices that the log was restored from an older backup.
    Cursor,
}

/// The connections that follow the log.
pub(crate) struct Streams {
    places: Arc<Semaphore>,
    closing: CancellationToken,
}

impl Default for Streams {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(STREAMS)), closing: CancellationToken::new() }
    }
}

impl Streams {
    /// Ends all of them; whoever comes back is another desk's.
    pub(crate) fn close(&self) {
        self.closing.cancel();
    }

    /// Returns when the desk closes.
    pub(crate) async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// A place among them.
    pub(crate) fn enter(&self) -> Answer<OwnedSemaphorePermit> {
        let full = |_| Problem::unavailable("too many connections follow the log").retry_after(5);
        Arc::clone(&self.places).try_acquire_owned().map_err(full)
    }
}

/// One connection that follows the log.
pub(crate) struct Live {
    desk: Desk,
    signed: Signed,
    reader: Reader,
    format: Format,
    ids: Ids,
    /// What was read and not sent yet, with the id of each.
    page: VecDeque<(String, Envelope)>,
    /// Up to where everything was sent or passed over.
    passed: i64,
    /// The last id that the client was told.
    told: i64,
    /// When it was last looked at who reads.
    looked: Instant,
    head: watch::Receiver<i64>,
    epoch: watch::Receiver<i32>,
    is_over: bool,
    _place: OwnedSemaphorePermit,
}

impl Live {
    /// `signed` reading on with `reader`. `epoch` was followed since before the reader's place was checked.
    pub(crate) fn new(
        (desk, signed): (Desk, Signed),
        reader: Reader,
        (format, ids): (Format, Ids),
        epoch: watch::Receiver<i32>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let (passed, head) = (reader.position, desk.log.watch_head());
        Self {
            desk,
            signed,
            reader,
            format,
            ids,
            page: VecDeque::new(),
            passed,
            told: passed,
            looked: Instant::now(),
            head,
            epoch,
            is_over: false,
            _place: place,
        }
    }

    /// The connection's frames. Nothing happens but when one is asked for.
    pub(crate) fn frames(self) -> impl Stream<Item = Result<Frame, axum::Error>> {
        let hello = Frame::default().retry(RETRY).comment(format!("behind {}", self.passed));
        let frames = futures::stream::unfold(self, |mut live| async move {
            let frame = live.next().await?;
            Some((frame, live))
        });
        futures::StreamExt::chain(futures::stream::once(async { Ok(hello) }), frames)
    }

    async fn next(&mut self) -> Option<Result<Frame, axum::Error>> {
        while !self.is_over {
            match self.step().await {
                Ok(Some(frame)) => return Some(frame),
                Ok(None) => {}
                Err(problem) => {
                    self.is_over = true;
                    return Some(Ok(farewell(&problem)));
                }
            }
        }
        None
    }

    /// The next frame, if one step leads to it.
    async fn step(&mut self) -> Answer<Option<Result<Frame, axum::Error>>> {
        self.look().await?;
        if let Some((id, envelope)) = self.page.pop_front() {
            (self.passed, self.told) = (envelope.pos, envelope.pos);
            return Ok(Some(self.frame(id, envelope)));
        }
        self.passed = self.reader.position;
        let ceiling = self.ceiling().await?;
        if self.reader.position >= ceiling {
            self.rest().await;
            return Ok(None);
        }
        let seen = self.reader.next(&self.signed.reader(), ceiling, PAGE).await?;
        let ids = self.ids_of(&seen).await?;
        self.page.extend(ids.into_iter().zip(seen));
        if !self.page.is_empty() {
            return Ok(None);
        }
        self.passed = self.reader.position;
        if self.passed - self.told < PASSED {
            return Ok(None);
        }
        // An id without data is no event, but the client goes on from there when it comes back.
        self.told = self.passed;
        let id = match self.ids {
            Ids::Position => self.passed.to_string(),
            Ids::Cursor => self.desk.log.cursor(self.passed).await?.to_string(),
        };
        Ok(Some(Ok(Frame::default().id(id))))
    }

    /// Ends the stream of somebody who may not read any more. What was read under rights that may have changed
    /// since is read again.
    async fn look(&mut self) -> Answer<()> {
        if self.desk.streams.closing.is_cancelled() {
            return Err(Problem::unavailable("the desk is shutting down"));
        }
        if self.epoch.has_changed().unwrap_or(true) {
            let why = "the database was restarted or exchanged: come back with the last id";
            return Err(Problem::conflict("EPOCH_CHANGED", why));
        }
        if self.looked.elapsed() >= TRUSTED_FOR {
            self.signed = self.signed.again(&self.desk).await?;
            may_follow(&self.desk, &self.signed).await?;
            self.looked = Instant::now();
            self.page.clear();
            self.reader.position = self.passed;
        }
        Ok(())
    }

    /// Up to where may be read: administrators see all there is, others what the read models can tell of.
    async fn ceiling(&mut self) -> Answer<i64> {
        let head = *self.head.borrow_and_update();
        if self.signed.reader().is_admin() {
            return Ok(head);
        }
        shown_up_to(&self.desk, self.reader.position, head).await
    }

    /// Waits until there is something to do.
    async fn rest(&mut self) {
        tokio::select! {
            _ = self.head.changed() => {}
            _ = self.epoch.changed() => self.epoch.mark_changed(),
            () = self.desk.streams.closing() => {}
            () = tokio::time::sleep(TRUSTED_FOR.saturating_sub(self.looked.elapsed())) => {}
        }
    }

    async fn ids_of(&self, seen: &[Envelope]) -> Answer<Vec<String>> {
        let positions: Vec<i64> = seen.iter().map(|envelope| envelope.pos).collect();
        Ok(match self.ids {
            Ids::Position => positions.iter().map(ToString::to_string).collect(),
            Ids::Cursor => self.desk.log.cursors(&positions).await?.iter().map(ToString::to_string).collect(),
        })
    }

    fn frame(&self, id: String, envelope: Envelope) -> Result<Frame, axum::Error> {
        let frame = Frame::default().id(id);
        match self.format {
            Format::Envelope => frame.json_data(envelope),
            Format::Cloudevents => frame.json_data(CloudEvent::of(envelope, self.desk.log.id())),
        }
    }
}

/// Up to where somebody who is at `position` may be told what the read models show of the log, which reaches `head`.
/// Waits a moment if that is no further.
pub(crate) async fn shown_up_to(desk: &Desk, position: i64, head: i64) -> Answer<i64> {
    if position >= head {
        return Ok(head);
    }
    let mut shown = desk.visible.position().await?;
    if shown <= position {
        desk.visible.wait(position + 1, TRUSTED_FOR).await;
        shown = desk.visible.position().await?;
    }
    Ok(shown.min(head))
}

/// Refuses people who are no staff while the stream is switched off for them.
///
/// # Errors
/// 403, or the log cannot be read.
pub(crate) async fn may_follow(desk: &Desk, signed: &Signed) -> Answer<()> {
    if signed.caller.is_staff() || desk.is_on(Flag::EventStreamForRequesters).await? {
        return Ok(());
    }
    Err(Problem::forbidden("the stream of events is switched off for requesters"))
}

/// What is said before the stream ends.
fn farewell(problem: &Problem) -> Frame {
    let said = serde_json::json!({ "code": problem.code(), "message": problem.message() });
    Frame::default().event("end").data(said.to_string())
}
