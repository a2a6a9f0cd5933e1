//! What kind of a problem a reply is for, and what became of it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::share::thousandths;

/// What kind of a problem a ticket is, for whoever answers it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum QueryType {
    /// Something does not work.
    Troubleshooting,
    /// What is allowed, or due to somebody.
    Policy,
    /// Somebody cannot get in, or needs a permission.
    Access,
    /// Something is to be installed or prepared.
    Setup,
    /// Anything else.
    #[default]
    General,
}

/// The words of each kind, as they begin. A kind earlier in the list comes first where two are as likely.
const WORDS: &[(QueryType, &[&str])] = &[
    (
        QueryType::Access,
        &[
            "access",
            "password",
            "passwort",
            "login",
            "log in",
            "sign in",
            "locked",
            "unlock",
            "permission",
            "account",
            "credential",
            "authenticat",
            "mfa",
            "2fa",
            "zugang",
            "zugriff",
            "gesperrt",
        ],
    ),
    (
        QueryType::Troubleshooting,
        &[
            "error",
            "fail",
            "broken",
            "crash",
            "not work",
            "doesn t work",
            "cannot",
            "can t",
            "won t",
            "slow",
            "freez",
            "stuck",
            "jam",
            "bug",
            "problem",
            "issue",
            "fehler",
            "kaputt",
            "funktioniert nicht",
        ],
    ),
    (
        QueryType::Setup,
        &[
            "install",
            "set up",
            "setup",
            "configur",
            "new laptop",
            "new computer",
            "new phone",
            "new employee",
            "onboard",
            "connect a",
            "einricht",
            "installier",
        ],
    ),
    (
        QueryType::Policy,
        &[
            "policy",
            "policies",
            "allowed",
            "entitle",
            "eligib",
            "leave",
            "vacation",
            "holiday",
            "sick",
            "overtime",
            "payroll",
            "salary",
            "benefit",
            "reimburs",
            "expense",
            "travel",
            "contract",
            "urlaub",
            "gehalt",
            "richtlinie",
        ],
    ),
];

impl QueryType {
    /// What kind of a problem `text` is: the kind most of whose words occur in it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let words: Vec<String> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let text = format!(" {}", words.join(" "));
        let mut best = (0, Self::General);
        for (kind, beginnings) in WORDS {
            let said = beginnings.iter().filter(|beginning| text.contains(&format!(" {beginning}"))).count();
            if said > best.0 {
                best = (said, *kind);
            }
        }
        best.1
    }
}

/// What became of a suggested reply.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// It was sent as it is.
    Sent,
    /// It was changed and sent.
    Edited,
    /// It was not used.
    Dismissed,
}

/// How much is different about `sent` as against `suggested`, from 0 (nothing) to 1 (everything): how many words have to be added,
/// taken out or replaced, over how many the longer one has.
#[must_use]
pub fn distance(suggested: &str, sent: &str) -> f64 {
    let mut numbers = HashMap::new();
    let mut numbered = |text: &str| -> Vec<usize> {
        let words = text.split_whitespace().map(str::to_owned);
        words
            .map(|word| {
                let next = numbers.len();
                *numbers.entry(word).or_insert(next)
            })
            .collect()
    };
    let (one, other) = (numbered(suggested), numbered(sent));
    let longer = one.len().max(other.len());
    if longer == 0 {
        return 0.0;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, word) in one.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], place + 1);
        for (column, against) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(word != against);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    let number = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
    thousandths(number(row[other.len()]) / number(longer))
}
