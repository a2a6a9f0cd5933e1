//! Tickets made of the rows of a file: when each was filed, by whom, and how far it came.

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Datelike as _, NaiveTime, TimeDelta, Utc, Weekday};
use domain::id::TicketId;
use domain::ticket::values::{Status, Urgency, parse_description, parse_title};
use serde::Deserialize;

use super::chance::Chance;
use super::course::{Course, department_of, other_than};
use super::names::sha256;
use super::people::{Person, SAMPLE_REQUESTERS};
use super::plan::Life;

/// The age of the first row's ticket, the oldest of all: its id remembers when the file was first taken.
const OLDEST: TimeDelta = TimeDelta::days(60);
/// Into how many parts the tickets are divided by their age.
const PARTS: u32 = 10_000;
const LONGEST_TITLE: usize = 70;

/// A row of the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Row {
    /// What somebody wrote.
    pub(crate) text: String,
    /// What it was about.
    pub(crate) label: String,
}

/// The rows of a file in CSV with the columns `text` and `label`.
///
/// # Errors
/// The file is not of this kind, or a row cannot be a ticket; the message says which.
pub(crate) fn rows(file: impl std::io::Read) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (number, row) in csv::Reader::from_reader(file).into_deserialize::<Row>().enumerate() {
        let row = row.context("the file needs the columns text and label")?;
        parse_title(&title(&row.text))
            .and_then(|_| parse_description(&row.text))
            .with_context(|| format!("the text of row {} cannot be a ticket", number + 1))?;
        rows.push(row);
    }
    ensure!(!rows.is_empty(), "the file has no rows");
    Ok(rows)
}

/// When the file was first taken, as the id of its first ticket remembers it.
pub(crate) fn taken_at(first: TicketId) -> DateTime<Utc> {
    first.created_at() + OLDEST
}

/// The life of the ticket of this number, from 0. Behind the last row comes the first again, for other
/// requesters.
///
/// # Errors
/// The row cannot be a ticket.
pub(crate) fn life(rows: &[Row], number: usize, now: DateTime<Utc>) -> anyhow::Result<Life> {
    let row = &rows[number % rows.len()];
    let round = u32::try_from(number / rows.len()).context("too many tickets")?;
    let mut chance = Chance::new(u64::try_from(number)?);
    let recency = chance.below(PARTS);
    let filed_at = if number == 0 { now - OLDEST } else { filing(&mut chance, recency, now) };
    let outcome = if number == 0 { Status::Closed } else { outcome(&mut chance, recency) };

    // The same person never files the same row twice: 37 and 200 have no divisor in common.
    let crowd = Chance::new(u64::try_from(number % rows.len())?).below(SAMPLE_REQUESTERS);
    let requester = Person::sample_requester(crowd + round % SAMPLE_REQUESTERS * 37);
    let department = department_of(&row.label);
    let filed_with = match chance.below(100) {
        0..5 => None,
        5..11 => Some(other_than(&department)),
        _ => Some(department.clone()),
    };
    let urgency =
        *chance.pick(&[Urgency::Low, Urgency::Low, Urgency::Medium, Urgency::Medium, Urgency::High]);
    let mut course = Course::new(&mut chance, requester.clone(), department);
    course.lead_to(outcome, filed_with.as_ref());
    Ok(Life {
        name: format!("row:{}:{number}", hash(row)),
        filed_at,
        title: parse_title(&title(&row.text))?,
        description: parse_description(&row.text)?,
        urgency,
        department: filed_with,
        steps: course.laid_out(filed_at, now),
        requester,
    })
}

/// What tells rows apart.
fn hash(row: &Row) -> String {
    let hash = sha256(format!("{}\0{}", row.label, row.text).as_bytes());
    hash.iter().take(16).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// The first words, as a title.
fn title(text: &str) -> String {
    let mut title = String::new();
    for word in text.split_whitespace() {
        let length = title.chars().count() + word.chars().count() + usize::from(!title.is_empty());
        if length > LONGEST_TITLE && !title.is_empty() {
            break;
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.extend(word.chars().take(LONGEST_TITLE));
    }
    let mut letters = title.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Where a ticket of this recency stands: the older, the further along, except for some.
fn outcome(chance: &mut Chance, recency: u32) -> Status {
    let part = if chance.percent(30) { chance.below(PARTS) } else { recency };
    match part {
        0..1_200 => Status::Open,
        1_200..2_200 => Status::Assigned,
        2_200..4_000 => Status::InProgress,
        4_000..4_800 => Status::WaitingOnCustomer,
        4_800..6_500 => Status::Resolved,
        _ => Status::Closed,
    }
}

/// When a ticket of this recency was filed: more of late, mostly at work.
fn filing(chance: &mut Chance, recency: u32, now: DateTime<Utc>) -> DateTime<Utc> {
    let (part, parts) = (i64::from(recency), i64::from(PARTS));
    // A day may be moved back by a week.
    let oldest = (OLDEST - TimeDelta::days(7)).num_minutes();
    let minutes = oldest * (part * parts + part * part) / (2 * parts * parts);
    let mut day = (now - TimeDelta::minutes(minutes)).date_naive();
    let second = if chance.percent(8) {
        chance.below(86_400)
    } else {
        7 * 3_600 + chance.below(5 * 3_600 + 1_800) + chance.below(5 * 3_600 + 1_800)
    };
    let time = NaiveTime::from_num_seconds_from_midnight_opt(second, chance.below(1_000) * 1_000_000)
        .expect("a second of the day and a millisecond of the second");
    if day.and_time(time).and_utc() > now - TimeDelta::minutes(10) {
        day -= TimeDelta::days(1);
    }
    let back = i64::from(chance.below(5));
    if !chance.percent(15) {
        day -= match day.weekday() {
            Weekday::Sat => TimeDelta::days(1 + back),
            Weekday::Sun => TimeDelta::days(2 + back),
            _ => TimeDelta::zero(),
        };
    }
    day.and_time(time).and_utc()
}
