//! The rule that says what in somebody's tickets speaks for misuse.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::values::{MisuseType, Patterns, Severity};
use crate::id::TicketId;
use crate::share::thousandths;
use crate::ticket::values::Harm;

/// A ticket that somebody filed, as far as the rule looks at it.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// Which.
    pub ticket: TicketId,
    /// The problem in a line.
    pub title: String,
    /// The problem in full.
    pub description: String,
    /// What screening found in it; none if it is harmless, or may be.
    pub found: Option<Found>,
}

/// What screening found in a ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What is harmful about it.
    pub harm: Harm,
    /// Which model says so, with its version.
    pub model: String,
    /// How sure it is, from 0 to 1.
    pub confidence: f64,
    /// What made it think so.
    pub reasons: Option<String>,
}

/// What speaks for misuse.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspicion {
    /// What kind it is: the gravest of all that was found.
    pub misuse_type: MisuseType,
    /// How grave it is.
    pub severity: Severity,
    /// The tickets that speak for it, those for this kind first.
    pub tickets: Vec<TicketId>,
    /// What some of these say.
    pub samples: Vec<String>,
    /// What was counted.
    pub patterns: Patterns,
    /// What speaks for it, in words.
    pub reasoning: String,
    /// Which model says so; `rules` where it was only counted, none where a person said so.
    pub model: Option<String>,
    /// How sure that is, from 0 to 1.
    pub confidence: f64,
}

/// From how many tickets on a day's are more than anybody has problems.
const VOLUME: u32 = 10;
/// From how many tickets of one title on they are one again and again.
const SAME: u32 = 3;
/// A description that has fewer characters than this says nothing,
const SHORT: usize = 10;
/// and from how many such tickets on they are a habit, if they are half of all.
const SHORTS: u32 = 3;
/// How many tickets and texts a report names.
const MOST_TICKETS: usize = 50;
const MOST_SAMPLES: usize = 5;
/// How much of each text.
const SAMPLE: usize = 240;
/// Who says what was only counted.
const RULES: &str = "rules";

/// Something that speaks for misuse.
struct Sign<'a> {
    misuse_type: MisuseType,
    severity: Severity,
    tickets: Vec<&'a Looked>,
    model: &'a str,
    confidence: f64,
    words: String,
}

/// What in `tickets`, all that somebody filed within `window`, speaks for misuse; none if nothing does.
#[must_use]
pub fn suspect(tickets: &[Looked], window: TimeDelta) -> Option<Suspicion> {
    let hours = hours(window);
    let same = same_titles(tickets);
    let short: Vec<&Looked> = tickets.iter().filter(|looked| is_short(looked)).collect();
    let all: Vec<&Looked> = tickets.iter().collect();
    let volume = VOLUME * hours.div_ceil(24).max(1);
    let signs = [
        found(tickets, Harm::Injection, [0, 1, 3]),
        found(tickets, Harm::Abuse, [0, 1, 3]),
        found(tickets, Harm::Spam, [1, 3, 5]),
        counted(MisuseType::DuplicateTickets, &same, SAME, "tickets have a title that others have, too"),
        counted(MisuseType::SpamContent, &all, volume, "tickets are more than anybody has problems"),
        counted(MisuseType::SpamContent, &short, SHORTS, "tickets have next to no description")
            .filter(|_| short.len() * 2 >= tickets.len())
            .map(|sign| Sign { severity: sign.severity.min(Severity::Medium), ..sign }),
    ];
    let mut signs: Vec<Sign<'_>> = signs.into_iter().flatten().collect();
    signs.sort_by_key(|sign| std::cmp::Reverse((sign.severity, sign.misuse_type)));
    let gravest = signs.first()?;
    let of = |harm| count(&tickets.iter().filter(|looked| harm_of(looked) == Some(harm)).collect::<Vec<_>>());
    let patterns = Patterns {
        window_hours: hours,
        tickets: count(&all),
        high_volume: count(&all) >= volume,
        same_title: count(&same),
        short_description: count(&short),
        spam: of(Harm::Spam),
        abuse: of(Harm::Abuse),
        injection: of(Harm::Injection),
    };
    let words: Vec<&str> = signs.iter().map(|sign| sign.words.as_str()).collect();
    Some(Suspicion {
        misuse_type: gravest.misuse_type,
        severity: gravest.severity,
        tickets: once(signs.iter().flat_map(|sign| sign.tickets.iter().map(|looked| looked.ticket))),
        samples: gravest.tickets.iter().take(MOST_SAMPLES).map(|looked| sample(looked)).collect(),
        patterns,
        reasoning: words.join("; "),
        model: Some(gravest.model.to_owned()),
        confidence: thousandths(gravest.confidence),
    })
}

