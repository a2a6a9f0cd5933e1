//! Routing that learns from a desk's own corrections.

use crate::classifier::{ComplementNaiveBayes, MaximumMargin, Provenance};
use crate::features::Features;
use crate::routing::Router;

use super::{Recipe, Row, near_duplicates};

/// How a router is trained.
#[derive(Debug, Clone)]
pub struct RouterOptions<'a> {
    /// The router to learn on from, such as the shipped one; without it all is learned from the examples.
    pub base: Option<&'a Router>,
    /// What the labels of the examples are.
    pub kind: Kind,
    /// The version of the router that comes out.
    pub version: u32,
    /// Where the order of the examples comes from.
    pub seed: u64,
}

/// What labels say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Which department a text is for.
    #[default]
    Department,
    /// What a text is about; needs a router to begin with.
    Category,
}

impl Default for RouterOptions<'_> {
    fn default() -> Self {
        Self { base: None, kind: Kind::default(), version: 1, seed: 1 }
    }
}

/// Why there is no router.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CannotTrain {
    /// With fewer than two labels there is nothing to tell apart.
    #[error("there are fewer than two labels to tell apart")]
    TooFewLabels,
    /// More labels than a model holds.
    #[error("there are more than 256 labels")]
    TooManyLabels,
    /// Categories stand beside departments, and there are none.
    #[error("categories need a router to begin with")]
    NoBase,
}

/// A router that goes by `examples`, each a text and its label. Labels that the base does not know start from nothing.
///
/// The same examples, options and program give the same router.
///
/// # Errors
/// If there are not enough labels, or too many.
pub fn train_router(examples: &[(&str, &str)], options: &RouterOptions<'_>) -> Result<Router, CannotTrain> {
    let base = options.base.map(|base| match options.kind {
        Kind::Department => Some(&base.department),
        Kind::Category => base.category.as_ref(),
    });
    let mut labels: Vec<String> = base.flatten().map(|model| model.labels().to_vec()).unwrap_or_default();
    let known = labels.len();
    for (_, label) in examples {
        if !labels.iter().any(|one| one == label) {
            labels.push((*label).to_owned());
        }
    }
    labels[known..].sort();
    if labels.len() < 2 {
        return Err(CannotTrain::TooFewLabels);
    }
    if labels.len() > 256 {
        return Err(CannotTrain::TooManyLabels);
    }
    let place = |label: &str| labels.iter().position(|one| one == label).unwrap_or_default();
    let examples: Vec<(&str, usize)> = examples.iter().map(|(text, label)| (*text, place(label))).collect();
    let mut model = match base.flatten() {
        Some(model) => {
            let mut model = model.with_labels(labels);
            model.learn(&examples, ROUNDS, RATE, options.seed);
            model
        }
        None => from_nothing(&labels, &examples, options.seed),
    };
    let name = if options.kind == Kind::Department { "local-routing" } else { "local-category" };
    model.provenance = Provenance { name: name.to_owned(), version: options.version, data: String::new() };
    match (options.kind, options.base) {
        (Kind::Department, base) => {
            Ok(Router { department: model, category: base.and_then(|base| base.category.clone()) })
        }
        (Kind::Category, Some(base)) => {
            Ok(Router { department: base.department.clone(), category: Some(model) })
        }
        (Kind::Category, None) => Err(CannotTrain::NoBase),
    }
}

const ROUNDS: u32 = 10;
const RATE: f32 = 1.0;
const FOLDS: usize = 5;

fn from_nothing(labels: &[String], examples: &[(&str, usize)], seed: u64) -> crate::classifier::LinearModel {
    let recipe = Recipe {
        features: Features { chars: (3, 5), char_weight: 0.5, ..Features::words(17) },
        least: 1,
        margin: MaximumMargin { cost: 0.3, balance: 0.5, rounds: 15, seed },
        bayes: ComplementNaiveBayes { smoothing: 1.0, scale: 0.0 },
    };
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let rows: Vec<Row<'_>> =
        examples.iter().map(|(text, label)| Row { text, label: *label, weight: 1.0 }).collect();
    let texts: Vec<&str> = examples.iter().map(|(text, _)| *text).collect();
    let (mut model, _) = recipe.train(&labels, &rows, &near_duplicates(&texts), FOLDS);
    model.thresholds = vec![0.6];
    model
}
