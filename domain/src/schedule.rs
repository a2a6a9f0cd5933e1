//! When the desk does by itself what is done once a day: a pure function of the clock, the schedule and what ran.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::notification::preferences::TimeOfDay;

/// Once a day, at a time by the clock of a zone. Written `02:00`, which is UTC, or `02:00 Europe/Berlin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Daily {
    /// When.
    pub at: TimeOfDay,
    /// By the clock of which zone.
    pub zone: Tz,
}

/// A run that is due: of which day, and what it looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The day.
    pub day: NaiveDate,
    /// What happened from then on
    pub from: DateTime<Utc>,
    /// and before then.
    pub until: DateTime<Utc>,
}

/// What is known of the days before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Since when the desk does this at all: what was due before was nobody's to do.
    pub since: DateTime<Utc>,
    /// The days for which it ran or is about to, with when they were due.
    pub runs: Vec<(NaiveDate, DateTime<Utc>)>,
}

/// How far back a run looks at most for what happened since the one before it.
const FARTHEST: TimeDelta = TimeDelta::days(7);

impl Daily {
    /// The day that the calendar of its zone shows at `at`.
    #[must_use]
    pub fn day(self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// When it was last due, and of which day that is.
    #[must_use]
    pub fn latest(self, now: DateTime<Utc>) -> Option<(NaiveDate, DateTime<Utc>)> {
        let today = self.day(now);
        // A day that clocks left out has no time of day.
        let days = (0..3).filter_map(|back| today.checked_sub_days(Days::new(back)));
        let due = days.filter_map(|day| Some((day, self.at.on(day, self.zone)?)));
        due.into_iter().find(|(_, due)| *due <= now)
    }

    /// When it is next due.
    #[must_use]
    pub fn next(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = self.day(now);
        let days = (0..3).filter_map(|on| today.checked_add_days(Days::new(on)));
        days.filter_map(|day| self.at.on(day, self.zone)).find(|due| *due > now)
    }

    /// The run that is due at `now`, if one is: that of the latest day, unless there is one. A day that was missed is made up
    /// for, but only the latest; it looks at what happened since the run before it, so nothing is left out where a day has
    /// 25 hours, or a desk was down.
    #[must_use]
    pub fn due(self, now: DateTime<Utc>, ran: &Ran) -> Option<Due> {
        let (day, until) = self.latest(now)?;
        if until < ran.since || ran.runs.iter().any(|(known, _)| *known == day) {
            return None;
        }
        let before = ran.runs.iter().map(|(_, due)| *due).filter(|due| *due < until).max();
        let from = before.filter(|due| until - *due <= FARTHEST).unwrap_or(until - TimeDelta::days(1));
        Some(Due { day, from, until })
    }
}

/// The text is no schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a time of day such as 02:00, with a time zone such as Europe/Berlin behind it unless that is UTC"
)]
pub struct NotASchedule;

impl FromStr for Daily {
    type Err = NotASchedule;

    fn from_str(text: &str) -> Result<Self, NotASchedule> {
        let (at, zone) = match text.split_once(' ') {
            None => (text, Tz::UTC),
            Some((at, zone)) => (at, zone.trim().parse().map_err(|_| NotASchedule)?),
        };
        Ok(Self { at: at.parse().map_err(|_| NotASchedule)?, zone })
    }
}

