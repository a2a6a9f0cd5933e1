//! What people can have done besides changing tickets and accounts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::values::{AuditPart, ExportedData, Revocation, SecondFactor, SignInMethod, SignInRefusal};
use crate::event::{Event, StoredEvent, StreamType, version_of};
use crate::id::UserId;
use crate::sealed::Sealed;

/// What people can have done besides changing tickets and accounts. Names and what was shown to sign in are never
/// in it; where somebody was and with what is sealed with their own key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum ActivityEvent {
    /// Somebody signed in.
    SignedIn {
        /// Who.
        user: UserId,
        /// How they showed who they are.
        method: SignInMethod,
        /// What they showed besides.
        second_factor: Option<SecondFactor>,
        /// The sign-in that began.
        session: Uuid,
        /// From which address.
        address: Sealed,
        /// With which program.
        device: Option<Sealed>,
    },
    /// Somebody was not let in.
    SignInRefused {
        /// Whose account it was about; none if nobody's.
        user: Option<UserId>,
        /// How they wanted to show who they are.
        method: SignInMethod,
        /// Why not.
        why: SignInRefusal,
        /// From which address; none if the account is nobody's.
        address: Option<Sealed>,
        /// With which program.
        device: Option<Sealed>,
    },
    /// Somebody signed out.
    SignedOut {
        /// Who.
        user: UserId,
        /// The sign-in that ended; none for an access token that belonged to none.
        session: Option<Uuid>,
    },
    /// A sign-in was ended from elsewhere.
    SessionRevoked {
        /// Whose.
        user: UserId,
        /// Which.
        session: Uuid,
        /// Why.
        why: Revocation,
    },
    /// A refresh token was shown that had been renewed long before: somebody has a copy, and the sign-in has ended.
    TokenReused {
        /// Whose it was.
        user: UserId,
        /// The sign-in that ended.
        session: Uuid,
        /// From which address it was shown.
        address: Sealed,
        /// With which program.
        device: Option<Sealed>,
    },
    /// An administrator gave somebody back the failed attempts to sign in that counted against them.
    AttemptsForgiven {
        /// Whom.
        user: UserId,
    },
    /// Somebody signed in asked for what their role does not allow.
    AccessRefused {
        /// Who.
        user: UserId,
        /// The method and the pattern of the path, such as `GET /api/v1/users/{id}`.
        operation: String,
    },
    /// Data was taken out of the desk.
    Exported {
        /// What.
        what: ExportedData,
        /// About whom, if it is about one person.
        about: Option<UserId>,
    },
    /// The record of what people did was looked at.
    AuditRead {
        /// Which.
        what: AuditPart,
        /// About whom, if it is about one person.
        about: Option<UserId>,
    },
}

impl ActivityEvent {
    /// The person whom it is about; none if it is about nobody in particular.
    #[must_use]
    pub fn about(&self) -> Option<UserId> {
        match self {
            Self::SignedIn { user, .. }
            | Self::SignedOut { user, .. }
            | Self::SessionRevoked { user, .. }
            | Self::TokenReused { user, .. }
            | Self::AttemptsForgiven { user }
            | Self::AccessRefused { user, .. } => Some(*user),
            Self::SignInRefused { user, .. } => *user,
            Self::Exported { about, .. } | Self::AuditRead { about, .. } => *about,
        }
    }
}

impl From<ActivityEvent> for Event {
    fn from(event: ActivityEvent) -> Self {
        Self::Activity(event)
    }
}

impl StoredEvent for ActivityEvent {
    const STREAM: StreamType = StreamType::Activity;
    const TYPES: &'static [(&'static str, i16)] = &[
        ("SignedIn", 1),
        ("SignInRefused", 1),
        ("SignedOut", 1),
        ("SessionRevoked", 1),
        ("TokenReused", 1),
        ("AttemptsForgiven", 1),
        ("AccessRefused", 1),
        ("Exported", 1),
        ("AuditRead", 1),
    ];

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::Activity(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for ActivityEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
