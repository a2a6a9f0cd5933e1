//! Linear classifiers over hashed features: small, quick, and explained by their weights.

mod bayes;
mod file;
mod linear;
mod margin;
mod online;

pub use bayes::ComplementNaiveBayes;
pub use file::Provenance;
pub use linear::LinearModel;
pub use margin::MaximumMargin;

pub(crate) use linear::{Idf, Vector, softmax};