impl fmt::Display for Daily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.zone.name())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn daily(text: &str) -> Daily {
        text.parse().expect("a schedule")
    }

    /// Nothing ran yet, on a desk that has been there for long.
    fn nothing() -> Ran {
        Ran { since: DateTime::UNIX_EPOCH, runs: vec![] }
    }

    #[test]
    fn a_schedule_is_a_time_and_perhaps_a_zone() {
        assert_eq!(daily("02:00").to_string(), "02:00 UTC");
        assert_eq!(daily("23:59 Europe/Berlin").to_string(), "23:59 Europe/Berlin");
        for bad in
            ["", "2:00", "24:00", "02:00 Berlin", "02:00Z", "Europe/Berlin", "02:00  ", "daily", "0 2 * * *"]
        {
            assert_eq!(bad.parse::<Daily>(), Err(NotASchedule), "{bad:?}");
        }
    }

    #[test]
    fn a_day_is_due_once_and_made_up_for_when_it_was_missed() {
        let (daily, two) = (daily("02:00"), at("2026-03-10T02:00:00Z"));
        let due = |now: &str, ran: &Ran| daily.due(at(now), ran);
        let tenth = Due { day: day("2026-03-10"), from: at("2026-03-09T02:00:00Z"), until: two };
        assert_eq!(due("2026-03-10T02:00:00Z", &nothing()), Some(tenth));
        assert_eq!(due("2026-03-10T23:59:59Z", &nothing()), Some(tenth), "late, since the desk was down");
        assert_eq!(due("2026-03-10T01:59:59Z", &nothing()).map(|due| due.day), Some(day("2026-03-09")));
        // A desk that began after two has missed nothing.
        assert_eq!(
            due("2026-03-10T09:00:00Z", &Ran { since: at("2026-03-10T02:00:01Z"), runs: vec![] }),
            None
        );
        let ran = Ran { runs: vec![(day("2026-03-10"), two)], ..nothing() };
        assert_eq!(due("2026-03-10T02:00:00Z", &ran), None);
        assert_eq!(due("2026-03-11T01:59:59Z", &ran), None);
        assert_eq!(daily.next(two), Some(at("2026-03-11T02:00:00Z")));
        // Three days down: one run for all of them; a month down: one for the last day.
        let all = due("2026-03-13T12:00:00Z", &ran).expect("due");
        assert_eq!((all.day, all.from), (day("2026-03-13"), two));
        let last = due("2026-04-13T12:00:00Z", &ran).expect("due");
        assert_eq!((last.day, last.from), (day("2026-04-13"), at("2026-04-12T02:00:00Z")));
    }

    #[test]
    fn a_clock_that_jumps_back_runs_nothing_twice() {
        let daily = daily("02:00");
        let runs = ["2026-03-09", "2026-03-10", "2026-03-11"]
            .map(|text| (day(text), at(&format!("{text}T02:00:00Z"))));
        let ran = Ran { runs: runs.to_vec(), ..nothing() };
        for now in
            ["2026-03-11T02:00:00Z", "2026-03-11T01:00:00Z", "2026-03-10T02:00:00Z", "2026-03-10T01:00:00Z"]
        {
            assert_eq!(daily.due(at(now), &ran), None, "{now}");
        }
        // Nor does one that jumped ahead and came back keep anything from running.
        let ahead = Ran { runs: vec![(day("2027-01-01"), at("2027-01-01T02:00:00Z"))], ..nothing() };
        let due = daily.due(at("2026-03-12T02:00:00Z"), &ahead).expect("due");
        assert_eq!((due.day, due.from), (day("2026-03-12"), at("2026-03-11T02:00:00Z")));
    }

    #[test]
    fn an_hour_that_is_missing_or_comes_twice_is_run_once() {
        let daily = daily("02:30 Europe/Berlin");
        let runs = |now: &str, runs: &[(NaiveDate, DateTime<Utc>)]| {
            daily.due(at(now), &Ran { runs: runs.to_vec(), ..nothing() })
        };
        // On 29 March clocks go from 02:00 to 03:00: it runs at 03:30, which is 01:30 UTC.
        let spring = runs("2026-03-29T01:30:00Z", &[]).expect("due");
        assert_eq!((spring.day, spring.until), (day("2026-03-29"), at("2026-03-29T01:30:00Z")));
        assert_eq!(runs("2026-03-29T01:29:59Z", &[]).map(|due| due.day), Some(day("2026-03-28")));
        // On 25 October they go from 03:00 back to 02:00: 02:30 comes at 00:30 UTC and at 01:30 UTC.
        let autumn = runs("2026-10-25T00:30:00Z", &[]).expect("due");
        assert_eq!((autumn.day, autumn.until), (day("2026-10-25"), at("2026-10-25T00:30:00Z")));
        assert_eq!(runs("2026-10-25T01:30:00Z", &[(autumn.day, autumn.until)]), None);
        // The day that follows has 25 hours, and all of them are looked at.
        let next = runs("2026-10-26T01:30:00Z", &[(autumn.day, autumn.until)]).expect("due");
        assert_eq!((next.from, next.until - next.from), (autumn.until, TimeDelta::hours(25)));
    }

    proptest! {
        #[test]
        fn whatever_the_clock_does_each_day_runs_once(
            jumps in prop::collection::vec(-200_000_i64..400_000, 1..60),
            zone in prop::sample::select(vec![Tz::UTC, Tz::Europe__Berlin, Tz::America__St_Johns, Tz::Pacific__Apia]),
        ) {
            let daily = Daily { at: "02:30".parse().expect("a time"), zone };
            let (mut now, mut ran, mut windows) = (at("2026-03-20T00:00:00Z"), nothing(), Vec::new());
            for jump in jumps {
                now += TimeDelta::seconds(jump);
                if let Some(due) = daily.due(now, &ran) {
                    prop_assert!(due.from < due.until && due.until <= now);
                    prop_assert!(!ran.runs.iter().any(|(day, _)| *day == due.day));
                    ran.runs.push((due.day, due.until));
                    windows.push(due);
                }
                prop_assert_eq!(daily.due(now, &ran), None, "it is not due again at once");
                prop_assert!(daily.next(now).is_some_and(|next| next > now));
            }
            let mut days: Vec<_> = windows.iter().map(|due| due.day).collect();
            days.sort_unstable();
            days.dedup();
            prop_assert_eq!(days.len(), windows.len());
        }
    }
}
