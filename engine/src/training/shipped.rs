//! How the shipped models are trained.

use crate::classifier::{ComplementNaiveBayes, LinearModel, MaximumMargin, Provenance};
use crate::features::Features;
use crate::hash::{START, mix, of, step};
use crate::routing::{NOBODY, Router};
use crate::screening::{is_short, thresholds};

use super::seed::{HARMLESS, PLAIN};
use super::thresholds::of_injection;
use super::triggers::{has_trigger, join_triggers};
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
    /// Whether it is so short that thresholds of their own may count.
    pub is_short: bool,
    /// Whether it holds words that orders to a model are full of; false where a model does not look for those.
    pub has_trigger: bool,
}

impl Trained {
    /// Whether the model of screening that was trained takes `row` for harmful.
    #[must_use]
    pub fn is_found(&self, row: &HeldOut) -> bool {
        row.probabilities[1] >= thresholds(&self.model, row.is_short).1
    }
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
            "jailbreak" => 6.0,
            kind if kind.starts_with("indirect") => 0.3,
            _ => 1.0,
        };
    }
    let seed_of =
        |text: &'static &'static str| Example { set: "plain", text, kind: "", label: 0, weight: 1.0 };
    examples.extend(HARMLESS.iter().map(seed_of));
    examples.extend(PLAIN.iter().map(|(_, text)| seed_of(text)));
    examples.extend(harmless(sets, 1.0));
    examples.extend(own("messages", &sets.messages, |_| 0).into_iter().step_by(4));
    let features = Features { chars: (3, 5), char_weight: 0.3, unmasks: true, ..Features::words(17) };
    let groups = join_triggers(&texts(&examples), &labels(&examples), &near_duplicates(&texts(&examples)));
    let mut recipe = recipe(features, 1.0, seed);
    // Balance between the classes would raise what harmless texts with words of orders score.
    recipe.margin.balance = 0.0;
    let mut trained = train_grouped("injection", &["harmless", "attack"], &recipe, &examples, &groups);
    for (row, example) in trained.held_out.iter_mut().zip(&examples) {
        row.has_trigger = has_trigger(example.text);
    }
    trained.model.thresholds = of_injection(&trained.held_out);
    trained
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
        let (label, weight) = if row.kind == "work" { (hr, 0.5) } else { (nobody, 0.07) };
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
    let features = Features { chars: (2, 5), char_weight: 0.5, fade: 25, ..Features::words(18) };
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
    let mut trained = train_grouped(name, labels, recipe, examples, &near_duplicates(&texts(examples)));
    trained.model.thresholds = thresholds;
    trained
}

fn texts<'a>(examples: &[Example<'a>]) -> Vec<&'a str> {
    examples.iter().map(|example| example.text).collect()
}

fn labels(examples: &[Example<'_>]) -> Vec<usize> {
    examples.iter().map(|example| example.label).collect()
}

/// Trains on `examples`, of which those of a group are never on both sides of a split; the model has no thresholds yet.
fn train_grouped(
    name: &str,
    labels: &[&str],
    recipe: &Recipe,
    examples: &[Example<'_>],
    groups: &[usize],
) -> Trained {
    let rows: Vec<Row<'_>> = examples
        .iter()
        .map(|example| Row { text: example.text, label: example.label, weight: example.weight })
        .collect();
    let (mut model, probabilities) = recipe.train(labels, &rows, groups, FOLDS);
    model.provenance = Provenance { name: name.to_owned(), version: VERSION, data: digest(examples) };
    let held_out = examples.iter().zip(probabilities).map(|(example, probabilities)| HeldOut {
        set: example.set,
        label: example.label,
        kind: example.kind.to_owned(),
        probabilities,
        is_short: is_short(example.text),
        has_trigger: false,
    });
    Trained { model, held_out: held_out.collect(), rows: examples.len() }
}

/// The hash of the texts and labels that a model is trained from.
fn digest(examples: &[Example<'_>]) -> String {
    let hash =
        examples.iter().fold(START, |hash, example| step(step(hash, of(example.text)), example.label as u64));
    format!("{:016x}", mix(hash))
}
