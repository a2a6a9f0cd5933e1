//! Retrieval: which article answers a question, by its words alone.

mod chunks;
mod index;
mod terms;

pub use index::{Document, Hit, Index, Tuning};
pub(crate) use terms::terms;
