//! What the rules and use cases stand on: the log on PostgreSQL, the projection runner, keys, tokens,
//! passwords, configuration, outgoing mail, the relay to NATS, the language model.

pub mod attachments;
pub mod audit;
mod background;
pub mod config;
pub mod database;
pub mod erasure;
pub mod handler;
pub mod jobs;
pub mod keys;
pub mod language_model;
mod lease;
pub mod log;
pub mod mail;
pub mod network;
pub mod oidc;
pub mod outbound;
pub mod password;
pub mod private_postgres;
pub mod projection;
pub mod push;
pub mod rate_limit;
pub mod reachable;
pub mod relay;
pub mod secrets;
pub mod telemetry;
pub mod token;
pub mod two_factor;
pub mod webhook;
