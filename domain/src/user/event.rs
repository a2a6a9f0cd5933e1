//! What can have happened to a user.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::evolution::STEPS;
use super::values::{ErasureReason, PasswordChange};
use crate::access::{Department, Role};
use crate::event::{Event, StoredEvent, StreamType, version_of};
use crate::evolution::Step;
use crate::id::{EntryId, TicketId};
use crate::notification::preferences::Preferences;
use crate::scope::Scope;
use crate::sealed::Sealed;

/// What can have happened to a user. Passwords and tokens are rows beside the log, never events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum UserEvent {
    /// Somebody got an account.
    UserCreated {
        /// The name they sign in with.
        username: Sealed,
        /// Their address.
        email: Sealed,
        /// What they may do.
        role: Role,
        /// For agents: the departments they work for.
        departments: Vec<Department>,
    },
    /// They may do something else from now on.
    RoleChanged {
        /// What.
        role: Role,
        /// For agents: the departments they work for.
        departments: Vec<Department>,
    },
    /// They sign in with another name from now on; the former one is free again.
    UserRenamed {
        /// The name.
        username: Sealed,
    },
    /// They have another address from now on; the former one is free again.
    EmailChanged {
        /// The address.
        email: Sealed,
    },
    /// They chose something about themselves; all of it is repeated as it is from now on.
    ProfileChanged {
        /// The language they read, such as `pt-BR`.
        locale: Option<Sealed>,
        /// The zone their times are shown in, such as `Europe/Berlin`.
        timezone: Option<Sealed>,
        /// What they end their messages with.
        signature: Option<Sealed>,
    },
    /// They belong elsewhere; all of it is repeated as it is from now on.
    UserPlaced {
        /// The building they are in.
        building: Option<EntryId>,
        /// The organization they belong to.
        organization: Option<EntryId>,
    },
    /// They take tickets from now on, or no more, or another number at a time.
    AvailabilityChanged {
        /// Whether tickets may be assigned to them.
        is_available: bool,
        /// How many they have on their desk at a time before no more are.
        capacity: u16,
    },
    /// They may not sign in any more.
    UserDeactivated {},
    /// They may sign in again.
    UserActivated {},
    /// The account is a program's: it signs in with no password, only its API tokens are good.
    ServiceAccountDeclared {},
    /// An API token of theirs is good from now on. Its secret is beside the log, as a hash.
    ApiTokenIssued {
        /// The token's identity.
        token_id: Uuid,
        /// What it may be used for.
        scopes: Vec<Scope>,
        /// When it ends.
        expires_at: DateTime<Utc>,
        /// How many requests it may make in a window, if fewer than its owner's tokens may together.
        max_requests: Option<u32>,
    },
    /// An API token of theirs is not good any more.
    ApiTokenRevoked {
        /// The token's identity.
        token_id: Uuid,
    },
    /// They sign in with another password from now on.
    PasswordChanged {
        /// How it came to be another one.
        how: PasswordChange,
    },
    /// The account is ended for good. Its name and its address stay taken.
    UserDeleted {},
    /// They are erased: their name and address are free again, their key is destroyed next, and what it sealed
    /// cannot be read any more.
    UserErased {
        /// Why.
        reason: ErasureReason,
    },
    /// They sign in as whom a provider knows from now on, too.
    IdentityLinked {
        /// The provider, as the desk's configuration names it.
        provider: String,
        /// Who they are there: the issuer and its subject, with a space between.
        identity: Sealed,
    },
    /// They sign in there no more.
    IdentityUnlinked {
        /// The provider, as the desk's configuration names it.
        provider: String,
    },
    /// Their password alone signs them in no more: a second factor is asked for.
    TwoFactorEnabled {},
    /// No second factor is asked for any more.
    TwoFactorDisabled {},
    /// They got new recovery codes; earlier ones are good no more.
    RecoveryCodesMade {},
    /// A recovery code stood in for their second factor; it is used up.
    RecoveryCodeUsed {},
    /// They want to be told otherwise; all of it is repeated as it is from now on.
    NotificationPreferencesChanged {
        /// How and when.
        preferences: Preferences,
    },
    /// They do not want to be told of a ticket, unless they themselves are meant.
    TicketMuted {
        /// The ticket.
        ticket: TicketId,
    },
    /// They want to be told of it again.
    TicketUnmuted {
        /// The ticket.
        ticket: TicketId,
    },
}

impl From<UserEvent> for Event {
    fn from(event: UserEvent) -> Self {
        Self::User(event)
    }
}

impl StoredEvent for UserEvent {
    const STREAM: StreamType = StreamType::User;
    const TYPES: &'static [(&'static str, i16)] = &[
        ("UserCreated", 1),
        ("RoleChanged", 1),
        ("UserRenamed", 1),
        ("EmailChanged", 1),
        ("ProfileChanged", 1),
        ("UserPlaced", 1),
        ("AvailabilityChanged", 1),
        ("UserDeactivated", 1),
        ("UserActivated", 1),
        ("ServiceAccountDeclared", 1),
        ("ApiTokenIssued", 3),
        ("ApiTokenRevoked", 1),
        ("PasswordChanged", 1),
        ("UserDeleted", 1),
        ("UserErased", 1),
        ("IdentityLinked", 1),
        ("IdentityUnlinked", 1),
        ("TwoFactorEnabled", 1),
        ("TwoFactorDisabled", 1),
        ("RecoveryCodesMade", 1),
        ("RecoveryCodeUsed", 1),
        ("NotificationPreferencesChanged", 1),
        ("TicketMuted", 1),
        ("TicketUnmuted", 1),
    ];
    const STEPS: &'static [Step] = STEPS;

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::User(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for UserEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
