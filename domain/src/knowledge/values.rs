//! The words of an article: its name in addresses, what it says, where it is kept, whom it is for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ArticleError;
use crate::access::Department;
use crate::text::{BadText, Lines, parse_text};

/// How many characters a title has at most.
pub const LONGEST_TITLE: usize = 200;
/// How many characters the text of an article has at most.
pub const LONGEST_CONTENT: usize = 65_536;
/// How many characters a comment with a vote has at most.
pub const LONGEST_COMMENT: usize = 2_000;
/// How many tags an article has at most.
pub const MOST_TAGS: usize = 20;
/// How many characters a document id has at most.
const LONGEST_ID: usize = 200;
/// How many characters a tag has at most.
const LONGEST_TAG: usize = 40;

/// An article's name in addresses, in lower case and unique, such as `vpn-from-home` or `handbook/travel`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentId(String);

/// The text is no document id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must have 1 to {LONGEST_ID} letters a to z, digits, '-', '_', '.' or '/', and begin with a letter or a digit"
)]
pub struct NotADocumentId;

impl DocumentId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What an article of this title is called unless somebody says otherwise: its letters and digits, with dashes for all
    /// between them.
    #[must_use]
    pub fn of_title(title: &str) -> Self {
        let mut slug = String::new();
        for c in title.to_lowercase().chars() {
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(100);
        let slug = slug.trim_end_matches('-');
        Self(if slug.is_empty() { "article".to_owned() } else { slug.to_owned() })
    }

    /// The same for the `number`th article of a title.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        if number < 2 { self.clone() } else { Self(format!("{}-{number}", self.0)) }
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DocumentId {
    type Err = NotADocumentId;

    fn from_str(text: &str) -> Result<Self, NotADocumentId> {
        let id = text.trim().to_ascii_lowercase();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
        let begins = id.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if begins && id.len() <= LONGEST_ID && id.bytes().all(allowed) {
            Ok(Self(id))
        } else {
            Err(NotADocumentId)
        }
    }
}

impl TryFrom<String> for DocumentId {
    type Error = NotADocumentId;

    fn try_from(text: String) -> Result<Self, NotADocumentId> {
        text.parse()
    }
}

impl From<DocumentId> for String {
    fn from(id: DocumentId) -> Self {
        id.0
    }
}

/// What kind of questions an article answers.
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
#[strum(ascii_case_insensitive)]
pub enum ArticleCategory {
    /// About computers, accounts and networks.
    #[serde(rename = "IT")]
    #[strum(serialize = "IT")]
    It,
    /// About work, pay and leave.
    #[serde(rename = "HR")]
    #[strum(serialize = "HR")]
    Hr,
    /// About anything else.
    General,
}

/// Whom an article is for, once it is published.
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
pub enum Visibility {
    /// For everybody who may read the knowledge base.
    Public,
    /// For agents and administrators.
    Internal,
}

/// Where an article stands.
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
pub enum ArticleStatus {
    /// It is being written: staff see it.
    Draft,
    /// Its readers see it.
    Published,
    /// It was taken away: staff see it.
    Archived,
}

/// A word that articles are marked with, in lower case; not one of the catalogue that tickets have.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
pub struct ArticleTag(String);

/// The text is no tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {LONGEST_TAG} characters, none of them a comma or a control character")]
pub struct NotATag;

impl ArticleTag {
    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ArticleTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ArticleTag {
    type Err = NotATag;

    fn from_str(text: &str) -> Result<Self, NotATag> {
        let word = parse_text(&text.to_lowercase(), 1, LONGEST_TAG, Lines::One).map_err(|_| NotATag)?;
        if word.contains(',') { Err(NotATag) } else { Ok(Self(word)) }
    }
}

impl TryFrom<String> for ArticleTag {
    type Error = NotATag;

    fn try_from(text: String) -> Result<Self, NotATag> {
        text.parse()
    }
}

impl From<ArticleTag> for String {
    fn from(tag: ArticleTag) -> Self {
        tag.0
    }
}

/// Where an article is kept and whom it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Filing {
    /// What kind of questions it answers.
    pub category: ArticleCategory,
    /// The department that keeps it.
    pub department: Option<Department>,
    /// The words it is marked with, each once and in order.
    pub tags: Vec<ArticleTag>,
    /// Whom it is for, once it is published.
    pub visibility: Visibility,
}

impl Filing {
    /// The same with each tag once and in order, if there are not too many.
    pub(super) fn checked(mut self) -> Result<Self, ArticleError> {
        self.tags.sort_unstable();
        self.tags.dedup();
        if self.tags.len() > MOST_TAGS { Err(ArticleError::TooManyTags) } else { Ok(self) }
    }
}

/// A title: one line of 1 to 200 characters.
///
/// # Errors
/// The rule it breaks.
pub fn parse_title(raw: &str) -> Result<String, BadText> {
    parse_text(raw, 1, LONGEST_TITLE, Lines::One)
}

/// The text of an article: 1 to 65,536 characters of Markdown.
///
/// # Errors
/// The rule it breaks.
pub fn parse_content(raw: &str) -> Result<String, BadText> {
    parse_text(raw, 1, LONGEST_CONTENT, Lines::Many)
}

/// A comment with a vote: 1 to 2,000 characters.
///
/// # Errors
/// The rule it breaks.
pub fn parse_comment(raw: &str) -> Result<String, BadText> {
    parse_text(raw, 1, LONGEST_COMMENT, Lines::Many)
}
