//! A `PostgreSQL` of our own: found, initialised, started, shared between processes and stopped without anybody's help.

mod account;
mod binaries;
mod cluster;
mod place;
mod postmaster;
mod roles;
mod settings;

use std::fmt::Write as _;
use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use sqlx::postgres::PgConnectOptions;

use cluster::Cluster;

const START_LOCK: &str = "postgres.start.lock";
const USERS_LOCK: &str = "postgres.users.lock";

/// A `PostgreSQL` server that belongs to one data directory and needs no set-up.
///
/// It listens on a unix socket only, in a directory that none but its own account and root can
/// enter, keeps every durability setting on, and outlives a crash of the process that started it.
/// All processes that open the same data directory share it; the last to close it stops it.
#[derive(Debug)]
pub struct PrivatePostgres {
    cluster: Arc<Cluster>,
    data_dir: PathBuf,
    /// Locked shared for as long as this process uses the server.
    users: Option<File>,
}

impl PrivatePostgres {
    /// Joins the server already running on `data_dir`, or initialises and starts one.
    ///
    /// # Errors
    /// When no `PostgreSQL` 15 or newer is installed, when the cluster belongs to somebody else or to
    /// another major version, or when the server does not start; the message says what to do.
    pub async fn open(data_dir: &Path) -> anyhow::Result<Self> {
        let wanted = data_dir.to_path_buf();
        let (cluster, data_dir, users, starting) = blocking(move || {
            let data_dir = create_data_dir(&wanted)?;
            let starting = StartLock::take(&data_dir)?;
            let users = lock_file(&data_dir, USERS_LOCK)?;
            users.lock_shared().with_context(|| format!("cannot lock {USERS_LOCK}"))?;
            let cluster = Cluster::locate(&data_dir)?;
            cluster.bring_up()?;
            Ok((Arc::new(cluster), data_dir, users, starting))
        })
        .await?;
        let postgres = Self { cluster, data_dir, users: Some(users) };
        roles::ensure(postgres.cluster.socket_dir()).await?;
        drop(starting);
        Ok(postgres)
    }

    /// How to connect: over the unix socket, as the role `ledgerdesk`, which owns the database
    /// `ledgerdesk` and may create databases and roles, but is no superuser.
    #[must_use]
    pub fn connect_options(&self) -> PgConnectOptions {
        roles::connect_options(self.cluster.socket_dir(), roles::OWNER, roles::OWNER)
    }

    /// The same as a URL, for people and `psql`.
    #[must_use]
    pub fn url(&self) -> String {
        let host = percent_encode(&self.cluster.socket_dir().to_string_lossy());
        format!("postgres://{owner}@localhost:5432/{owner}?host={host}", owner = roles::OWNER)
    }

    /// The process id of the server, while it runs.
    #[must_use]
    pub fn postmaster_pid(&self) -> Option<i32> {
        self.cluster.postmaster().map(|postmaster| postmaster.pid)
    }

    /// Starts the server again if it died; true if it had to.
    ///
    /// # Errors
    /// When the server died and does not come back.
    pub async fn ensure_running(&self) -> anyhow::Result<bool> {
        if self.cluster.postmaster().is_some() {
            return Ok(false);
        }
        let (cluster, data_dir) = (Arc::clone(&self.cluster), self.data_dir.clone());
        blocking(move || {
            let _starting = StartLock::take(&data_dir)?;
            let died = cluster.postmaster().is_none();
            cluster.bring_up()?;
            Ok(died)
        })
        .await
    }

    /// Stops the server unless another process still uses it.
    ///
    /// # Errors
    /// When the server does not stop within a minute.
    pub async fn close(mut self) -> anyhow::Result<()> {
        let Some(users) = self.users.take() else { return Ok(()) };
        let (cluster, data_dir) = (Arc::clone(&self.cluster), self.data_dir.clone());
        blocking(move || {
            let _starting = StartLock::take(&data_dir)?;
            if was_last(&users) { cluster.stop() } else { Ok(()) }
        })
        .await
    }
}

/// A server that nobody closed (an error, a panic) is told to stop, and not waited for.
impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        let Some(users) = self.users.take() else { return };
        let Ok(starting) = StartLock::try_take(&self.data_dir) else { return };
        if was_last(&users) {
            self.cluster.tell_to_stop();
        }
        drop(starting);
    }
}

/// Whether no other process uses the server; ours no longer counts as a user afterwards.
fn was_last(users: &File) -> bool {
    users.unlock().is_ok() && users.try_lock().is_ok()
}

/// The data directory with symbolic links resolved, made if it is missing. Root makes it so that
/// the server's account can pass through it.
fn create_data_dir(data_dir: &Path) -> anyhow::Result<PathBuf> {
    let mode = if nix::unistd::geteuid().is_root() { 0o711 } else { 0o700 };
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(data_dir)
        .and_then(|()| data_dir.canonicalize())
        .with_context(|| format!("cannot create the data directory {}", data_dir.display()))
}

/// Held while the server of a data directory is started or stopped.
struct StartLock(File);

impl StartLock {
    /// Waits until no other process is starting or stopping the server.
    fn take(data_dir: &Path) -> anyhow::Result<Self> {
        let file = lock_file(data_dir, START_LOCK)?;
        file.lock().with_context(|| format!("cannot lock {START_LOCK}"))?;
        Ok(Self(file))
    }

    fn try_take(data_dir: &Path) -> anyhow::Result<Self> {
        let file = lock_file(data_dir, START_LOCK)?;
        file.try_lock()?;
        Ok(Self(file))
    }
}

/// Unlocking by hand works even while a child process just being forked holds the file too.
impl Drop for StartLock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

fn lock_file(data_dir: &Path, name: &str) -> anyhow::Result<File> {
    let path = data_dir.join(name);
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("cannot open {}; does another user own the data directory?", path.display()))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("the thread that runs PostgreSQL's tools failed")?
}

/// A path as the value of a URL's query parameter.
fn percent_encode(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::percent_encode;

    #[test]
    fn a_url_survives_any_path() {
        assert_eq!(percent_encode("/a b/Bücher&c?d%"), "/a%20b/B%C3%BCcher%26c%3Fd%25");
    }
}
