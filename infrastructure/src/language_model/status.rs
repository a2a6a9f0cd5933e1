//! How the language model is doing.

use serde::Serialize;

/// Whether the language model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is asked.
    Closed,
    /// It is left alone, after trouble.
    Open,
    /// It is being found out whether it is well again.
    HalfOpen,
}

/// How the language model is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Whether this process asks it.
    pub state: State,
    /// How many tokens all processes have spent today (UTC), with what is under way.
    pub tokens_today: u64,
    /// How many they may.
    pub tokens_per_day: u64,
    /// Whether this process was refused a question today because that could have been more.
    pub is_spent: bool,
    /// How many requests all processes make in a minute at most.
    pub requests_per_minute: u32,
}
