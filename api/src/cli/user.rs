//! `ledgerdesk user …`

use std::io::{self, BufRead as _};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use application::{Commands, NewUser, Request};
use chrono::Utc;
use domain::access::{Caller, Department, Role};
use domain::id::UserId;
use infrastructure::password::{Passwords, check_strength};
use infrastructure::secrets::Secret;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::args::{CreateUser, Globals};
use super::failure::{Failure, reason};
use super::output::Output;
use super::site::{Site, Use};

/// Letters and digits that are not taken for each other.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// An account that was just created.
#[derive(Serialize)]
struct Created<'a> {
    id: UserId,
    username: &'a str,
    email: &'a str,
    role: Role,
    departments: &'a [Department],
    /// Only if it was made up here.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

/// Gives somebody an account.
pub(crate) async fn create(globals: &Globals, output: Output, new: CreateUser) -> Result<(), Failure> {
    let password = if new.password_stdin { from_stdin(&new)? } else { make_up()? };
    Site::visit(globals, Use::Writing, async |site| with_password(site, output, &new, &password).await).await
}

async fn with_password(
    site: &Site,
    output: Output,
    new: &CreateUser,
    password: &Secret,
) -> anyhow::Result<()> {
    let hash = Passwords::new(1).hash(password.expose()).await?;
    let user = NewUser {
        id: UserId(Uuid::now_v7()),
        username: new.username.clone(),
        email: new.email.clone(),
        role: new.role,
        departments: new.departments.clone(),
    };
    add(site, user.clone(), &hash).await?;
    let created = Created {
        id: user.id,
        username: new.username.as_str(),
        email: new.email.as_str(),
        role: new.role,
        departments: &new.departments,
        password: (!new.password_stdin).then_some(password.expose()),
    };
    output.result(&created, || {
        let account = format!("{} ({}) {}", created.username, created.role.as_str(), created.id);
        match created.password {
            Some(password) => format!("{account}\npassword: {password}"),
            None => account,
        }
    })
}

/// Adds the account, with its password from the first moment on.
async fn add(site: &Site, user: NewUser, hash: &str) -> anyhow::Result<()> {
    let (log, pool, id) = (site.log().await?, site.database.pool(), user.id.0);
    sqlx::query("insert into desk.credentials (user_id, password_hash) values ($1, $2)")
        .bind(id)
        .bind(hash)
        .execute(pool)
        .await
        .context("the password cannot be kept")?;
    let commands = Commands::new(Arc::clone(&log) as _);
    let request = Request::once(Caller::System("cli"), Utc::now(), "cli", Uuid::now_v7());
    let done = match commands.seed_departments(Utc::now()).await {
        Ok(_) => commands.create_user(&request, user).await,
        Err(error) => Err(error),
    };
    log.close().await;
    // When the outcome is unknown the account may exist: it keeps its password.
    if done.is_err() && !matches!(done, Err(application::Error::Unavailable(_))) {
        forget(pool, id).await?;
    }
    done.map(|_| ()).map_err(reason)
}

async fn forget(pool: &PgPool, id: Uuid) -> anyhow::Result<()> {
    sqlx::query("delete from desk.credentials where user_id = $1").bind(id).execute(pool).await?;
    Ok(())
}

fn from_stdin(new: &CreateUser) -> anyhow::Result<Secret> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("standard input cannot be read")?;
    let password = line.trim_end_matches(['\r', '\n']);
    ensure!(!password.is_empty(), "there is no password on standard input");
    let mailbox = new.email.as_str().split('@').next().unwrap_or_default();
    check_strength(password, &[new.username.as_str(), mailbox])?;
    Ok(Secret::new(password.to_owned()))
}

/// A password of 100 random bits, in groups that can be read out.
fn make_up() -> anyhow::Result<Secret> {
    let mut bytes = [0u8; 20];
    SystemRandom::new().fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system has no randomness"))?;
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    let groups: Vec<String> = letters.chunks(5).map(|group| group.iter().collect()).collect();
    Ok(Secret::new(groups.join("-")))
}
