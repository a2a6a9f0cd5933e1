//! Events in the binary form of COPY, decoded where they lie.

use chrono::{DateTime, Utc};
use domain::access::{Actor, ActorKind};
use domain::event::{Event, Recorded};
use uuid::Uuid;

use super::super::cells::EPOCH;
use crate::keys::bulk::Stored;

/// What is read of each event, in this order.
pub(super) const COLUMNS: &str = "position, stream_id, version, stream_type, event_id, event_type, \
    schema_version, occurred_at, recorded_at, actor_kind, actor_id, via, command_id, causation_id, \
    correlation_id, payload";

/// The stream is not what the server was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the server's rows are not what was asked for")]
pub(super) struct Malformed;

/// Whole rows, and where each of them ends.
#[derive(Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// Cuts what arrives into whole rows.
#[derive(Default)]
pub(super) struct Splitter {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    begun: bool,
}

/// The signature, the flags and the length of an extension that nobody uses.
const HEADER: usize = 19;

impl Splitter {
    /// Takes what arrived.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if !self.begun {
            if self.bytes.len() < HEADER {
                return;
            }
            self.bytes.drain(..HEADER);
            self.begun = true;
        }
        let mut end = self.len();
        while let Some(length) = row_length(&self.bytes[end..]) {
            end += length;
            self.ends.push(end);
        }
    }

    /// How many bytes of whole rows are there.
    pub(super) fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }

    /// The whole rows; the next one's beginning stays.
    pub(super) fn take(&mut self) -> Batch {
        let rest = self.bytes.split_off(self.len());
        Batch { bytes: std::mem::replace(&mut self.bytes, rest), ends: std::mem::take(&mut self.ends) }
    }
}

impl Batch {
    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The events in them.
    pub(super) fn events(&self) -> impl Iterator<Item = Result<RawEvent<'_>, Malformed>> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(from, to)| RawEvent::of(&self.bytes[from..*to]))
    }
}

/// How long the row at the beginning of `bytes` is; none if it is not all there, or the end of all rows.
fn row_length(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let cells = u16::try_from(i16::from_be_bytes(*rest.split_off_first_chunk()?)).ok()?;
    for _ in 0..cells {
        let length = i32::from_be_bytes(*rest.split_off_first_chunk()?);
        rest = rest.get(usize::try_from(length).unwrap_or(0)..)?;
    }
    Some(bytes.len() - rest.len())
}

/// Takes the first bytes off a slice.
trait SplitOff<'a> {
    fn split_off_first_chunk<const N: usize>(&mut self) -> Option<&'a [u8; N]>;
}

impl<'a> SplitOff<'a> for &'a [u8] {
    fn split_off_first_chunk<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (first, rest) = self.split_first_chunk()?;
        *self = rest;
        Some(first)
    }
}

/// An event of which only so much was decoded as it takes to know whose it is.
#[derive(Clone, Copy)]
pub(super) struct RawEvent<'a> {
    pub(super) position: i64,
    pub(super) stream: Uuid,
    rest: Cells<'a>,
}

/// Everything about an event but what happened.
pub(super) struct Envelope<'a> {
    pub(super) stored: Stored<'a>,
    position: i64,
    stream: Uuid,
    version: i32,
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    actor: Actor,
    via: &'a str,
    command_id: Uuid,
    causation_id: Option<Uuid>,
    correlation_id: Uuid,
}

impl<'a> RawEvent<'a> {
    fn of(row: &'a [u8]) -> Result<Self, Malformed> {
        // The number of cells comes first.
        let mut cells = Cells(row.get(2..).ok_or(Malformed)?);
        Ok(Self { position: cells.int8()?, stream: cells.uuid()?, rest: cells })
    }

    /// Decodes no more than it is opened from.
    pub(super) fn stored(self) -> Result<Stored<'a>, Malformed> {
        let mut cells = self.rest;
        cells.pass_over(1)?;
        let (stream_type, event_id) = (cells.text()?, cells.uuid()?);
        let (event_type, schema_version) = (cells.text()?, cells.int2()?);
        cells.pass_over(8)?;
        Ok(Stored { event_id, stream_type, event_type, schema_version, payload: cells.text()? })
    }

    /// Decodes the rest.
    pub(super) fn decode(self) -> Result<Envelope<'a>, Malformed> {
        let Self { position, stream, rest: mut cells } = self;
        let version = cells.int4()?;
        let (stream_type, event_id) = (cells.text()?, cells.uuid()?);
        let (event_type, schema_version) = (cells.text()?, cells.int2()?);
        let (occurred_at, recorded_at) = (cells.timestamp()?, cells.timestamp()?);
        let kind = cells.text()?.parse().unwrap_or(ActorKind::System);
        let actor = Actor { kind, id: cells.optional_uuid()? };
        let (via, command_id) = (cells.text()?, cells.uuid()?);
        let (causation_id, correlation_id) = (cells.optional_uuid()?, cells.uuid()?);
        let payload = cells.text()?;
        let stored = Stored { event_id, stream_type, event_type, schema_version, payload };
        Ok(Envelope {
            stored,
            position,
            stream,
            version,
            occurred_at,
            recorded_at,
            actor,
            via,
            command_id,
            causation_id,
            correlation_id,
        })
    }
}

