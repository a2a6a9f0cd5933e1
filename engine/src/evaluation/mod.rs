//! How good answers are, in figures.

pub mod baseline;
mod ranking;
mod verdicts;

pub use ranking::{Ranking, area_under_curve};
pub use verdicts::{ClassFigures, Verdicts};
