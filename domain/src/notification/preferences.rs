//! How and when somebody wants to be told.

use std::fmt;
use std::str::FromStr;

use chrono::{
    DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Timelike as _, Utc,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::values::{Channel, Kind};

/// How and when somebody wants to be told. What they never chose is as it is for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Preferences {
    /// The kinds for which they chose channels, in order; none of a channel if it stands nowhere.
    pub types: Vec<Chosen>,
    /// When they are left alone: mails and push wait, the list does not.
    pub quiet_hours: Option<QuietHours>,
    /// Whether mails are collected into one.
    pub digest: Digest,
}

/// The channels that somebody chose for a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Chosen {
    /// The kind.
    pub kind: Kind,
    /// The channels.
    pub channels: Vec<Channel>,
}

/// A time of day, such as `22:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "22:00")]
pub struct TimeOfDay(NaiveTime);

/// When the day begins for whoever does not say otherwise.
pub const MORNING: TimeOfDay = match NaiveTime::from_hms_opt(8, 0, 0) {
    Some(time) => TimeOfDay(time),
    None => TimeOfDay(NaiveTime::MIN),
};

/// The text is no time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a time of day from 00:00 to 23:59")]
pub struct NotATime;

/// When somebody is left alone, by their own clock; over midnight if the end is before the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuietHours {
    /// From when.
    pub from: TimeOfDay,
    /// Until when.
    pub to: TimeOfDay,
}

/// Whether mails are collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "every")]
pub enum Digest {
    /// Each is sent at once.
    #[default]
    Never,
    /// One at every full hour, if there is anything.
    Hour,
    /// One a day, if there is anything.
    Day {
        /// When, by their own clock.
        at: TimeOfDay,
    },
}

impl Preferences {
    /// The channels by which somebody is told of `kind`.
    #[must_use]
    pub fn channels(&self, kind: Kind) -> &[Channel] {
        let chosen = self.types.iter().find(|chosen| chosen.kind == kind);
        chosen.map_or(kind.default_channels(), |chosen| &chosen.channels)
    }

    /// When something of `kind` that happens at `now` leaves by `channel`, for somebody whose clock is that of `zone`.
    #[must_use]
    pub fn due(&self, kind: Kind, channel: Channel, now: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        if kind.is_urgent() {
            return now;
        }
        let collected = match channel {
            Channel::Email => self.digest.next(now, zone),
            Channel::InApp | Channel::Push => now,
        };
        let quiet = self.quiet_hours.filter(|_| channel != Channel::InApp);
        quiet.and_then(|quiet| quiet.end(collected, zone)).unwrap_or(collected)
    }
}

impl Digest {
    /// When what happens at `now` is sent.
    fn next(self, now: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        let local = now.with_timezone(&zone).naive_local();
        match self {
            Self::Never => now,
            Self::Hour => {
                let into = TimeDelta::minutes(i64::from(local.minute()))
                    + TimeDelta::seconds(i64::from(local.second()))
                    + TimeDelta::nanoseconds(i64::from(local.nanosecond()));
                now - into + TimeDelta::hours(1)
            }
            Self::Day { at } => at.after(local, zone).unwrap_or(now),
        }
    }
}

impl QuietHours {
    /// When they end, if `at` is within them.
    fn end(self, at: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let local = at.with_timezone(&zone).naive_local();
        let (from, to, now) = (self.from.0, self.to.0, local.time());
        let is_quiet = if from < to { (from..to).contains(&now) } else { now >= from || now < to };
        if is_quiet { self.to.after(local, zone) } else { None }
    }
}

impl TimeOfDay {
    /// The next time that a clock of `zone` shows it behind `local`.
    fn after(self, local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
        let today = local.date().and_time(self.0);
        let next = if today > local { today } else { today.checked_add_days(Days::new(1))? };
        self.on(next.date(), zone)
    }

    /// When a clock of `zone` first shows it on `day`; none if that day is left out.
    pub(crate) fn on(self, day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
        let local = day.and_time(self.0);
        // When clocks are put forward an hour is missing: then it is what they show an hour later.
        let shown = zone.from_local_datetime(&local).earliest();
        let shown = shown.or_else(|| zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest());
        shown.map(|shown| shown.with_timezone(&Utc))
    }
}

impl FromStr for TimeOfDay {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let (hour, minute) = text.split_once(':').ok_or(NotATime)?;
        let number = |text: &str| {
            let is_number = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| text.parse().ok()).flatten().ok_or(NotATime)
        };
        NaiveTime::from_hms_opt(number(hour)?, number(minute)?, 0).map(Self).ok_or(NotATime)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = NotATime;

    fn try_from(text: String) -> Result<Self, NotATime> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}
