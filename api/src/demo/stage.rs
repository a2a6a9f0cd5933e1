//! Carries plans out through the command side: many tickets at a time, each in its own order.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use application::ledger::Ledger as _;
use application::{
    Assignment, Commands, Done, Error, NewArticle, NewEntry, NewMessage, NewTicket, NewUser, Request,
};
use chrono::{DateTime, Utc};
use domain::access::Caller;
use domain::change::Change;
use domain::id::TicketId;
use domain::user::values::{EmailAddress, Username};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use infrastructure::database::Database;
use infrastructure::log::PgLog;
use infrastructure::password::Passwords;

use super::Filed;
use super::people::{PASSWORD, Person};
use super::places::Place;
use super::plan::{Act, CommandName, DESK, Life, Step};
use crate::cli::failure::reason;

/// How many tickets are worked on at a time.
const AT_A_TIME: usize = 64;
/// How often a command whose outcome is unknown is sent again, and after which pause.
const TRIES: usize = 40;
const PAUSE: Duration = Duration::from_millis(250);

/// The command side of a desk.
pub(crate) struct Stage {
    log: Arc<PgLog>,
    commands: Commands,
}

impl Stage {
    /// The command side over `log`.
    pub(crate) fn new(log: Arc<PgLog>) -> Self {
        let commands = Commands::new(Arc::clone(&log) as _);
        Self { log, commands }
    }

    /// Gives `people` their accounts, unless they have them. Gives the number of events added.
    pub(crate) async fn admit(&self, people: &[Person]) -> anyhow::Result<i64> {
        patiently(async || self.commands.seed_departments(Utc::now()).await).await?;
        stream::iter(people)
            .map(|person| async move {
                let name = account(person);
                let new = NewUser {
                    id: person.id(),
                    username: Username::parse(&person.username).map_err(anyhow::Error::msg)?,
                    email: EmailAddress::parse(&person.email()).map_err(anyhow::Error::msg)?,
                    role: person.role,
                    departments: person.departments(),
                };
                let request = request(name, DESK, Utc::now());
                let (_, done) = patiently(async || self.commands.create_user(&request, new.clone()).await)
                    .await
                    .with_context(|| format!("the demo's user {} cannot be created", person.username))?;
                anyhow::Ok(added(done))
            })
            .buffer_unordered(AT_A_TIME)
            .try_fold(0, async |sum, events| Ok(sum + events))
            .await
    }

    /// Puts `places` into their catalogues, unless they are there. Gives the number of events added.
    pub(crate) async fn furnish(&self, places: &[Place]) -> anyhow::Result<i64> {
        let mut events = 0;
        for place in places {
            let name = CommandName::of(&format!("{}:{}", place.kind.as_str(), place.code));
            let new = NewEntry {
                id: place.id(),
                kind: place.kind,
                code: place.code.parse().context("a code of the demo is none")?,
                name: place.name.to_owned(),
                details: place.details.clone(),
            };
            let request = request(name, DESK, Utc::now());
            let outcome = patiently(async || self.commands.add_entry(&request, new.clone()).await).await;
            let (_, done) = outcome.with_context(|| format!("the demo's {} cannot be added", place.name))?;
            events += added(done);
        }
        Ok(events)
    }

    /// Writes and publishes `articles`, unless they were written before, whatever became of them. Gives the number of events added.
    pub(crate) async fn shelve(&self, articles: &[NewArticle]) -> anyhow::Result<i64> {
        stream::iter(articles)
            .map(|article| async move {
                let request = request(CommandName::of(&format!("article:{}", article.id)), DESK, Utc::now());
                let write = async || match self.commands.write_article(&request, article.clone()).await {
                    // Somebody has an article of this name, which is theirs to keep.
                    Err(Error::Taken(_)) => Ok((article.id, Done::Unchanged)),
                    outcome => outcome,
                };
                let written = patiently(write).await;
                let (_, done) = written
                    .with_context(|| format!("the demo's article {:?} cannot be written", article.title))?;
                anyhow::Ok(added(done))
            })
            .buffer_unordered(AT_A_TIME)
            .try_fold(0, async |sum, events| Ok(sum + events))
            .await
    }

