//! Screening on labelled texts.

use std::collections::BTreeMap;
use std::path::Path;

use engine::Engine;
use engine::evaluation::baseline;
use engine::screening::Harm;
use serde_json::{Map, Value, json};

use super::figures::{Answers, rounded, share};
use crate::cli::ai::files::{Line, Table, Unusable, table};

/// Which labels say that a text is harmful, and which that it is not.
fn labels(harm: Harm) -> (&'static [&'static str], &'static [&'static str]) {
    match harm {
        Harm::Spam => (&["spam"], &["ham"]),
        Harm::Abuse => (&["offensive", "hate"], &["neither"]),
        Harm::Injection => (&["1"], &["0"]),
    }
}

/// How often something was found of how often it was there to be found.
#[derive(Debug, Default)]
struct Found {
    found: usize,
    rows: usize,
}

/// How well the screening of `harm` answers the rows of `file`.
pub(super) fn measure(harm: Harm, file: &Path) -> Result<Value, Unusable> {
    let table = table(file, &["text", "label"], &["category", "source"])?;
    let engine = Engine::shipped();
    let names = match harm {
        Harm::Spam => ["ham", "spam"],
        Harm::Abuse => ["fine", "abusive"],
        Harm::Injection => ["harmless", "attack"],
    };
    let (mut answers, mut keywords) = (Answers::new(&names), Answers::new(&names));
    let mut doubtful = 0;
    let mut recall: BTreeMap<String, Found> = BTreeMap::new();
    let mut alarms: BTreeMap<String, Found> = BTreeMap::new();
    for line in &table.lines {
        let [text, label, category, source] = line.fields.as_slice() else { continue };
        let is_harmful = truth(harm, &table, line, label)?;
        let suspicion = engine.suspect(harm, "", text);
        let is_found = suspicion.is_harmful();
        answers.decide(is_harmful, is_found, suspicion.probability);
        doubtful += usize::from(!is_found && suspicion.probability >= suspicion.doubt);
        let hits = baseline::harm(harm, text);
        keywords.decide(is_harmful, hits > 0, u16::try_from(hits).unwrap_or(u16::MAX).into());
        let groups = if is_harmful { (&mut recall, category) } else { (&mut alarms, source) };
        let group = groups.0.entry(group_of(groups.1)).or_default();
        group.rows += 1;
        group.found += usize::from(is_found);
    }
    let mut report = Map::new();
    report.insert("task".to_owned(), json!(harm.as_str()));
    report.insert("model".to_owned(), json!(engine.screen("", "").model));
    report.extend(answers.figures());
    report.insert("in_doubt".to_owned(), share(doubtful, table.lines.len()));
    if harm == Harm::Injection && table.has[0] {
        report.insert("recall_by_category".to_owned(), shares(&recall));
    }
    if harm == Harm::Injection && table.has[1] {
        report.insert("false_positives_by_source".to_owned(), shares(&alarms));
    }
    report.insert("baseline".to_owned(), keywords.figures().into());
    Ok(report.into())
}

fn truth(harm: Harm, table: &Table, line: &Line, label: &str) -> Result<bool, Unusable> {
    let (harmful, harmless) = labels(harm);
    match (harmful.contains(&label), harmless.contains(&label)) {
        (false, false) => Err(Unusable::UnknownLabel {
            file: table.file.clone(),
            line: line.number,
            label: label.to_owned(),
            known: [harmful, harmless].concat().join(", "),
        }),
        (is_harmful, _) => Ok(is_harmful),
    }
}

/// What stands before the colon: all kinds of indirect attack are one.
fn group_of(category: &str) -> String {
    category.split(':').next().unwrap_or_default().to_owned()
}

fn shares(groups: &BTreeMap<String, Found>) -> Value {
    let share = |found: &Found| {
        let part = super::figures::count(found.found) / super::figures::count(found.rows);
        json!({ "share": rounded(part), "found": found.found, "rows": found.rows })
    };
    groups.iter().map(|(name, found)| (name.clone(), share(found))).collect::<Map<_, _>>().into()
}
