//! What verifying finds: how far everything is good, and the first thing that is not.

use std::fmt;

use super::SignedHead;
use crate::log::Hash;

/// What a walk through the log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The last position up to which everything is as it was accepted; the events are 1 … n unless an export
    /// begins later.
    pub events: i64,
    /// How many signed heads were met, and good.
    pub heads: i64,
    /// The last good signed head.
    pub head: Option<SignedHead>,
    /// The hash of the last good block.
    pub block_hash: Hash,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The position; the first one if it cannot be told more exactly.
    pub position: i64,
    /// The last position it can be, if it cannot be told exactly.
    pub until: Option<i64>,
    /// The line of the export.
    pub line: Option<u64>,
    /// What is wrong there.
    pub what: String,
}

impl Fault {
    pub(super) fn at(position: i64, what: impl Into<String>) -> Self {
        Self { position, until: None, line: None, what: what.into() }
    }

    pub(super) fn within(position: i64, until: i64, what: impl Into<String>) -> Self {
        Self { until: Some(until).filter(|until| *until > position), ..Self::at(position, what) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}, ")?;
        }
        match self.until {
            Some(until) => write!(f, "positions {} to {until}: {}", self.position, self.what),
            None => write!(f, "position {}: {}", self.position, self.what),
        }
    }
}
