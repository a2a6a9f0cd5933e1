//! `ledgerdesk user erase` and `ledgerdesk user export`: what the law may ask of an operator.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use api::export::{Extent, stream};
use application::ledger::{ClaimKind, Ledger};
use application::{Commands, Request};
use chrono::Utc;
use domain::access::Caller;
use domain::id::UserId;
use domain::user::values::Username;
use futures::TryStreamExt as _;
use infrastructure::erasure::{Erasure, Progress, Stage, progress};
use infrastructure::handler::{Runner, status};
use infrastructure::log::PgLog;
use projections::holdings;
use projections::user_directory::acting_admins;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::args::{EraseUser, Globals};
use super::failure::{Failure, reason};
use super::output::{Output, ReaderGone};
use super::site::{Site, Use};

/// How often it is looked whether the erasure is complete.
const LOOK: Duration = Duration::from_millis(100);

/// Erases somebody, and waits until that is complete.
pub(crate) async fn run(globals: &Globals, output: Output, args: EraseUser) -> Result<(), Failure> {
    Site::visit(globals, Use::Writing, async |site| {
        let log = site.log().await?;
        let erased = erase(site, &log, output, &args).await;
        log.close().await;
        erased
    })
    .await
}

async fn erase(site: &Site, log: &Arc<PgLog>, output: Output, args: &EraseUser) -> anyhow::Result<()> {
    let pool = site.database.pool();
    let user = holder(log, &args.username).await?;
    if !args.yes {
        let there = holdings::of(pool, user).await?;
        bail!(
            "nothing is destroyed without --yes; with it the account, the texts of {} tickets and {} messages are, \
             for ever",
            there.tickets,
            there.messages
        );
    }
    let erasure =
        Erasure::new(site.database.clone(), Arc::clone(log), projections::all(), site.mail_folder());
    let runner = Runner::register(Arc::clone(log), site.database.clone(), erasure.handlers()).await?;
    let admins = acting_admins(pool).await?;
    let request = Request::once(Caller::System("cli"), Utc::now(), "cli", Uuid::now_v7());
    let commands = Commands::new(Arc::clone(log) as Arc<dyn Ledger>);
    commands.erase_user(&request, user, args.reason, &admins).await.map_err(reason)?;
    let done = completed(site, runner, user).await?;
    let value = json!({ "id": user, "state": done.stage(), "remains": &done.remains });
    output.result(&value, || {
        let mut told = vec![format!("{user} is erased")];
        told.extend(done.remains.iter().map(|why| format!("remains: {why}")));
        told.join("\n")
    })
}

/// Runs the handlers, unless a server does, until the erasure of `user` is complete.
async fn completed(site: &Site, runner: Runner, user: UserId) -> anyhow::Result<Progress> {
    let stop = CancellationToken::new();
    let running = tokio::spawn(runner.run(stop.clone()));
    let done = loop {
        let progress = progress(site.database.pool(), user).await?;
        if progress.stage() == Stage::Done {
            break progress;
        }
        let handlers = status(site.database.pool()).await?;
        if let Some(stuck) = handlers.iter().find(|handler| handler.parked > 0) {
            bail!("the handler {} gave up on an event: see desk.parked_events", stuck.handler);
        }
        tokio::time::sleep(LOOK).await;
    };
    stop.cancel();
    running.await.context("the handlers stopped by a panic")?;
    Ok(done)
}

/// Prints everything stored about somebody.
pub(crate) async fn export(site: &Site, username: &Username) -> anyhow::Result<()> {
    let log = site.log().await?;
    let user = holder(&log, username).await?;
    let mut pieces =
        std::pin::pin!(stream(Arc::clone(&log), site.database.pool().clone(), user, Extent::Everything));
    let mut out = std::io::stdout().lock();
    while let Some(piece) = pieces.try_next().await? {
        out.write_all(piece.as_bytes()).map_err(|_| ReaderGone)?;
    }
    out.flush().map_err(|_| ReaderGone)?;
    Ok(())
}

/// Who signs in by this name.
pub(crate) async fn holder(log: &PgLog, username: &Username) -> anyhow::Result<UserId> {
    let holder = log.holder(ClaimKind::Username, username.as_str()).await?;
    holder.map(UserId).context("nobody has this user name")
}
