//! How good answers are, in figures.

mod ranking;
mod verdicts;

pub use ranking::{Ranking, area_under_curve};
pub use verdicts::{ClassFigures, Verdicts};
