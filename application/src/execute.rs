//! The one way in: load, decide, append, and decide again when another command came first.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound as _, Utc};
use domain::access::Caller;
use domain::event::{Event, Recorded, StoredEvent};
use domain::refusal::Refusal;
use domain::setting::Terms;
use domain::{Decide, Issued};
use moka::sync::Cache;
use uuid::Uuid;

use crate::error::Error;
use crate::ledger::{Append, AppendError, Appended, Envelope, Ledger, StreamAppend};

/// How often a command that lost a race is decided again. Each time somebody else's command won, so the
/// desk as a whole moves on; whoever loses this often meets a stream under siege.
const ATTEMPTS: usize = 200;

/// Who asks for something, when, through which door, and how to recognise the same request again.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub by: Caller,
    /// When it happened in the world.
    pub at: DateTime<Utc>,
    /// Through which door.
    pub via: Cow<'static, str>,
    /// Names the command for ever.
    pub command_id: Uuid,
    /// What a repeatable request said; none for one that nobody can repeat.
    pub fingerprint: Option<[u8; 32]>,
    /// The version the caller saw, if they insist on it.
    pub expected: Option<i32>,
    /// The event that it follows from; none when a person asks.
    pub causation_id: Option<Uuid>,
    /// Ties together everything that follows from the request.
    pub correlation_id: Uuid,
    /// What administrators set and rules depend on.
    pub terms: Terms,
}

impl Request {
    /// A request that nobody repeats.
    #[must_use]
    pub fn once(by: Caller, at: DateTime<Utc>, via: &'static str, command_id: Uuid) -> Self {
        Self {
            by,
            at,
            via: via.into(),
            command_id,
            fingerprint: None,
            expected: None,
            causation_id: None,
            correlation_id: command_id,
            terms: Terms::default(),
        }
    }

    /// What the part of the desk called `handler` does under the name `command_id` because of `cause`.
    #[must_use]
    pub fn because_of(cause: &Recorded, handler: &'static str, at: DateTime<Utc>, command_id: Uuid) -> Self {
        Self {
            causation_id: Some(cause.event_id),
            correlation_id: cause.correlation_id,
            ..Self::once(Caller::System(handler), at, handler, command_id)
        }
    }

    /// `command`, issued by the caller at the time of the request.
    #[must_use]
    pub fn issue<C>(&self, command: C) -> Issued<C> {
        // The log keeps microseconds; what an event repeats of the time must not know more than that.
        Issued { by: self.by.clone(), at: self.at.trunc_subsecs(6), terms: self.terms, command }
    }

    /// An append of `streams` on behalf of this request, without claims or allowances.
    pub(crate) fn append(&self, streams: Vec<StreamAppend>) -> Append {
        Append {
            command_id: self.command_id,
            fingerprint: self.fingerprint,
            streams,
            claims: Vec::new(),
            releases: Vec::new(),
            quota: None,
            envelope: Envelope {
                occurred_at: self.at,
                actor: self.by.actor(),
                via: self.via.clone(),
                causation_id: self.causation_id,
                correlation_id: self.correlation_id,
            },
        }
    }

    /// Refuses to go on from another version than the caller saw.
    pub(crate) fn insist_on<A>(&self, loaded: &Loaded<A>) -> Result<(), Error> {
        match self.expected {
            Some(expected) if expected != loaded.version => {
                Err(Error::Stale { expected, current: loaded.version })
            }
            _ => Ok(()),
        }
    }
}

/// What a command led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It was so already; no event followed.
    Unchanged,
    /// Events followed, now or when the same command was sent before.
    Changed(Appended),
}

impl Done {
    /// The position from which the read models show the outcome.
    #[must_use]
    pub fn position(self) -> Option<i64> {
        match self {
            Self::Unchanged => None,
            Self::Changed(appended) => Some(appended.last),
        }
    }
}

/// An aggregate as of a version.
#[derive(Debug, Clone, Default)]
pub struct Loaded<A> {
    /// How many events it is folded from.
    pub version: i32,
    /// What they amount to.
    pub state: A,
}

impl<A: Decide> Loaded<A>
where
    A::Event: StoredEvent,
    A::Error: Refusal + Send + Sync + 'static,
{
    /// What follows in `stream` when `command` reaches this state.
    pub(crate) fn decide(&self, stream: Uuid, command: A::Command) -> Result<StreamAppend, Error> {
        let events = self.state.decide(command).map_err(Error::refused)?;
        Ok(StreamAppend {
            stream,
            stream_type: A::Event::STREAM,
            expected: self.version,
            events: events.into_iter().map(Into::into).collect(),
        })
    }

    /// The state after `events`, at the version of before: what the same append decides next rests on it.
    pub(crate) fn after(&self, events: &[Event]) -> Self
    where
        A: Clone,
    {
        let mut after = self.clone();
        for event in events.iter().filter_map(A::Event::from_event) {
            after.state.apply(event.clone());
        }
        after
    }
}

impl<A: Decide> Loaded<A>
where
    A::Event: StoredEvent,
{
    /// Nothing that happens in `stream`, but that it is as it was read.
    pub(crate) fn witness(&self, stream: Uuid) -> StreamAppend {
        StreamAppend { stream, stream_type: A::Event::STREAM, expected: self.version, events: Vec::new() }
    }
}

/// The aggregates of one kind as last seen. A state seen is only where a decision starts: the append still
/// checks the version.
pub(crate) struct Streams<A> {
    ledger: Arc<dyn Ledger>,
    seen: Cache<Uuid, Arc<Loaded<A>>>,
}

