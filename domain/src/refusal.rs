//! Why a command is refused, in the one form that every aggregate's refusals share.

use serde_json::{Value, json};

/// The kind of a refusal; the HTTP edge gives each kind its status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The thing does not exist for the caller.
    NotFound,
    /// The caller sees the thing but may not do this to it.
    Forbidden,
    /// The thing's present state does not allow it.
    Conflict,
    /// The command itself is wrong.
    Invalid,
    /// The thing takes no changes at all.
    Locked,
}

/// A refusal that people and programs can act on.
pub trait Refusal: std::error::Error {
    /// Its kind.
    fn kind(&self) -> RefusalKind;
    /// Its stable code on the wire, such as `INVALID_STATUS_TRANSITION`.
    fn code(&self) -> &'static str;
    /// What a program needs to react, such as the allowed values. Never personal data.
    fn details(&self) -> Option<Value> {
        None
    }
}

/// What tells programs which field of a request is wrong: `message` begins with its name. None if it does not.
pub(crate) fn wrong_field(code: &str, message: &str) -> Option<Value> {
    let (field, message) = message.split_once(": ")?;
    Some(json!({ "errors": [{ "field": field, "code": code, "message": message }] }))
}
