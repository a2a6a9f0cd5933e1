//! The departments as this process trusts them: one that was there a second ago is there.

use domain::access::Department;
use moka::sync::Cache;

use crate::auth::TRUSTED_FOR;
use crate::desk::Desk;
use crate::problem::Answer;

const KEPT: u64 = 1_000;

/// Departments that take tickets, as seen a moment ago.
pub(crate) struct Departments(Cache<Department, ()>);

impl Default for Departments {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(KEPT).time_to_live(TRUSTED_FOR).build())
    }
}

impl Desk {
    /// Whether tickets can be sent to `department` and people can work for it.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn has_department(&self, department: &Department) -> Answer<bool> {
        if self.departments.0.contains_key(department) {
            return Ok(true);
        }
        let there_is = self.commands.has_department(department).await?;
        if there_is {
            self.departments.0.insert(department.clone(), ());
        }
        Ok(there_is)
    }

    /// From now on this process asks the log about every department.
    pub(crate) fn look_at_departments_again(&self) {
        self.departments.0.invalidate_all();
    }
}
