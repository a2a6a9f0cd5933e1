//! The job that looks for misuse: every day at its time, and when an administrator asks for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use application::{Done, Error, Request};
use chrono::{NaiveDate, Utc};
use domain::access::Caller;
use domain::id::UserId;
use domain::misuse::pattern::suspect;
use domain::misuse::values::ReportId;
use domain::misuse::{Filing, ReportCommand};
use infrastructure::handler::NotNow;
use infrastructure::jobs::{Jobs, Run, Work, is_for_later};
use projections::misuse_reports::filers;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::look;
use crate::desk::Desk;

/// The name of the job, and the door that its commands come through.
pub(crate) const NAME: &str = "misuse_daily";
/// How many people are looked at together.
const BATCH: usize = 15;
/// How many of them at a time: the connections to the database are for people in the first place.
const AT_A_TIME: usize = 4;
/// How long looking at one of them may take.
const LONGEST: Duration = Duration::from_mins(1);
/// How often it looks whether there is something to do that another process was asked for.
const EVERY: Duration = Duration::from_secs(2);
/// How long it waits after it could not go on.
const RETRY: Duration = Duration::from_secs(1);
/// How long it waits for the read models that say who filed what.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs the job.
pub(crate) struct Watch {
    desk: Desk,
    jobs: Jobs,
    /// The last day that is known to have its run.
    planned: Mutex<Option<NaiveDate>>,
}

/// What came of looking at somebody.
enum Looked {
    /// They were reported.
    Reported,
    /// There was nothing to report, or it was reported before.
    Nothing,
    /// They could not be looked at.
    Failed,
}

impl Watch {
    pub(crate) fn new(desk: Desk, jobs: Jobs) -> Self {
        Self { desk, jobs, planned: Mutex::default() }
    }

    /// Runs what is due until `stop`, whatever happens to the database meanwhile. What is under way then is gone on with by
    /// whoever runs the job next.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match stop.run_until_cancelled(self.next()).await {
                None | Some(Ok(true)) => continue,
                Some(Ok(false)) => EVERY,
                Some(Err(error)) => {
                    tracing::warn!(error = format!("{error:#}"), job = NAME, "A job waits");
                    RETRY
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.jobs.asked() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        let _ = self.jobs.give_back().await;
    }

    /// Puts what is due into the queue and does the oldest of what is there; whether there was anything.
    async fn next(&self) -> anyhow::Result<bool> {
        self.plan().await?;
        let Some(work) = self.jobs.take().await? else { return Ok(false) };
        let done = self.jobs.meanwhile(&work, self.work(&work)).await?;
        let done = done.context("another process runs the job by now")?;
        if let Err(error) = done {
            if !is_for_later(&error) {
                self.jobs.stumbled(&work).await?;
            }
            return Err(error);
        }
        self.jobs.give_back().await?;
        Ok(true)
    }

    /// Sees to it that the latest day that was due has a run.
    async fn plan(&self) -> anyhow::Result<()> {
        let Some(schedule) = self.desk.config.misuse_schedule else { return Ok(()) };
        let now = Utc::now();
        let Some((day, _)) = schedule.latest(now) else { return Ok(()) };
        if *self.planned.lock().unwrap_or_else(PoisonError::into_inner) == Some(day) {
            return Ok(());
        }
        if let Some(due) = schedule.due(now, &self.jobs.ran(day).await?)
            && self.jobs.plan(&due).await?
        {
            tracing::info!(job = NAME, day = %due.day, "A job is due");
        }
        *self.planned.lock().unwrap_or_else(PoisonError::into_inner) = Some(day);
        Ok(())
    }

