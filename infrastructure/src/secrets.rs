//! What must not be shown: secrets an operator gives, or that are made once and kept in the data directory.

use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::rand::{SecureRandom, SystemRandom};

/// The fewest bytes a `JWT_SECRET` may have: as many as the HMAC's own output.
pub const SHORTEST_JWT_SECRET: usize = 32;

/// A value whose `Debug` prints `***`, so that it reaches no log by accident.
#[derive(Clone)]
pub struct Secret<T = String>(T);

impl<T> Secret<T> {
    /// Hides `value`.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the one place that uses it.
    #[must_use]
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The secrets as the operator gave them; [`Secrets::complete`] fills the gaps.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// `JWT_SECRET`: what access tokens are signed with.
    pub jwt: Option<Secret>,
    /// `MASTER_KEY`: what the keys of personal data are wrapped with.
    pub master_key: Option<Secret<[u8; 32]>>,
    /// `ADMIN_PASSWORD`: what the user `admin` is created with.
    pub admin_password: Option<Secret>,
}

/// The secrets no server runs without.
#[derive(Debug, Clone)]
pub struct Keys {
    /// What access tokens are signed with.
    pub jwt: Secret,
    /// What the keys of personal data are wrapped with.
    pub master: Secret<[u8; 32]>,
}

/// Why the secrets cannot be completed.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// A database of one's own needs secrets of one's own: these are not set.
    #[error("{} must be set (or given as a file by NAME_FILE) when DATABASE_URL is", .0.join(" and "))]
    Missing(Vec<&'static str>),
    /// A file of the data directory could not be read or written.
    #[error("{path} cannot be used as a place for secrets", path = .0.display())]
    Unusable(PathBuf, #[source] io::Error),
    /// There is a database, and the key its personal data is sealed under is gone.
    #[error(
        "{path} is missing, and without it nothing personal in this data directory can be read: restore it from a \
         backup, or set MASTER_KEY",
        path = .0.display()
    )]
    Lost(PathBuf),
    /// A kept secret is not what was written; it is never replaced, since data may depend on it.
    #[error("{path} holds no valid {name}; restore it from a backup", path = .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The variable it stands in for.
        name: &'static str,
    },
}

impl Secrets {
    /// The secrets to run with. With the embedded database, missing ones are made once and kept in
    /// `data_dir/secrets`, where every process on the same directory finds the same ones.
    ///
    /// # Errors
    /// Without the embedded database, when one is missing; with it, when the directory is unusable.
    pub fn complete(&self, data_dir: &Path, embedded: bool) -> Result<Keys, SecretsError> {
        if !embedded {
            let missing = [("JWT_SECRET", self.jwt.is_none()), ("MASTER_KEY", self.master_key.is_none())]
                .into_iter()
                .filter_map(|(name, missing)| missing.then_some(name))
                .collect::<Vec<_>>();
            if !missing.is_empty() {
                return Err(SecretsError::Missing(missing));
            }
        }
        let dir = data_dir.join("secrets");
        let jwt = match &self.jwt {
            Some(given) => given.clone(),
            None => kept(&dir, "JWT_SECRET", jwt_secret)?,
        };
        let kept_master = || {
            let path = dir.join("master_key");
            if !path.exists() && data_dir.join("postgres/PG_VERSION").exists() {
                return Err(SecretsError::Lost(path));
            }
            kept(&dir, "MASTER_KEY", master_key)
        };
        let master = self.master_key.clone().map_or_else(kept_master, Ok)?;
        Ok(Keys { jwt, master })
    }
}

/// Reads a `JWT_SECRET`; none when it is too short to be one.
pub(crate) fn jwt_secret(text: &str) -> Option<String> {
    (text.len() >= SHORTEST_JWT_SECRET).then(|| text.to_owned())
}

/// Reads a `MASTER_KEY`: 32 bytes in base64 of either alphabet, padded or not.
pub(crate) fn master_key(text: &str) -> Option<[u8; 32]> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = [alphabet::STANDARD, alphabet::URL_SAFE]
        .into_iter()
        .find_map(|alphabet| GeneralPurpose::new(&alphabet, lenient).decode(text.trim()).ok())?;
    bytes.try_into().ok()
}