    /// Carries out all of `lives`, as far as that has not been done. `progress` hears how many are done.
    pub(crate) async fn play(
        &self,
        lives: impl Iterator<Item = anyhow::Result<Life>>,
        mut progress: impl FnMut(usize),
    ) -> anyhow::Result<Filed> {
        let mut filed = Filed { tickets: 0, events: 0, took: Duration::ZERO };
        let mut lives =
            stream::iter(lives).map(async |life| self.play_one(&life?).await).buffer_unordered(AT_A_TIME);
        while let Some(events) = lives.try_next().await? {
            filed.tickets += 1;
            filed.events += events;
            progress(filed.tickets);
        }
        Ok(filed)
    }

    /// Files the ticket of `life`, unless it was filed before. Gives its id and the number of events added.
    pub(crate) async fn file(&self, life: &Life) -> anyhow::Result<(TicketId, i64)> {
        let request = request(life.command(0), DESK, life.filed_at);
        let new =
            NewTicket { id: life.ticket_id(), report: life.report(), per_day: i32::MAX, attachments: vec![] };
        let (id, done) = patiently(async || self.commands.create_ticket(&request, new.clone()).await)
            .await
            .with_context(|| format!("the demo's ticket {:?} cannot be filed", life.title))?;
        Ok((id, added(done)))
    }

    async fn play_one(&self, life: &Life) -> anyhow::Result<i64> {
        if self.log.outcome(life.last_command().id).await?.is_some() {
            return Ok(0);
        }
        let (id, mut events) = self.file(life).await?;
        for (number, step) in (1..).zip(&life.steps) {
            let done = self
                .take_step(life, id, number, step)
                .await
                .with_context(|| format!("step {number} of the demo's ticket {:?} fails", life.title))?;
            events += added(done);
        }
        Ok(events)
    }

    async fn take_step(&self, life: &Life, id: TicketId, number: usize, step: &Step) -> anyhow::Result<Done> {
        let request = request(life.command(number), step.by.clone(), step.at);
        let take = async || match &step.act {
            Act::Do(command) => self.commands.ticket(&request, id, command.clone()).await,
            Act::Assign(agent) => {
                self.commands.assign(&request, id, Assignment::Forced(agent.id()), Change::Keep).await
            }
            Act::Say { content, is_internal } => {
                let message = NewMessage {
                    id: life.message(number),
                    content: content.clone(),
                    is_internal: *is_internal,
                    ..NewMessage::default()
                };
                self.commands.post_message(&request, id, message).await.map(|(_, done)| done)
            }
        };
        patiently(take).await
    }
}

/// The command that gives `person` their account.
pub(crate) fn account(person: &Person) -> CommandName {
    CommandName::of(&format!("user:{}", person.username))
}

/// Lets `people` sign in with the demo's password, unless they have one already.
pub(crate) async fn let_sign_in(database: &Database, people: &[Person]) -> anyhow::Result<()> {
    let ids: Vec<_> = people.iter().map(|person| person.id().0).collect();
    let known: i64 = sqlx::query_scalar("select count(*) from desk.credentials where user_id = any($1)")
        .bind(&ids)
        .fetch_one(database.pool())
        .await
        .context("the credentials cannot be read")?;
    if usize::try_from(known).is_ok_and(|known| known == ids.len()) {
        return Ok(());
    }
    let hash = Passwords::new(1).hash(PASSWORD).await?;
    sqlx::query(
        "insert into desk.credentials (user_id, password_hash)
         select id, $2 from unnest($1::uuid[]) id
         on conflict (user_id) do nothing",
    )
    .bind(&ids)
    .bind(hash)
    .execute(database.pool())
    .await
    .context("the credentials cannot be written")?;
    Ok(())
}

fn request(name: CommandName, by: Caller, at: DateTime<Utc>) -> Request {
    Request { fingerprint: Some(name.fingerprint), ..Request::once(by, at, "demo", name.id) }
}

/// How many events `done` added.
fn added(done: Done) -> i64 {
    match done {
        Done::Changed(appended) if !appended.repeated => appended.last - appended.first + 1,
        Done::Changed(_) | Done::Unchanged => 0,
    }
}

/// Sends a command until its outcome is known: it has a name, so sending it again does no harm. A refusal
/// counts the second time: the first may come from another process having just sent the same command.
async fn patiently<T>(send: impl AsyncFn() -> Result<T, Error>) -> anyhow::Result<T> {
    let mut refused = false;
    for _ in 0..TRIES {
        match send().await {
            Err(Error::Unavailable(_) | Error::Overloaded | Error::Contended) => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(Error::Refused(_)) if !refused => refused = true,
            outcome => return outcome.map_err(reason),
        }
    }
    send().await.map_err(reason)
}
