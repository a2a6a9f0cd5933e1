//! REST over the help desk.
//!
//! | module | what it is |
//! |---|---|
//! | [`desk`] | the desk at work: everything a route can reach, from opening to closing |
//! | [`routes`] | one file per endpoint, and how to write one |
//! | [`auth`] | who asks: `Signed`, `Staff`, `Admin`, `EventReader`, `Auditor`, `Insider` |
//! | [`api_tokens`] | what programs show instead of signing in: whom a token signs in, and what for |
//! | `activity`, `guesses` | what is noted of people; how often a secret may be guessed at |
//! | [`address`] | where a request comes from |
//! | [`context`] | what a command needs to know of its request: `Asked`; the `ETag`: `Version` |
//! | [`body`], [`query`], [`id`], [`page`], [`fields`] | reading a request strictly, and saying all that is wrong with it |
//! | [`problem`] | what went wrong, as the caller is told |
//! | [`settle`] | answers wait until the read models show what they are about |
//! | [`idempotency`] | the same `Idempotency-Key`, the same answer |
//! | `mentions` | who may be meant by what a message says |
//! | `followers` | who is shown as a follower of a ticket, and to whom |
//! | `drafts` | what people are writing and have not sent |
//! | `mail`, `letters` | what the desk writes to people |
//! | `notifications` | whom the desk tells of events, and what it says to them |
//! | `misuse` | who seems to misuse the desk: found once a day, and when asked |
//! | `codes`, `resets` | what proves an address, and replaces a forgotten password |
//! | `answers`, `chats` | answers from the knowledge base, drafts, and who may go on with which chat |
//! | [`models`] | models of routing that the desk trains itself |
//! | `afterwards` | work that is done after its answer |
//! | [`layers`] | what every request passes through; serving until told to stop |
//! | `feed`, `consumers` | the log as a stream for other programs |
//! | `sockets` | the WebSocket: what happens, as it happens |
//! | [`export`] | everything stored about a person, as one document |
//! | `openapi` | the document that describes all of it |
//! | [`schemas`], `asyncapi` | what events look like to readers, and the channels they leave by |

mod activity;
pub mod address;
mod afterwards;
mod answers;
pub mod api_tokens;
mod asyncapi;
mod attachments;
pub mod auth;
pub mod body;
mod chats;
mod codes;
mod consumers;
pub mod context;
mod credentials;
mod departments;
pub mod desk;
mod drafts;
mod envelope;
pub mod exchange;
pub mod export;
mod feed;
pub mod fields;
mod first_start;
mod followers;
mod guesses;
pub mod id;
pub mod idempotency;
pub mod layers;
mod letters;
mod mail;
mod mentions;
mod misuse;
pub mod models;
mod notifications;
mod oidc_flows;
mod openapi;
mod other_tickets;
pub mod page;
pub mod problem;
mod put_back;
pub mod query;
mod rebuilds;
mod required_factor;
mod resets;
mod return_path;
pub mod routes;
pub mod schemas;
mod second_factor;
mod seen;
mod sessions;
mod settings;
pub mod settle;
mod sockets;
mod triage;
mod views;

pub use crate::asyncapi::asyncapi;
pub use crate::desk::{Desk, Running};
pub use crate::layers::serve;
pub use crate::sessions::end_sign_ins;

/// Everything the desk answers over HTTP.
pub fn router(desk: Desk) -> axum::Router {
    let routes = routes::everywhere(desk.clone());
    layers::around(desk, routes)
}

/// The document that describes it.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes::documented().1
}
