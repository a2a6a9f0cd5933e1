//! Whether somebody takes tickets, and how many at a time.

use serde::{Deserialize, Serialize};

use super::UserEvent;

/// How many tickets somebody has on their desk at a time before no more are assigned to them: 1 to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Capacity(u16);

impl Capacity {
    /// What holds until somebody says otherwise.
    pub const DEFAULT: Self = Self(20);
    /// The most there can be.
    pub const MOST: u16 = 1_000;

    /// Reads a capacity.
    ///
    /// # Errors
    /// What it must be.
    pub fn parse(raw: u16) -> Result<Self, &'static str> {
        if (1..=Self::MOST).contains(&raw) { Ok(Self(raw)) } else { Err("must be 1 to 1000") }
    }

    /// The number of tickets.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

/// Whether somebody takes tickets, and how many at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    /// Whether they take tickets.
    pub is_available: bool,
    /// How many at a time.
    pub capacity: Capacity,
}

impl Default for Availability {
    /// Whoever said nothing takes tickets.
    fn default() -> Self {
        Self { is_available: true, capacity: Capacity::DEFAULT }
    }
}

impl Availability {
    /// What leads from this to `wanted`.
    pub(super) fn change(self, wanted: Self) -> Vec<UserEvent> {
        if wanted == self {
            return vec![];
        }
        let Self { is_available, capacity } = wanted;
        vec![UserEvent::AvailabilityChanged { is_available, capacity: capacity.get() }]
    }
}
