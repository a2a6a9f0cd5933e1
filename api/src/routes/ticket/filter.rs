//! Which tickets, in which order: the parameters of the list.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use domain::access::Department;
use domain::catalogue::values::Code;
use domain::id::EntryId;
use domain::ticket::values::{Priority, Status, Urgency};
use projections::cursor::Cursor;
use projections::ticket_search::{Filter, Sort, SortBy, Span, order_words};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use uuid::Uuid;

use super::words::{optional, word};
use crate::auth::Signed;
use crate::fields::ValidationErrors;
use crate::problem::{Answer, Problem};

/// The greatest value a cursor can hold: the last microsecond of the year 9999.
const LAST: i64 = 253_402_300_799_999_999;

/// Which tickets. Lists take commas or repeat the parameter, and mean any of their words.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct Which {
    /// In one of these statuses; `new` is another word for `open`.
    #[param(value_type = Vec<Status>)]
    status: Vec<String>,
    /// Of one of these departments.
    #[param(value_type = Vec<Department>)]
    department: Vec<String>,
    /// Of one of these priorities.
    #[param(value_type = Vec<Priority>)]
    priority: Vec<String>,
    /// Of one of these urgencies.
    #[param(value_type = Vec<Urgency>)]
    urgency: Vec<String>,
    /// Assigned to one of these: ids, `me`, or `none` for nobody.
    #[param(example = json!(["me", "none"]))]
    assignee: Vec<String>,
    /// Filed by one of these: ids or `me`.
    #[param(example = json!(["me"]))]
    pub(in crate::routes) requester: Vec<String>,
    /// About one of these categories.
    #[param(value_type = Vec<EntryId>)]
    category: Vec<String>,
    /// In one of these buildings.
    #[param(value_type = Vec<EntryId>)]
    building: Vec<String>,
    /// The work of one of these teams.
    #[param(value_type = Vec<EntryId>)]
    team: Vec<String>,
    /// Filed in one of these organizations.
    #[param(value_type = Vec<EntryId>)]
    organization: Vec<String>,
    /// Marked with one of these tags, by code.
    #[param(example = json!(["VPN"]))]
    tag: Vec<String>,
    /// Followed by the caller: `me`.
    #[param(example = "me")]
    following: Option<String>,
    /// Suspected of misuse, or not; administrators only.
    misuse_flag: Option<bool>,
    /// Filed then or later.
    #[param(value_type = Option<DateTime<Utc>>)]
    created_after: Option<String>,
    /// Filed earlier.
    #[param(value_type = Option<DateTime<Utc>>)]
    created_before: Option<String>,
    /// Last changed then or later.
    #[param(value_type = Option<DateTime<Utc>>)]
    updated_after: Option<String>,
    /// Last changed earlier.
    #[param(value_type = Option<DateTime<Utc>>)]
    updated_before: Option<String>,
    /// By what to sort: `created_at`, `updated_at`, `priority`, `number`, with `-` the greatest first;
    /// `-created_at` unless given.
    #[param(example = json!(["-priority", "created_at"]))]
    sort: Vec<String>,
    /// The page, from 1.
    #[param(minimum = 1)]
    pub(super) page: Option<u32>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    pub(super) limit: Option<u32>,
    /// Where to go on, as `next_cursor` gave it; instead of a page.
    pub(super) cursor: Option<String>,
    /// As it was: at a time (what the desk had recorded by then), or at `position:` and a position of the log. Shows
    /// what the caller saw then of the tickets that they see now.
    #[param(example = "2026-01-01T09:00:00Z")]
    pub(super) as_of: Option<String>,
    /// Only these fields of each ticket.
    #[param(example = json!(["ticket_id", "title"]))]
    pub(super) fields: Vec<String>,
}

