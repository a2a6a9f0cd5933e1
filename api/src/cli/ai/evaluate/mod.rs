//! `ledgerdesk ai evaluate`: the shipped models on data that they have not seen, exactly as the desk asks them.

mod figures;
mod retrieval;
mod routing;
mod screening;

use engine::screening::Harm;
use serde_json::Value;

use super::args::{Evaluate, Task};
use super::files::Unusable;
use crate::cli::output::Output;

pub(super) use figures::{Answers, rounded, text};

/// Prints how good the answers to the rows of a file are, and what keywords reach.
pub(crate) fn run(output: Output, args: &Evaluate) -> anyhow::Result<()> {
    let report = measure(args)?;
    output.result(&report, || figures::text(&report))
}

fn measure(args: &Evaluate) -> Result<Value, Unusable> {
    match args.task {
        Task::Routing => routing::measure(&args.file),
        Task::Toxicity => screening::measure(Harm::Abuse, &args.file),
        Task::Spam => screening::measure(Harm::Spam, &args.file),
        Task::Injection => screening::measure(Harm::Injection, &args.file),
        Task::Retrieval => {
            let knowledge = args.knowledge.as_ref().ok_or_else(|| Unusable::Missing("--knowledge".into()))?;
            retrieval::measure(&args.file, knowledge)
        }
    }
}
