//! The cluster on disk and its server: made, started and stopped with `PostgreSQL`'s own programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::account::Account;
use super::binaries::Binaries;
use super::postmaster::{Phase, Postmaster, remove_stale_locks, running};
use super::{place, settings};

/// How long a server may take to recover after a crash, or to stop.
const PATIENCE: Duration = Duration::from_mins(10);
/// How long the processes of a killed server may hold on to its memory.
const ORPHANS: Duration = Duration::from_secs(30);
/// What the server says while they do.
const STILL_IN_USE: &str = "shared memory block";

/// A cluster, whose server may run or not.
#[derive(Debug)]
pub(super) struct Cluster {
    dir: PathBuf,
    socket_dir: PathBuf,
    account: Account,
    binaries: Binaries,
}

impl Cluster {
    /// The cluster of `data_dir`, made if it is missing.
    pub(super) fn locate(data_dir: &Path) -> anyhow::Result<Self> {
        let existing = place::existing(data_dir)?;
        let account = Account::choose(existing.as_deref())?;
        let binaries = Binaries::find(&account, existing.as_deref())?;
        let dir = match existing {
            Some(dir) => dir,
            None => initialise(data_dir, &account, &binaries)?,
        };
        if !account.reaches(&dir)? {
            bail!(
                "the account {} may not enter {}: chmod a+x the directories above it",
                account.name,
                dir.display()
            );
        }
        Ok(Self { socket_dir: place::socket_dir(&dir), dir, account, binaries })
    }

    /// The directory of the server's socket.
    pub(super) fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The server, if it runs.
    pub(super) fn postmaster(&self) -> Option<Postmaster> {
        running(&self.dir, &self.socket_dir)
    }

    /// Returns once the server accepts connections, started if need be.
    pub(super) fn bring_up(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            match self.postmaster().map(|server| server.phase) {
                Some(Phase::Ready) => return Ok(()),
                Some(_) if begun.elapsed() > PATIENCE => {
                    bail!(
                        "PostgreSQL in {} is still starting or stopping after {PATIENCE:?}",
                        self.dir.display()
                    )
                }
                Some(_) => sleep(Duration::from_millis(20)),
                None => self.start(begun)?,
            }
        }
    }

    /// Tries to start the server; that it is still recovering, or that a killed one still clings to
    /// its memory, is no failure yet.
    fn start(&self, begun: Instant) -> anyhow::Result<()> {
        settings::write(&self.dir, &self.socket_dir, &self.account)?;
        if self.socket_dir != self.dir {
            place::secure_socket_dir(&self.socket_dir, &self.account)?;
        }
        remove_stale_locks(&self.dir, &self.socket_dir);
        let log = self.dir.join("start.log");
        let _ = fs::remove_file(&log);
        let output = run(self.pg_ctl("start").arg("-l").arg(&log))?;
        if output.status.success() {
            tracing::info!(
                postgres.dir = %self.dir.display(),
                postgres.major = self.binaries.major,
                duration_ms = begun.elapsed().as_millis(),
                "started the private PostgreSQL {}",
                self.binaries.major
            );
            return Ok(());
        }
        let said = fs::read_to_string(&log).unwrap_or_default();
        if self.postmaster().is_some() {
            tracing::info!("PostgreSQL is still recovering in {}", self.dir.display());
        } else if said.contains(STILL_IN_USE) && begun.elapsed() < ORPHANS {
            sleep(Duration::from_millis(100));
        } else {
            bail!("PostgreSQL does not start in {}: {} {said}", self.dir.display(), text_of(&output));
        }
        Ok(())
    }

    /// Stops the server and waits until it is gone; sessions are cut off, nothing acknowledged is lost.
    pub(super) fn stop(&self) -> anyhow::Result<()> {
        if self.postmaster().is_none() {
            return Ok(());
        }
        let output = run(self.pg_ctl("stop").args(["-m", "fast"]))?;
        if !output.status.success() && self.postmaster().is_some() {
            bail!("PostgreSQL in {} does not stop: {}", self.dir.display(), text_of(&output));
        }
        tracing::info!(postgres.dir = %self.dir.display(), "stopped the private PostgreSQL");
        Ok(())
    }

    /// Asks the server to stop, without waiting.
    pub(super) fn tell_to_stop(&self) {
        if let Some(server) = self.postmaster() {
            let _ = kill(Pid::from_raw(server.pid), Signal::SIGINT);
        }
    }

    fn pg_ctl(&self, action: &str) -> Command {
        let mut command = self.account.command(self.binaries.program("pg_ctl"));
        command.arg(action).arg("-D").arg(&self.dir).args(["-s", "-w", "-t", "60"]);
        command
    }
}

/// Makes a cluster aside and puts it into place when it is complete, so that an interruption leaves none.
fn initialise(data_dir: &Path, account: &Account, binaries: &Binaries) -> anyhow::Result<PathBuf> {
    tracing::info!(
        "initialising a private PostgreSQL {} for {}, run by the account {}",
        binaries.major,
        data_dir.display(),
        account.name
    );
    let dir = place::prepare(data_dir, account)?;
    // Text sorts by code point everywhere; letters are known as such where the system can tell.
    let mut output = run(&mut initdb(account, binaries, &dir, "C.UTF-8"))?;
    if !output.status.success() {
        output = run(&mut initdb(account, binaries, &dir, "C"))?;
    }
    if !output.status.success() {
        let _ = fs::remove_dir_all(&dir);
        bail!("initdb fails in {}: {}", dir.display(), text_of(&output));
    }
    settings::include(&dir)?;
    place::adopt(data_dir, &dir, account).with_context(|| format!("cannot put {} into place", dir.display()))
}

fn initdb(account: &Account, binaries: &Binaries, dir: &Path, ctype: &str) -> Command {
    let mut command = account.command(binaries.program("initdb"));
    command.arg("-D").arg(dir).args([
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C",
        &format!("--lc-ctype={ctype}"),
        "--data-checksums",
        "--auth-local=trust",
        "--auth-host=reject",
    ]);
    command
}

fn run(command: &mut Command) -> anyhow::Result<Output> {
    command.output().with_context(|| format!("cannot run {}", command.get_program().display()))
}

fn text_of(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
