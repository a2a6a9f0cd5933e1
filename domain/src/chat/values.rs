//! The words of a chat: what was asked, what an answer is and where it comes from.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::ArticleId;
use crate::knowledge::values::DocumentId;
use crate::text::{BadText, Lines, parse_text};

/// How many characters a question has at most.
pub const LONGEST_QUESTION: usize = 2_000;
/// How many characters it has at least, once it is trimmed.
pub const SHORTEST_QUESTION: usize = 2;
/// How many questions one chat takes.
pub const MOST_TURNS: u32 = 200;

/// A question as somebody typed it, of `shortest` characters or more.
///
/// # Errors
/// It is too short or too long, or has invisible characters in it.
pub fn parse_question(raw: &str, shortest: usize) -> Result<String, BadText> {
    parse_text(raw, shortest, LONGEST_QUESTION, Lines::Many)
}

/// What kind of an answer somebody got.
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
pub enum ReplyKind {
    /// It rests on articles, which it names.
    Answer,
    /// There was no article that answers.
    NoAnswer,
    /// They greeted or thanked, and so did it.
    Courtesy,
    /// They want a person, and were asked what it is about.
    AskedForProblem,
    /// They want a person, and get one: a ticket is filed.
    HandedOver,
    /// They want a person, and have to sign in first, so that the person can answer them.
    AskedToSignIn,
    /// They want a person, and have filed as many tickets as they may for now.
    Limited,
}

/// An article that an answer or a draft rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// Which.
    pub article: ArticleId,
    /// Its name in addresses.
    pub document_id: DocumentId,
    /// Its title, as it then was.
    #[schema(example = "Connect from home with the VPN")]
    pub title: String,
    /// How much of the question it answers, from 0 to 1.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.82)]
    pub score: f64,
}

/// Where words come from that no person wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Origin {
    /// The articles that they rest on, the best first; none if they rest on none.
    pub sources: Vec<Source>,
    /// How sure they are, from 0 to 1.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.82)]
    pub confidence: f64,
    /// What made them, with its version.
    #[schema(example = "local-retrieval/1")]
    pub model: String,
    /// How long that took, in microseconds.
    pub took_us: i64,
}