    /// Does a run from where it stands to its end, batch by batch.
    async fn work(&self, work: &Work) -> anyhow::Result<()> {
        let desk = &self.desk;
        if !desk.visible.wait(desk.log.head().await?, PATIENCE).await {
            return Err(NotNow("the read models do not show yet who filed what").into());
        }
        let run = &work.run;
        let window = (run.window_from, run.window_until);
        let mut progress = run.progress();
        let users = filers(desk.pool(), window, progress.reached, run.user()).await?;
        let left = i32::try_from(users.len()).unwrap_or(i32::MAX);
        progress.total = Some(progress.done.saturating_add(left));
        self.note(work, &progress).await?;
        for batch in users.chunks(BATCH) {
            let looked = self.batch(run, batch).await?;
            progress.reached = batch.last().map(|user| user.0);
            for one in looked {
                progress.done += 1;
                progress.made += i32::from(matches!(one, Looked::Reported));
                progress.failures += i32::from(matches!(one, Looked::Failed));
            }
            self.note(work, &progress).await?;
        }
        progress.is_over = true;
        self.note(work, &progress).await?;
        let (users, reports, failures) = (progress.done, progress.made, progress.failures);
        tracing::info!(job = NAME, job.id = %run.id, users, reports, failures, "A job is done");
        Ok(())
    }

    async fn note(&self, work: &Work, progress: &infrastructure::jobs::Progress) -> anyhow::Result<()> {
        let noted = self.jobs.note(work, progress).await?;
        anyhow::ensure!(noted, "another process runs the job by now");
        Ok(())
    }

    /// Looks at some people at once. Who cannot be looked at is passed over; only what concerns all of them is an error.
    async fn batch(&self, run: &Run, users: &[UserId]) -> anyhow::Result<Vec<Looked>> {
        let places = Arc::new(Semaphore::new(AT_A_TIME));
        let mut looking = JoinSet::new();
        let mut who = HashMap::new();
        for user in users {
            let (desk, run, user) = (self.desk.clone(), run.clone(), *user);
            let places = Arc::clone(&places);
            let task = looking.spawn(async move {
                let _place = places.acquire().await?;
                let looked = tokio::time::timeout(LONGEST, one(&desk, &run, user)).await;
                looked.context("it took too long").and_then(|looked| looked)
            });
            who.insert(task.id(), user);
        }
        let mut all = Vec::with_capacity(users.len());
        while let Some(ended) = looking.join_next_with_id().await {
            let (task, looked) = match ended {
                Ok((task, looked)) => (task, looked),
                Err(error) => (error.id(), Err(anyhow::anyhow!("looking at somebody panicked"))),
            };
            all.push(match looked {
                Ok(looked) => looked,
                Err(error) if is_for_later(&error) => return Err(error),
                Err(error) => {
                    let user = who.get(&task).map(ToString::to_string).unwrap_or_default();
                    let error = format!("{error:#}");
                    tracing::warn!(error, job = NAME, job.id = %run.id, user.id = user, "Somebody was passed over");
                    Looked::Failed
                }
            });
        }
        Ok(all)
    }
}

/// Looks at what `user` filed, and reports what speaks for misuse.
async fn one(desk: &Desk, run: &Run, user: UserId) -> anyhow::Result<Looked> {
    let tickets = look::own(desk, user, (run.window_from, run.window_until)).await?;
    let Some(suspicion) = suspect(&tickets, run.window_until - run.window_from) else {
        return Ok(Looked::Nothing);
    };
    let now = Utc::now();
    let filing = Filing { user, day: run.for_day, suspicion, analyzed_at: now };
    let id = ReportId::of(user, run.for_day);
    // The same for this run and person however often it is done: what a run filed that was cut off then counts as its own.
    let (command, said) =
        (Uuid::new_v5(&run.id, user.0.as_bytes()), [run.id.into_bytes(), user.0.into_bytes()]);
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(&said.concat());
    let request = Request {
        fingerprint: Some(fingerprint),
        correlation_id: run.id,
        ..Request::once(Caller::System(NAME), now, NAME, command)
    };
    match desk.commands.misuse_report(&request, id, ReportCommand::File(Box::new(filing))).await {
        Ok(Done::Changed(_)) => Ok(Looked::Reported),
        Ok(Done::Unchanged) | Err(Error::Erased) => Ok(Looked::Nothing),
        Err(error) => Err(error.into()),
    }
}
