//! The words of an entry: its kind, its code, and what it says besides its name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator as _;
use utoipa::ToSchema;

use crate::access::Department;
use crate::change::Change;
use crate::id::{EntryId, UserId};
use crate::text::{BadText, Lines, parse_text};

/// How many members or domains an entry has at most.
pub const MOST_LISTED: usize = 500;
/// How many categories stand above one at most.
pub const DEEPEST: usize = 8;

/// Which catalogue an entry belongs to.
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
    strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum EntryKind {
    /// Who works on tickets.
    Department,
    /// Where people are.
    Building,
    /// What tickets are about.
    Category,
    /// Agents who work together.
    Team,
    /// Where requesters belong.
    Organization,
    /// A word that tickets are marked with.
    Tag,
}

impl EntryKind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// The word on the wire, such as `department`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The same for several, such as `categories`.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Department => "departments",
            Self::Building => "buildings",
            Self::Category => "categories",
            Self::Team => "teams",
            Self::Organization => "organizations",
            Self::Tag => "tags",
        }
    }

    /// The fields of [`Details`] that say something about an entry of this kind.
    #[must_use]
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Department => &["takes_tickets"],
            Self::Building => &["address"],
            Self::Category => &["department", "parent_id"],
            Self::Team => &["department", "member_ids"],
            Self::Organization => &["domains", "shared_departments"],
            Self::Tag => &[],
        }
    }
}

/// An entry's code within its catalogue, in upper case; of the form that departments' codes have.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Code(String);

/// The text is not a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to 32 letters, digits, '-' or '_'")]
pub struct NotACode;

impl Code {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Code {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        text.parse::<Department>().map(Self::from).map_err(|_| NotACode)
    }
}

impl TryFrom<String> for Code {
    type Error = NotACode;

    fn try_from(text: String) -> Result<Self, NotACode> {
        text.parse()
    }
}

impl From<Department> for Code {
    fn from(department: Department) -> Self {
        Self(department.into())
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.0
    }
}

/// What an entry says besides its name; [`EntryKind::fields`] says which of it belongs to which kind, the rest is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Details {
    /// Of departments: whether tickets can be sent to it and people work for it.
    pub takes_tickets: bool,
    /// Of buildings: where it stands.
    pub address: Option<String>,
    /// Of categories and teams: the department it belongs to.
    pub department: Option<Department>,
    /// Of categories: the category above it.
    pub parent_id: Option<EntryId>,
    /// Of teams: who belongs to it.
    pub member_ids: Vec<UserId>,
    /// Of organizations: the domains of its members' addresses.
    pub domains: Vec<String>,
    /// Of organizations: the departments whose tickets its members see of each other.
    pub shared_departments: Vec<Department>,
}

/// The fields of [`Details`] that shall be different; none of them leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DetailChanges {
    /// Whether it takes tickets.
    pub takes_tickets: Option<bool>,
    /// Where it stands, or nowhere.
    pub address: Change<String>,
    /// The department it belongs to, or none.
    pub department: Change<Department>,
    /// The category above it, or none.
    pub parent: Change<Parent>,
    /// Who belongs to it.
    pub member_ids: Option<Vec<UserId>>,
    /// The domains of its members' addresses.
    pub domains: Option<Vec<String>>,
    /// The departments whose tickets its members see of each other.
    pub shared_departments: Option<Vec<Department>>,
}

/// A category that another one is put below, as the catalogue knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Which.
    pub id: EntryId,
    /// Whether it is an active category.
    pub is_active: bool,
    /// The categories above it, the nearest first.
    pub above: Vec<EntryId>,
}

impl Parent {
    /// The category of this id, of which nothing is known yet.
    #[must_use]
    pub fn named(id: EntryId) -> Self {
        Self { id, is_active: false, above: vec![] }
    }

    /// Whether `entry` can be put below it without standing above itself.
    pub(super) fn can_hold(&self, entry: EntryId) -> bool {
        self.is_active && self.id != entry && !self.above.contains(&entry) && self.above.len() < DEEPEST
    }
}

impl DetailChanges {
    /// The names of the fields that are given.
    pub(super) fn given(&self) -> impl Iterator<Item = &'static str> {
        [
            ("takes_tickets", self.takes_tickets.is_some()),
            ("address", self.address.is_given()),
            ("department", self.department.is_given()),
            ("parent_id", self.parent.is_given()),
            ("member_ids", self.member_ids.is_some()),
            ("domains", self.domains.is_some()),
            ("shared_departments", self.shared_departments.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
    }

    /// `details` with these changes.
    pub(super) fn on(self, details: &Details) -> Details {
        Details {
            takes_tickets: self.takes_tickets.unwrap_or(details.takes_tickets),
            address: self.address.of(details.address.clone()),
            department: self.department.of(details.department.clone()),
            parent_id: self.parent.map(|parent| parent.id).of(details.parent_id),
            member_ids: one_of_each(self.member_ids, &details.member_ids),
            domains: one_of_each(self.domains, &details.domains),
            shared_departments: one_of_each(self.shared_departments, &details.shared_departments),
        }
    }
}

/// What is given, or else what there is, in order.
fn one_of_each<T: Ord + Clone>(given: Option<Vec<T>>, now: &[T]) -> Vec<T> {
    let mut list = given.unwrap_or_else(|| now.to_vec());
    list.sort_unstable();
    list.dedup();
    list
}

/// A name: one line of 1 to 100 characters.
///
/// # Errors
/// The rule it breaks.
pub fn parse_name(raw: &str) -> Result<String, BadText> {
    parse_text(raw, 1, 100, Lines::One)
}

/// An address of a building: 1 to 500 characters.
///
/// # Errors
/// The rule it breaks.
pub fn parse_address(raw: &str) -> Result<String, BadText> {
    parse_text(raw, 1, 500, Lines::Many)
}

/// A domain of e-mail addresses, in lower case.
///
/// # Errors
/// What it must look like.
pub fn parse_domain(raw: &str) -> Result<String, &'static str> {
    const RULE: &str = "must be a domain, such as example.com";
    let domain = raw.trim().to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let good = domain.len() <= 253 && domain.contains('.') && domain.split('.').all(is_label);
    if good { Ok(domain) } else { Err(RULE) }
}
