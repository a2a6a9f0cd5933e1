//! What rooms there are, who may be in them, and what belongs to them.

use std::fmt;

use domain::access::{Caller, Department};
use domain::id::{TicketId, UserId};
use projections::standing::Standing;
use projections::ticket_page::TicketRef;

use super::happened::{About, Happened};
use crate::id::Named as _;

/// What somebody is told who names a room that there is not, or that is not theirs.
pub(super) const ROOMS: &str = "there is no such room for you; rooms are ticket_<TKT-…, number or UUID>, user_me, \
    agents_<DEPARTMENT> for its staff, admin_alerts for administrators";

/// What somebody listens to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Room {
    /// One ticket.
    Ticket(TicketId),
    /// The tickets of a department, and its agents.
    Agents(Department),
    /// What administrators look after.
    AdminAlerts,
    /// The tickets that somebody filed and those assigned to them.
    Me(UserId),
}

/// A room as somebody names it: a ticket's number is not known to be one yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// A ticket's.
    Ticket(TicketRef),
    /// Another.
    Other(Room),
}

/// What the hub hands events out by: rooms, but that nobody is "me" to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    Ticket(TicketId),
    Agents(Department),
    AdminAlerts,
    Person(UserId),
}

impl Named {
    /// The room that `caller` calls `name`; none if there is none of this kind.
    pub(super) fn read(name: &str, caller: &Caller) -> Option<Self> {
        if let Some(ticket) = name.strip_prefix("ticket_") {
            return TicketRef::read(ticket).map(Self::Ticket);
        }
        let room = match (name, name.strip_prefix("agents_")) {
            ("user_me", _) => Room::Me(caller.person()?),
            ("admin_alerts", _) => Room::AdminAlerts,
            (_, Some(code)) => Room::Agents(code.parse().ok()?),
            _ => return None,
        };
        Some(Self::Other(room))
    }
}

impl Room {
    /// Whether `caller` may be in it, as far as their role says that.
    pub(super) fn admits(&self, caller: &Caller) -> bool {
        match self {
            Self::Ticket(_) => true,
            Self::Me(user) => caller.is(*user),
            Self::AdminAlerts => caller.is_admin(),
            Self::Agents(department) => {
                caller.is_admin()
                    || matches!(caller, Caller::Person { departments, .. }
                        if caller.is_staff() && departments.contains(department))
            }
        }
    }

    /// What the hub calls it.
    pub(super) fn topic(&self) -> Topic {
        match self {
            Self::Ticket(ticket) => Topic::Ticket(*ticket),
            Self::Agents(department) => Topic::Agents(department.clone()),
            Self::AdminAlerts => Topic::AdminAlerts,
            Self::Me(user) => Topic::Person(*user),
        }
    }

    /// Whether `happened` belongs to it, on a ticket that stands so.
    pub(super) fn holds(&self, happened: &Happened, standing: Option<&Standing>) -> bool {
        match (self, &happened.about) {
            (Self::Ticket(room), About::Ticket { id, .. }) => room == id,
            (Self::Agents(department), About::Ticket { .. }) => {
                standing.is_some_and(|standing| standing.department.as_ref() == Some(department))
            }
            (Self::Me(me), About::Ticket { .. }) => {
                standing.is_some_and(|standing| standing.requester == *me || standing.assignee == Some(*me))
            }
            (Self::AdminAlerts, About::Ticket { .. }) => happened.is_alert,
            (Self::AdminAlerts, About::Agent { .. } | About::Report { .. }) => true,
            (Self::Agents(department), About::Agent { departments, .. }) => departments.contains(department),
            (Self::Me(me), About::Agent { user, .. } | About::Notification { user }) => me == user,
            (Self::Ticket(_), About::Agent { .. })
            | (Self::Ticket(_) | Self::Agents(_) | Self::Me(_), About::Report { .. })
            | (Self::Ticket(_) | Self::Agents(_) | Self::AdminAlerts, About::Notification { .. }) => false,
        }
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticket(ticket) => write!(f, "ticket_{ticket}"),
            Self::Agents(department) => write!(f, "agents_{department}"),
            Self::AdminAlerts => f.write_str("admin_alerts"),
            Self::Me(_) => f.write_str("user_me"),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::access::{Reach, Role};
    use uuid::Uuid;

    use super::*;

    fn somebody(role: Role, departments: &[&str]) -> Caller {
        let departments = departments.iter().map(|code| code.parse().expect("a code")).collect();
        Caller::Person { id: UserId(Uuid::from_u128(1)), role, departments, reach: Reach::default() }
    }

    #[test]
    fn rooms_are_for_those_they_are_for() {
        let (user, it, admin) =
            (somebody(Role::User, &["IT"]), somebody(Role::ItAgent, &["IT"]), somebody(Role::Admin, &[]));
        for (name, expected) in [
            ("user_me", [true, true, true]),
            ("agents_it", [false, true, true]),
            ("agents_HR", [false, false, true]),
            ("admin_alerts", [false, false, true]),
        ] {
            for (caller, expected) in [&user, &it, &admin].into_iter().zip(expected) {
                let Some(Named::Other(room)) = Named::read(name, caller) else { panic!("{name}") };
                assert_eq!(room.admits(caller), expected, "{name} {caller:?}");
            }
        }
        for bad in ["", "view_1", "ticket_", "ticket_x", "agents_", "agents_a b", "USER_ME", "user_1"] {
            assert_eq!(Named::read(bad, &admin), None, "{bad}");
        }
    }
}
