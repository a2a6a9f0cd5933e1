//! The desk at work: everything a route can reach, from opening to closing.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use application::Commands;
use application::ledger::Ledger;
use infrastructure::attachments::Attachments;
use infrastructure::config::Config;
use infrastructure::database::Database;
use infrastructure::erasure::Erasure;
use infrastructure::handler::{self, Handler};
use infrastructure::jobs::Jobs;
use infrastructure::keys::Keyring;
use infrastructure::language_model::LanguageModel;
use infrastructure::log::PgLog;
use infrastructure::mail::{self, Outbox, Sender};
use infrastructure::oidc::Providers;
use infrastructure::outbound;
use infrastructure::password::Passwords;
use infrastructure::projection::{Runner, Visible};
use infrastructure::push::{self, Push};
use infrastructure::rate_limit::RateLimiter;
use infrastructure::reachable::Reachable;
use infrastructure::relay::{Relay, Status as RelayStatus};
use infrastructure::token::Tokens;
use infrastructure::webhook;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::afterwards::Afterwards;
use crate::answers::Shelves;
use crate::api_tokens::Holders;
use crate::attachments::Removal;
use crate::departments::Departments;
use crate::feed::{Streams, told_outside};
use crate::guesses::Guesses;
use crate::idempotency::Running as RunningRequests;
use crate::misuse::{self, Confirmed, Watch};
use crate::models::InUse;
use crate::notifications::{Deliverer, Queue, Raise};
use crate::put_back::PutBack;
use crate::rebuilds::{self, Rebuilds};
use crate::seen::Sessions;
use crate::settings::Trusted;
use crate::sockets::Sockets;
use crate::triage::{HandOut, SecondOpinion, Sort, Waiting};
use crate::views::Views;

/// How often a head of the log is signed while it grows.
const SEALED_EVERY: Duration = Duration::from_mins(1);
/// How many passwords are hashed at a time; each takes a core and 46 MiB.
const PASSWORDS_AT_A_TIME: usize = 2;

/// The desk at work. Cheap to clone; all clones are one desk.
#[derive(Clone)]
pub struct Desk(Arc<Parts>);

/// What the desk is made of.
pub struct Parts {
    /// The write side.
    pub commands: Arc<Commands>,
    /// The log.
    pub log: Arc<PgLog>,
    /// The database.
    pub database: Database,
    /// Whether the database answers.
    pub reachable: Reachable,
    /// What the read models show.
    pub visible: Visible,
    /// How the relay is doing; none if nothing is relayed.
    pub relay: Option<watch::Receiver<RelayStatus>>,
    /// Files that people attach.
    pub attachments: Attachments,
    /// Mail to be sent.
    pub outbox: Outbox,
    /// What sends to webhooks.
    pub webhooks: webhook::Sender,
    /// What browsers are told.
    pub push: Push,
    /// The language model that may be asked; none if none is configured.
    pub language_model: Option<LanguageModel>,
    /// The runs of the job that looks for misuse.
    pub(crate) jobs: Jobs,
    /// Access tokens.
    pub tokens: Tokens,
    /// Passwords.
    pub passwords: Passwords,
    /// The OpenID Connect providers.
    pub(crate) providers: Providers,
    /// What the operator set.
    pub config: Config,
    /// How many requests everybody may still make.
    pub(crate) requests: RateLimiter,
    /// How often a secret may be guessed at.
    pub(crate) guesses: Guesses,
    /// Who was seen signed in a moment ago.
    pub(crate) sessions: Sessions,
    /// Whom API tokens signed in a moment ago.
    pub(crate) holders: Holders,
    /// Repeatable requests that this process is serving.
    pub(crate) running: RunningRequests,
    /// What is done after its answer.
    pub(crate) afterwards: Afterwards,
    /// The connections that follow the log.
    pub(crate) streams: Streams,
    /// The sockets of this process.
    pub(crate) sockets: Sockets,
    /// Those who wait until it is known whose work their ticket is.
    pub(crate) waiting: Waiting,
    /// Rebuilds of read models that this process runs.
    pub(crate) rebuilds: Rebuilds,
    /// Departments seen a moment ago.
    pub(crate) departments: Departments,
    /// The settings as last seen.
    pub(crate) trusted_settings: Trusted,
    /// How often articles were looked at.
    pub(crate) views: Views,
    /// The published articles, for answers.
    pub(crate) shelves: Shelves,
    /// The model of routing that is in use.
    pub(crate) routing_model: InUse,
}

impl Deref for Desk {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Parts {
    /// The connections that requests share.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        self.database.pool()
    }
}