/// The secret `name` kept in `dir`, made now if there is none.
fn kept<T>(dir: &Path, name: &'static str, read: fn(&str) -> Option<T>) -> Result<Secret<T>, SecretsError> {
    let path = dir.join(name.to_ascii_lowercase());
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            private_dir(dir).map_err(|error| SecretsError::Unusable(dir.to_owned(), error))?;
            create_once(dir, &path).and_then(|()| fs::read_to_string(&path))
        }
        other => other,
    };
    let text = text.map_err(|error| SecretsError::Unusable(path.clone(), error))?;
    let value = read(text.trim_end()).ok_or(SecretsError::Damaged { path, name })?;
    Ok(Secret(value))
}

/// Makes `dir` exist, open to its owner only.
fn private_dir(dir: &Path) -> io::Result<()> {
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    if fs::metadata(dir)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(dir, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Makes `path` hold 32 random bytes, unless another process was first.
///
/// The file is written beside and then linked: it appears whole, and the first of several processes wins.
fn create_once(dir: &Path, path: &Path) -> io::Result<()> {
    let secret = base64::engine::general_purpose::STANDARD.encode(random()?);
    let beside = dir.join(format!(".{}", uuid::Uuid::new_v4()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| writeln!(file, "{secret}").and_then(|()| file.sync_all()))
        .and_then(|()| fs::hard_link(&beside, path));
    let _ = fs::remove_file(&beside);
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => fs::File::open(dir)?.sync_all(),
    }
}

fn random() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system has no randomness"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("exists").permissions().mode() & 0o777
    }

    #[test]
    fn missing_secrets_are_made_once_and_only_for_their_owner() {
        let dir = tempfile::tempdir().expect("a directory");
        let data_dir = dir.path().join("data");
        let keys = Secrets::default().complete(&data_dir, true).expect("complete");
        let again = Secrets::default().complete(&data_dir, true).expect("complete");
        assert_eq!(keys.jwt.expose(), again.jwt.expose());
        assert_eq!(keys.master.expose(), again.master.expose());
        let secrets = data_dir.join("secrets");
        assert_eq!(mode(&secrets), 0o700);
        assert_eq!(mode(&secrets.join("jwt_secret")), 0o600);
        assert_eq!(mode(&secrets.join("master_key")), 0o600);
        assert_eq!(fs::read_dir(&secrets).expect("readable").count(), 2);
    }

    #[test]
    fn processes_starting_together_agree() {
        let dir = tempfile::tempdir().expect("a directory");
        let starts = (0..16).map(|_| {
            let path = dir.path().to_owned();
            std::thread::spawn(move || Secrets::default().complete(&path, true).expect("complete"))
        });
        let keys = starts.collect::<Vec<_>>().into_iter().map(|start| start.join().expect("no panic"));
        let jwt = keys.map(|keys| keys.jwt.expose().clone()).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(jwt.len(), 1);
    }

    #[test]
    fn a_database_of_one_s_own_needs_secrets_of_one_s_own() {
        let error = Secrets::default().complete(Path::new("/nowhere"), false).expect_err("missing");
        assert!(error.to_string().contains("JWT_SECRET and MASTER_KEY"), "{error}");
        let given = Secrets { jwt: Some(Secret::new("s".repeat(32))), ..Secrets::default() };
        let error = given.complete(Path::new("/nowhere"), false).expect_err("missing");
        assert!(error.to_string().starts_with("MASTER_KEY must"), "{error}");
    }

    #[test]
    fn a_damaged_secret_is_reported_and_kept() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("secrets/master_key");
        fs::create_dir(dir.path().join("secrets")).expect("created");
        fs::write(&path, "half").expect("written");
        let error = Secrets::default().complete(dir.path(), true).expect_err("damaged");
        assert!(matches!(error, SecretsError::Damaged { name: "MASTER_KEY", .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("kept"), "half");
    }

    #[test]
    fn a_lost_master_key_is_not_replaced() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir(dir.path().join("postgres")).expect("a folder");
        fs::write(dir.path().join("postgres/PG_VERSION"), "15").expect("written");
        let error = Secrets::default().complete(dir.path(), true).expect_err("lost");
        assert!(matches!(error, SecretsError::Lost(_)), "{error}");
        assert!(!dir.path().join("secrets/master_key").exists());
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secrets = Secrets { jwt: Some(Secret::new("hush".to_owned())), ..Secrets::default() };
        assert_eq!(
            format!("{secrets:?}"),
            "Secrets { jwt: Some(***), master_key: None, admin_password: None }"
        );
    }
}
