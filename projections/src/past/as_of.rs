//! Which moment is meant, and where it lies in the log.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use domain::event::Recorded;
use domain::id::TicketId;
use infrastructure::log::Row;
use uuid::Uuid;

/// A moment, as somebody names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// Right after the ticket's own event of this number.
    Version(i32),
    /// Right after the event at this position of the log.
    Position(i64),
    /// When the desk had recorded everything up to this time, and nothing later: what it knew then.
    Time(DateTime<Utc>),
}

/// The text names no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a time such as 2026-01-01T09:00:00Z, a version of the ticket such as 3, or a position of the log such \
     as position:4711"
)]
pub struct NotAMoment;

impl FromStr for AsOf {
    type Err = NotAMoment;

    /// Reads `2026-01-01T09:00:00Z`, `3` or `position:4711`. A `+` that arrived as a space counts as one.
    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        let number = |digits: &str| {
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            digits.parse::<i64>().ok().filter(|_| is_number).ok_or(NotAMoment)
        };
        if let Some(position) = text.strip_prefix("position:") {
            return number(position).map(Self::Position);
        }
        if let Ok(version) = number(text) {
            return i32::try_from(version).map(Self::Version).map_err(|_| NotAMoment);
        }
        let time = DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
        time.map(|time| Self::Time(time.to_utc())).map_err(|_| NotAMoment)
    }
}

/// Where an event stands.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    /// Its place in the log.
    pub position: i64,
    /// Its stream.
    pub stream: Uuid,
    /// Its place in its stream.
    pub version: i32,
    /// When the log accepted it.
    pub recorded_at: DateTime<Utc>,
}

impl From<&Recorded> for Mark {
    fn from(recorded: &Recorded) -> Self {
        let Recorded { position, stream, version, recorded_at, .. } = *recorded;
        Self { position, stream, version, recorded_at }
    }
}

impl From<&Row> for Mark {
    fn from(row: &Row) -> Self {
        let Row { position, stream_id: stream, version, recorded_at, .. } = *row;
        Self { position, stream, version, recorded_at }
    }
}

/// Why a ticket cannot be shown as of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotThen {
    /// It was filed later.
    #[error("the ticket was filed later")]
    NotYet,
    /// It has not come to this version.
    #[error("the ticket has the versions 1 to {newest}")]
    NoSuchVersion {
        /// Its version now.
        newest: i32,
    },
}

impl AsOf {
    /// Up to which position the events of `ticket` count, of which `marks` has all, in the order of their positions.
    ///
    /// # Errors
    /// The ticket was not there yet, or never was at this version.
    pub fn end(self, ticket: TicketId, marks: &[Mark]) -> Result<i64, NotThen> {
        let own = || marks.iter().filter(|mark| mark.stream == ticket.stream());
        let end = match self {
            Self::Position(position) => position,
            Self::Version(version) => {
                let newest = own().next_back().map_or(0, |mark| mark.version);
                let found = own().find(|mark| mark.version == version);
                found.ok_or(NotThen::NoSuchVersion { newest })?.position
            }
            Self::Time(moment) => {
                let known = marks.iter().rfind(|mark| mark.recorded_at <= moment);
                known.map_or(0, |mark| mark.position)
            }
        };
        match own().next() {
            Some(first) if first.position <= end => Ok(end),
            _ => Err(NotThen::NotYet),
        }
    }
}

/// As it is read.
impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => version.fmt(f),
            Self::Position(position) => write!(f, "position:{position}"),
            Self::Time(moment) => f.write_str(&moment.to_rfc3339()),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    fn at(second: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 1, 1, 9, 0, second).single().expect("a time")
    }

    #[test]
    fn a_moment_is_a_time_a_version_or_a_position() {
        assert_eq!("3".parse(), Ok(AsOf::Version(3)));
        assert_eq!("position:4711".parse(), Ok(AsOf::Position(4711)));
        for text in ["2026-01-01T09:00:07Z", "2026-01-01T10:00:07+01:00", "2026-01-01T10:00:07 01:00"] {
            assert_eq!(text.parse(), Ok(AsOf::Time(at(7))), "{text}");
        }
        let bad =
            ["", "yesterday", "-1", "+1", "1.5", "2147483648", "position:", "position:-1", "position:x"];
        for text in bad.into_iter().chain(["2026-01-01", "2026-13-01T00:00:00Z", "v3", "pos:3", " 3"]) {
            assert_eq!(text.parse::<AsOf>(), Err(NotAMoment), "{text:?}");
        }
    }

    #[test]
    fn a_moment_read_from_what_it_is_written_as_is_the_same() {
        for moment in [AsOf::Version(3), AsOf::Position(0), AsOf::Time(at(7))] {
            assert_eq!(moment.to_string().parse(), Ok(moment));
        }
    }

    /// Filed at 4, said at 5, changed at 9 and 10 in the same second.
    #[test]
    fn a_moment_lies_behind_the_last_event_that_had_happened() {
        let ticket = TicketId::new(at(0), 7);
        let mark =
            |position, stream, version, second| Mark { position, stream, version, recorded_at: at(second) };
        let (own, said) = (ticket.stream(), ticket.conversation());
        let marks = [mark(4, own, 1, 1), mark(5, said, 1, 2), mark(9, own, 2, 3), mark(10, own, 3, 3)];
        let end = |as_of: AsOf| as_of.end(ticket, &marks);
        assert_eq!([1, 2, 3].map(|version| end(AsOf::Version(version))), [Ok(4), Ok(9), Ok(10)]);
        for version in [0, 4, i32::MAX] {
            assert_eq!(end(AsOf::Version(version)), Err(NotThen::NoSuchVersion { newest: 3 }));
        }
        assert_eq!([1, 2, 3, 59].map(|second| end(AsOf::Time(at(second)))), [Ok(4), Ok(5), Ok(10), Ok(10)]);
        assert_eq!([4, 6, 99].map(|position| end(AsOf::Position(position))), [Ok(4), Ok(6), Ok(99)]);
        for early in [AsOf::Time(at(0)), AsOf::Position(3), AsOf::Position(0)] {
            assert_eq!(end(early), Err(NotThen::NotYet));
        }
    }
}
