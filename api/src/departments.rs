//! The departments as this process trusts them: what was so a second ago is so.

use std::sync::Arc;

use domain::access::Department;
use domain::id::EntryId;
use moka::sync::Cache;

use crate::auth::TRUSTED_FOR;
use crate::desk::Desk;
use crate::problem::Answer;

const KEPT: u64 = 1_000;

/// Departments as seen a moment ago.
pub(crate) struct Departments {
    /// Those that take tickets.
    there: Cache<Department, ()>,
    /// Those whose tickets the members of an organization see of each other.
    shared: Cache<EntryId, Arc<[Department]>>,
}

impl Default for Departments {
    fn default() -> Self {
        Self {
            there: Cache::builder().max_capacity(KEPT).time_to_live(TRUSTED_FOR).build(),
            shared: Cache::builder().max_capacity(KEPT).time_to_live(TRUSTED_FOR).build(),
        }
    }
}

impl Desk {
    /// Whether tickets can be sent to `department` and people can work for it.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn has_department(&self, department: &Department) -> Answer<bool> {
        if self.departments.there.contains_key(department) {
            return Ok(true);
        }
        let there_is = self.commands.has_department(department).await?;
        if there_is {
            self.departments.there.insert(department.clone(), ());
        }
        Ok(there_is)
    }

    /// The departments whose tickets the members of `organization` see of each other.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(crate) async fn shared_departments(&self, organization: EntryId) -> Answer<Vec<Department>> {
        if let Some(known) = self.departments.shared.get(&organization) {
            return Ok(known.to_vec());
        }
        let shared = self.commands.shared_departments(organization).await?;
        self.departments.shared.insert(organization, shared.clone().into());
        Ok(shared)
    }

    /// From now on this process asks the log about every department.
    pub(crate) fn look_at_departments_again(&self) {
        self.departments.there.invalidate_all();
        self.departments.shared.invalidate_all();
    }
}
