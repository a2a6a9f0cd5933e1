//! How the relay is doing: told to readiness, metrics and the log.

use serde::Serialize;
use tokio::sync::watch;

use super::trouble::Trouble;

/// What the relay is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum State {
    /// It waits for NATS or for the database.
    Waiting,
    /// It publishes what comes.
    Relaying,
    /// Another process publishes; this one looks on.
    StandingBy,
    /// The stream is not a copy of the log: it publishes nothing until somebody puts that right.
    Stopped,
}

/// How the relay is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// What it is at.
    pub state: State,
    /// Everything up to here is known to be in the stream.
    pub position: i64,
    /// What it waits for, or why it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Tells how the relay is doing.
pub(super) struct Telling(watch::Sender<Status>);

impl Telling {
    pub(super) fn new() -> Self {
        let telling = Self(watch::Sender::new(Status { state: State::Waiting, position: 0, reason: None }));
        metrics::gauge!("ledgerdesk_relay_stopped").set(0);
        metrics::counter!("ledgerdesk_relay_errors_total").increment(0);
        telling
    }

    pub(super) fn watch(&self) -> watch::Receiver<Status> {
        self.0.subscribe()
    }

    pub(super) fn position(&self) -> i64 {
        self.0.borrow().position
    }

    /// The stream holds everything up to `position`, and the log reaches `head`.
    pub(super) fn reached(&self, position: i64, head: i64) {
        let number = |count: i64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        #[expect(clippy::cast_precision_loss, reason = "exact up to nine quadrillion events")]
        metrics::gauge!("ledgerdesk_relay_position").set(position as f64);
        metrics::gauge!("ledgerdesk_relay_lag_events").set(number((head - position).max(0)));
        self.0.send_if_modified(|status| std::mem::replace(&mut status.position, position) != position);
    }

    /// The relay is at `state` now, and well.
    pub(super) fn well(&self, state: State) {
        if self.change(state, None) {
            let state: &'static str = state.into();
            tracing::info!(state, position = self.position(), "The relay goes on");
        }
    }

    /// The relay met `trouble`; said in the log once, however often it is met.
    pub(super) fn trouble(&self, trouble: &Trouble) {
        metrics::counter!("ledgerdesk_relay_errors_total").increment(1);
        let reason = trouble.to_string();
        match trouble {
            Trouble::Refused(_) if self.change(State::Stopped, Some(&reason)) => {
                tracing::error!(reason, "The relay to NATS stopped");
            }
            Trouble::Away(_) | Trouble::Moved if self.change(State::Waiting, Some(&reason)) => {
                tracing::warn!(reason, "The relay waits");
            }
            _ => {}
        }
    }

    fn change(&self, state: State, reason: Option<&str>) -> bool {
        metrics::gauge!("ledgerdesk_relay_stopped").set(f64::from(u8::from(state == State::Stopped)));
        self.0.send_if_modified(|status| {
            let changed = status.state != state || status.reason.as_deref() != reason;
            (status.state, status.reason) = (state, reason.map(str::to_owned));
            changed
        })
    }
}