impl<A> Streams<A>
where
    A: Decide + Clone + 'static,
    A::Event: StoredEvent,
{
    pub(crate) fn new(ledger: Arc<dyn Ledger>, capacity: u64) -> Self {
        Self { ledger, seen: Cache::new(capacity) }
    }

    /// The aggregate of `stream`: as last seen, or with `fresh` as of now.
    pub(crate) async fn load(&self, stream: Uuid, fresh: bool) -> Result<Arc<Loaded<A>>, Error> {
        let mut loaded = self.load_all(&[stream], fresh).await?;
        Ok(loaded.pop().map(|(_, loaded)| loaded).unwrap_or_default())
    }

    /// The aggregates of `streams`, in their order, with one look at the log: as last seen, or with `fresh` as of now.
    pub(crate) async fn load_all(
        &self,
        streams: &[Uuid],
        fresh: bool,
    ) -> Result<Vec<(Uuid, Arc<Loaded<A>>)>, Error> {
        let mut seen: Vec<(Uuid, Option<Arc<Loaded<A>>>)> =
            streams.iter().map(|stream| (*stream, self.seen.get(stream))).collect();
        let to_read: Vec<(Uuid, i32)> = seen
            .iter()
            .filter(|(_, loaded)| fresh || loaded.is_none())
            .map(|(stream, loaded)| (*stream, loaded.as_ref().map_or(0, |loaded| loaded.version)))
            .collect();
        let newer = if to_read.is_empty() { vec![] } else { self.ledger.read_streams(&to_read).await? };
        for newer in newer.chunk_by(|one, other| one.stream == other.stream) {
            let place = seen
                .iter_mut()
                .find(|(stream, _)| newer.first().is_some_and(|first| first.stream == *stream));
            let Some((stream, loaded)) = place else { continue };
            let mut next = loaded.as_deref().cloned().unwrap_or_default();
            for recorded in newer {
                if let Some(event) = A::Event::from_event(&recorded.event) {
                    next.state.apply(event.clone());
                }
                next.version = recorded.version;
            }
            let next = Arc::new(next);
            self.seen.insert(*stream, Arc::clone(&next));
            *loaded = Some(next);
        }
        Ok(seen.into_iter().map(|(stream, loaded)| (stream, loaded.unwrap_or_default())).collect())
    }

    /// Forgets all states.
    pub(crate) fn forget(&self) {
        self.seen.invalidate_all();
    }

    /// Remembers what an accepted append made of the state last seen.
    pub(crate) fn remember(&self, accepted: &StreamAppend) {
        let seen = self.seen.get(&accepted.stream).unwrap_or_default();
        if seen.version != accepted.expected {
            return;
        }
        let mut next = Loaded::clone(&seen);
        for event in accepted.events.iter().filter_map(A::Event::from_event) {
            next.state.apply(event.clone());
            next.version += 1;
        }
        self.seen.insert(accepted.stream, Arc::new(next));
    }
}

/// An append being prepared.
pub(crate) type Preparing<'a> = Pin<Box<dyn Future<Output = Result<Append, Error>> + Send + 'a>>;

/// Prepares and appends until the append is accepted, or is refused for good.
///
/// `prepare(fresh)` decides on states last seen (`fresh` is false) or as of now. A refusal or an append
/// without events that rests on states last seen is checked against the log before it counts.
pub(crate) async fn settle<'a>(
    ledger: &dyn Ledger,
    request: &Request,
    prepare: impl Fn(bool) -> Preparing<'a>,
    remember: impl Fn(&Append),
) -> Result<Done, Error> {
    if let Some(repeated) = already_done(ledger, request).await? {
        return Ok(Done::Changed(repeated));
    }
    let outcome = decide_and_append(ledger, prepare, remember).await;
    match outcome {
        // Perhaps it was this very request, sent twice at once, that made it so.
        Ok(Done::Unchanged) | Err(Error::Refused(_) | Error::Stale { .. } | Error::Taken(_)) => {
            already_done(ledger, request).await?.map_or(outcome, |repeated| Ok(Done::Changed(repeated)))
        }
        decided => decided,
    }
}

async fn decide_and_append<'a>(
    ledger: &dyn Ledger,
    prepare: impl Fn(bool) -> Preparing<'a>,
    remember: impl Fn(&Append),
) -> Result<Done, Error> {
    let mut fresh = false;
    for _ in 0..ATTEMPTS {
        let append = match prepare(fresh).await {
            Err(Error::Refused(_) | Error::Stale { .. }) if !fresh => {
                fresh = true;
                continue;
            }
            other => other?,
        };
        if append.streams.iter().all(|stream| stream.events.is_empty()) {
            if fresh {
                return Ok(Done::Unchanged);
            }
            fresh = true;
            continue;
        }
        match ledger.append(append.clone()).await {
            Err(AppendError::Conflict) => fresh = true,
            Ok(appended) => {
                if !appended.repeated {
                    remember(&append);
                }
                return Ok(Done::Changed(appended));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Contended)
}

/// The outcome of a repeatable request that was accepted before.
async fn already_done(ledger: &dyn Ledger, request: &Request) -> Result<Option<Appended>, Error> {
    if request.fingerprint.is_none() {
        return Ok(None);
    }
    match ledger.outcome(request.command_id).await? {
        None => Ok(None),
        Some(outcome) if outcome.fingerprint == request.fingerprint => {
            Ok(Some(Appended { repeated: true, ..outcome.appended }))
        }
        Some(_) => Err(Error::CommandReused),
    }
}
