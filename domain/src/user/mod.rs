//! The user: who may sign in, and as what.

mod account;
mod availability;
mod command;
mod error;
mod event;
mod evolution;
mod place;
mod profile;
mod sign_in;
#[cfg(test)]
mod tests;
pub mod token;
#[cfg(test)]
mod token_tests;
mod told;
pub mod values;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use account::Account;
pub use availability::{Availability, Capacity};
pub use command::{Changes, UserCommand};
pub use error::UserError;
pub use event::UserEvent;
pub use place::{Place, PlaceChanges};
pub use profile::{Locale, ProfileChanges, Signature, Timezone};
use token::ApiToken;
pub use told::MOST_MUTED;

use crate::access::{Caller, Department, Reach, Role, Shared};
use crate::id::TicketId;
use crate::notification::preferences::Preferences;
use crate::sealed::Sealed;
use crate::{Decide, Issued};

/// A user's account, as far as its decisions need to remember it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct User {
    account: Option<Account>,
}

type Decision = Result<Vec<UserEvent>, UserError>;

impl User {
    /// Whether the account was ever created.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.account.is_some()
    }

    /// Whether they may sign in.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.is_active)
    }

    /// Whether the account was ended for good.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.is_deleted)
    }

    /// Whether it is a program's, which signs in with no password.
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.is_service)
    }

    /// Whether a person may sign in with it.
    #[must_use]
    pub fn may_sign_in(&self) -> bool {
        self.is_active() && !self.is_service()
    }

    /// Their API tokens that are good at `now`.
    pub fn tokens(&self, now: DateTime<Utc>) -> impl Iterator<Item = &ApiToken> {
        let active = self.account.iter().filter(|account| account.is_active);
        active.flat_map(move |account| account.tokens.good(now))
    }

    /// Their API token `id` with the scopes that count, if it is good at `now`.
    #[must_use]
    pub fn token(&self, id: Uuid, now: DateTime<Utc>) -> Option<ApiToken> {
        self.account.as_ref().and_then(|account| account.good_token(id, now))
    }

    /// Whether the person was erased.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.is_erased)
    }

    /// Whether a second factor is asked for besides the password.
    #[must_use]
    pub fn has_two_factor(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.sign_in.has_two_factor())
    }

    /// The providers where they are linked to an identity.
    #[must_use]
    pub fn providers(&self) -> &[String] {
        self.account.as_ref().map_or(&[], |account| account.sign_in.providers())
    }

    /// What they may do; none without an account.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.account.as_ref().map(|account| account.role)
    }

    /// Its owner as whoever issues commands; none without an account.
    #[must_use]
    pub fn caller(&self) -> Option<Caller> {
        let Account { id, role, departments, place, .. } = self.account.as_ref()?;
        let colleagues = place.organization.map(Shared::nothing_in);
        Some(Caller::Person {
            id: *id,
            role: *role,
            departments: departments.clone(),
            reach: Reach { colleagues, ..Reach::default() },
        })
    }

    /// Where they belong.
    #[must_use]
    pub fn place(&self) -> Place {
        self.account.as_ref().map(|account| account.place).unwrap_or_default()
    }

    /// The departments they work for.
    #[must_use]
    pub fn departments(&self) -> &[Department] {
        self.account.as_ref().map_or(&[], |account| &account.departments)
    }

    /// The name they sign in with; none without an account.
    #[must_use]
    pub fn username(&self) -> Option<&Sealed> {
        self.account.as_ref().map(|account| &account.username)
    }

    /// Their address; none without an account.
    #[must_use]
    pub fn email(&self) -> Option<&Sealed> {
        self.account.as_ref().map(|account| &account.email)
    }

    /// Whether they take tickets, and how many at a time.
    #[must_use]
    pub fn availability(&self) -> Availability {
        self.account.as_ref().map(|account| account.availability).unwrap_or_default()
    }

    /// How and when they want to be told of what happens; none without an account.
    #[must_use]
    pub fn notifications(&self) -> Option<&Preferences> {
        self.account.as_ref().map(|account| account.told.preferences())
    }

    /// Whether they muted `ticket`.
    #[must_use]
    pub fn mutes(&self, ticket: TicketId) -> bool {
        self.account.as_ref().is_some_and(|account| account.told.is_muted(ticket))
    }

    /// The tickets that they muted, the oldest first.
    pub fn muted(&self) -> impl Iterator<Item = TicketId> {
        self.account.iter().flat_map(|account| account.told.muted())
    }

    /// The time zone of their clock: UTC, if they chose none.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.account.as_ref().and_then(Account::profile_zone).unwrap_or(Tz::UTC)
    }

    /// Whether they can sign in and are somebody to whom tickets may be assigned.
    #[must_use]
    pub fn works_on_tickets(&self) -> bool {
        self.may_sign_in() && self.role().is_some_and(Role::works_on_tickets)
    }

    /// Whether they are an administrator who can sign in.
    #[must_use]
    pub fn is_acting_admin(&self) -> bool {
        self.account.as_ref().is_some_and(Account::is_acting_admin)
    }

    /// Whether `command` would leave the desk with one administrator fewer who can sign in.
    #[must_use]
    pub fn loses_an_admin_by(&self, command: &UserCommand) -> bool {
        self.is_acting_admin() && command.takes_an_admin_away()
    }
}

impl Decide for User {
    fn decide(&self, issued: Issued<UserCommand>) -> Decision {
        let Issued { by, at, command, .. } = issued;
        let is_own = self.account.as_ref().is_some_and(|account| by.is(account.id));
        if !command.may_be_asked(&by, is_own) {
            return Err(UserError::Forbidden);
        }
        match (&self.account, command) {
            (Some(account), command) => account.decide(&by, at, command),
            (None, UserCommand::Create { id, username, email, role, departments }) => {
                account::create(id, &username, &email, role, departments)
            }
            (None, UserCommand::SignUp { id, username, email, role, provider, identity }) => {
                let mut events = account::create(id, &username, &email, role, vec![])?;
                events.push(sign_in::linked(id, provider, &identity));
                Ok(events)
            }
            (None, _) => Err(UserError::NotFound),
        }
    }
}

impl Aggregate for User {
    const TYPE: &'static str = "user";
    type Command = Issued<UserCommand>;
    type Event = UserEvent;
    type Error = UserError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), UserError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: UserEvent) {
        match &mut self.account {
            Some(account) => account.apply(event),
            None => self.account = Account::created(event),
        }
    }
}
