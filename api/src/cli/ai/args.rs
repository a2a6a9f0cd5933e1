//! What can be said behind `ai`.
#![expect(clippy::doc_markdown, reason = "clap prints the comments as they are")]

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `ai …`.
#[derive(Debug, Subcommand)]
pub(crate) enum AiCommand {
    /// Measure the shipped models on labelled data, beside a baseline of keywords
    Evaluate(Evaluate),
    /// Train the models that are shipped; the same data and seed give the same files
    Train(Train),
    /// The models of routing that this desk trains from what people put right
    Models {
        #[command(subcommand)]
        command: ModelsCommand,
    },
}

/// `ai models …`.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Print them with what they are worth, and which is in use
    List,
    /// Train one that goes on from the one in use; it is not in use before it is promoted
    Retrain(Retrain),
    /// Put one into use, if it was better on the tickets held out or is an earlier one; every running server goes by it within a second
    Promote {
        /// Its version; 0 is the one that is shipped
        #[arg(value_name = "VERSION")]
        version: i32,
    },
    /// Go back to the one that was in use before
    Rollback,
}

/// `ai models retrain`.
#[derive(Debug, Args)]
pub(crate) struct Retrain {
    /// From tickets of so many days until now
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(u32).range(7..=3_650))]
    pub(crate) days: u32,
}

/// `ai evaluate`.
#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// What is measured
    #[arg(long, value_enum)]
    pub(crate) task: Task,
    /// A CSV file with the columns text and label, or query and doc_id for retrieval
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) file: PathBuf,
    /// The articles that retrieval searches: a line of JSON for each, with id, title, tags and body
    #[arg(long, value_name = "KB.jsonl", required_if_eq("task", "retrieval"))]
    pub(crate) knowledge: Option<PathBuf>,
}

/// What the engine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Task {
    /// Topics and departments of tickets
    Routing,
    /// Insults and hate: offensive, hate or neither
    Toxicity,
    /// Advertising and fraud: ham or spam
    Spam,
    /// Orders to a model: 1 is an attack, 0 is not
    Injection,
    /// The article that answers a question
    Retrieval,
}

/// `ai train`.
#[derive(Debug, Args)]
pub(crate) struct Train {
    /// The folder with the data: it-tickets.csv and train-*.csv
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// The folder that the models are written to
    #[arg(long, value_name = "DIR")]
    pub(crate) models: PathBuf,
    /// The folder that the models' cards are written to [default: the models' own]
    #[arg(long, value_name = "DIR")]
    pub(crate) cards: Option<PathBuf>,
    /// Where splits and orders come from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}
