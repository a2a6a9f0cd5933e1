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
//! | [`catalogue`] | departments, buildings, categories, teams, organizations, tags |
//! | [`setting`] | what administrators decide while the desk runs |
//! | [`activity`] | who came in, went out, was refused and looked at what |
//! | [`workload`] | what is assigned to an agent |
//! | [`webhook`] | whom outside the desk tells of events |
//! | [`notification`] | whom of its people the desk tells of events, how and when |
//! | [`knowledge`] | articles, and what readers make of them |
//! | [`chat`] | what somebody asked the desk itself, and its answers |
//! | [`suggestion`] | replies suggested to agents, and what they made of them |
//! | [`misuse`] | what speaks for misuse of the desk, and reports of it |
//! | [`schedule`] | when something is due that is done once a day |
//! | [`share`] | parts of a whole, as events and answers give them |
//! | [`trend`] | what is on the rise: how many tickets are usual, and when there are too many more |
//! | [`access`] | roles, departments, who sees which ticket |
//! | [`scope`] | what an API token is for |
//! | [`change`] | what a request says about a value that may be absent |
//! | [`event`] | any event of any aggregate, its stored form and the envelope around it |
//! | [`evolution`] | how events stored by earlier versions are read, and shown to older consumers |
//! | [`redaction`] | what is taken out of a text before it leaves the desk |
//! | [`sealed`] | personal text, which the log only ever holds encrypted |

pub mod access;
pub mod activity;
pub mod attachment;
pub mod catalogue;
pub mod change;
pub mod chat;
pub mod conversation;
pub mod event;
mod event_parts;
pub mod evolution;
pub mod id;
pub mod knowledge;
pub mod misuse;
pub mod notification;
pub mod redaction;
pub mod refusal;
pub mod schedule;
pub mod scope;
pub mod sealed;
pub mod setting;
pub mod share;
pub mod suggestion;
pub mod text;
pub mod ticket;
pub mod trend;
pub mod user;
pub mod webhook;
pub mod workload;

use chrono::{DateTime, Utc};

use crate::access::Caller;
use crate::setting::Terms;

/// A command with who issued it and when.
#[derive(Debug, Clone)]
pub struct Issued<C> {
    /// Who asks.
    pub by: Caller,
    /// When it happened in the world: what the resulting events carry as `occurred_at`.
    pub at: DateTime<Utc>,
    /// What administrators set and rules depend on.
    pub terms: Terms,
    /// What is asked.
    pub command: C,
}

impl<C> Issued<C> {
    /// `command`, issued by `by` at `at` where nobody set anything else than the defaults.
    #[must_use]
    pub fn new(by: Caller, at: DateTime<Utc>, command: C) -> Self {
        Self { by, at, terms: Terms::default(), command }
    }
}

/// What the log's use cases need of an aggregate beyond [`cqrs_es::Aggregate`]: the pure decision.
pub trait Decide: cqrs_es::Aggregate {
    /// The events that follow when `issued` reaches this state; none when it is already so.
    ///
    /// # Errors
    /// The aggregate's refusal, when its rules forbid the command.
    fn decide(&self, issued: Self::Command) -> Result<Vec<Self::Event>, Self::Error>;
}
