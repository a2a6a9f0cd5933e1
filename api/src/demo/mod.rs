//! The demo: people and tickets that come about through the command side, as real ones do.
//!
//! Every id and every command follows from a lasting name, so whatever was interrupted can be repeated: what
//! is there stays, what is missing is added.
//!
//! | module | what it holds |
//! |---|---|
//! | [`plan`] | a ticket's life as data |
//! | [`places`] | buildings and categories |
//! | [`articles`] | the knowledge base |
//! | [`stories`] | the forty tickets told in `tickets.json`, as plans |
//! | [`sample`], [`course`] | tickets made of the rows of a file, as plans |
//! | [`stage`] | carries plans out |

mod articles;
mod chance;
mod course;
mod names;
pub(crate) mod people;
mod phrases;
mod places;
mod plan;
pub(crate) mod sample;
mod stage;
pub(crate) mod stories;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{SubsecRound as _, Utc};
use infrastructure::database::Database;
use infrastructure::log::PgLog;

use sample::Row;
use stage::Stage;
use stories::Story;

/// What was filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filed {
    /// How many tickets there are now.
    pub(crate) tickets: usize,
    /// How many events were added.
    pub(crate) events: i64,
    /// How long it took.
    pub(crate) took: Duration,
}

/// Adds the people one can sign in as, buildings and categories, articles, and the first `count` tickets with a story. `progress`
/// hears how many tickets are done. Not for a desk with tickets of its own: see [`is_welcome`].
///
/// # Errors
/// The database fails.
pub(crate) async fn tell_stories(
    database: &Database,
    log: &Arc<PgLog>,
    count: usize,
    progress: impl FnMut(usize),
) -> anyhow::Result<Filed> {
    let began = Instant::now();
    let stage = Stage::new(Arc::clone(log));
    let people = people::on_stage();
    let events = stage.admit(&people).await?
        + stage.furnish(&places::all()).await?
        + stage.shelve(&articles::all()?).await?;
    stage::let_sign_in(database, &people).await?;

    let stories: Vec<Story> = stories::all()?.into_iter().take(count).collect();
    let Some(first) = stories.first() else {
        return Ok(Filed { tickets: 0, events, took: began.elapsed() });
    };
    let (ticket, filed) = stage.file(&first.life(0, Utc::now().trunc_subsecs(3))?).await?;
    let told_at = first.told_at(ticket);
    let lives = stories.iter().enumerate().map(|(number, story)| story.life(number, told_at));
    let played = stage.play(lives, progress).await?;
    Ok(Filed { events: events + filed + played.events, took: began.elapsed(), ..played })
}

/// Adds the crowd of the sample file, who cannot sign in, and `count` tickets made of `rows`. `progress`
/// hears how many tickets are done.
///
/// # Errors
/// The database fails.
pub(crate) async fn take_sample(
    log: &Arc<PgLog>,
    rows: &[Row],
    count: usize,
    progress: impl FnMut(usize),
) -> anyhow::Result<Filed> {
    let began = Instant::now();
    let stage = Stage::new(Arc::clone(log));
    let events = stage.admit(&people::in_the_sample()).await?;
    if count == 0 {
        return Ok(Filed { tickets: 0, events, took: began.elapsed() });
    }
    let (ticket, filed) = stage.file(&sample::life(rows, 0, Utc::now().trunc_subsecs(3))?).await?;
    let taken_at = sample::taken_at(ticket);
    let lives = (0..count).map(|number| sample::life(rows, number, taken_at));
    let played = stage.play(lives, progress).await?;
    Ok(Filed { events: events + filed + played.events, took: began.elapsed(), ..played })
}

/// Whether the desk holds no tickets of its own, or a demo since before it did: accounts whose password everybody knows
/// must not get near real tickets.
///
/// # Errors
/// The database fails.
pub(crate) async fn is_welcome(database: &Database) -> anyhow::Result<bool> {
    let first = people::on_stage().first().map(|person| stage::account(person).id);
    sqlx::query_scalar(
        "select exists (select from ledger.commands where command_id = $1)
                or not exists (select from ledger.events where stream_type = 'ticket' and via <> 'demo')",
    )
    .bind(first)
    .fetch_one(database.pool())
    .await
    .context("the log cannot be read")
}
