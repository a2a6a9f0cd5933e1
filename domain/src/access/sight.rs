//! Which tickets somebody sees: the one predicate of visibility.

use crate::access::Department;
use crate::id::{EntryId, UserId};

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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    /// For agents: which tickets they see.
    pub agents: AgentVisibility,
    /// For requesters: the organization they belong to, and what it lets them see.
    pub colleagues: Option<Shared>,
}

/// What the members of an organization see of each other's tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The organization.
    pub organization: EntryId,
    /// The departments whose tickets they see; none of those that no department has yet.
    pub departments: Vec<Department>,
}

impl Shared {
    /// Nothing is known yet of what `organization` shares.
    #[must_use]
    pub fn nothing_in(organization: EntryId) -> Self {
        Self { organization, departments: vec![] }
    }
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
    /// A requester's whose organization shares tickets: their own, and those that were filed in the organization
    /// and are with one of the departments.
    Colleagues {
        /// The requester.
        user: UserId,
        /// Whose tickets, and of which departments.
        shared: Shared,
    },
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
    /// The organization it was filed in.
    pub organization: Option<EntryId>,
}

impl Sight {
    /// Whether a ticket is within sight.
    #[must_use]
    pub fn sees(&self, ticket: Whose<'_>) -> bool {
        let is_with = |departments: &[Department]| {
            ticket.department.is_some_and(|department| departments.contains(department))
        };
        match self {
            Self::Everything => true,
            Self::Own(user) => ticket.requester == *user,
            Self::Colleagues { user, shared } => {
                ticket.requester == *user
                    || (ticket.organization == Some(shared.organization) && is_with(&shared.departments))
            }
            Self::Desk { agent, departments } => {
                ticket.requester == *agent || ticket.assignee == Some(*agent) || is_with(departments)
            }
        }
    }

    /// Whether internal notes on a ticket within sight are theirs to read: staff's, but not an agent's about
    /// themselves.
    #[must_use]
    pub fn reads_internal(&self, requester: UserId, assignee: Option<UserId>) -> bool {
        match self {
            Self::Everything => true,
            Self::Own(_) | Self::Colleagues { .. } => false,
            Self::Desk { agent, .. } => requester != *agent || assignee == Some(*agent),
        }
    }

    /// Whether a reader of a ticket within sight learns that `follower` follows it, who sees as far as `theirs`. Of those who
    /// see it, staff learn of all, and everybody else of themselves. Who does not see it any more is not told of it either.
    #[must_use]
    pub fn shows_follower(&self, follower: UserId, theirs: &Self, ticket: Whose<'_>) -> bool {
        theirs.sees(ticket)
            && (self.person() == Some(follower) || self.reads_internal(ticket.requester, ticket.assignee))
    }

    /// Whose sight it is; none for whoever sees everything.
    #[must_use]
    pub fn person(&self) -> Option<UserId> {
        match self {
            Self::Everything => None,
            Self::Own(user) | Self::Colleagues { user, .. } | Self::Desk { agent: user, .. } => Some(*user),
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
        let ticket =
            |requester, department, assignee| Whose { requester, department, assignee, organization: None };
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
        let reach = Reach { agents: AgentVisibility::Assigned, ..Reach::default() };
        let person =
            |role| Caller::Person { id: ivan, role, departments: vec![it.clone()], reach: reach.clone() };
        let ticket =
            |requester, assignee| Whose { requester, department: Some(&it), assignee, organization: None };
        for role in [Role::ItAgent, Role::Agent] {
            let sight = person(role).sight();
            assert!(!sight.sees(ticket(ada, None)));
            assert!(sight.sees(ticket(ada, Some(ivan))) && sight.sees(ticket(ivan, None)));
        }
        assert_eq!(person(Role::Admin).sight(), Sight::Everything);
        assert_eq!(person(Role::User).sight(), Sight::Own(ivan));
    }

    #[test]
    fn staff_learn_who_follows_and_everybody_else_whether_they_do() {
        let [ada, ivan, hana] = [1, 2, 3].map(|n| UserId(Uuid::from_u128(n)));
        let [it, hr] = ["IT", "HR"].map(|code| code.parse::<Department>().expect("a code"));
        let desk =
            |agent, department: &Department| Sight::Desk { agent, departments: vec![department.clone()] };
        let (of_ada, of_ivan, of_hana) = (Sight::Own(ada), desk(ivan, &it), desk(hana, &hr));
        let ticket = Whose { requester: ada, department: Some(&it), assignee: None, organization: None };
        assert!(
            of_ivan.shows_follower(ada, &of_ada, ticket) && of_ivan.shows_follower(ivan, &of_ivan, ticket)
        );
        assert!(of_ada.shows_follower(ada, &of_ada, ticket));
        assert!(!of_ada.shows_follower(ivan, &of_ivan, ticket), "which staff follow");
        assert!(!Sight::Everything.shows_follower(hana, &of_hana, ticket), "who does not see it");
        let own = Whose { requester: ivan, ..ticket };
        assert!(
            !of_ivan.shows_follower(hana, &Sight::Everything, own),
            "an agent's own is like a requester's"
        );
    }

    #[test]
    fn colleagues_see_what_their_organization_shares_and_no_more() {
        let [ada, eve] = [1, 2].map(|n| UserId(Uuid::from_u128(n)));
        let [acme, other] = [3, 4].map(|n| EntryId(Uuid::from_u128(n)));
        let [it, hr] = ["IT", "HR"].map(|code| code.parse::<Department>().expect("a code"));
        let member = |role, departments: &[&Department]| {
            let departments = departments.iter().copied().cloned().collect();
            let reach =
                Reach { colleagues: Some(Shared { organization: acme, departments }), ..Reach::default() };
            Caller::Person { id: eve, role, departments: vec![], reach }.sight()
        };
        let filed = |requester, department, organization| Whose {
            requester,
            department,
            assignee: None,
            organization,
        };
        let sight = member(Role::User, &[&it]);
        assert!(sight.sees(filed(ada, Some(&it), Some(acme))));
        assert!(sight.sees(filed(eve, None, None)) && sight.sees(filed(eve, Some(&hr), Some(other))));
        for hidden in [
            filed(ada, Some(&hr), Some(acme)),
            filed(ada, None, Some(acme)),
            filed(ada, Some(&it), Some(other)),
            filed(ada, Some(&it), None),
        ] {
            assert!(!sight.sees(hidden), "{hidden:?}");
        }
        assert_eq!(member(Role::User, &[]), Sight::Own(eve));
        assert!(!member(Role::Agent, &[&it]).sees(filed(ada, Some(&it), Some(acme))), "staff see as staff");
    }
}
