//! What plain keywords reach: the least that a model has to be better than.

use std::collections::BTreeSet;

use crate::retrieval::Document;
use crate::screening::Harm;
use crate::text::{is_stop_word, normalise, words};

/// Words of each topic of tickets; where none occurs, a ticket is about the last one.
const TOPICS: [(&str, &[&str]); 8] = [
    (
        "HR Support",
        &[
            "leaver", "starter", "vacation", "holiday", "payroll", "salary", "leave", "absence", "oracle",
            "hr",
        ],
    ),
    (
        "Hardware",
        &[
            "laptop", "monitor", "screen", "keyboard", "mouse", "phone", "computer", "battery", "cable",
            "error",
        ],
    ),
    ("Access", &["access", "password", "account", "login", "permission", "card", "locked", "expire"]),
    ("Storage", &["storage", "disk", "folder", "backup", "drive", "space", "mailbox", "archive"]),
    (
        "Purchase",
        &["purchase", "order", "buy", "invoice", "po", "supplier", "licence", "license", "certificate"],
    ),
    ("Internal Project", &["project", "projects", "code", "allocation", "engagement"]),
    (
        "Administrative rights",
        &["administrator", "admin", "rights", "install", "installation", "upgrade", "software"],
    ),
    ("Miscellaneous", &[]),
];

const HR: [&str; 20] = [
    "leave",
    "vacation",
    "holiday",
    "salary",
    "payroll",
    "payslip",
    "pto",
    "insurance",
    "benefits",
    "401k",
    "w2",
    "w-2",
    "income",
    "taxes",
    "payday",
    "paycheck",
    "starter",
    "leaver",
    "absence",
    "hr",
];

const SPAM: [&str; 24] = [
    "free",
    "win",
    "winner",
    "won",
    "prize",
    "claim",
    "cash",
    "urgent",
    "txt",
    "ringtone",
    "offer",
    "guaranteed",
    "awarded",
    "www",
    "http",
    "https",
    "£",
    "mobile",
    "stop",
    "unsubscribe",
    "lottery",
    "bitcoin",
    "loan",
    "casino",
];

const ABUSE: [&str; 20] = [
    "fuck", "fucking", "shit", "bitch", "bitches", "hoe", "hoes", "cunt", "whore", "slut", "dick", "pussy",
    "asshole", "ass", "nigga", "faggot", "retard", "idiot", "moron", "trash",
];

const INJECTION: [&str; 16] = [
    "ignore",
    "disregard",
    "bypass",
    "override",
    "jailbreak",
    "pretend",
    "act as",
    "you are now",
    "do anything now",
    "no restrictions",
    "unfiltered",
    "system prompt",
    "previous instructions",
    "from now on",
    "stay in character",
    "language model",
];

/// The topic whose words occur most often in `text`.
#[must_use]
pub fn topic(text: &str) -> &'static str {
    let plain = normalise(text);
    let mut best = ("Miscellaneous", 0);
    for (label, keywords) in TOPICS {
        let count = words(&plain).filter(|word| keywords.contains(word)).count();
        if count > best.1 {
            best = (label, count);
        }
    }
    best.0
}

/// How many words of human resources occur in `text`; from one on it is for them.
#[must_use]
pub fn is_hr(text: &str) -> usize {
    words(&normalise(text)).filter(|word| HR.contains(word)).count()
}

/// How many words of `harm` occur in `text`; from one on it is harmful.
#[must_use]
pub fn harm(harm: Harm, text: &str) -> usize {
    let plain = normalise(text);
    let keywords: &[&str] = match harm {
        Harm::Spam => &SPAM,
        Harm::Abuse => &ABUSE,
        Harm::Injection => &INJECTION,
    };
    let padded = format!(" {} ", words(&plain).collect::<Vec<_>>().join(" "));
    keywords
        .iter()
        .filter(|keyword| {
            if **keyword == "£" { plain.contains('£') } else { padded.contains(&format!(" {keyword} ")) }
        })
        .count()
}

/// Articles by how many different words of a question they hold.
#[derive(Debug)]
pub struct Overlap(Vec<(String, BTreeSet<String>)>);

impl Overlap {
    /// Over `documents`.
    pub fn build(documents: impl Iterator<Item = Document>) -> Self {
        let held = |document: Document| {
            let plain = normalise(&format!("{} {}", document.title, document.body));
            (document.id, words(&plain).map(str::to_owned).collect())
        };
        Self(documents.map(held).collect())
    }

    /// The ids of all articles, the best for `query` first.
    #[must_use]
    pub fn rank(&self, query: &str) -> Vec<&str> {
        let plain = normalise(query);
        let asked: BTreeSet<&str> = words(&plain).filter(|word| !is_stop_word(word)).collect();
        let shared = |held: &BTreeSet<String>| asked.iter().filter(|word| held.contains(**word)).count();
        let mut ranked: Vec<(usize, &str)> =
            self.0.iter().map(|(id, held)| (shared(held), id.as_str())).collect();
        ranked.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
        ranked.into_iter().map(|(_, id)| id).collect()
    }
}
