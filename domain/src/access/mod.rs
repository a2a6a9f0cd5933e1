//! Who may see and do what: roles, departments and the one predicate of visibility.

mod sight;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::sight::{AgentVisibility, Reach, Shared, Sight, Whose};
use crate::id::{EntryId, UserId};

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
    strum::VariantNames,
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

    /// Whether tickets may be assigned to somebody of this role.
    #[must_use]
    pub fn works_on_tickets(self) -> bool {
        self.is_agent() || self == Self::Admin
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
        /// How far they see.
        reach: Reach,
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

    /// The organization that a person belongs to.
    #[must_use]
    pub fn organization(&self) -> Option<EntryId> {
        match self {
            Self::Person { reach, .. } => reach.colleagues.as_ref().map(|shared| shared.organization),
            Self::System(_) => None,
        }
    }

    /// The same caller, who sees so far.
    #[must_use]
    pub fn reaching(mut self, far: Reach) -> Self {
        if let Self::Person { reach, .. } = &mut self {
            *reach = far;
        }
        self
    }

    /// Which tickets this caller sees.
    #[must_use]
    pub fn sight(&self) -> Sight {
        match self {
            Self::System(_) | Self::Person { role: Role::Admin, .. } => Sight::Everything,
            Self::Person { id, role, departments, reach } if role.is_agent() => {
                let departments = match reach.agents {
                    AgentVisibility::Department => departments.clone(),
                    AgentVisibility::Assigned => vec![],
                };
                Sight::Desk { agent: *id, departments }
            }
            Self::Person { id, reach, .. } => match &reach.colleagues {
                Some(shared) if !shared.departments.is_empty() => {
                    Sight::Colleagues { user: *id, shared: shared.clone() }
                }
                _ => Sight::Own(*id),
            },
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
}
