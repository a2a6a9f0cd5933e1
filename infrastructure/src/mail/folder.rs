//! Mail that goes nowhere: a file for each message in a folder of the data directory.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use lettre::message::Mailbox;
use uuid::Uuid;

use super::{Mailer, Message, SendError};

/// After this long a file is removed when the next one comes.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// The first header of a file: whose texts are in it, by id. Mails that leave the house do not have it.
const OF: &str = "X-Ledgerdesk-Of";

/// Writes each message into a file that only the account of the service can read.
pub struct Folder {
    path: PathBuf,
    from: Mailbox,
}

impl Folder {
    /// Files in the folder `path`, which is made when the first message comes.
    #[must_use]
    pub fn new(path: PathBuf, from: Mailbox) -> Self {
        Self { path, from }
    }
}

#[async_trait]
impl Mailer for Folder {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let (folder, id) = (self.path.clone(), message.id);
        let of: Vec<String> = message.of.iter().map(ToString::to_string).collect();
        let of = format!("{OF}: {}\r\n", of.join(", ")).into_bytes();
        let formatted = [of, message.formatted(&self.from)?.formatted()].concat();
        let written = tokio::task::spawn_blocking(move || write(&folder, id, &formatted)).await;
        match written {
            Ok(Ok(())) => {
                tracing::info!(mail.id = %id, "A mail was written to the mail folder; SMTP_HOST is not set");
                Ok(())
            }
            Ok(Err(error)) => Err(SendError::Later(format!("the mail folder: {}", error.kind()))),
            Err(_) => Err(SendError::Later("the mail folder: a panic".to_owned())),
        }
    }
}

/// Removes the mails in `folder` that are about one of `gone` or quote them.
///
/// # Errors
/// A file cannot be read or removed.
pub fn forget(folder: &Path, gone: &[Uuid]) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        match forget_one(&entry?.path(), gone) {
            // Somebody else removed it, or it just got its name.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            forgotten => forgotten?,
        }
    }
    Ok(())
}

fn forget_one(file: &Path, gone: &[Uuid]) -> io::Result<()> {
    let mut first = Vec::new();
    BufReader::new(File::open(file)?).read_until(b'\n', &mut first)?;
    let first = String::from_utf8_lossy(&first);
    let of = first.trim_end().strip_prefix(OF).and_then(|of| of.strip_prefix(": ")).unwrap_or_default();
    if of.split(", ").any(|id| Uuid::try_parse(id).is_ok_and(|id| gone.contains(&id))) {
        fs::remove_file(file)?;
    }
    Ok(())
}

/// Writes the file beside and renames it: it appears whole, and writing it again changes nothing.
fn write(folder: &Path, id: Uuid, message: &[u8]) -> io::Result<()> {
    make(folder)?;
    let beside = folder.join(format!(".{id}"));
    let mut file: File =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(message)?;
    fs::rename(&beside, folder.join(format!("{id}.eml")))?;
    remove_old(folder);
    Ok(())
}

fn make(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    if fs::metadata(folder)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Nobody fetches these files: what is old goes, as far as it can.
fn remove_old(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_mail = entry.path().extension().is_some_and(|extension| extension == "eml");
        let written = entry.metadata().and_then(|metadata| metadata.modified());
        let is_old = written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > KEPT));
        if is_mail && is_old {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn what_is_of_somebody_who_is_gone_goes_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let [ada, eve] = [1, 2].map(Uuid::from_u128);
        for (id, of) in
            [(1, format!("{OF}: {ada}, {eve}\r\n")), (2, format!("{OF}: {eve}\r\n")), (3, String::new())]
        {
            write(folder.path(), Uuid::from_u128(id), format!("{of}Subject: {ada}\r\n").as_bytes())
                .expect("written");
        }
        forget(folder.path(), &[ada]).expect("forgotten");
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
        left.sort();
        assert_eq!(left, [2, 3].map(|id| OsString::from(format!("{}.eml", Uuid::from_u128(id)))));
        forget(&folder.path().join("missing"), &[ada]).expect("nothing to do");
    }

    #[test]
    fn a_message_is_a_file_for_its_owner_only_and_old_ones_go() {
        let data = tempfile::tempdir().expect("a folder");
        let folder = data.path().join("mail");
        let mode = |path: &Path| fs::metadata(path).expect("exists").permissions().mode() & 0o777;
        write(&folder, Uuid::nil(), b"first").expect("written");
        let file = folder.join(format!("{}.eml", Uuid::nil()));
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
        let long_ago = std::time::SystemTime::now() - KEPT - Duration::from_mins(1);
        File::open(&file).and_then(|file| file.set_modified(long_ago)).expect("aged");

        write(&folder, Uuid::max(), b"second").expect("written");
        write(&folder, Uuid::max(), b"second").expect("written again");
        let left: Vec<_> = fs::read_dir(&folder).expect("a folder").flatten().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(fs::read(left[0].path()).expect("a file"), b"second");
    }
}