impl Which {
    /// The tickets that `signed` asks for.
    pub(super) fn filter(&self, signed: &Signed, errors: &mut ValidationErrors) -> Answer<Filter> {
        if self.misuse_flag.is_some() && !signed.caller.is_admin() {
            return Err(Problem::forbidden("only administrators may filter by misuse_flag"));
        }
        let (unassigned, assignees): (Vec<_>, Vec<_>) =
            self.assignee.iter().cloned().partition(|text| text.eq_ignore_ascii_case("none"));
        Ok(Filter {
            status: words::<Status>(errors, "status", &self.status),
            department: all(errors, "department", &self.department, |text| {
                text.parse().map(|code: Department| code.to_string())
            }),
            priority: words::<Priority>(errors, "priority", &self.priority),
            urgency: words::<Urgency>(errors, "urgency", &self.urgency),
            misuse_flag: self.misuse_flag,
            assignee: people(errors, "assignee", &assignees, signed),
            unassigned: !unassigned.is_empty(),
            requester: people(errors, "requester", &self.requester, signed),
            category: entries(errors, "category", &self.category),
            building: entries(errors, "building", &self.building),
            team: entries(errors, "team", &self.team),
            organization: entries(errors, "organization", &self.organization),
            tag: all(errors, "tag", &self.tag, |text| text.parse().map(|code: Code| code.to_string())),
            follower: optional(errors, "following", self.following.as_deref(), |text| {
                text.eq_ignore_ascii_case("me").then_some(signed.user.0).ok_or("must be me")
            }),
            created: Span {
                after: optional(errors, "created_after", self.created_after.as_deref(), time),
                before: optional(errors, "created_before", self.created_before.as_deref(), time),
            },
            updated: Span {
                after: optional(errors, "updated_after", self.updated_after.as_deref(), time),
                before: optional(errors, "updated_before", self.updated_before.as_deref(), time),
            },
        })
    }

    /// The order they are wanted in.
    pub(super) fn order(&self, errors: &mut ValidationErrors) -> Vec<Sort> {
        let mut order: Vec<Sort> = all(errors, "sort", &self.sort, sort);
        let is_repeated = |n: usize| order[..n].iter().any(|earlier| earlier.by == order[n].by);
        if (0..order.len()).any(is_repeated) {
            errors.add("sort", "invalid", "must not name the same twice");
        }
        if order.is_empty() {
            order.push(Sort { by: SortBy::CreatedAt, descending: true });
        }
        order
    }

    /// Where to go on.
    pub(super) fn after(&self, order: &[Sort], errors: &mut ValidationErrors) -> Option<Cursor> {
        if self.cursor.is_some() && self.page.is_some() {
            errors.add("cursor", "invalid", "goes with no page; give one of them");
        }
        optional(errors, "cursor", self.cursor.as_deref(), |text| {
            Cursor::decode(text, &order_words(order), order.len())
                .filter(|cursor| cursor.values.iter().all(|value| (0..=LAST).contains(value)))
                .ok_or("must be the next_cursor of a list in the same order")
        })
    }
}

/// What each of `texts` says; the first that is wrong is noted.
fn all<T, E: Display>(
    errors: &mut ValidationErrors,
    field: &str,
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, E>,
) -> Vec<T> {
    let parsed: Result<_, E> = texts.iter().map(|text| parse(text)).collect();
    errors.check(field, parsed).unwrap_or_default()
}

/// The words on the wire.
fn words<T>(errors: &mut ValidationErrors, field: &str, texts: &[String]) -> Vec<String>
where
    T: FromStr + DeserializeOwned + Into<&'static str>,
{
    all(errors, field, texts, |text| word::<T>(text).map(|word| word.into().to_owned()))
}

fn people(errors: &mut ValidationErrors, field: &str, texts: &[String], signed: &Signed) -> Vec<Uuid> {
    all(errors, field, texts, |text| match text {
        me if me.eq_ignore_ascii_case("me") => Ok(signed.user.0),
        id => Uuid::try_parse(id).map_err(|_| "must be ids of users, me, or for assignee none"),
    })
}

/// The ids of entries of catalogues.
pub(in crate::routes) fn entries(errors: &mut ValidationErrors, field: &str, texts: &[String]) -> Vec<Uuid> {
    all(errors, field, texts, |text| Uuid::try_parse(text).map_err(|_| "must be ids"))
}

fn sort(text: &str) -> Result<Sort, String> {
    let by = SortBy::parse(text.strip_prefix('-').unwrap_or(text));
    let by =
        by.ok_or_else(|| format!("must be some of {}, each with - or without", SortBy::WORDS.join(", ")))?;
    Ok(Sort { by, descending: text.starts_with('-') })
}

/// A moment; a `+` that arrived as a space counts as one.
fn time(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let time =
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc3339(&text.replace(' ', "+")));
    time.map(|time| time.to_utc()).map_err(|_| "must be a time such as 2026-01-01T09:00:00Z")
}
