//! A real `nats-server` with `JetStream`, started by a test on a port and a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::jetstream::{self, Context, Message, stream::Info};
use async_nats::{Client, ConnectOptions};
use futures::StreamExt as _;
use tempfile::TempDir;

use crate::process::{free_port, scratch};
use crate::watch::Watched;

/// The stream that a relay makes when nothing else is set.
pub const STREAM: &str = "LEDGERDESK";

/// A NATS server of a test's own. It ends with the test.
pub struct NatsServer {
    folder: TempDir,
    port: u16,
    monitor: u16,
    process: Option<Child>,
    /// How it finds the other servers of its cluster.
    cluster: Vec<String>,
    _watched: Watched,
}

impl NatsServer {
    /// Three servers of one cluster, which are not up yet.
    #[must_use]
    pub fn cluster() -> [Self; 3] {
        let ports = [free_port(), free_port(), free_port()];
        let routes = ports.map(|port| format!("nats://127.0.0.1:{port}"));
        ports.map(|port| {
            let own = format!("nats://127.0.0.1:{port}");
            let named = ["--name", &format!("n{port}"), "--cluster_name", "tests", "--cluster", &own];
            let cluster =
                named.into_iter().chain(["--routes", &routes.join(",")]).map(str::to_owned).collect();
            let mut server = Self::prepared();
            server.cluster = cluster;
            server
        })
    }

    /// A server that is up.
    ///
    /// # Panics
    /// If there is no `nats-server`: `make test` installs it.
    pub async fn start() -> Self {
        let mut server = Self::prepared();
        server.launch();
        server.up().await;
        server
    }

    /// A server that is not up yet.
    #[must_use]
    pub fn prepared() -> Self {
        Self {
            folder: scratch("nats"),
            port: free_port(),
            monitor: free_port(),
            process: None,
            cluster: Vec::new(),
            _watched: Watched::begin(),
        }
    }

    /// What `NATS_URL` is set to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Where it keeps its streams.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("jetstream")
    }

    /// Starts the process on the same port and folder as before, and does not wait for it.
    ///
    /// # Panics
    /// If it runs already or cannot be started.
    pub fn launch(&mut self) {
        assert!(self.process.is_none(), "it runs");
        let log = self.folder.path().join("nats.log");
        let process = Command::new(program())
            .args([
                "-a",
                "127.0.0.1",
                "-p",
                &self.port.to_string(),
                "-m",
                &self.monitor.to_string(),
                "-js",
                "-sd",
            ])
            .arg(self.folder.path())
            .arg("-l")
            .arg(log)
            .args(&self.cluster)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.process = Some(process.expect("nats-server starts"));
    }

    /// Waits until it answers.
    ///
    /// # Panics
    /// If it does not within half a minute.
    pub async fn up(&self) {
        let started = Instant::now();
        loop {
            // It listens when its streams are there.
            if self.client().await.is_ok() {
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "nats-server does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// `kill -9`.
    ///
    /// # Panics
    /// If it does not run.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("killed");
        process.wait().expect("ended");
    }

    /// Sends it `signal`, such as `SIGSTOP`.
    ///
    /// # Panics
    /// If it does not run.
    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = self.process.as_ref().expect("it runs").id();
        let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).expect("a pid"));
        nix::sys::signal::kill(pid, signal).expect("signalled");
    }

    /// `kill -9`, and up again at once on what is on disk.
    pub fn kill_and_restart(&mut self) {
        self.kill();
        self.launch();
    }

    /// Puts what is in `folder` in the place of what it keeps. It must not run.
    ///
    /// # Panics
    /// If it runs, or the folder cannot be copied.
    pub fn restore(&self, folder: &Path) {
        assert!(self.process.is_none(), "it runs");
        std::fs::remove_dir_all(self.data()).expect("removed");
        copy(folder, &self.data());
    }

    /// A copy of what it keeps, as a backup of its files would have it. It must not run.
    ///
    /// # Panics
    /// If it runs, or the folder cannot be copied.
    #[must_use]
    pub fn backup(&self) -> TempDir {
        assert!(self.process.is_none(), "it runs");
        let backup = scratch("nats-backup");
        copy(&self.data(), backup.path());
        backup
    }

    /// A connection.
    ///
    /// # Errors
    /// It is not up.
    pub async fn client(&self) -> Result<Client, async_nats::ConnectError> {
        let options = ConnectOptions::new().connection_timeout(Duration::from_secs(2)).max_reconnects(1);
        options.connect(self.url()).await
    }

    /// `JetStream` over a connection of its own.
    ///
    /// # Panics
    /// If it is not up.
    pub async fn jetstream(&self) -> Context {
        jetstream::new(self.client().await.expect("a connection"))
    }

    /// How the stream is; none if there is none, or no server.
    pub async fn info(&self) -> Option<Info> {
        let context = jetstream::new(self.client().await.ok()?);
        let stream = context.get_stream(STREAM).await.ok()?;
        Some(stream.cached_info().clone())
    }

    /// The stream's last sequence number; 0 without a stream or server.
    pub async fn last_sequence(&self) -> u64 {
        self.info().await.map_or(0, |info| info.state.last_sequence)
    }

    /// How many messages clients sent to it so far.
    ///
    /// # Panics
    /// If it is not up.
    pub async fn requests(&self) -> u32 {
        let page = reqwest::get(format!("http://127.0.0.1:{}/varz", self.monitor)).await.expect("a page");
        let page: serde_json::Value = page.json().await.expect("JSON");
        page["in_msgs"].as_u64().and_then(|count| u32::try_from(count).ok()).expect("a count")
    }

    /// Every message of the stream, in order. A cluster that was just put together again is given time to agree on who leads.
    ///
    /// # Panics
    /// If it cannot be read within half a minute.
    pub async fn messages(&self) -> Vec<Message> {
        let stream = self.jetstream().await.get_stream(STREAM).await.expect("a stream");
        let count = usize::try_from(stream.cached_info().state.messages).expect("a count");
        let started = Instant::now();
        let consumer = loop {
            match stream.create_consumer(jetstream::consumer::pull::OrderedConfig::default()).await {
                Ok(consumer) => break consumer,
                Err(error) => assert!(started.elapsed() < Duration::from_secs(30), "no consumer: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        let messages = consumer.messages().await.expect("messages");
        messages.take(count).map(|message| message.expect("a message")).collect().await
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// `nats-server` where the system's packages put it, which is not on everybody's `PATH`.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/bin".into()]);
    let set = std::env::var_os("LEDGERDESK_NATS_SERVER").map(PathBuf::from);
    set.or_else(|| folders.map(|folder| folder.join("nats-server")).find(|program| program.exists()))
        .expect("nats-server is missing: scripts/setup.sh test installs it")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}
