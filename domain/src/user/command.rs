//! What can be asked of a user's account.

use uuid::Uuid;

use super::availability::Capacity;
use super::place::PlaceChanges;
use super::profile::ProfileChanges;
use super::sign_in;
use super::token::ApiToken;
use super::values::{EmailAddress, ErasureReason, Identity, PasswordChange, Username};
use crate::access::{Caller, Department, Role};
use crate::id::{TicketId, UserId};
use crate::notification::preferences::Preferences;

/// What can be asked of a user's account.
#[derive(Debug, Clone, PartialEq)]
pub enum UserCommand {
    /// Give somebody an account. Name and address are unique: the log decides that with the append.
    Create {
        /// Their identity.
        id: UserId,
        /// The name they sign in with.
        username: Username,
        /// Their address.
        email: EmailAddress,
        /// What they may do.
        role: Role,
        /// The departments they work for; follows from the role for `it_agent` and `hr_agent`.
        departments: Vec<Department>,
    },
    /// Say of an account that it is a program's, which signs in with no password.
    DeclareServiceAccount,
    /// Let a program act as them. Their own to ask; for service accounts an administrator's.
    IssueToken(ApiToken),
    /// Let it not do so any more. Their own to ask, and an administrator's.
    RevokeToken(Uuid),
    /// Let them do something else.
    ChangeRole {
        /// What.
        role: Role,
        /// The departments they work for.
        departments: Vec<Department>,
    },
    /// Change whatever is given. A new name or address is unique: the log decides that with the append.
    Edit(Box<Changes>),
    /// Change what is theirs alone to choose.
    SetProfile(Box<ProfileChanges>),
    /// Say whether they take tickets, and how many at a time; what is not given stays.
    SetAvailability {
        /// Whether.
        is_available: Option<bool>,
        /// How many.
        capacity: Option<Capacity>,
    },
    /// Let them sign in no more.
    Deactivate,
    /// Let them sign in again.
    Activate,
    /// Sign in with another password from now on; their own to ask, and an administrator's. The password itself is
    /// nobody's business here.
    ChangePassword {
        /// How it came to be another one.
        how: PasswordChange,
    },
    /// End the account for good. Its name and its address stay taken.
    Delete,
    /// Let everything personal about them be destroyed, for ever. Their own to ask, and an administrator's.
    Erase {
        /// Why.
        reason: ErasureReason,
        /// Whether another administrator can sign in; the append insists on that one's version.
        another_admin: bool,
    },
    /// Give an account to somebody whom a provider vouches for. Name, address and identity are unique.
    SignUp {
        /// Their identity on the desk.
        id: UserId,
        /// The name they sign in with.
        username: Username,
        /// Their address.
        email: EmailAddress,
        /// What they may do: a role whose departments follow from it.
        role: Role,
        /// The provider, as the desk's configuration names it.
        provider: String,
        /// Who they are there.
        identity: Identity,
    },
    /// Let them sign in as whom a provider knows; their own to ask. The identity is unique.
    LinkIdentity {
        /// The provider, as the desk's configuration names it.
        provider: String,
        /// Who they are there.
        identity: Identity,
    },
    /// Let them sign in there no more; their own to ask, and an administrator's.
    UnlinkIdentity {
        /// The provider, as the desk's configuration names it.
        provider: String,
    },
    /// Ask for a second factor from now on; their own to ask.
    EnableTwoFactor,
    /// Ask for none any more; their own to ask, and an administrator's.
    DisableTwoFactor,
    /// Replace their recovery codes; their own to ask.
    MakeRecoveryCodes,
    /// Sign in with a recovery code instead of the second factor; their own to ask.
    UseRecoveryCode,
    /// Be told otherwise; their own to ask.
    SetNotifications(Box<Preferences>),
    /// Be told of a ticket no more, or again; their own to ask.
    Mute {
        /// The ticket.
        ticket: TicketId,
        /// Whether it is muted from now on.
        is_muted: bool,
    },
}

/// What an administrator changes about an account; what is not given stays.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// Another name to sign in with.
    pub username: Option<Username>,
    /// Another address.
    pub email: Option<EmailAddress>,
    /// Another role.
    pub role: Option<Role>,
    /// Other departments to work for.
    pub departments: Option<Vec<Department>>,
    /// How many tickets at a time.
    pub capacity: Option<Capacity>,
    /// Where they belong.
    pub place: PlaceChanges,
    /// Whether an administrator chose another password for them, which itself is nobody's business here.
    pub new_password: bool,
}

impl UserCommand {
    /// Whether `by` may ask it of an account, which `is_own` says to be theirs.
    pub(super) fn may_be_asked(&self, by: &Caller, is_own: bool) -> bool {
        match self {
            Self::SetProfile(_) | Self::SetNotifications(_) | Self::Mute { .. } => is_own,
            Self::Erase { .. }
            | Self::SetAvailability { .. }
            | Self::IssueToken(_)
            | Self::RevokeToken(_)
            | Self::ChangePassword { .. } => is_own || by.is_admin(),
            _ if sign_in::is_about(self) => is_own || by.is_admin(),
            _ => by.is_admin(),
        }
    }

    /// Whether an administrator to whom it is done is none any more, or cannot sign in.
    pub(super) fn takes_an_admin_away(&self) -> bool {
        match self {
            Self::Deactivate | Self::Delete | Self::Erase { .. } => true,
            Self::ChangeRole { role, .. } => *role != Role::Admin,
            Self::Edit(changes) => changes.role.is_some_and(|role| role != Role::Admin),
            _ => false,
        }
    }
}
