//! How the shipped models are trained.

use crate::classifier::{ComplementNaiveBayes, LinearModel, MaximumMargin, Provenance};
use crate::features::Features;
use crate::hash::{START, mix, of, step};
use crate::routing::{NOBODY, Router};

use super::seed::{HARMLESS, PLAIN};
use super::{Labelled, Recipe, Row, Sets, near_duplicates};

/// The version of the models that training makes.
const VERSION: u32 = 1;

/// A trained model, and what it answered on rows while it had not seen them or their near-duplicates.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The model.
    pub model: LinearModel,
    /// The rows of the task, without those that only teach what is harmless.
    pub held_out: Vec<HeldOut>,
    /// How many rows it was trained from, all sets together.
    pub rows: usize,
}

/// A row and what a model that had not seen it made of it.
#[derive(Debug, Clone)]
pub struct HeldOut {
    /// Which set it is from.
    pub set: &'static str,
    /// The place of its label.
    pub label: usize,
    /// What its set says of it beside its label.
    pub kind: String,
    /// The probability of each label.
    pub probabilities: Vec<f32>,
}

/// The names of the topics of tickets, in the order of their set's size.
pub const TOPICS: [&str; 8] = [
    "HR Support",
    "Hardware",
    "Access",
    "Miscellaneous",
    "Storage",
    "Internal Project",
    "Purchase",
    "Administrative rights",
];

/// A row under way into a training.
struct Example<'a> {
    set: &'static str,
    text: &'a str,
    kind: &'a str,
    label: usize,
    weight: f32,
}

/// Texts that are harmless whatever the harm: tickets and questions.
fn harmless(sets: &Sets, weight: f32) -> impl Iterator<Item = Example<'_>> {
    let tickets = sets.tickets.iter().map(|row| ("tickets", row));
    let intents = sets.intents.iter().step_by(4).map(|row| ("intents", row));
    tickets.chain(intents).map(move |(set, row)| Example { set, text: &row.text, kind: "", label: 0, weight })
}

fn own<'a>(set: &'static str, rows: &'a [Labelled], label: impl Fn(&str) -> usize) -> Vec<Example<'a>> {
    let example = |row: &'a Labelled| Example {
        set,
        text: &row.text,
        kind: &row.kind,
        label: label(&row.label),
        weight: 1.0,
    };
    rows.iter().map(example).collect()
}

/// The model that tells spam.
#[must_use]
pub fn train_spam(sets: &Sets, seed: u64) -> Trained {
    let mut examples = own("messages", &sets.messages, |label| usize::from(label == "spam"));
    examples.extend(harmless(sets, 0.3));
    let features = Features { chars: (3, 5), shapes: true, unmasks: true, ..Features::words(17) };
    train("spam", &["ham", "spam"], &recipe(features, 1.0, seed), &examples, vec![0.3, 0.5])
}

/// The model that tells abuse.
#[must_use]
pub fn train_abuse(sets: &Sets, seed: u64) -> Trained {
    let mut examples = own("posts", &sets.posts, |label| usize::from(label != "neither"));
    examples.extend(harmless(sets, 0.3));
    let features = Features { chars: (3, 5), shapes: true, unmasks: true, ..Features::words(18) };
    train("abuse", &["fine", "abusive"], &recipe(features, 0.3, seed), &examples, vec![0.35, 0.6])
}

/// The model that tells orders to a model.
#[must_use]
pub fn train_injection(sets: &Sets, seed: u64) -> Trained {
    let mut examples = own("attacks", &sets.attacks, |label| usize::from(label == "1"));
    for example in &mut examples {
        // An order hidden in a text is often one that anybody gives to a program, such as to sum up a book.
        example.weight = match example.kind {
            "jailbreak" => 3.0,
            kind if kind.starts_with("indirect") => 0.2,
            _ => 1.0,
        };
    }
    let seed_of =
        |text: &'static &'static str| Example { set: "plain", text, kind: "", label: 0, weight: 1.0 };
    examples.extend(HARMLESS.iter().map(seed_of));
    examples.extend(PLAIN.iter().map(|(_, text)| seed_of(text)));
    examples.extend(harmless(sets, 1.0));
    examples.extend(own("messages", &sets.messages, |_| 0).into_iter().step_by(4));
    let features = Features { chars: (3, 5), char_weight: 0.5, unmasks: true, ..Features::words(17) };
    // Jailbreaks are long. Short texts have to be more suspicious: a few words from an order make up most of them.
    let thresholds = vec![0.15, 0.3, 0.5, 0.9];
    train("injection", &["harmless", "attack"], &recipe(features, 1.0, seed), &examples, thresholds)
}

