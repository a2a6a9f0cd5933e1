//! The log on PostgreSQL: one function appends, everything else reads.
//!
//! Positions are 1, 2, 3 … without holes and in commit order, because whoever appends holds one lock from
//! before they are drawn until they are visible. Whoever sees position p can see every position before it.

mod about;
mod batch;
mod cursor;
mod epoch;
mod erased;
mod fork;
mod leaf;
mod past;
mod prepared;
mod rows;
mod selftest;
mod slice;
mod stream;
mod tail;
mod wake;
mod window;
mod wire;
mod writer;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use application::ledger::{Append, AppendError, Appended, Ledger, Outcome, ReadError};
use async_trait::async_trait;
use domain::event::Recorded;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use self::about::Trace;
pub use self::cursor::{Cursor, NotAPlace, Place};
pub use self::fork::{Common, Fork};
pub use self::leaf::Hash;
pub(crate) use self::leaf::{block, genesis};
pub use self::past::Reached;
pub use self::rows::Row;
pub use self::slice::{Filter, Slice};
pub use self::window::Entry;
use crate::audit::{Audit, Verified};
use crate::database::{Database, Purpose, is_unreachable};
use crate::keys::{KeyError, Keyring};
use epoch::Epoch;
use erased::Erased;
use prepared::Prepared;
use stream::COLUMNS;
use tail::Tail;
use window::Window;
use writer::{Pending, QUEUE, Writer};

/// How long an append may take before its outcome is called unknown.
const ANSWER: Duration = Duration::from_millis(1_700);
/// How many announcements of presence wait for whoever listens to them.
const SAID: usize = 256;

/// What is in one stream, and what is in several.
static ONE_STREAM: LazyLock<String> = LazyLock::new(|| {
    format!(
        "select {COLUMNS} from ledger.feed f where f.stream_id = $1 and f.version > $2 order by f.version"
    )
});
static STREAMS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "select {COLUMNS} from unnest($1::uuid[], $2::int[]) with ordinality s(id, version, ord)
           cross join lateral (select * from ledger.feed f
                                where f.stream_id = s.id and f.version > s.version) f
          order by s.ord, f.version"
    )
});

/// The log on PostgreSQL.
pub struct PgLog {
    pool: PgPool,
    keys: Arc<Keyring>,
    tail: Arc<Tail>,
    window: Arc<Window>,
    epoch: Arc<Epoch>,
    id: Uuid,
    erased: Arc<Erased>,
    presence: broadcast::Sender<Arc<str>>,
    queue: mpsc::Sender<Pending>,
    stop: CancellationToken,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl PgLog {
    /// The log in `database`, after checking that the database keeps what the log promises.
    ///
    /// # Errors
    /// The database cannot be reached, or one of the checks of [`selftest`] fails.
    pub async fn open(database: &Database, keys: Arc<Keyring>) -> anyhow::Result<Arc<Self>> {
        selftest::run(database).await?;
        keys.check().await?;
        let tail = Arc::new(Tail::new(Arc::clone(&keys)));
        let window = Arc::new(Window::default());
        let epoch = Arc::new(Epoch::new());
        epoch.open(&mut database.connect(Purpose::Append).await?).await?;
        let (sender, queue) = mpsc::channel(QUEUE);
        let stop = CancellationToken::new();
        let writer = Writer::new(database.clone(), queue, Arc::clone(&tail), Arc::clone(&epoch));
        let memory = (Arc::clone(&tail), Arc::clone(&window));
        let erased = Erased::new(database.pool().clone(), Arc::clone(&keys), memory);
        let log = Arc::new(Self {
            pool: database.pool().clone(),
            keys,
            tail: Arc::clone(&tail),
            window,
            epoch: Arc::clone(&epoch),
            id: epoch::log_id(database.pool()).await?,
            erased: Arc::new(erased),
            presence: broadcast::Sender::new(SAID),
            queue: sender,
            stop: stop.clone(),
            tasks: Mutex::default(),
        });
        tail.advance(log.head().await?);
        let waker = {
            let (erased, presence) = (Arc::clone(&log.erased), log.presence.clone());
            tokio::spawn(wake::run(wake::Ears { database: database.clone(), tail, epoch, erased, presence }))
        };
        *log.tasks.lock().await = vec![tokio::spawn(writer.run(stop)), waker];
        Ok(log)
    }

    /// Answers everything that was sent, then stops.
    pub async fn close(&self) {
        self.stop.cancel();
        let mut tasks = std::mem::take(&mut *self.tasks.lock().await).into_iter();
        if let Some(writer) = tasks.next() {
            let _ = writer.await;
        }
        for task in tasks {
            task.abort();
        }
        // The last announcement may just have been due.
        let appended = *self.tail.watch_appended().borrow();
        if appended > 0 {
            wake::announce(&self.pool, appended).await;
        }
    }

    /// The position of the newest event; 0 for an empty log.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn head(&self) -> sqlx::Result<i64> {
        sqlx::query_scalar("select coalesce(max(last_position), 0) from ledger.blocks")
            .fetch_one(&self.pool)
            .await
    }

