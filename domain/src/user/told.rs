//! What somebody wants to be told, and what not.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Decision, UserError, UserEvent};
use crate::id::TicketId;
use crate::notification::preferences::Preferences;

/// How many tickets somebody mutes at most.
pub const MOST_MUTED: usize = 1_000;

/// What an account remembers of it, to tell a change from a repetition.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Told {
    preferences: Preferences,
    muted: BTreeSet<TicketId>,
}

impl Told {
    /// How and when they want to be told.
    pub(super) fn preferences(&self) -> &Preferences {
        &self.preferences
    }

    /// Whether they muted `ticket`.
    pub(super) fn is_muted(&self, ticket: TicketId) -> bool {
        self.muted.contains(&ticket)
    }

    /// The tickets that they muted, the oldest first.
    pub(super) fn muted(&self) -> impl Iterator<Item = TicketId> {
        self.muted.iter().copied()
    }

    /// What follows when they want `preferences`.
    pub(super) fn change(&self, preferences: Preferences) -> Vec<UserEvent> {
        if preferences == self.preferences {
            return vec![];
        }
        vec![UserEvent::NotificationPreferencesChanged { preferences }]
    }

    /// What follows when `ticket` shall be muted, or not.
    pub(super) fn mute(&self, ticket: TicketId, is_muted: bool) -> Decision {
        match (self.is_muted(ticket), is_muted) {
            (true, true) | (false, false) => Ok(vec![]),
            (true, false) => Ok(vec![UserEvent::TicketUnmuted { ticket }]),
            (false, true) if self.muted.len() >= MOST_MUTED => Err(UserError::TooManyMuted),
            (false, true) => Ok(vec![UserEvent::TicketMuted { ticket }]),
        }
    }

    pub(super) fn apply(&mut self, event: UserEvent) {
        match event {
            UserEvent::NotificationPreferencesChanged { preferences } => self.preferences = preferences,
            UserEvent::TicketMuted { ticket } => {
                self.muted.insert(ticket);
            }
            UserEvent::TicketUnmuted { ticket } => {
                self.muted.remove(&ticket);
            }
            _ => {}
        }
    }
}
