//! Answers as figures, for programs and for people.

use std::fmt::Write as _;

use engine::evaluation::{Verdicts, area_under_curve};
use serde_json::{Map, Value, json};

/// Answers between classes, each with what it was given by: a score for each class.
#[derive(Debug)]
pub(crate) struct Answers {
    verdicts: Verdicts,
    /// For each row its true class and the scores.
    scored: Vec<(usize, Vec<f32>)>,
}

impl Answers {
    /// No answers yet, between `labels`; of two, the last is what is looked for.
    pub(crate) fn new(labels: &[&str]) -> Self {
        Self { verdicts: Verdicts::new(labels), scored: Vec::new() }
    }

    /// Counts an answer.
    pub(crate) fn add(&mut self, truth: usize, given: usize, scores: Vec<f32>) {
        self.verdicts.add(truth, given);
        self.scored.push((truth, scores));
    }

    /// Counts an answer to a question of yes or no.
    pub(crate) fn decide(&mut self, truth: bool, given: bool, score: f32) {
        self.add(usize::from(truth), usize::from(given), vec![-score, score]);
    }

    /// Every figure; with two classes, precision, recall and AUC are those of the last, else means over all.
    pub(crate) fn figures(&self) -> Map<String, Value> {
        let classes = self.verdicts.classes();
        let labels = self.verdicts.labels();
        let chosen: Vec<usize> = if labels.len() == 2 { vec![1] } else { (0..labels.len()).collect() };
        let present = || chosen.iter().copied().filter(|class| labels.len() == 2 || classes[*class].rows > 0);
        let mean = |of: &dyn Fn(usize) -> f64| mean(present().map(of));
        let areas: Vec<f64> = present().filter_map(|class| self.area(class)).collect();
        let auc = (!areas.is_empty()).then(|| rounded(areas.iter().sum::<f64>() / count(areas.len())));
        let figures = json!({
            "rows": self.scored.len(),
            "accuracy": rounded(self.verdicts.accuracy()),
            "macro_f1": rounded(self.verdicts.macro_f1()),
            "precision": rounded(mean(&|class| classes[class].precision)),
            "recall": rounded(mean(&|class| classes[class].recall)),
            "auc": auc,
            "labels": labels,
            "confusion": self.verdicts.confusion(),
        });
        match figures {
            Value::Object(figures) => figures,
            _ => Map::new(),
        }
    }

    fn area(&self, class: usize) -> Option<f64> {
        let scored: Vec<(f32, bool)> =
            self.scored.iter().map(|(truth, scores)| (scores[class], *truth == class)).collect();
        area_under_curve(&scored)
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / count(values.len()) }
}

/// A count as a divisor.
pub(crate) fn count(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}

/// A figure to four digits.
pub(crate) fn rounded(figure: f64) -> f64 {
    (figure * 10_000.0).round() / 10_000.0
}

/// Which part `some` is of `all`; null of nothing.
pub(crate) fn share(some: usize, all: usize) -> Value {
    if all == 0 { Value::Null } else { json!(rounded(count(some) / count(all))) }
}

/// A report for people: a figure in each line, the baseline beside it.
pub(crate) fn text(report: &Value) -> String {
    let mut out = String::new();
    write_figures(&mut out, report, report.get("baseline"), 0);
    out.trim_end().to_owned()
}

fn write_figures(out: &mut String, figures: &Value, baseline: Option<&Value>, depth: usize) {
    let Some(figures) = figures.as_object() else { return };
    let indent = "  ".repeat(depth);
    for (name, figure) in figures {
        match figure {
            Value::Object(inner) if name == "baseline" && !inner.is_empty() => {}
            Value::Object(_) => {
                let _ = writeln!(out, "{indent}{name}");
                write_figures(out, figure, figure.get("baseline"), depth + 1);
            }
            Value::Array(rows) if name == "confusion" => write_confusion(out, &indent, figures, rows),
            Value::Array(_) => {}
            _ => {
                let shown = figure.as_str().map_or_else(|| figure.to_string(), str::to_owned);
                let beside = baseline.and_then(|baseline| baseline.get(name)).filter(|_| figure.is_f64());
                let beside = beside.map(|beside| format!("   (keywords {beside})")).unwrap_or_default();
                let _ = writeln!(out, "{indent}{name:<22} {shown}{beside}");
            }
        }
    }
}

fn write_confusion(out: &mut String, indent: &str, figures: &serde_json::Map<String, Value>, rows: &[Value]) {
    let labels: Vec<&str> = figures
        .get("labels")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let _ = writeln!(
        out,
        "{indent}confusion: a line for each true label, a column for each given one, in the same order"
    );
    for (label, row) in labels.iter().zip(rows) {
        let _ = write!(out, "{indent}  {label:<22}");
        for count in row.as_array().into_iter().flatten() {
            let _ = write!(out, "{:>6}", count.to_string());
        }
        out.push('\n');
    }
}