    /// Follows the end of the log as far as this process has heard of it.
    #[must_use]
    pub fn watch_head(&self) -> watch::Receiver<i64> {
        self.tail.watch()
    }

    /// Follows which epoch it is: another one means another server, or the same one restarted.
    #[must_use]
    pub fn watch_epoch(&self) -> watch::Receiver<i32> {
        self.epoch.watch()
    }

    /// Tells all processes, this one included, who looks at what just now: a hint that may get lost, of less than
    /// 8,000 bytes and without content.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn announce_presence(&self, said: &str) -> sqlx::Result<()> {
        wake::announce_presence(&self.pool, said).await
    }

    /// Hears what processes announce of presence.
    #[must_use]
    pub fn watch_presence(&self) -> broadcast::Receiver<Arc<str>> {
        self.presence.subscribe()
    }

    /// The log's identity, which every copy of it shares.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// At most `limit` events right behind `position`, from memory; none if they are not all at hand.
    #[must_use]
    pub fn tail_after(&self, position: i64, limit: usize) -> Option<Vec<Arc<Recorded>>> {
        self.tail.after(position, limit)
    }

    /// At most `limit` events behind `position` as the database has them.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn rows_after(&self, position: i64, limit: i64) -> sqlx::Result<Vec<Row>> {
        sqlx::query_as("select * from ledger.feed where position > $1 order by position limit $2")
            .bind(position)
            .bind(limit)
            .fetch_all(&self.pool)
            .await
    }

    /// The keys that open the events.
    #[must_use]
    pub fn keys(&self) -> &Arc<Keyring> {
        &self.keys
    }

    /// The stream that holds a unique value, if one does.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn holder(
        &self,
        kind: application::ledger::ClaimKind,
        value: &str,
    ) -> sqlx::Result<Option<Uuid>> {
        let kind: &'static str = kind.into();
        sqlx::query_scalar("select stream_id from ledger.claims where kind = $1 and key_hash = $2")
            .bind(kind)
            .bind(self.keys.claim_hash(kind, value).as_slice())
            .fetch_optional(&self.pool)
            .await
    }

    /// Has the keys at hand that opening `entries` takes, read in one go.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn fetch_keys_of<'a>(&self, entries: impl Iterator<Item = &'a Entry>) -> sqlx::Result<()> {
        self.keys
            .fetch(entries.filter(|entry| !entry.is_open()).map(|entry| entry.row.payload.as_str()))
            .await
    }

    /// Walks the whole log and checks that nothing in it was altered, removed, moved or added.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn verify(&self) -> sqlx::Result<Verified> {
        self.audit().verify(&[]).await
    }

    /// The log as auditors see it.
    #[must_use]
    pub fn audit(&self) -> Audit {
        Audit::new(self.pool.clone(), Arc::clone(&self.keys))
    }

    async fn opened(&self, rows: Vec<Row>) -> Result<Vec<Recorded>, ReadError> {
        self.keys
            .fetch(rows.iter().map(|row| row.payload.as_str()))
            .await
            .map_err(|error| unopened(error.into()))?;
        let mut events = Vec::with_capacity(rows.len());
        for row in rows {
            events.push(row.open(&self.keys).await.map_err(unopened)?);
        }
        Ok(events)
    }
}

