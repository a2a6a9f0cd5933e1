//! Finding the programs of an installed `PostgreSQL` server.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow, bail};

use super::account::Account;

const OLDEST_MAJOR: u32 = 15;
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];
/// Where packages put the programs: a directory, how its entries begin, and what follows them.
const USUAL_PLACES: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/usr/local", "pgsql", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
];

/// The programs of one `PostgreSQL` server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    dir: PathBuf,
    pub(super) major: u32,
}

impl Binaries {
    /// The server to use: of the major version of the `cluster`, if there is one already, else the
    /// one that `LEDGERDESK_POSTGRES_BIN` names, or in `PATH`, or the newest installed.
    pub(super) fn find(account: &Account, cluster: Option<&Path>) -> anyhow::Result<Self> {
        let found = match env::var_os("LEDGERDESK_POSTGRES_BIN").filter(|dir| !dir.is_empty()) {
            Some(dir) => vec![Self::named(account, Path::new(&dir))?],
            None => installed(account),
        };
        match cluster {
            Some(dir) => matching(&found, dir),
            None => found.into_iter().find(|server| server.major >= OLDEST_MAJOR).ok_or_else(nothing_found),
        }
    }

    fn named(account: &Account, dir: &Path) -> anyhow::Result<Self> {
        if !complete(dir) {
            bail!("LEDGERDESK_POSTGRES_BIN={} does not hold {}", dir.display(), PROGRAMS.join(", "));
        }
        let major = major_version(account.command(dir.join("postgres")))
            .with_context(|| format!("the account {} cannot run {}/postgres", account.name, dir.display()))?;
        Ok(Self { dir: dir.to_path_buf(), major })
    }

    /// The path of one of the programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// All servers that the account can run: the one in `PATH` first, then the newest.
fn installed(account: &Account) -> Vec<Binaries> {
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&path)
        .filter_map(|dir| dir.join("pg_ctl").canonicalize().ok()?.parent().map(Path::to_path_buf))
        .find(|dir| complete(dir));
    let usual = USUAL_PLACES.iter().flat_map(|place| entries(*place)).filter(|dir| complete(dir));
    let elsewhere: BTreeSet<_> = usual.filter(|dir| Some(dir) != in_path.as_ref()).collect();
    let server = |dir: PathBuf| {
        let major = major_version(account.command(dir.join("postgres"))).ok()?;
        Some(Binaries { dir, major })
    };
    let mut others: Vec<_> = elsewhere.into_iter().filter_map(server).collect();
    others.sort_by_key(|server| Reverse(server.major));
    in_path.and_then(server).into_iter().chain(others).collect()
}

fn entries((parent, prefix, suffix): (&str, &str, &str)) -> Vec<PathBuf> {
    let listed = fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok);
    listed
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join(suffix))
        .collect()
}

fn complete(dir: &Path) -> bool {
    PROGRAMS.iter().all(|program| dir.join(program).is_file())
}

fn major_version(mut postgres: Command) -> anyhow::Result<u32> {
    let output = postgres.arg("--version").output()?;
    parse_major(&String::from_utf8_lossy(&output.stdout)).context("`postgres --version` names no version")
}

/// The 15 in `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, the 18 in `PostgreSQL 18beta1`.
fn parse_major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn matching(found: &[Binaries], cluster: &Path) -> anyhow::Result<Binaries> {
    let written = fs::read_to_string(cluster.join("PG_VERSION"))?;
    let wanted = parse_major(&written).with_context(|| format!("PG_VERSION says `{}`", written.trim()))?;
    if let Some(server) = found.iter().find(|server| server.major == wanted) {
        return Ok(server.clone());
    }
    let majors: Vec<_> = found.iter().map(|server| server.major.to_string()).collect();
    let installed = if majors.is_empty() { "none".to_owned() } else { majors.join(", ") };
    Err(anyhow!(
        "the database in {} was made by PostgreSQL {wanted}, but the server installed here is PostgreSQL {installed}: \
         install PostgreSQL {wanted} beside it (apt-get install postgresql-{wanted}) or name its programs in \
         LEDGERDESK_POSTGRES_BIN; to move to another version, pg_dump there and restore into a new --data-dir",
        cluster.display()
    ))
}

fn nothing_found() -> anyhow::Error {
    anyhow!(
        "no PostgreSQL server {OLDEST_MAJOR} or newer is installed. Install one (Debian, Ubuntu: apt-get install postgresql; \
         Fedora: dnf install postgresql-server; Arch: pacman -S postgresql; Alpine: apk add postgresql; \
         macOS: brew install postgresql@17), or name the directory of initdb, pg_ctl and postgres in \
         LEDGERDESK_POSTGRES_BIN, or use a server elsewhere with DATABASE_URL"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_major_version_is_read_from_what_postgres_prints() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(parse_major("16\n"), Some(16));
        assert_eq!(parse_major("command not found"), None);
    }

    #[test]
    fn a_cluster_of_another_major_version_is_refused_naming_both() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("PG_VERSION"), "14\n").expect("written");
        let found = vec![Binaries { dir: PathBuf::from("/x"), major: 17 }];
        let message = matching(&found, dir.path()).expect_err("refused").to_string();
        assert!(message.contains("PostgreSQL 14") && message.contains("PostgreSQL 17"), "{message}");
    }
}
