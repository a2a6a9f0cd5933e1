//! What is sent of an entry.

use domain::access::Department;
use domain::catalogue::values::{DetailChanges, Parent, parse_address, parse_domain};
use domain::id::{EntryId, UserId};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::fields::ValidationErrors;

/// An entry, or what shall be different about one. Besides `code`, `name` and `active` each catalogue has fields of its
/// own; others are refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EntryFields)]
#[expect(clippy::option_option, reason = "left out, null and a value are three things")]
pub(super) struct SentEntry {
    /// Its code, unique within its catalogue, in any case: needed to add one, and for good.
    #[schema(min_length = 1, max_length = 32, example = "FACILITIES")]
    pub(super) code: Option<String>,
    /// What people call it: needed to add one.
    #[schema(min_length = 1, max_length = 100, example = "Facilities")]
    pub(super) name: Option<String>,
    /// Whether it can be chosen.
    #[schema(example = true)]
    pub(super) active: Option<bool>,
    /// Of departments: whether tickets can be sent to it and people work for it; true unless given.
    takes_tickets: Option<bool>,
    /// Of buildings: where it stands.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 500)]
    address: Option<Option<String>>,
    /// Of categories and teams: the department it belongs to.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Department>)]
    department: Option<Option<String>>,
    /// Of categories: the category above it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<EntryId>)]
    parent_id: Option<Option<Uuid>>,
    /// Of teams: who belongs to it.
    #[schema(value_type = Option<Vec<UserId>>, max_items = 500)]
    member_ids: Option<Vec<Uuid>>,
    /// Of organizations: the domains of its members' addresses.
    #[schema(max_items = 500)]
    domains: Option<Vec<String>>,
}

/// Null is a value here; what is left out is none.
#[expect(clippy::option_option, reason = "left out, null and a value are three things")]
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(given: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(given).map(Some)
}

impl SentEntry {
    /// What it says besides code, name and whether it is active; what is wrong with it is noted.
    pub(super) fn details(&mut self, errors: &mut ValidationErrors) -> DetailChanges {
        let address = self
            .address
            .take()
            .map(|address| address.and_then(|address| errors.check("address", parse_address(&address))));
        let department = self
            .department
            .take()
            .map(|code| code.and_then(|code| errors.check("department", code.parse::<Department>())));
        let domains = self.domains.take().map(|domains| {
            let parsed = domains.iter().enumerate().filter_map(|(number, domain)| {
                errors.check(&format!("domains[{number}]"), parse_domain(domain))
            });
            parsed.collect()
        });
        DetailChanges {
            takes_tickets: self.takes_tickets,
            address,
            department,
            parent: self.parent_id.map(|parent| parent.map(|id| Parent::named(EntryId(id)))),
            member_ids: self.member_ids.take().map(|ids| ids.into_iter().map(UserId).collect()),
            domains,
        }
    }
}
