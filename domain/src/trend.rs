//! What is on the rise: how many tickets are usual, weekday by weekday, and when there are too many more for chance.

use chrono::{Datelike as _, Days, NaiveDate};

/// How many weeks of earlier days say what is usual, for each week that is looked at.
const USUAL: u32 = 4;
/// How many tickets are worth telling of at least.
const FEWEST: u32 = 3;
/// How many times as many as usual are on the rise.
const RISING: f64 = 1.5;
/// From which probability on it is taken for chance that there are so many more than usual.
const CHANCE: f64 = 0.01;
/// Of what never happened before, one every other window is believed.
const SELDOM: f64 = 0.5;

/// The days that are looked at, and those before them that say what is usual. Days are those of UTC; today is one of them, as far
/// as it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first day that is looked at.
    pub since: NaiveDate,
    /// The last one.
    pub today: NaiveDate,
    /// The first day of the weeks before.
    pub before: NaiveDate,
}

/// How many tickets there were of something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// On the days that are looked at.
    pub new: u32,
    /// On those before them, by weekday from Monday on.
    pub before: [u32; 7],
}

impl Window {
    /// The `days` days up to `today`, against four times as many whole weeks before them.
    #[must_use]
    pub fn of(days: u32, today: NaiveDate) -> Self {
        let back = |from: NaiveDate, days: u32| {
            from.checked_sub_days(Days::new(days.into())).unwrap_or(NaiveDate::MIN)
        };
        let since = back(today, days.saturating_sub(1));
        Self { since, today, before: back(since, days.div_ceil(7) * 7 * USUAL) }
    }

    /// How many are usual in as much time: for each of its days the average of the same weekday before. Days before `began`, when
    /// there was nothing yet, do not count.
    #[must_use]
    pub fn usual(&self, counts: &Counts, began: NaiveDate) -> f64 {
        let days = weekdays(self.since, self.today.succ_opt().unwrap_or(self.today));
        let earlier = weekdays(self.before.max(began), self.since);
        let each = counts.before.iter().zip(earlier).zip(days);
        each.map(|((count, earlier), days)| f64::from(*count) / f64::from(earlier.max(1)) * f64::from(days))
            .sum()
    }
}

/// How many of each weekday there are from `from` until before `until`.
fn weekdays(from: NaiveDate, until: NaiveDate) -> [u32; 7] {
    let mut days = [0; 7];
    for day in from.iter_days().take_while(|day| *day < until) {
        days[day.weekday().num_days_from_monday() as usize] += 1;
    }
    days
}

/// Whether `count` are on the rise where `usual` are usual: half as many again or more, and not just a few.
#[must_use]
pub fn is_rising(count: u32, usual: f64) -> bool {
    count >= FEWEST && f64::from(count) >= usual * RISING
}

/// How likely `count` or more are where `usual` are usual (Poisson), if that is hardly chance: one in a hundred times or fewer.
#[must_use]
pub fn unusual(count: u32, usual: f64) -> Option<f64> {
    let probability = at_least(count, usual.max(SELDOM));
    (count >= FEWEST && probability < CHANCE).then_some(probability)
}

/// How likely `count` or more are where `usual` are to be expected (Poisson).
fn at_least(count: u32, usual: f64) -> f64 {
    let (mut term, mut fewer) = ((-usual).exp(), 0.0);
    for so_many in 0..count {
        fewer += term;
        term *= usual / (f64::from(so_many) + 1.0);
    }
    (1.0 - fewer).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn days_are_compared_with_the_same_weekdays_before() {
        // A Thursday.
        let today = day("2026-02-12");
        let week = Window::of(7, today);
        assert_eq!((week.since, week.before), (day("2026-02-06"), day("2026-01-09")));
        let long_ago = day("2020-01-01");
        // Eight on each of four Mondays, one on one of four Tuesdays.
        let mondays = Counts { new: 0, before: [32, 1, 0, 0, 0, 0, 0] };
        assert!((week.usual(&mondays, long_ago) - 8.25).abs() < 1e-9);
        // What Mondays have is nothing to a Thursday, and everything to a Monday.
        assert!(Window::of(1, today).usual(&mondays, long_ago) < 1e-9);
        let monday = Window::of(1, day("2026-02-09"));
        assert_eq!(monday.before, day("2026-01-12"));
        assert!((monday.usual(&mondays, long_ago) - 8.0).abs() < 1e-9);
        // A desk that is two weeks old has had two Mondays.
        assert!(
            (week.usual(&Counts { new: 0, before: [16, 0, 0, 0, 0, 0, 0] }, day("2026-01-23")) - 8.0).abs()
                < 1e-9
        );
        // On its first day nothing is usual.
        assert!(week.usual(&Counts::default(), today) < 1e-9);
        let days = Window::of(90, today);
        assert_eq!((days.since - days.before).num_days(), 4 * 13 * 7);
    }

    #[test]
    fn half_as_many_again_is_on_the_rise() {
        assert!(is_rising(3, 0.0) && is_rising(3, 2.0) && is_rising(12, 8.0));
        assert!(!is_rising(2, 0.0) && !is_rising(3, 2.1) && !is_rising(11, 8.0));
    }

    #[test]
    fn so_many_or_more_is_what_poisson_says() {
        for (count, usual, likely) in
            [(0, 2.0, 1.0), (1, 2.0, 0.864_665), (3, 0.5, 0.014_388), (9, 1.25, 0.000_005)]
        {
            let said = at_least(count, usual);
            assert!((said - likely).abs() < 1e-5, "{count} of {usual}: {said}");
        }
        assert!(unusual(4, 0.0).is_some_and(|probability| probability < 0.01));
        assert_eq!((unusual(3, 0.0), unusual(2, 0.0), unusual(12, 8.0)), (None, None, None));
    }

    #[test]
    fn the_beginning_of_time_is_no_trouble() {
        let first = Window::of(90, NaiveDate::MIN);
        assert!(first.usual(&Counts::default(), NaiveDate::MAX) < 1e-9);
    }
}
