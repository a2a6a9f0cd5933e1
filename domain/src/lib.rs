//! The rules of the help desk, and nothing else: given a state and a command, which events follow.
//!
//! Everything here is pure. Time, ids and who is asking are arguments; nothing reads a clock, draws a
//! random number or performs I/O, so every decision can be repeated years later with the same result.
//!
//! | module | what it holds |
//! |---|---|
//! | [`ticket`] | a requester's problem, from creation to closing |
//! | [`conversation`] | the messages on a ticket |
//! | [`user`] | who may sign in, and as what |
//! | [`access`] | roles, departments, who sees which ticket |
//! | [`scope`] | what an API token is for |
//! | [`event`] | any event of any aggregate, its stored form and the envelope around it |
//! | [`evolution`] | how events stored by earlier versions are read, and shown to older consumers |
//! | [`sealed`] | personal text, which the log only ever holds encrypted |

pub mod access;
pub mod conversation;
pub mod event;
pub mod evolution;
pub mod id;
pub mod refusal;
pub mod scope;
pub mod sealed;
pub mod text;
pub mod ticket;
pub mod user;

use chrono::{DateTime, Utc};

use crate::access::Caller;

/// A command with who issued it and when.
#[derive(Debug, Clone)]
pub struct Issued<C> {
    /// Who asks.
    pub by: Caller,
    /// When it happened in the world: what the resulting events carry as `occurred_at`.
    pub at: DateTime<Utc>,
    /// What is asked.
    pub command: C,
}

/// What the log's use cases need of an aggregate beyond [`cqrs_es::Aggregate`]: the pure decision.
pub trait Decide: cqrs_es::Aggregate {
    /// The events that follow when `issued` reaches this state; none when it is already so.
    ///
    /// # Errors
    /// The aggregate's refusal, when its rules forbid the command.
    fn decide(&self, issued: Self::Command) -> Result<Vec<Self::Event>, Self::Error>;
}
