//! Routing on labelled texts.

use std::path::Path;

use engine::Engine;
use engine::evaluation::baseline;
use engine::training::TOPICS;
use serde_json::{Map, Value, json};

use super::figures::{Answers, share};
use crate::cli::ai::files::{Table, Unusable, table};

/// The department whose texts are told from all others.
const HR: &str = "HR";

/// How well routing answers the rows of `file`: by topic, or, if they have a domain, by whether they are a matter of HR.
pub(super) fn measure(file: &Path) -> Result<Value, Unusable> {
    let table = table(file, &["text", "label"], &["domain"])?;
    let mut report = Map::new();
    report.insert("task".to_owned(), json!("routing"));
    report.insert("model".to_owned(), json!(Engine::shipped().router().name()));
    if table.has[0] {
        report.extend(domains(&table));
    } else {
        report.extend(topics(&table)?);
    }
    Ok(report.into())
}

fn topics(table: &Table) -> Result<Map<String, Value>, Unusable> {
    let engine = Engine::shipped();
    let known: Vec<&str> = engine.router().categories().collect();
    let place = |label: &str| known.iter().position(|topic| *topic == label);
    let (mut answers, mut keywords) = (Answers::new(&known), Answers::new(&known));
    let mut hr = Departments::default();
    for line in &table.lines {
        let [text, label, _] = line.fields.as_slice() else { continue };
        let truth = place(label).ok_or_else(|| Unusable::UnknownLabel {
            file: table.file.clone(),
            line: line.number,
            label: label.clone(),
            known: TOPICS.join(", "),
        })?;
        let routing = engine.route("", text);
        let given = routing.category.as_ref().and_then(|(topic, _)| place(topic)).unwrap_or_default();
        answers.add(truth, given, engine.router().category_probabilities(text));
        let given = place(baseline::topic(text)).unwrap_or_default();
        let scores = (0..known.len()).map(|class| f32::from(u8::from(class == given))).collect();
        keywords.add(truth, given, scores);
        hr.add(text, label == "HR Support", routing.department == HR, routing.is_sure);
    }
    let mut figures = answers.figures();
    figures.insert("baseline".to_owned(), keywords.figures().into());
    figures.insert("hr_or_not".to_owned(), hr.figures());
    Ok(figures)
}

fn domains(table: &Table) -> Map<String, Value> {
    let engine = Engine::shipped();
    let mut hr = Departments::default();
    let mut doubt = [(0, 0); 3];
    for line in &table.lines {
        let [text, label, domain] = line.fields.as_slice() else { continue };
        let routing = engine.route("", text);
        let is_hr = domain == "work";
        hr.add(text, is_hr, routing.department == HR && routing.is_sure, routing.is_sure);
        let group = if is_hr { 0 } else { 1 + usize::from(domain == "oos" || label == "oos") };
        doubt[group].0 += usize::from(!routing.is_sure);
        doubt[group].1 += 1;
    }
    let mut figures = hr.answers.figures();
    figures.insert("baseline".to_owned(), hr.keywords.figures().into());
    figures.insert("hr_or_not".to_owned(), hr.figures());
    let [work, other, oos] = doubt.map(|(doubtful, all)| share(doubtful, all));
    figures.insert("in_doubt".to_owned(), json!({ "work": work, "other_domains": other, "oos": oos }));
    figures
}

/// Answers to whether a text is a matter of HR.
#[derive(Debug)]
struct Departments {
    answers: Answers,
    keywords: Answers,
    doubtful: usize,
    rows: usize,
}

impl Default for Departments {
    fn default() -> Self {
        let labels = ["not HR", HR];
        Self { answers: Answers::new(&labels), keywords: Answers::new(&labels), doubtful: 0, rows: 0 }
    }
}

impl Departments {
    fn add(&mut self, text: &str, truth: bool, given: bool, is_sure: bool) {
        let departments = Engine::shipped().router().department_probabilities(text);
        let score =
            departments.iter().find(|(department, _)| department == HR).map_or(0.0, |(_, share)| *share);
        self.answers.decide(truth, given, score);
        let hits = baseline::is_hr(text);
        self.keywords.decide(truth, hits > 0, u16::try_from(hits).unwrap_or(u16::MAX).into());
        self.doubtful += usize::from(!is_sure);
        self.rows += 1;
    }

    fn figures(&self) -> Value {
        let mut figures = self.answers.figures();
        figures.insert("in_doubt".to_owned(), share(self.doubtful, self.rows));
        figures.insert("baseline".to_owned(), self.keywords.figures().into());
        figures.into()
    }
}