impl Desk {
    /// Opens the desk on the database at `options`: brings the schema up to date, opens the log and starts to
    /// keep the read models.
    ///
    /// # Errors
    /// The secrets are incomplete, or the database cannot be reached, is not what this program needs, or
    /// does not keep what the log promises.
    pub async fn open(config: Config, options: PgConnectOptions) -> anyhow::Result<(Self, Running)> {
        let secrets = config.keys()?;
        let mailer = mail::way_out(&config.mail, &config.storage.data_dir)?;
        let database = Database::with(options, config.storage.connections);
        migrate(&database).await?;
        let keys = Keyring::new(database.pool().clone(), secrets.master.expose());
        let log = PgLog::open(&database, keys).await.context("the log cannot be opened")?;
        let runner = Runner::new(Arc::clone(&log), database.clone(), projections::all());
        let visible = runner.visible();
        let stop = CancellationToken::new();
        let projections = tokio::spawn(runner.run(stop.clone()));
        let sealer = tokio::spawn(log.audit().keep_sealing(SEALED_EVERY, stop.clone()));
        let relay = config.nats.clone().map(|nats| {
            let relay = Relay::new(Arc::clone(&log), nats);
            let status = relay.status();
            tokio::spawn(relay.run(stop.clone()));
            status
        });
        let commands = Arc::new(Commands::new(Arc::clone(&log) as Arc<dyn Ledger>));
        let mut handlers = erasure(&config, &database, &log).handlers();
        let put_back = PutBack::new(Arc::clone(&commands), database.pool().clone(), visible.clone());
        handlers.push(Arc::new(put_back));
        let attachments = Attachments::open(database.pool().clone(), Arc::clone(&log), &config.attachments)?;
        handlers.push(Arc::new(Removal::new(Arc::clone(&commands), attachments.clone())));
        let outbox = Outbox::new(database.pool().clone(), Arc::clone(log.keys()));
        let sender = Sender::new(database.pool().clone(), outbox.clone(), mailer);
        let sender = tokio::spawn(sender.run(stop.clone()));
        let webhooks = webhooks(&config, &database, &log, &commands);
        let webhook_sender = tokio::spawn(webhooks.clone().run(stop.clone()));
        let push = push(&config, &database, &log).await?;
        let push_sender = push::Sender::new(push.clone(), Arc::clone(&commands));
        let push_sender = tokio::spawn(push_sender.run(stop.clone()));
        let jobs = Jobs::register(database.pool().clone(), misuse::NAME).await?;
        let afterwards = Afterwards::default();
        let deliveries = Arc::new(Notify::new());
        let queue = Queue::new(Arc::clone(&commands), database.pool().clone(), Arc::clone(&deliveries));
        handlers.push(Arc::new(queue));
        let desk = Self(Arc::new(Parts {
            commands,
            log: Arc::clone(&log),
            language_model: language_model(&config, &database),
            guesses: Guesses::new(database.pool().clone(), Arc::clone(log.keys())),
            reachable: Reachable::watch(database.clone(), stop.clone()),
            requests: RateLimiter::new(database.pool().clone(), config.limits.requests.window, &secrets.jwt),
            database,
            visible,
            relay,
            attachments,
            outbox,
            webhooks,
            push,
            jobs,
            tokens: Tokens::new(&secrets.jwt),
            passwords: Passwords::new(PASSWORDS_AT_A_TIME),
            providers: Providers::new(&config.oidc, &config.server.public_url())?,
            config,
            sessions: Sessions::default(),
            holders: Holders::default(),
            running: RunningRequests::default(),
            afterwards: afterwards.clone(),
            streams: Streams::default(),
            sockets: Sockets::default(),
            waiting: Waiting::default(),
            rebuilds: Rebuilds::new(stop.clone()),
            departments: Departments::default(),
            trusted_settings: Trusted::default(),
            views: Views::default(),
            shelves: Shelves::default(),
            routing_model: InUse::default(),
        }));
        handlers.extend(desk.own_handlers());
        let handlers = handler::Runner::register(Arc::clone(&log), desk.database.clone(), handlers).await?;
        let handlers = tokio::spawn(handlers.run(stop.clone()));
        let watch = tokio::spawn(Watch::new(desk.clone(), desk.jobs.clone()).run(stop.clone()));
        tokio::spawn(Deliverer::new(desk.clone(), deliveries).run(stop.clone()));
        tokio::spawn(desk.clone().forget_the_erased(stop.clone()));
        tokio::spawn(Sockets::run(desk.clone(), stop.clone()));
        tokio::spawn(rebuilds::sweep(desk.database.clone(), stop.clone()));
        tokio::spawn(desk.attachments.clone().sweep(stop.clone()));
        let views = tokio::spawn(desk.views.clone().keep(desk.pool().clone(), stop.clone()));
        tokio::spawn(RateLimiter::sweep(desk.pool().clone(), stop.clone()));
        Ok((
            desk,
            Running {
                stop: stop.drop_guard(),
                projections,
                sealer,
                handlers,
                sender,
                webhook_sender,
                push_sender,
                watch,
                views,
                afterwards,
                log,
            },
        ))
    }

    /// What follows from events by rules that ask the whole desk.
    fn own_handlers(&self) -> [Arc<dyn Handler>; 5] {
        [
            Arc::new(Raise::new(self.clone())),
            Arc::new(Sort::new(self.clone())),
            Arc::new(HandOut::new(self.clone())),
            Arc::new(SecondOpinion::new(self.clone())),
            Arc::new(Confirmed::new(self.clone())),
        ]
    }

