//! The engine from outside, with texts of our own.

mod evaluation;
mod models;
mod retrieval;
mod routing;
mod screening;
mod training;
