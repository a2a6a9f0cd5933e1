//! What is sent of an entry.

use std::mem::take;

use domain::access::Department;
use domain::catalogue::values::{DetailChanges, Parent, parse_address, parse_domain};
use domain::change::Change;
use domain::id::{EntryId, UserId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::fields::ValidationErrors;

/// An entry, or what shall be different about one. Besides `code`, `name` and `active` each catalogue has fields of its
/// own; others are refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EntryFields)]
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
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 500)]
    address: Change<String>,
    /// Of categories and teams: the department it belongs to.
    #[serde(default)]
    #[schema(value_type = Option<Department>)]
    department: Change<String>,
    /// Of categories: the category above it.
    #[serde(default)]
    #[schema(value_type = Option<EntryId>)]
    parent_id: Change<Uuid>,
    /// Of teams: who belongs to it.
    #[schema(value_type = Option<Vec<UserId>>, max_items = 500)]
    member_ids: Option<Vec<Uuid>>,
    /// Of organizations: the domains of its members' addresses.
    #[schema(max_items = 500)]
    domains: Option<Vec<String>>,
    /// Of organizations: the departments whose tickets its members see of each other; none unless given.
    #[schema(max_items = 500, example = json!(["IT"]))]
    shared_departments: Option<Vec<Department>>,
}

impl SentEntry {
    /// What it says besides code, name and whether it is active; what is wrong with it is noted.
    pub(super) fn details(&mut self, errors: &mut ValidationErrors) -> DetailChanges {
        // What is wrong is noted, and then nothing is done with the rest.
        let address = take(&mut self.address).parse(|address| parse_address(&address));
        let address = errors.check("address", address).unwrap_or_default();
        let department = take(&mut self.department).parse(|code| code.parse::<Department>());
        let department = errors.check("department", department).unwrap_or_default();
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
            parent: take(&mut self.parent_id).map(|id| Parent::named(EntryId(id))),
            member_ids: self.member_ids.take().map(|ids| ids.into_iter().map(UserId).collect()),
            domains,
            shared_departments: self.shared_departments.take(),
        }
    }
}
