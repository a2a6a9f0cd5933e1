//! Who may see and do what: roles, departments and the one predicate of visibility.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::id::UserId;

/// What a user may do.
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
    strum::EnumIter,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", ascii_case_insensitive)]
pub enum Role {
    /// Files tickets and sees their own (`customer` is accepted as another word for it).
    #[serde(alias = "customer")]
    #[strum(to_string = "user", serialize = "customer")]
    User,
    /// An agent of the department IT.
    ItAgent,
    /// An agent of the department HR.
    HrAgent,
    /// An agent of any other set of departments.
    Agent,
    /// Sees and does everything.
    Admin,
}

impl Role {
    /// The word on the wire, such as `it_agent`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether this is one of the agents' roles.
    #[must_use]
    pub fn is_agent(self) -> bool {
        matches!(self, Self::ItAgent | Self::HrAgent | Self::Agent)
    }
}

/// A department's code, such as `IT`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Department(String);

impl Department {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Department {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a department's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a department's code has 1 to 32 letters, digits, '-' or '_'")]
pub struct NotADepartment;

impl FromStr for Department {
    type Err = NotADepartment;

    fn from_str(text: &str) -> Result<Self, NotADepartment> {
        let code = text.trim().to_ascii_uppercase();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if code.is_empty() || code.len() > 32 || !code.bytes().all(allowed) {
            return Err(NotADepartment);
        }
        Ok(Self(code))
    }
}

impl TryFrom<String> for Department {
    type Error = NotADepartment;

    fn try_from(text: String) -> Result<Self, NotADepartment> {
        text.parse()
    }
}

impl From<Department> for String {
    fn from(department: Department) -> Self {
        department.0
    }
}

/// Who issues a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A signed-in person.
    Person {
        /// Who.
        id: UserId,
        /// As what.
        role: Role,
        /// For agents: the departments they work for.
        departments: Vec<Department>,
    },
    /// The desk itself; the word says which part of it (`first_start`, `demo`, `auto_close` …).
    System(&'static str),
}

impl Caller {
    /// The person, unless it is the desk itself.
    #[must_use]
    pub fn person(&self) -> Option<UserId> {
        match self {
            Self::Person { id, .. } => Some(*id),
            Self::System(_) => None,
        }
    }

    /// Whether this is `user`.
    #[must_use]
    pub fn is(&self, user: UserId) -> bool {
        self.person() == Some(user)
    }

    /// Whether this is an administrator or the desk itself.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        matches!(self, Self::System(_) | Self::Person { role: Role::Admin, .. })
    }

    /// Whether this is an agent, an administrator or the desk itself.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.is_admin() || matches!(self, Self::Person { role, .. } if role.is_agent())
    }

    /// Which tickets this caller sees.
    #[must_use]
    pub fn sight(&self) -> Sight {
        match self {
            Self::System(_) | Self::Person { role: Role::Admin, .. } => Sight::Everything,
            Self::Person { id, role, departments } if role.is_agent() => {
                Sight::Desk { agent: *id, departments: departments.clone() }
            }
            Self::Person { id, .. } => Sight::Own(*id),
        }
    }

    /// What the log records about who acted.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self {
            Self::System(_) => Actor { kind: ActorKind::System, id: None },
            Self::Person { id, role, .. } => {
                let kind = match role {
                    Role::User => ActorKind::User,
                    Role::Admin => ActorKind::Admin,
                    Role::ItAgent | Role::HrAgent | Role::Agent => ActorKind::Agent,
                };
                Actor { kind, id: Some(id.0) }
            }
        }
    }
}

/// As what somebody acted.
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
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ActorKind {
    /// A requester.
    User,
    /// An agent.
    Agent,
    /// An administrator.
    Admin,
    /// The desk itself.
    System,
}

/// Who acted, as the log keeps it: no names, only identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Actor {
    /// As what.
    pub kind: ActorKind,
    /// Which person; none for the desk itself.
    pub id: Option<Uuid>,
}

/// Which tickets somebody sees. The one predicate of visibility: commands ask [`Sight::sees`], queries
/// translate the same variants into SQL in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Every ticket.
    Everything,
    /// An agent's: their departments' tickets, those assigned to them and those they filed.
    Desk {
        /// The agent.
        agent: UserId,
        /// Their departments.
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
    use super::*;

    #[test]
    fn a_department_is_read_in_any_case() {
        assert_eq!("it".parse::<Department>().map(String::from), Ok("IT".to_owned()));
        assert_eq!("I T".parse::<Department>(), Err(NotADepartment));
        assert_eq!("".parse::<Department>(), Err(NotADepartment));
    }

    #[test]
    fn customer_is_another_word_for_user() {
        assert_eq!("customer".parse::<Role>(), Ok(Role::User));
        assert_eq!("IT_AGENT".parse::<Role>(), Ok(Role::ItAgent));
        assert_eq!(Role::User.as_str(), "user");
    }

    #[test]
    fn an_agent_sees_the_department_s_the_assigned_and_their_own() {
        let [ada, ivan] = [1, 2].map(|n| UserId(Uuid::from_u128(n)));
        let [it, hr] = ["IT", "HR"].map(|code| code.parse::<Department>().expect("a code"));
        let sight = Caller::Person { id: ivan, role: Role::ItAgent, departments: vec![it.clone()] }.sight();
        let ticket = |requester, department, assignee| Whose { requester, department, assignee };
        assert!(sight.sees(ticket(ada, Some(&it), None)));
        assert!(sight.sees(ticket(ada, Some(&hr), Some(ivan))));
        assert!(sight.sees(ticket(ivan, None, None)));
        assert!(!sight.sees(ticket(ada, Some(&hr), None)));
        assert!(!sight.sees(ticket(ada, None, None)));
    }
}
