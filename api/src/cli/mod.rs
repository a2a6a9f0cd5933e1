//! The command line: results to standard output, everything else to standard error.

mod accounts;
mod ai;
mod args;
mod audit;
mod banner;
mod demo;
mod erase;
pub(crate) mod failure;
mod kb;
mod log;
mod output;
mod projections;
mod rebuild;
mod replay;
mod retold;
mod schemas;
mod serve;
mod settings;
mod site;
mod snapshot;
#[cfg(test)]
mod tests;
mod user;

use std::process::ExitCode;

use clap::Parser as _;

use ai::args::AiCommand;
use args::{Cli, Command, KbCommand, LogCommand, ProjectionsCommand, SettingsCommand, UserCommand};
use failure::Failure;
use output::{Output, print_json};
use site::{Site, Use};

/// Does what the command line says; gives 0 for done, 1 for failed and 2 for a wrong command line or
/// configuration.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::from(anyhow::Error::new(error)).report(),
    };
    let done = runtime.block_on(run(cli));
    // A thread that is still busy, hashing or asking a database that says nothing, ends with the process.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let Cli { globals, command } = cli;
    let output = Output::new(globals.output);
    match command {
        Command::Serve(args) => serve::run(&globals, &args).await,
        Command::Migrate => {
            // A site that is written to has the newest schema.
            Site::visit(&globals, Use::Writing, async |_| anyhow::Ok(())).await?;
            eprintln!("The database's schema is up to date.");
            Ok(())
        }
        Command::Demo(args) => demo::run(&globals, output, args).await,
        Command::User { command: UserCommand::Create(new) } => user::create(&globals, output, new).await,
        Command::User { command: UserCommand::List(which) } => {
            Site::visit(&globals, Use::Reading, async |site| accounts::list(site, output, &which).await).await
        }
        Command::User { command: UserCommand::Deactivate { username } } => {
            accounts::deactivate(&globals, output, &username).await
        }
        Command::User { command: UserCommand::Activate { username } } => {
            accounts::activate(&globals, output, &username).await
        }
        Command::User { command: UserCommand::Erase(args) } => erase::run(&globals, output, args).await,
        Command::User { command: UserCommand::Export { username } } => {
            Site::visit(&globals, Use::Reading, async |site| erase::export(site, &username).await).await
        }
        Command::Log { command: LogCommand::Head { signed: false } } => {
            Site::visit(&globals, Use::Reading, async |site| log::head(site, output).await).await
        }
        Command::Log { command: LogCommand::Head { signed: true } } => {
            Site::visit(&globals, Use::Reading, async |site| audit::head(site).await).await
        }
        Command::Log { command: LogCommand::Tail(args) } => log::tail(&globals, output, args).await,
        Command::Log { command: LogCommand::Key } => {
            Site::visit(&globals, Use::Reading, async |site| audit::key(site, output).await).await
        }
        Command::Log { command: LogCommand::Export(args) } => {
            Site::visit(&globals, Use::Reading, async |site| audit::export(site, &args).await).await
        }
        Command::Log { command: LogCommand::Verify(args) } => audit::verify(&globals, output, &args).await,
        Command::Replay(args) => {
            Site::visit(&globals, Use::Reading, async |site| replay::run(site, output, &args).await).await
        }
        Command::Projections { command: ProjectionsCommand::List } => {
            Site::visit(&globals, Use::Reading, async |site| projections::list(site, output).await).await
        }
        Command::Projections { command: ProjectionsCommand::Rebuild(what) } => {
            rebuild::run(&globals, output, &what).await
        }
        Command::Projections { command: ProjectionsCommand::Verify { name } } => {
            projections::verify(&globals, output, name.as_deref()).await
        }
        Command::Projections { command: ProjectionsCommand::Rollback { name } } => {
            rebuild::roll_back(&globals, output, &name).await
        }
        Command::Settings { command: SettingsCommand::List } => {
            Site::visit(&globals, Use::Reading, async |site| settings::list(site, output).await).await
        }
        Command::Settings { command: SettingsCommand::Set { name, value } } => {
            settings::set(&globals, output, &name, &value).await
        }
        Command::Ai { command: AiCommand::Evaluate(args) } => Ok(ai::evaluate::run(output, &args)?),
        Command::Ai { command: AiCommand::Train(args) } => Ok(ai::train::run(output, &args)?),
        Command::Ai { command: AiCommand::Models { command } } => {
            ai::models::run(&globals, output, command).await
        }
        Command::Kb { command: KbCommand::Import(args) } => kb::import(&globals, output, &args).await,
        Command::Openapi => Ok(print_json(&api::openapi())?),
        Command::Schemas(args) => Ok(schemas::run(output, &args)?),
        Command::Asyncapi => Ok(print_json(&api::asyncapi())?),
    }
}
