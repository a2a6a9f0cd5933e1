//! `ledgerdesk user list`, `user deactivate` and `user activate`.

use std::sync::Arc;

use api::end_sign_ins;
use application::ledger::Ledger;
use application::{Commands, Request};
use chrono::Utc;
use domain::access::{Caller, Department};
use domain::user::UserCommand;
use domain::user::values::Username;
use infrastructure::log::PgLog;
use projections::user_directory::{DirectoryUser, Filter, acting_admins, page};
use serde_json::json;
use uuid::Uuid;

use super::args::{Globals, ListUsers};
use super::erase::holder;
use super::failure::{Failure, reason};
use super::output::Output;
use super::site::{Site, Use};

/// Prints who has an account.
pub(crate) async fn list(site: &Site, output: Output, which: &ListUsers) -> anyhow::Result<()> {
    let filter =
        Filter { roles: Vec::from_iter(which.role), deleted: Some(which.deleted), ..Filter::default() };
    let mut users = page(site.database.pool(), &filter, i64::MAX, 0, None).await?;
    users.reverse();
    output.result(&users, || table(&users))
}

fn table(users: &[DirectoryUser]) -> String {
    let mut lines = vec![format!("{:<24} {:<9} {:<8} {}", "NAME", "ROLE", "SIGNS IN", "DEPARTMENTS")];
    lines.extend(users.iter().map(|user| {
        let departments: Vec<&str> = user.departments.iter().map(Department::as_str).collect();
        let signs_in = if user.is_active { "yes" } else { "no" };
        let line = format!(
            "{:<24} {:<9} {signs_in:<8} {}",
            user.username,
            user.role.as_str(),
            departments.join(",")
        );
        line.trim_end().to_owned()
    }));
    lines.join("\n")
}

/// Lets somebody sign in no more.
pub(crate) async fn deactivate(
    globals: &Globals,
    output: Output,
    username: &Username,
) -> Result<(), Failure> {
    change(globals, output, username, UserCommand::Deactivate, "cannot sign in any more").await
}

/// Lets somebody sign in again.
pub(crate) async fn activate(globals: &Globals, output: Output, username: &Username) -> Result<(), Failure> {
    change(globals, output, username, UserCommand::Activate, "can sign in").await
}

async fn change(
    globals: &Globals,
    output: Output,
    username: &Username,
    command: UserCommand,
    told: &str,
) -> Result<(), Failure> {
    let (command, name) = (&command, username.as_str());
    Site::visit(globals, Use::Writing, async |site| {
        let log = site.log().await?;
        let changed = change_in(site, &log, username, command.clone()).await;
        log.close().await;
        let id = changed?;
        let is_active = *command == UserCommand::Activate;
        let value = json!({ "id": id, "username": name, "is_active": is_active });
        output.result(&value, || format!("{name} {told}"))
    })
    .await
}

async fn change_in(
    site: &Site,
    log: &Arc<PgLog>,
    username: &Username,
    command: UserCommand,
) -> anyhow::Result<Uuid> {
    let user = holder(log, username).await?;
    let pool = site.database.pool();
    let admins = acting_admins(pool).await?;
    let commands = Commands::new(Arc::clone(log) as Arc<dyn Ledger>);
    if command == UserCommand::Activate && !commands.load_user(user).await.map_err(reason)?.state.is_active()
    {
        // There are none, unless a process died between deactivating and ending them.
        end_sign_ins(pool, &commands, &asked(), user).await?;
    }
    let ends = command == UserCommand::Deactivate;
    commands.user_among(&asked(), user, command, &admins).await.map_err(reason)?;
    if ends {
        end_sign_ins(pool, &commands, &asked(), user).await?;
    }
    Ok(user.0)
}

fn asked() -> Request {
    Request::once(Caller::System("cli"), Utc::now(), "cli", Uuid::now_v7())
}
