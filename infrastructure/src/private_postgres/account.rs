//! The operating-system account that `PostgreSQL` runs as: ours, or an unprivileged one when we are root.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, fchown, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use nix::unistd::{Gid, Uid, User, getegid, geteuid};

/// Environment variables that `PostgreSQL`'s programs get to see; the rest holds our secrets.
const PASSED_ON: [&str; 4] = ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"];

/// Who runs `PostgreSQL` and owns its files.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: Uid,
    gid: Gid,
    /// Whether we are root and step down to this account.
    stepped_down: bool,
}

impl Account {
    /// The account for a cluster, given its directory if there is one already.
    pub(super) fn choose(existing: Option<&Path>) -> anyhow::Result<Self> {
        let owner = existing.map(|dir| dir.metadata().map(|found| (dir, found))).transpose()?;
        if geteuid().is_root() { Self::unprivileged(owner) } else { Self::own(owner) }
    }

    fn own(owner: Option<(&Path, Metadata)>) -> anyhow::Result<Self> {
        let uid = geteuid();
        if let Some((dir, found)) = owner.filter(|(_, found)| found.uid() != uid.as_raw()) {
            bail!(
                "the database in {} belongs to {}, not to {}: run as that user, as root, or with another --data-dir",
                dir.display(),
                name_of(Uid::from_raw(found.uid())),
                name_of(uid)
            );
        }
        Ok(Self { name: name_of(uid), uid, gid: getegid(), stepped_down: false })
    }

    fn unprivileged(owner: Option<(&Path, Metadata)>) -> anyhow::Result<Self> {
        if let Some((dir, found)) = owner {
            let (uid, gid) = (Uid::from_raw(found.uid()), Gid::from_raw(found.gid()));
            if uid.is_root() {
                bail!(
                    "{dir} belongs to root, as whom PostgreSQL does not run: chown -R postgres {dir}",
                    dir = dir.display()
                );
            }
            return Ok(Self { name: name_of(uid), uid, gid, stepped_down: true });
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name).context("cannot look up accounts")? {
                return Ok(Self { name: user.name, uid: user.uid, gid: user.gid, stepped_down: true });
            }
        }
        bail!(
            "PostgreSQL does not run as root and there is no account `postgres` or `nobody`: useradd --system postgres"
        )
    }

    /// A program run as this account, out of reach of the terminal's Ctrl-C, without our secrets
    /// and without `PostgreSQL` variables meant for other servers.
    pub(super) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().env("LC_ALL", "C").current_dir("/").stdin(Stdio::null()).process_group(0);
        for name in PASSED_ON {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if self.stepped_down {
            // With the user id changed and no groups named, the standard library drops root's groups.
            command.uid(self.uid.as_raw()).gid(self.gid.as_raw());
        }
        command
    }

    /// Whether this account may enter `dir`.
    pub(super) fn reaches(&self, dir: &Path) -> anyhow::Result<bool> {
        match self.command("true").current_dir(dir).status() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(false),
            Err(error) => Err(error).with_context(|| format!("cannot run a program as {}", self.name)),
        }
    }

    /// Hands a file or directory to this account.
    pub(super) fn give(&self, path: &Path) -> io::Result<()> {
        if self.stepped_down {
            lchown(path, Some(self.uid.as_raw()), Some(self.gid.as_raw()))
        } else {
            Ok(())
        }
    }

    /// Hands an open file to this account.
    pub(super) fn give_file(&self, file: &File) -> io::Result<()> {
        if self.stepped_down {
            fchown(file, Some(self.uid.as_raw()), Some(self.gid.as_raw()))
        } else {
            Ok(())
        }
    }
}

fn name_of(uid: Uid) -> String {
    User::from_uid(uid).ok().flatten().map_or_else(|| format!("user {uid}"), |user| user.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_runs_without_our_groups_and_secrets() {
        let account = Account::choose(None).expect("an account");
        let output = account.command("sh").args(["-c", "id -u; id -G; env"]).output().expect("sh");
        let text = String::from_utf8(output.stdout).expect("text");
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(account.uid.to_string().as_str()));
        if account.stepped_down {
            assert_eq!(lines.next(), Some(account.gid.to_string().as_str()), "supplementary groups are gone");
        }
        assert!(!text.contains("CARGO"), "our environment is not passed on: {text}");
    }
}