/// The model that tells what a ticket is about.
#[must_use]
pub fn train_category(sets: &Sets, seed: u64) -> Trained {
    let place = |label: &str| TOPICS.iter().position(|topic| *topic == label).unwrap_or_default();
    let examples = own("tickets", &sets.tickets, place);
    train("local-category", &TOPICS, &topical(seed), &examples, Vec::new())
}

/// The model that tells departments: kinds of tickets, each named behind the department it belongs to.
#[must_use]
pub fn train_department(sets: &Sets, seed: u64) -> Trained {
    let kinds: Vec<String> = TOPICS
        .iter()
        .map(|topic| format!("{}/{topic}", if *topic == "HR Support" { "HR" } else { "IT" }))
        .chain(["IT/plain", "HR/plain", NOBODY].map(str::to_owned))
        .collect();
    let (it, hr, nobody) = (TOPICS.len(), TOPICS.len() + 1, TOPICS.len() + 2);
    let place = |label: &str| TOPICS.iter().position(|topic| *topic == label).unwrap_or_default();
    let mut examples = own("tickets", &sets.tickets, place);
    examples.extend(sets.intents.iter().map(|row| {
        let (label, weight) = if row.kind == "work" { (hr, 0.5) } else { (nobody, 0.05) };
        Example { set: "intents", text: &row.text, kind: &row.kind, label, weight }
    }));
    examples.extend(PLAIN.iter().map(|(department, text)| {
        let label = match *department {
            "IT" => it,
            "HR" => hr,
            _ => nobody,
        };
        Example { set: "plain", text, kind: "", label, weight: 4.0 }
    }));
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    train("local-routing", &kinds, &topical(seed), &examples, vec![0.5])
}

/// The router that is shipped.
#[must_use]
pub fn router(department: &Trained, category: &Trained) -> Router {
    Router { department: department.model.clone(), category: Some(category.model.clone()) }
}

fn topical(seed: u64) -> Recipe {
    let features = Features { chars: (2, 4), char_weight: 0.5, ..Features::words(18) };
    let mut recipe = recipe(features, 0.1, seed);
    recipe.bayes.scale = 0.03;
    recipe
}

fn recipe(features: Features, cost: f32, seed: u64) -> Recipe {
    Recipe {
        features,
        least: 2,
        margin: MaximumMargin { cost, balance: 0.5, rounds: 15, seed },
        bayes: ComplementNaiveBayes { smoothing: 0.3, scale: 0.0 },
    }
}

const FOLDS: usize = 5;

fn train(
    name: &str,
    labels: &[&str],
    recipe: &Recipe,
    examples: &[Example<'_>],
    thresholds: Vec<f32>,
) -> Trained {
    let rows: Vec<Row<'_>> = examples
        .iter()
        .map(|example| Row { text: example.text, label: example.label, weight: example.weight })
        .collect();
    let texts: Vec<&str> = examples.iter().map(|example| example.text).collect();
    let (mut model, probabilities) = recipe.train(labels, &rows, &near_duplicates(&texts), FOLDS);
    model.provenance = Provenance { name: name.to_owned(), version: VERSION, data: digest(examples) };
    model.thresholds = thresholds;
    let held_out = examples.iter().zip(probabilities).map(|(example, probabilities)| HeldOut {
        set: example.set,
        label: example.label,
        kind: example.kind.to_owned(),
        probabilities,
    });
    Trained { model, held_out: held_out.collect(), rows: examples.len() }
}

/// The hash of the texts and labels that a model is trained from.
fn digest(examples: &[Example<'_>]) -> String {
    let hash =
        examples.iter().fold(START, |hash, example| step(step(hash, of(example.text)), example.label as u64));
    format!("{:016x}", mix(hash))
}