/// What follows from a ticket whose misuse an administrator confirmed. Where nothing says of which kind it is, it is
/// spam: the word for all that is not meant for a help desk.
#[must_use]
pub fn confirmed(looked: &Looked) -> Suspicion {
    let harm = harm_of(looked);
    let of = |one| u32::from(harm == Some(one));
    let why = looked.found.as_ref().and_then(|found| found.reasons.as_deref());
    Suspicion {
        misuse_type: harm.map_or(MisuseType::SpamContent, MisuseType::from),
        severity: Severity::High,
        tickets: vec![looked.ticket],
        samples: vec![sample(looked)],
        patterns: Patterns {
            window_hours: 0,
            tickets: 1,
            short_description: u32::from(is_short(looked)),
            spam: of(Harm::Spam),
            abuse: of(Harm::Abuse),
            injection: of(Harm::Injection),
            ..Patterns::default()
        },
        reasoning: ["an administrator confirmed it"].into_iter().chain(why).collect::<Vec<_>>().join("; "),
        model: looked.found.as_ref().map(|found| found.model.clone()),
        confidence: 1.0,
    }
}

/// What is counted, if there is at least `least` of it: twice as much is medium, four times as much high. It is as sure as
/// not at the limit, and the surer the more it is beyond.
fn counted<'a>(misuse_type: MisuseType, tickets: &[&'a Looked], least: u32, what: &str) -> Option<Sign<'a>> {
    let number = count(tickets);
    let severity = severity(number, [least, least.saturating_mul(2), least.saturating_mul(4)])?;
    let confidence = 1.0 - f64::from(least) / (2.0 * f64::from(number));
    let (tickets, words) = (tickets.to_vec(), format!("{number} {what}"));
    Some(Sign { misuse_type, severity, tickets, model: RULES, confidence, words })
}

/// What screening found, if it found it: low, medium and high from so many tickets on.
fn found(tickets: &[Looked], harm: Harm, from: [u32; 3]) -> Option<Sign<'_>> {
    let those: Vec<&Looked> = tickets.iter().filter(|looked| harm_of(looked) == Some(harm)).collect();
    let surest = those.iter().filter_map(|looked| looked.found.as_ref());
    let surest = surest.max_by(|one, other| one.confidence.total_cmp(&other.confidence))?;
    let words = match (count(&those), surest.reasons.as_deref()) {
        (1, None) => format!("1 ticket is {}", in_words(harm)),
        (1, Some(why)) => format!("1 ticket is {} ({why})", in_words(harm)),
        (number, None) => format!("{number} tickets are {}", in_words(harm)),
        (number, Some(why)) => format!("{number} tickets are {} ({why})", in_words(harm)),
    };
    Some(Sign {
        misuse_type: harm.into(),
        severity: severity(count(&those), from)?,
        model: &surest.model,
        confidence: surest.confidence,
        tickets: those,
        words,
    })
}

/// How grave it is that there are `number`, where it is low, medium and high from so many on.
fn severity(number: u32, [low, medium, high]: [u32; 3]) -> Option<Severity> {
    match number {
        number if number < low => None,
        number if number >= high => Some(Severity::High),
        number if number >= medium => Some(Severity::Medium),
        _ => Some(Severity::Low),
    }
}

/// The tickets whose title enough others have, too: in any case, whatever stands between the words.
fn same_titles(tickets: &[Looked]) -> Vec<&Looked> {
    let mut by_title: BTreeMap<String, Vec<&Looked>> = BTreeMap::new();
    for looked in tickets {
        by_title.entry(plain(&looked.title)).or_default().push(looked);
    }
    by_title.into_values().filter(|those| count(those) >= SAME).flatten().collect()
}

/// The words of a title; the title itself if it has none.
fn plain(title: &str) -> String {
    let lower = title.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { lower.trim().to_owned() } else { words.join(" ") }
}

fn is_short(looked: &Looked) -> bool {
    looked.description.chars().filter(|c| !c.is_whitespace()).count() < SHORT
}

fn harm_of(looked: &Looked) -> Option<Harm> {
    looked.found.as_ref().map(|found| found.harm)
}

/// The beginning of what a ticket says, on one line.
fn sample(looked: &Looked) -> String {
    let said = format!("{}: {}", looked.title, looked.description);
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SAMPLE) {
        None => line,
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
    }
}

fn in_words(harm: Harm) -> &'static str {
    match harm {
        Harm::Spam => "spam",
        Harm::Abuse => "abusive",
        Harm::Injection => "meant for a model",
    }
}

/// Each of `tickets` once, in their order, as many as a report names.
fn once(tickets: impl Iterator<Item = TicketId>) -> Vec<TicketId> {
    let mut all: Vec<TicketId> = Vec::new();
    for ticket in tickets {
        if all.len() < MOST_TICKETS && !all.contains(&ticket) {
            all.push(ticket);
        }
    }
    all
}

fn hours(window: TimeDelta) -> u32 {
    let minutes = u64::try_from(window.num_minutes()).unwrap_or_default();
    u32::try_from(minutes.div_ceil(60)).unwrap_or(u32::MAX)
}

fn count(tickets: &[&Looked]) -> u32 {
    u32::try_from(tickets.len()).unwrap_or(u32::MAX)
}