    /// Whenever somebody was erased, by whatever process, forgets what this one has in memory besides the log.
    async fn forget_the_erased(self, stop: CancellationToken) {
        let mut erased = self.log.watch_erased();
        while let Some(Ok(())) = stop.run_until_cancelled(erased.changed()).await {
            self.commands.forget();
            self.sessions.forget_all();
            self.holders.forget_all();
            if let Err(error) = self.forget_mails().await {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "Mails of who was erased are in the mail folder still"
                );
            }
        }
    }
}

impl Desk {
    /// Removes the mails of whoever was erased from the folder of this node; whoever erases does it in theirs alone.
    async fn forget_mails(&self) -> anyhow::Result<()> {
        let gone: Vec<Uuid> =
            sqlx::query_scalar("select user_id from desk.erasures").fetch_all(self.pool()).await?;
        let folder = mail::folder(&self.config.storage.data_dir);
        let forget = move || mail::forget_in_folder(&folder, &gone);
        Ok(tokio::task::spawn_blocking(forget).await??)
    }
}

/// What runs beside the requests; it stops when this is dropped, and in order by [`Running::stop`].
#[must_use = "what runs stops when this is dropped"]
pub struct Running {
    stop: DropGuard,
    projections: JoinHandle<()>,
    sealer: JoinHandle<()>,
    handlers: JoinHandle<()>,
    sender: JoinHandle<()>,
    webhook_sender: JoinHandle<()>,
    push_sender: JoinHandle<()>,
    watch: JoinHandle<()>,
    views: JoinHandle<()>,
    afterwards: Afterwards,
    log: Arc<PgLog>,
}

impl Running {
    /// Hands the read models over and answers every append that was sent.
    pub async fn stop(self) {
        self.afterwards.finish().await;
        drop(self.stop);
        if let Err(error) = self.projections.await {
            tracing::error!(%error, "The read models stopped by a panic");
        }
        if let Err(error) = self.sealer.await {
            tracing::error!(%error, "The sealing of the log stopped by a panic");
        }
        if let Err(error) = self.handlers.await {
            tracing::error!(%error, "The handlers stopped by a panic");
        }
        if let Err(error) = self.sender.await {
            tracing::error!(%error, "The sending of mail stopped by a panic");
        }
        if let Err(error) = self.webhook_sender.await {
            tracing::error!(%error, "The sending of webhooks stopped by a panic");
        }
        if let Err(error) = self.push_sender.await {
            tracing::error!(%error, "The sending to browsers stopped by a panic");
        }
        if let Err(error) = self.watch.await {
            tracing::error!(%error, "The watch for misuse stopped by a panic");
        }
        if let Err(error) = self.views.await {
            tracing::error!(%error, "The counting of views stopped by a panic");
        }
        self.log.close().await;
    }
}

/// What destroys the texts of who is erased, and what is redacted.
fn erasure(config: &Config, database: &Database, log: &Arc<PgLog>) -> Erasure {
    let mails = mail::folder(&config.storage.data_dir);
    Erasure::new(database.clone(), Arc::clone(log), projections::all(), mails)
}

/// What sends to webhooks the envelopes of events, as everybody gets them who reads the log.
fn webhooks(
    config: &Config,
    database: &Database,
    log: &Arc<PgLog>,
    commands: &Arc<Commands>,
) -> webhook::Sender {
    let client = outbound::Client::new(&config.webhook_networks);
    let render: webhook::Render = Arc::new(|row, event, internal| {
        let told = told_outside(row, event, internal)?;
        Some(webhook::Told { data: serde_json::to_value(&told).ok()?, event_type: told.event_type })
    });
    let (pool, log, commands) = (database.pool().clone(), Arc::clone(log), Arc::clone(commands));
    webhook::Sender::new(pool, log, commands, client, render)
}

/// The language model that the operator configured.
fn language_model(config: &Config, database: &Database) -> Option<LanguageModel> {
    config.language_model.as_ref().map(|model| LanguageModel::new(model, database.pool().clone()))
}

/// What browsers are told. Push services reach the operator by the address that writes mails, or else at the desk.
async fn push(config: &Config, database: &Database, log: &Arc<PgLog>) -> anyhow::Result<Push> {
    let client = outbound::Client::new(&config.push_networks);
    let mail = config.mail.smtp.is_some().then(|| format!("mailto:{}", config.mail.from.email));
    let contact = mail.unwrap_or_else(|| config.server.public_url());
    let (pool, keys) = (database.pool().clone(), Arc::clone(log.keys()));
    Push::open(pool, keys, client, contact).await.context("the key for push services cannot be used")
}

/// Brings the schema up to date. A role that may not do so is content with a schema that is.
async fn migrate(database: &Database) -> anyhow::Result<()> {
    let Err(error) = database.migrate().await else { return Ok(()) };
    let may_not = error.chain().filter_map(|cause| cause.downcast_ref::<sqlx::Error>()).any(|error| {
        let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        code.as_deref() == Some("42501")
    });
    if may_not && database.is_migrated().await.unwrap_or(false) {
        return Ok(());
    }
    Err(error)
}
