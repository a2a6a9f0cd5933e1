//! Routing: which department a ticket is for, what it is about, and how urgent it is.

mod router;
mod urgency;

use serde::Serialize;

pub use router::Router;
pub use urgency::{Urgency, urgency};

/// The label of texts that are no department's: a person decides where they go.
pub const NOBODY: &str = "nobody";

/// Where a ticket belongs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Routing {
    /// The likeliest department, such as IT or HR.
    pub department: String,
    /// How likely it is the one, against all others and against none.
    pub confidence: f32,
    /// Whether that is likely enough to go by; if not, a person should decide.
    pub is_sure: bool,
    /// What the ticket is about and how likely that is, if the router tells categories.
    pub category: Option<(String, f32)>,
    /// How urgent its words say it is, and by which of them; None if they say nothing.
    pub urgency: Option<(Urgency, Vec<String>)>,
    /// Why this department, for people.
    pub reasons: Vec<String>,
    /// The router's name and version.
    pub model: String,
}
