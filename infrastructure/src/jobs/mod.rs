//! Jobs: what the desk does once a day, or when an administrator asks for it.
//!
//! A run is a row: of a day there is one, whichever process puts it there, so nothing is run twice and what was missed is seen.
//! Of several processes one runs a job, under a fenced lease; how far a run has come is written under that lease's token. Whoever
//! takes it over goes on behind the last batch, so whatever a run does to one person has to come out the same twice.

mod run;

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::id::UserId;
use domain::schedule::{Due, Ran};
use sqlx::PgPool;
use tokio::sync::Notify;
use uuid::Uuid;

pub use self::run::{Progress, Run, Work};
use crate::handler::NotNow;
use crate::handler::keeper::unreachable_because;
use crate::lease::{JOBS, RENEW};

/// How often a run may fail to go on before it is given up.
const ATTEMPTS: i32 = 6;
/// How long it is known of a run that it was.
const KEPT: &str = "90 days";

/// The runs of a job, and who runs it. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Jobs {
    pool: PgPool,
    job: &'static str,
    me: Uuid,
    wake: Arc<Notify>,
}

/// A run that somebody asks for.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Its identity: asked for twice, it is one.
    pub id: Uuid,
    /// Of which day what it finds is.
    pub for_day: NaiveDate,
    /// What happened from then on
    pub from: DateTime<Utc>,
    /// and before then.
    pub until: DateTime<Utc>,
    /// Only of this person.
    pub user: Option<UserId>,
    /// Who asks.
    pub by: Option<UserId>,
}

impl Jobs {
    /// The runs of `job`, which is known from now on if it was not before.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn register(pool: PgPool, job: &'static str) -> sqlx::Result<Self> {
        sqlx::query("insert into desk.jobs (name) values ($1) on conflict (name) do nothing")
            .bind(job)
            .execute(&pool)
            .await?;
        Ok(Self { pool, job, me: Uuid::now_v7(), wake: Arc::default() })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.job
    }

    /// Waits until somebody asked for a run on this process.
    pub async fn asked(&self) {
        self.wake.notified().await;
    }

    /// Puts a run into the queue.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn ask(&self, asked: &Asked) -> sqlx::Result<()> {
        let Asked { id, for_day, from, until, user, by } = asked;
        sqlx::query(
            "insert into desk.job_runs (id, job, for_day, window_from, window_until, user_id, requested_by)
             values ($1, $2, $3, $4, $5, $6, $7)
                 on conflict (id) do nothing",
        )
        .bind(id)
        .bind(self.job)
        .bind(for_day)
        .bind(from)
        .bind(until)
        .bind(user.map(|user| user.0))
        .bind(by.map(|by| by.0))
        .execute(&self.pool)
        .await?;
        self.wake.notify_one();
        Ok(())
    }

    /// The days around `day` and later ones for which there is a run.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn ran(&self, day: NaiveDate) -> sqlx::Result<Ran> {
        let since = sqlx::query_scalar("select since from desk.jobs where name = $1")
            .bind(self.job)
            .fetch_one(&self.pool)
            .await?;
        let runs = sqlx::query_as(
            "select day, window_until from desk.job_runs where job = $1 and day >= $2 - 8 order by day",
        )
        .bind(self.job)
        .bind(day)
        .fetch_all(&self.pool)
        .await?;
        Ok(Ran { since, runs })
    }

    /// Puts the run of a day into the queue, unless there is one; whether there was none.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn plan(&self, due: &Due) -> sqlx::Result<bool> {
        let planned = sqlx::query(
            "insert into desk.job_runs (id, job, day, for_day, window_from, window_until)
             values ($1, $2, $3, $3, $4, $5)
                 on conflict (job, day) do nothing",
        )
        .bind(Uuid::now_v7())
        .bind(self.job)
        .bind(due.day)
        .bind(due.from)
        .bind(due.until)
        .execute(&self.pool)
        .await?;
        Ok(planned.rows_affected() == 1)
    }

    /// The oldest run that is to be done, if this process may do it.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn take(&self) -> sqlx::Result<Option<Work>> {
        if self.oldest().await?.is_none() {
            return Ok(None);
        }
        let Some(held) = JOBS.take(&self.pool, self.me, &[self.job]).await?.pop() else { return Ok(None) };
        // Whoever had the lease until now may have done it.
        let Some(run) = self.oldest().await? else {
            self.give_back().await?;
            return Ok(None);
        };
        Ok(Some(Work { run, token: held.token }))
    }

    async fn oldest(&self) -> sqlx::Result<Option<Run>> {
        sqlx::query_as(
            "select id, for_day, window_from, window_until, user_id, reached, total, done, made, failures
               from desk.job_runs
              where job = $1 and state in ('queued', 'running')
              order by queued_at, id
              limit 1",
        )
        .bind(self.job)
        .fetch_optional(&self.pool)
        .await
    }

    /// Waits for `doing` and keeps the lease meanwhile; none if it was lost, and `doing` cut off.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn meanwhile<T>(&self, work: &Work, doing: impl Future<Output = T>) -> sqlx::Result<Option<T>> {
        tokio::pin!(doing);
        loop {
            tokio::select! {
                done = &mut doing => return Ok(Some(done)),
                () = tokio::time::sleep(RENEW) => {
                    let held = JOBS.take(&self.pool, self.me, &[self.job]).await?;
                    if held.first().map(|held| held.token) != Some(work.token) {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Notes how far a run has come; false if somebody else runs the job by now, and nothing was noted.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn note(&self, work: &Work, progress: &Progress) -> sqlx::Result<bool> {
        let Progress { reached, total, done, made, failures, is_over } = progress;
        let noted = sqlx::query(
            "update desk.job_runs r
                set state = case when $9 then 'done' else 'running' end, began_at = coalesce(began_at, now()),
                    ended_at = case when $9 then now() end, reached = $4, total = $5, done = $6, made = $7,
                    failures = $8, attempts = 0
               from desk.jobs j
              where r.id = $1 and j.name = r.job and j.lease_owner = $2 and j.lease_token = $3",
        )
        .bind(work.run.id)
        .bind(self.me)
        .bind(work.token)
        .bind(reached)
        .bind(total)
        .bind(done)
        .bind(made)
        .bind(failures)
        .bind(is_over)
        .execute(&self.pool)
        .await?;
        Ok(noted.rows_affected() == 1)
    }

    /// Notes that a run could not go on; what cannot often enough is given up, so that others have their turn.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn stumbled(&self, work: &Work) -> sqlx::Result<()> {
        sqlx::query(
            "update desk.job_runs
                set attempts = attempts + 1, state = case when attempts + 1 >= $2 then 'failed' else state end,
                    ended_at = case when attempts + 1 >= $2 then now() end
              where id = $1 and state in ('queued', 'running')",
        )
        .bind(work.run.id)
        .bind(ATTEMPTS)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Lets other processes run the job, and forgets runs of long ago.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn give_back(&self) -> sqlx::Result<()> {
        sqlx::query("delete from desk.job_runs where job = $1 and ended_at < now() - $2::interval")
            .bind(self.job)
            .bind(KEPT)
            .execute(&self.pool)
            .await?;
        JOBS.give_back(&self.pool, self.me, &[self.job]).await
    }
}

/// Whether what failed may go well as it is a moment later: the database was away, or the read models behind.
#[must_use]
pub fn is_for_later(error: &anyhow::Error) -> bool {
    error.is::<NotNow>() || unreachable_because(error).is_some()
}
