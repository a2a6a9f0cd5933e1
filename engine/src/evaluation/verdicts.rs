//! Answers of a classifier against what is true.

use serde::Serialize;

/// How often each class was given for each class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdicts {
    labels: Vec<String>,
    /// For each true class, how often each class was given.
    confusion: Vec<Vec<usize>>,
}

/// How well one class is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassFigures {
    /// The class.
    pub label: String,
    /// Which part of those given it are of it.
    pub precision: f64,
    /// Which part of those of it were given it.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
    /// How many are of it.
    pub rows: usize,
}

impl Verdicts {
    /// No answers yet, between `labels`.
    #[must_use]
    pub fn new(labels: &[&str]) -> Self {
        Self {
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            confusion: vec![vec![0; labels.len()]; labels.len()],
        }
    }

    /// Counts an answer, by the places of both classes.
    pub fn add(&mut self, truth: usize, given: usize) {
        self.confusion[truth][given] += 1;
    }

    /// For each true class, how often each class was given.
    #[must_use]
    pub fn confusion(&self) -> &[Vec<usize>] {
        &self.confusion
    }

    /// The classes, in the order of the confusion.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Which part of all answers is right.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        let right = (0..self.labels.len()).map(|class| self.confusion[class][class]).sum();
        part(right, self.confusion.iter().flatten().sum())
    }

    /// How well each class is told.
    #[must_use]
    pub fn classes(&self) -> Vec<ClassFigures> {
        (0..self.labels.len()).map(|class| self.class(class)).collect()
    }

    /// The mean F1 of the classes that there are rows of.
    #[must_use]
    pub fn macro_f1(&self) -> f64 {
        let present: Vec<f64> =
            self.classes().into_iter().filter(|class| class.rows > 0).map(|class| class.f1).collect();
        if present.is_empty() { 0.0 } else { present.iter().sum::<f64>() / present.len() as f64 }
    }

    fn class(&self, class: usize) -> ClassFigures {
        let right = self.confusion[class][class];
        let rows = self.confusion[class].iter().sum();
        let given: usize = self.confusion.iter().map(|row| row[class]).sum();
        ClassFigures {
            label: self.labels[class].clone(),
            precision: part(right, given),
            recall: part(right, rows),
            f1: part(2 * right, rows + given),
            rows,
        }
    }
}

/// `some` of `all`; 0 of nothing.
pub(super) fn part(some: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { some as f64 / all as f64 }
}
