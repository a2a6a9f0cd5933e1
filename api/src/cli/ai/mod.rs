//! `ledgerdesk ai`: what the local engine's models are worth, how they are trained, and which of a desk's own is in use.

pub(crate) mod args;
mod cards;
pub(crate) mod evaluate;
mod files;
pub(crate) mod models;
pub(crate) mod train;
