//! Which tickets somebody sees: the one predicate of visibility.

use crate::access::Department;
use crate::id::UserId;

/// Which tickets agents see besides those they filed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, strum::IntoStaticStr, strum::EnumString, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum AgentVisibility {
    /// Those of their departments and those assigned to them.
    #[default]
    Department,
    /// Those assigned to them.
    Assigned,
}

/// How far somebody sees beyond what is theirs, as the desk is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// For agents: which tickets they see.
    pub agents: AgentVisibility,
}

/// Which tickets somebody sees. The one predicate of visibility: commands ask [`Sight::sees`], queries
/// translate the same variants into SQL in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Every ticket.
    Everything,
    /// An agent's: the tickets of departments, those assigned to them and those they filed.
    Desk {
        /// The agent.
        agent: UserId,
        /// The departments whose tickets they see: theirs, or none.
        departments: Vec<Department>,
    },
    /// A requester's: their own tickets.
    Own(UserId),
}

/// What visibility depends on.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    /// Who filed the ticket.
    pub requester: UserId,
    /// The department it is routed to.
    pub department: Option<&'a Department>,
    /// The agent it is assigned to.
    pub assignee: Option<UserId>,
}

impl Sight {
    /// Whether a ticket is within sight.
    #[must_use]
    pub fn sees(&self, ticket: Whose<'_>) -> bool {
        match self {
            Self::Everything => true,
            Self::Own(user) => ticket.requester == *user,
            Self::Desk { agent, departments } => {
                ticket.requester == *agent
                    || ticket.assignee == Some(*agent)
                    || ticket.department.is_some_and(|department| departments.contains(department))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::access::{Caller, Role};

    #[test]
    fn an_agent_sees_the_department_s_the_assigned_and_their_own() {
        let [ada, ivan] = [1, 2].map(|n| UserId(Uuid::from_u128(n)));
        let [it, hr] = ["IT", "HR"].map(|code| code.parse::<Department>().expect("a code"));
        let sight = Caller::Person {
            id: ivan,
            role: Role::ItAgent,
            departments: vec![it.clone()],
            reach: Reach::default(),
        }
        .sight();
        let ticket = |requester, department, assignee| Whose { requester, department, assignee };
        assert!(sight.sees(ticket(ada, Some(&it), None)));
        assert!(sight.sees(ticket(ada, Some(&hr), Some(ivan))));
        assert!(sight.sees(ticket(ivan, None, None)));
        assert!(!sight.sees(ticket(ada, Some(&hr), None)));
        assert!(!sight.sees(ticket(ada, None, None)));
    }

    #[test]
    fn where_only_the_assigned_is_seen_an_agent_sees_no_department_s() {
        let [ada, ivan] = [1, 2].map(|n| UserId(Uuid::from_u128(n)));
        let it: Department = "IT".parse().expect("a code");
        let reach = Reach { agents: AgentVisibility::Assigned };
        let person = |role| Caller::Person { id: ivan, role, departments: vec![it.clone()], reach };
        let ticket = |requester, assignee| Whose { requester, department: Some(&it), assignee };
        for role in [Role::ItAgent, Role::Agent] {
            let sight = person(role).sight();
            assert!(!sight.sees(ticket(ada, None)));
            assert!(sight.sees(ticket(ada, Some(ivan))) && sight.sees(ticket(ivan, None)));
        }
        assert_eq!(person(Role::Admin).sight(), Sight::Everything);
        assert_eq!(person(Role::User).sight(), Sight::Own(ivan));
    }
}