impl Envelope<'_> {
    /// The event, now that it is known what happened.
    pub(super) fn with(&self, event: Event) -> Recorded {
        Recorded {
            position: self.position,
            event_id: self.stored.event_id,
            stream: self.stream,
            version: self.version,
            occurred_at: self.occurred_at,
            recorded_at: self.recorded_at,
            actor: self.actor,
            via: self.via.into(),
            command_id: self.command_id,
            causation_id: self.causation_id,
            correlation_id: self.correlation_id,
            event,
        }
    }
}

/// The cells of a row that are left.
#[derive(Clone, Copy)]
struct Cells<'a>(&'a [u8]);

impl<'a> Cells<'a> {
    fn optional(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        let length = i32::from_be_bytes(*self.0.split_off_first_chunk().ok_or(Malformed)?);
        let Ok(length) = usize::try_from(length) else { return Ok(None) };
        let (cell, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(Some(cell))
    }

    /// Passes over so many cells.
    fn pass_over(&mut self, cells: usize) -> Result<(), Malformed> {
        (0..cells).try_for_each(|_| self.optional().map(drop))
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.optional()?.and_then(|cell| cell.try_into().ok()).ok_or(Malformed)
    }

    fn text(&mut self) -> Result<&'a str, Malformed> {
        self.optional()?.and_then(|cell| std::str::from_utf8(cell).ok()).ok_or(Malformed)
    }

    fn uuid(&mut self) -> Result<Uuid, Malformed> {
        self.fixed().map(Uuid::from_bytes)
    }

    fn optional_uuid(&mut self) -> Result<Option<Uuid>, Malformed> {
        self.optional()?.map(|cell| Uuid::from_slice(cell).map_err(|_| Malformed)).transpose()
    }

    fn int8(&mut self) -> Result<i64, Malformed> {
        self.fixed().map(i64::from_be_bytes)
    }

    fn int4(&mut self) -> Result<i32, Malformed> {
        self.fixed().map(i32::from_be_bytes)
    }

    fn int2(&mut self) -> Result<i16, Malformed> {
        self.fixed().map(i16::from_be_bytes)
    }

    fn timestamp(&mut self) -> Result<DateTime<Utc>, Malformed> {
        let micros = self.int8()?.checked_add(EPOCH);
        micros.and_then(DateTime::from_timestamp_micros).ok_or(Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of two cells, the second null.
    const ROW: [u8; 14] = [0, 2, 0, 0, 0, 4, 1, 2, 3, 4, 255, 255, 255, 255];

    #[test]
    fn rows_come_out_whole_however_they_arrive() {
        let mut all = vec![7; HEADER];
        all.extend([ROW, ROW, ROW].concat());
        all.extend([255, 255]);
        for piece in [1, 2, 5, 13, 14, 40, all.len()] {
            let (mut splitter, mut rows) = (Splitter::default(), Vec::new());
            for bytes in all.chunks(piece) {
                splitter.push(bytes);
                let taken = splitter.take();
                assert!(taken.ends.iter().enumerate().all(|(n, end)| *end == (n + 1) * ROW.len()), "{piece}");
                assert_eq!(taken.bytes.len(), taken.ends.len() * ROW.len(), "in pieces of {piece}");
                rows.extend(taken.bytes);
            }
            assert_eq!(rows, [ROW, ROW, ROW].concat(), "in pieces of {piece}");
        }
    }

    #[test]
    fn what_is_no_event_is_an_error() {
        let rows = Batch { bytes: ROW.to_vec(), ends: vec![ROW.len()] };
        assert_eq!(rows.events().count(), 1);
        assert!(rows.events().all(|event| event.is_err()));
        assert_eq!(Batch::default().events().count(), 0);
    }
}
