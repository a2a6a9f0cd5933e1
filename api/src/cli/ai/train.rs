//! `ledgerdesk ai train`: the shipped models, from the data they are made of.

use std::path::Path;

use anyhow::Context as _;
use engine::training::{
    Sets, Trained, router, train_abuse, train_category, train_department, train_injection, train_spam,
};
use serde_json::{Map, Value, json};

use super::args::Train;
use super::cards::{self, Card};
use super::files::{Unusable, labelled};
use crate::cli::output::Output;

/// Trains every model, writes them and their cards, and prints what they were worth on rows held out.
pub(crate) fn run(output: Output, args: &Train) -> anyhow::Result<()> {
    let sets = sets(&args.data)?;
    let mut report = Map::new();
    let mut write = |card: &Card, trained: &[&Trained], bytes: &[u8]| -> anyhow::Result<()> {
        let figures = cards::figures(card, trained);
        let cards = args.cards.as_ref().unwrap_or(&args.models);
        store(&args.models, &format!("{}.model", card.name), bytes)?;
        store(
            cards,
            &format!("{}.md", card.name),
            cards::write(card, trained, bytes.len(), &figures).as_bytes(),
        )?;
        report.insert(card.name.to_owned(), json!({ "bytes": bytes.len(), "held_out": figures }));
        Ok(())
    };
    for (card, train) in [
        (&cards::SPAM, train_spam as fn(&Sets, u64) -> Trained),
        (&cards::ABUSE, train_abuse),
        (&cards::INJECTION, train_injection),
    ] {
        let trained = train(&sets, args.seed);
        write(card, &[&trained], &trained.model.to_bytes())?;
    }
    let (department, category) = (train_department(&sets, args.seed), train_category(&sets, args.seed));
    write(&cards::ROUTER, &[&category, &department], &router(&department, &category).to_bytes())?;
    let report = Value::from(report);
    output.result(&report, || super::evaluate::text(&report))
}

fn sets(data: &Path) -> Result<Sets, Unusable> {
    let read = |name: &str, kind: &str| labelled(&data.join(name), kind);
    Ok(Sets {
        tickets: read("it-tickets.csv", "")?,
        intents: read("train-intents-clinc.csv", "domain")?,
        posts: read("train-toxicity-davidson.csv", "")?,
        messages: read("train-sms-spam.csv", "")?,
        attacks: read("train-prompt-injection.csv", "category")?,
    })
}

fn store(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = folder.join(name);
    let write = || std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, bytes));
    write().with_context(|| format!("cannot_write: {} cannot be written", path.display()))
}