#[async_trait]
impl Ledger for PgLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let append = Prepared::new(append, &self.keys).await.map_err(|error| match error {
            KeyError::Database(error) => AppendError::Unavailable(error.to_string()),
            KeyError::Destroyed(subject) => AppendError::Erased(subject),
            error => AppendError::Rejected(error.to_string()),
        })?;
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Pending { append, answer }).map_err(|error| match error {
            TrySendError::Full(_) => AppendError::Overloaded,
            TrySendError::Closed(_) => AppendError::Unavailable("the desk is shutting down".to_owned()),
        })?;
        match tokio::time::timeout(ANSWER, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(AppendError::Unavailable("the writer stopped".to_owned())),
            Err(_) => Err(AppendError::Unavailable("no answer in time".to_owned())),
        }
    }

    async fn read_streams(&self, after: &[(Uuid, i32)]) -> Result<Vec<Recorded>, ReadError> {
        let (streams, versions): (Vec<Uuid>, Vec<i32>) = after.iter().copied().unzip();
        let read = if let ([stream], [version]) = (&streams[..], &versions[..]) {
            let rows =
                sqlx::query(AssertSqlSafe(ONE_STREAM.as_str())).bind(stream).bind(version).fetch(&self.pool);
            stream::opened(rows, &self.keys).await
        } else {
            let rows =
                sqlx::query(AssertSqlSafe(STREAMS.as_str())).bind(streams).bind(versions).fetch(&self.pool);
            stream::opened(rows, &self.keys).await
        };
        read.map_err(unopened)
    }

    async fn read_range(&self, first: i64, last: i64) -> Result<Vec<Recorded>, ReadError> {
        let rows =
            sqlx::query_as("select * from ledger.feed where position between $1 and $2 order by position")
                .bind(first)
                .bind(last)
                .fetch_all(&self.pool)
                .await;
        self.opened(rows.map_err(unread)?).await
    }

    async fn holder_of(
        &self,
        kind: application::ledger::ClaimKind,
        value: &str,
    ) -> Result<Option<Uuid>, ReadError> {
        self.holder(kind, value).await.map_err(unread)
    }

    async fn outcome(&self, command_id: Uuid) -> Result<Option<Outcome>, ReadError> {
        // An answer about an earlier append waits for the same replicas that the append waited for.
        let found: Option<(Option<Vec<u8>>, i64, i64)> = sqlx::query_as(
            "select fingerprint, first_position, last_position
               from ledger.commands
              where command_id = $1 and pg_logical_emit_message(true, 'ledgerdesk', 'outcome') is not null",
        )
        .bind(command_id)
        .fetch_optional(&self.pool)
        .await
        .map_err(unread)?;
        Ok(found.map(|(fingerprint, first, last)| Outcome {
            fingerprint: fingerprint.and_then(|hash| hash.try_into().ok()),
            appended: Appended { first, last, repeated: true },
        }))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn unread(error: sqlx::Error) -> ReadError {
    if is_unreachable(&error) {
        ReadError::Unavailable(error.to_string())
    } else {
        ReadError::Unreadable(error.to_string())
    }
}

fn unopened(error: KeyError) -> ReadError {
    match error {
        KeyError::Database(error) => unread(error),
        error => ReadError::Unreadable(error.to_string()),
    }
}
