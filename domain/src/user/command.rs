//! What can be asked of a user's account.

use uuid::Uuid;

use super::token::ApiToken;
use super::values::{EmailAddress, ErasureReason, Identity, PasswordChange, Username};
use crate::access::{Department, Role};
use crate::id::UserId;

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
}
