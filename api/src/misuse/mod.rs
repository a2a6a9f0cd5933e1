//! Misuse: the desk looks through what requesters filed, once a day or when it is asked to, and reports what speaks for misuse.
//!
//! [`Watch`] runs the job, [`look`] reads what somebody filed, and the rule is `domain::misuse::pattern`. [`Confirmed`] reports
//! the tickets whose misuse an administrator confirmed. A report's stream follows from person and day: whoever files, on
//! whichever node, there is one.

mod confirmed;
mod look;
mod watch;

use chrono::{DateTime, NaiveDate, Utc};
use domain::schedule::Daily;

pub(crate) use self::confirmed::Confirmed;
pub(crate) use self::watch::{NAME, Watch};

/// The day that the calendar of the desk's schedule shows at `at`; without a schedule that of UTC.
pub(crate) fn day(schedule: Option<Daily>, at: DateTime<Utc>) -> NaiveDate {
    schedule.map_or_else(|| at.date_naive(), |daily| daily.day(at))
}
