//! How urgent a ticket is by what it says: rules that can be read, because nobody has labelled urgency.

use serde::Serialize;

use crate::text::normalise;

/// How soon somebody has to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// It can wait.
    Low,
    /// As usual.
    Medium,
    /// Soon.
    High,
    /// At once.
    Critical,
}

/// What words say of urgency. The strongest counts; "no rush" is heard only where nothing says otherwise.
const SIGNS: [(Urgency, &str, &[&str]); 8] = [
    (
        Urgency::Critical,
        "speaks of an outage",
        &[
            "outage",
            "is down for everyone",
            "is down for all",
            "completely down",
            "production is down",
            "system down",
            "network is down",
            "server is down",
            "servers are down",
            "whole office",
            "entire office",
            "whole building",
            "entire building",
            "nobody can work",
            "no one can work",
            "everyone is unable",
            "complete standstill",
        ],
    ),
    (
        Urgency::Critical,
        "speaks of danger or an attack",
        &[
            "ransomware",
            "data breach",
            "security breach",
            "been hacked",
            "was hacked",
            "is hacked",
            "on fire",
            "smell of smoke",
            "smoke coming",
            "phishing link and entered",
            "virus on my",
            "stolen laptop",
            "laptop was stolen",
            "laptop stolen",
            "got electrocuted",
            "electric shock",
            "someone is injured",
            "somebody is injured",
        ],
    ),
    (
        Urgency::High,
        "asks for haste",
        &[
            "asap",
            "as soon as possible",
            "urgent",
            "urgently",
            "immediately",
            "right away",
            "straight away",
            "at once",
            "emergency",
            "high priority",
            "top priority",
            "importance high",
            "time critical",
            "time-critical",
        ],
    ),
    (
        Urgency::High,
        "says that work stands still",
        &[
            "cannot work",
            "can't work",
            "can not work",
            "unable to work",
            "blocks me",
            "blocking me",
            "blocked from working",
            "completely stuck",
            "stops us",
            "keeps us from working",
            "lost all my",
            "lost all our",
        ],
    ),
    (
        Urgency::High,
        "names a deadline",
        &[
            "deadline is today",
            "deadline today",
            "deadline tomorrow",
            "deadline is tomorrow",
            "by end of day",
            "by the end of the day",
            "by eod",
            "before noon",
            "by noon",
            "in an hour",
            "within the hour",
            "by tonight",
            "due today",
            "due tomorrow",
            "by tomorrow",
            "presentation today",
            "meeting in",
            "starts today",
            "starts tomorrow",
            "customer is waiting",
            "client is waiting",
            "clients are waiting",
            "payroll runs",
        ],
    ),
    (
        Urgency::High,
        "concerns many people",
        &[
            "everyone",
            "everybody",
            "all users",
            "all employees",
            "whole team",
            "entire team",
            "whole department",
            "entire department",
            "all of us",
            "nobody can",
            "no one can",
            "multiple users",
            "several users",
            "many users",
        ],
    ),
    (
        Urgency::Low,
        "says that it can wait",
        &[
            "no rush",
            "no hurry",
            "not urgent",
            "isn't urgent",
            "non urgent",
            "non-urgent",
            "low priority",
            "whenever you have time",
            "when you have time",
            "when you get a chance",
            "whenever convenient",
            "at your convenience",
            "can wait",
            "nice to have",
            "sometime next",
            "some time next",
            "no need to hurry",
            "not in a hurry",
        ],
    ),
    (
        Urgency::Low,
        "only asks",
        &[
            "just wondering",
            "just curious",
            "out of curiosity",
            "minor issue",
            "cosmetic",
            "small typo",
            "suggestion:",
        ],
    ),
];

/// How urgent the words of `text` say it is, and which of them; None if they say nothing of it.
#[must_use]
pub fn urgency(text: &str) -> Option<(Urgency, Vec<String>)> {
    let plain = normalise(text).replace('’', "'");
    let plain = format!(" {} ", plain.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut found: Vec<(Urgency, String)> = Vec::new();
    let waits = SIGNS.iter().filter(|(urgency, ..)| *urgency == Urgency::Low);
    let rest = waits
        .clone()
        .flat_map(|(.., phrases)| phrases.iter())
        .fold(plain.clone(), |text, phrase| text.replace(phrase, " "));
    for (urgency, meaning, phrases) in &SIGNS {
        let place = if *urgency == Urgency::Low { &plain } else { &rest };
        if let Some(phrase) = phrases.iter().find(|phrase| says(place, phrase)) {
            found.push((*urgency, format!("{meaning}: “{phrase}”")));
        }
    }
    if let Some(people) = people(&rest) {
        let urgency = if people >= 50 { Urgency::Critical } else { Urgency::High };
        found.push((urgency, format!("concerns {people} people")));
    }
    let highest = found.iter().map(|(urgency, _)| *urgency).max()?;
    let reasons =
        found.into_iter().filter(|(urgency, _)| *urgency == highest).map(|(_, reason)| reason).collect();
    Some((highest, reasons))
}

/// Whether `phrase` stands in `text`, not as a part of other words.
fn says(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + phrase.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// The largest number of people that `text` says are concerned, if it is ten or more.
fn people(text: &str) -> Option<u32> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let counts = words.windows(2).filter(|two| {
        let what = two[1].trim_matches(|sign: char| !sign.is_alphanumeric());
        matches!(
            what,
            "people" | "users" | "employees" | "colleagues" | "persons" | "agents" | "workers" | "customers"
        )
    });
    counts.filter_map(|two| two[0].parse().ok()).filter(|count| *count >= 10).max()
}
