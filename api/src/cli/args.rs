//! What can be said on the command line.
#![expect(clippy::doc_markdown, reason = "clap prints the comments as they are")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr as _;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::access::{Department, Role};
use domain::id::TicketId;
use domain::knowledge::values::Visibility;
use domain::user::values::{EmailAddress, ErasureReason, Username};
use infrastructure::projection::{At, CopyName};
use infrastructure::secrets::Secret;

use super::ai::args::AiCommand;

/// An event-sourced help desk: the service, and what an operator does with its data directory.
///
/// Every subcommand works with or without a server running on the same data directory. Settings come from
/// the command line, then the environment, then the file given as --config.
#[derive(Debug, Parser)]
#[command(name = "ledgerdesk", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every subcommand takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// The data directory: private database, secrets and files [env: DATA_DIR] [default: ./data]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// A PostgreSQL of one's own instead of the private one [env: DATABASE_URL]
    #[arg(long, global = true, value_name = "URL", value_parser = database_url)]
    pub(crate) database_url: Option<Secret>,
    /// A TOML file with settings; its keys are the variables' names in lower case
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) output: Format,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the service
    Serve(Serve),
    /// Bring the database's schema up to date, and nothing else
    Migrate,
    /// Add demo people and tickets; a repetition adds nothing twice
    Demo(Demo),
    /// People's accounts
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// The log, for operators and auditors
    Log {
        #[command(subcommand)]
        command: LogCommand,
    },
    /// Show a ticket event by event, and what it then was
    Replay(Replay),
    /// The read models
    Projections {
        #[command(subcommand)]
        command: ProjectionsCommand,
    },
    /// What administrators decide while the desk runs: settings and feature flags
    Settings {
        #[command(subcommand)]
        command: SettingsCommand,
    },
    /// The models of the local engine: what they are worth, training them, and those that a desk trains itself
    Ai {
        #[command(subcommand)]
        command: AiCommand,
    },
    /// The knowledge base
    Kb {
        #[command(subcommand)]
        command: KbCommand,
    },
    /// Print the API's description (OpenAPI)
    Openapi,
    /// Print what events look like: a catalogue, or with --output json their JSON Schemas
    Schemas(Schemas),
    /// Print the description of the channels that events leave by (AsyncAPI)
    Asyncapi,
}

/// `schemas`.
#[derive(Debug, Args)]
pub(crate) struct Schemas {
    /// Write a file for each version of each event into this folder instead
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// `serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The address to listen on; port 0 is any free one [env: HOST, PORT] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT", value_parser = listen)]
    pub(crate) listen: Option<SocketAddr>,
    /// Add demo people and tickets to an empty desk; only on a loopback address
    #[arg(long)]
    pub(crate) demo: bool,
}

/// `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Tickets made of the rows of a CSV file with the columns text and label, instead of the forty of the demo
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) from: Option<PathBuf>,
    /// How many tickets there shall be in all; behind the file's last row comes the first again [default: all]
    #[arg(long, value_name = "N")]
    pub(crate) tickets: Option<usize>,
}

/// `user …`.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Give somebody an account; without --password-stdin a password is made up and printed
    Create(CreateUser),
    /// Print who has an account, the oldest first
    List(ListUsers),
    /// Let somebody sign in no more; a running server puts their tickets back into the queues
    Deactivate {
        /// The name they sign in with
        #[arg(long, value_name = "NAME", value_parser = Username::parse)]
        username: Username,
    },
    /// Let somebody sign in again
    Activate {
        /// The name they sign in with
        #[arg(long, value_name = "NAME", value_parser = Username::parse)]
        username: Username,
    },
    /// Destroy everything personal about somebody, for ever
    Erase(EraseUser),
    /// Print everything stored about somebody, as JSON
    Export {
        /// The name they sign in with
        #[arg(long, value_name = "NAME", value_parser = Username::parse)]
        username: Username,
    },
}

/// `user list`.
#[derive(Debug, Args)]
pub(crate) struct ListUsers {
    /// Only those of this role: one of user, it_agent, hr_agent, agent, admin
    #[arg(long, value_parser = role)]
    pub(crate) role: Option<Role>,
    /// Deleted accounts instead of the others
    #[arg(long)]
    pub(crate) deleted: bool,
}

/// `user erase`.
#[derive(Debug, Args)]
pub(crate) struct EraseUser {
    /// The name they sign in with
    #[arg(long, value_name = "NAME", value_parser = Username::parse)]
    pub(crate) username: Username,
    /// One of request_of_person, retention, legal
    #[arg(long, value_parser = erasure_reason)]
    pub(crate) reason: ErasureReason,
    /// Really; without it nothing happens but that you are told what would be destroyed
    #[arg(long)]
    pub(crate) yes: bool,
}

/// `user create`.
#[derive(Debug, Args)]
pub(crate) struct CreateUser {
    /// The name to sign in with
    #[arg(long, value_name = "NAME", value_parser = Username::parse)]
    pub(crate) username: Username,
    /// The e-mail address
    #[arg(long, value_name = "ADDRESS", value_parser = EmailAddress::parse)]
    pub(crate) email: EmailAddress,
    /// One of user, it_agent, hr_agent, agent, admin
    #[arg(long, value_parser = role)]
    pub(crate) role: Role,
    /// A department that an agent works for; may be repeated
    #[arg(long = "department", value_name = "CODE")]
    pub(crate) departments: Vec<Department>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// `log …`.
#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// The position of the newest event, or the signed head of the log
    Head {
        /// The signed head of the log as it is now, as JSON: keep it where the desk cannot reach it
        #[arg(long)]
        signed: bool,
    },
    /// Events as they are stored, personal texts sealed
    Tail(Tail),
    /// The public key that signed heads are checked with
    Key,
    /// The log as lines of JSON that anybody can verify; whole blocks, personal texts sealed
    Export(Export),
    /// Check that nothing in the log, or in an export, was altered, removed, moved or added
    Verify(Verify),
}

