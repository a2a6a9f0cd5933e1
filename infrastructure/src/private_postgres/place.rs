//! Where the files of the cluster live, seen from the data directory.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ring::digest::{SHA256, digest};
use uuid::Uuid;

use super::account::Account;

/// Where clusters go whose account may not pass through the data directory.
const ELSEWHERE: &str = "/var/lib/ledgerdesk";
/// The kernel allows 107 bytes for a socket's path; some clients a few less.
const LONGEST_SOCKET: usize = 100;
const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// The finished cluster of `data_dir`, if there is one.
pub(super) fn existing(data_dir: &Path) -> anyhow::Result<Option<PathBuf>> {
    let link = data_dir.join("postgres");
    if fs::symlink_metadata(&link).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Ok(None);
    }
    let Ok(dir) = link.canonicalize() else {
        bail!(
            "{link} points to {to}, which is not there: restore that directory, or remove {link} to start without its data",
            link = link.display(),
            to = fs::read_link(&link).unwrap_or_default().display()
        );
    };
    match dir.join("PG_VERSION").try_exists() {
        Ok(true) => Ok(Some(dir)),
        Ok(false) if fs::read_dir(&dir)?.next().is_none() => Ok(None),
        Ok(false) => bail!("{} is neither empty nor a PostgreSQL cluster", dir.display()),
        // Not ours to look into; the choice of the account says whose it is.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(Some(dir)),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", dir.display())),
    }
}

/// An empty directory of the account's in which to make a new cluster.
pub(super) fn prepare(data_dir: &Path, account: &Account) -> anyhow::Result<PathBuf> {
    let dir = if account.reaches(data_dir)? {
        data_dir.join("postgres.init")
    } else {
        DirBuilder::new()
            .recursive(true)
            .mode(0o711)
            .create(ELSEWHERE)
            .with_context(|| format!("cannot create {ELSEWHERE}"))?;
        Path::new(ELSEWHERE).join(Uuid::new_v4().simple().to_string())
    };
    if dir.exists() {
        fs::remove_dir_all(&dir)
            .with_context(|| format!("cannot remove the unfinished {}", dir.display()))?;
    }
    create_private(&dir, account)?;
    if !account.reaches(&dir)? {
        bail!(
            "the account {} can reach neither {} nor {ELSEWHERE}: choose another --data-dir, or chmod a+x the directories above it",
            account.name,
            data_dir.display()
        );
    }
    Ok(dir)
}

/// Makes the cluster in `made` that of `data_dir`, now that it is complete.
pub(super) fn adopt(data_dir: &Path, made: &Path, account: &Account) -> anyhow::Result<PathBuf> {
    let link = data_dir.join("postgres");
    if made.starts_with(data_dir) {
        fs::rename(made, &link)?;
    } else {
        if link.is_dir() {
            fs::remove_dir(&link)?;
        }
        symlink(made, &link)?;
        tracing::info!(
            postgres.dir = %made.display(),
            "the database is in {}, because the account {} may not enter {}",
            made.display(),
            account.name,
            data_dir.display()
        );
    }
    fs::File::open(data_dir)?.sync_all()?;
    Ok(link.canonicalize()?)
}

/// The directory of the socket: the cluster's own, or a short one under `/tmp` when its path is too long.
pub(super) fn socket_dir(cluster: &Path) -> PathBuf {
    if cluster.as_os_str().len() + 1 + SOCKET_NAME.len() <= LONGEST_SOCKET {
        return cluster.to_path_buf();
    }
    let hash = digest(&SHA256, cluster.as_os_str().as_encoded_bytes());
    let start = hash.as_ref().first_chunk().expect("SHA-256 has 32 bytes");
    Path::new("/tmp").join(format!("ledgerdesk-{:08x}", u32::from_be_bytes(*start)))
}

/// The path of the socket in its directory.
pub(super) fn socket(socket_dir: &Path) -> PathBuf {
    socket_dir.join(SOCKET_NAME)
}

/// The file beside the socket that says which process serves it.
pub(super) fn socket_lock(socket_dir: &Path) -> PathBuf {
    socket_dir.join(format!("{SOCKET_NAME}.lock"))
}

/// Makes the directory of the socket, or finds it fit: nobody but the account may enter it.
pub(super) fn secure_socket_dir(dir: &Path, account: &Account) -> anyhow::Result<()> {
    match fs::symlink_metadata(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => create_private(dir, account),
        Err(error) => Err(error).with_context(|| format!("cannot look at {}", dir.display())),
        Ok(found) => {
            let ours = [account.uid, nix::unistd::geteuid()].iter().any(|uid| uid.as_raw() == found.uid());
            if !found.is_dir() || !ours || found.mode() & 0o077 != 0 {
                bail!("{} is not a directory that only {} can enter: remove it", dir.display(), account.name);
            }
            account.give(dir).with_context(|| format!("cannot hand {} to {}", dir.display(), account.name))
        }
    }
}

fn create_private(dir: &Path, account: &Account) -> anyhow::Result<()> {
    DirBuilder::new()
        .mode(0o700)
        .create(dir)
        .and_then(|()| account.give(dir))
        .with_context(|| format!("cannot create {} for the account {}", dir.display(), account.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_stays_in_its_cluster_unless_the_path_is_too_long() {
        let short = Path::new("/srv/desk/data/postgres");
        assert_eq!(socket_dir(short), short);
        let long = PathBuf::from(format!("/srv/{}/postgres", "x".repeat(90)));
        let moved = socket_dir(&long);
        assert!(moved.starts_with("/tmp") && moved != socket_dir(&long.join("y")), "{}", moved.display());
        assert_eq!(moved, socket_dir(&long));
    }

    #[test]
    fn a_link_to_a_lost_cluster_is_not_taken_for_a_fresh_start() {
        let dir = tempfile::tempdir().expect("a directory");
        symlink("/nowhere/cluster", dir.path().join("postgres")).expect("a link");
        assert!(existing(dir.path()).expect_err("refused").to_string().contains("/nowhere/cluster"));
    }
}
