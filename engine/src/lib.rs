//! What the desk can tell of texts by itself: whether a ticket is harmful, where it belongs, which article answers a question.
//!
//! Pure computing over small model files: no I/O, no clock, no chance but from a seed.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of texts are small, and hashes are meant to be cut"
)]

mod bytes;
pub mod classifier;
pub mod clusters;
mod engine;
pub mod evaluation;
mod features;
mod hash;
pub mod retrieval;
pub mod routing;
pub mod screening;
mod text;
pub mod training;

pub use bytes::Malformed;
pub use engine::Engine;
pub use features::Features;