/// `log export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Begin with the block that holds this position instead of the first
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) from: Option<i64>,
    /// End with the block that holds this position instead of the last
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) to: Option<i64>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// `log verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// An export to check instead of the log itself; needs no database
    #[arg(long, value_name = "EXPORT", requires = "key")]
    pub(crate) file: Option<PathBuf>,
    /// The public key of the desk that the export is from: its 64 digits, or a file with them
    #[arg(long, value_name = "KEY|FILE", requires = "file")]
    pub(crate) key: Option<String>,
    /// A signed head that was kept elsewhere and that the log has to agree with; may be repeated
    #[arg(long = "head", value_name = "HEAD.json")]
    pub(crate) heads: Vec<PathBuf>,
}

/// `log tail`.
#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// Begin behind this position instead of near the end
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) after: Option<i64>,
    /// Go on with new events until interrupted
    #[arg(long)]
    pub(crate) follow: bool,
    /// How many events: with --after the first N behind it, else the newest N [default: 20 without --after]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) limit: Option<i64>,
}

/// `replay`.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The ticket, such as TKT-1767225600000-0A1B2C
    #[arg(value_name = "TKT-…")]
    pub(crate) ticket: TicketId,
    /// Up to the ticket's event of this number
    #[arg(long, value_name = "N", conflicts_with = "as_of", value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) version: Option<i32>,
    /// What the desk had recorded by this time, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) as_of: Option<DateTime<Utc>>,
}

/// `settings …`.
#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// Print every setting and feature flag with its value and what is allowed
    List,
    /// Set one; every running server goes by it within a second
    Set {
        /// Its name
        name: String,
        /// Its value; lists with commas between, feature flags on or off
        value: String,
    },
}

/// `kb …`.
#[derive(Debug, Subcommand)]
pub(crate) enum KbCommand {
    /// Write the articles of a file, or bring those that are there to what it says; a repetition changes nothing
    Import(ImportArticles),
}

/// `kb import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArticles {
    /// A line of JSON for each article: {"id", "title", "department", "tags": [], "body"}
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Publish them; without it new ones are drafts
    #[arg(long)]
    pub(crate) publish: bool,
    /// For whom: public or internal [default: public for new ones, as they are for the others]
    #[arg(long, value_name = "WHOM", value_parser = visibility)]
    pub(crate) visibility: Option<Visibility>,
}

/// `projections …`.
#[derive(Debug, Subcommand)]
pub(crate) enum ProjectionsCommand {
    /// How far each read model has come
    List,
    /// Build a read model again from the first event, beside the live one; or a frozen copy of how it once was
    Rebuild(Rebuild),
    /// Compare live read models with a fold from the first event; exits 1 at the first that differs
    Verify {
        /// Its name [default: all of them]
        name: Option<String>,
    },
    /// Put the tables back that the last rebuild replaced, within a day
    Rollback {
        /// Its name
        name: String,
    },
}

/// `projections rebuild`.
#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    /// Its name; with --into all of them if none is named
    #[arg(required_unless_present = "into")]
    pub(crate) name: Option<String>,
    /// Up to this position or moment, such as 4711 or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME|POSITION", value_parser = point, requires = "into")]
    pub(crate) at: Option<At>,
    /// Into a new schema of this name, leaving the live tables alone
    #[arg(long, value_name = "SCHEMA", value_parser = CopyName::from_str, requires = "at")]
    pub(crate) into: Option<CopyName>,
}

fn database_url(text: &str) -> Result<Secret, &'static str> {
    let is_postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
    if is_postgres { Ok(Secret::new(text.to_owned())) } else { Err("a URL that starts with postgres://") }
}

fn listen(text: &str) -> Result<SocketAddr, &'static str> {
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    let local = local.map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    local.or_else(|| text.parse().ok()).ok_or("an IP address or localhost, a colon and a port")
}

fn role(text: &str) -> Result<Role, &'static str> {
    text.parse().map_err(|_| "one of user, it_agent, hr_agent, agent, admin")
}

fn point(text: &str) -> Result<At, &'static str> {
    match text.parse::<i64>() {
        Ok(position) if position > 0 => Ok(At::Position(position)),
        Ok(_) => Err("positions begin at 1"),
        Err(_) => time(text)
            .map(At::Time)
            .map_err(|_| "a position, or a time as in RFC 3339, such as 2026-01-31T12:00:00Z"),
    }
}

fn visibility(text: &str) -> Result<Visibility, &'static str> {
    text.parse().map_err(|_| "one of public, internal")
}

fn erasure_reason(text: &str) -> Result<ErasureReason, &'static str> {
    text.parse().map_err(|_| "one of request_of_person, retention, legal")
}

fn time(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let time = DateTime::parse_from_rfc3339(text);
    time.map(|time| time.to_utc()).map_err(|_| "a time as in RFC 3339, such as 2026-01-31T12:00:00Z")
}
