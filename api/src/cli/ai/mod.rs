//! `ledgerdesk ai`: what the local engine's models are worth, and how they are trained.

pub(crate) mod args;
mod cards;
pub(crate) mod evaluate;
mod files;
pub(crate) mod train;
