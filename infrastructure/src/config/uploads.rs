//! Where attachments are kept, and how large they may be.

use std::path::{Path, PathBuf};

use super::reader::Reader;
use crate::secrets::Secret;

/// How many bytes an attachment has at most, unless set.
const MAX_FILE_SIZE: u64 = 10 * 1024 * 1024;
/// The folder in the data directory, unless another place is set.
const FOLDER: &str = "attachments";

/// Attachments.
#[derive(Debug, Clone)]
pub struct Attachments {
    /// `UPLOAD_PATH` or `UPLOAD_URL`: where they are kept.
    pub uploads: Uploads,
    /// `MAX_FILE_SIZE`: how many bytes one has at most.
    pub max_size: u64,
}

/// Where attachments are kept.
#[derive(Debug, Clone)]
pub enum Uploads {
    /// In a folder, which all nodes share.
    Folder(PathBuf),
    /// With an S3-compatible service.
    S3(S3),
}

/// An S3-compatible service.
#[derive(Debug, Clone)]
pub struct S3 {
    /// The bucket, from `UPLOAD_URL`.
    pub bucket: String,
    /// What stands before the names of all objects, from `UPLOAD_URL`: empty, or with a slash at its end.
    pub prefix: String,
    /// `AWS_ENDPOINT_URL`: where the service is; none for Amazon's.
    pub endpoint: Option<String>,
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    pub keys: Secret<(String, String)>,
}

impl Attachments {
    /// What is set.
    pub(super) fn read(reader: &mut Reader<'_>, data_dir: &Path) -> Self {
        let max_size =
            reader.parsed("MAX_FILE_SIZE", "a whole number of bytes from 1 to 1073741824", |text| {
                text.parse().ok().filter(|size| (1..=1 << 30).contains(size))
            });
        let path = reader.parsed("UPLOAD_PATH", "a directory, existing or not", folder);
        let url = reader.parsed(
            "UPLOAD_URL",
            "file:///a/directory, s3://bucket or s3://bucket/before/the/names",
            place,
        );
        let endpoint =
            reader.parsed("AWS_ENDPOINT_URL", "an origin such as https://s3.example.org", super::origin);
        let region = reader.parsed("AWS_REGION", "a region such as eu-central-1", |text| {
            text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-').then(|| text.to_owned())
        });
        let mut key = |name| {
            reader.secret(name, None, "a key without spaces", |text| {
                (!text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())).then(|| text.to_owned())
            })
        };
        let (id, secret) = (key("AWS_ACCESS_KEY_ID"), key("AWS_SECRET_ACCESS_KEY"));
        if path.is_some() && url.is_some() {
            reader.refuse("UPLOAD_PATH", "set", "nothing while UPLOAD_URL is set as well");
        }
        let uploads = match url {
            Some(Place::Bucket { bucket, prefix }) => {
                let what = "a key of the service, as UPLOAD_URL names a bucket";
                for (name, key) in [("AWS_ACCESS_KEY_ID", &id), ("AWS_SECRET_ACCESS_KEY", &secret)] {
                    if key.is_none() && !reader.is_refused(name) {
                        reader.missing(name, what);
                    }
                }
                let shown = |key: Option<Secret>| key.map(|key| key.expose().clone()).unwrap_or_default();
                let keys = Secret::new((shown(id), shown(secret)));
                let region = region.unwrap_or_else(|| "us-east-1".to_owned());
                Uploads::S3(S3 { bucket, prefix, endpoint, region, keys })
            }
            Some(Place::Folder(folder)) => Uploads::Folder(folder),
            None => Uploads::Folder(path.unwrap_or_else(|| data_dir.join(FOLDER))),
        };
        Self { uploads, max_size: max_size.unwrap_or(MAX_FILE_SIZE) }
    }
}

enum Place {
    Folder(PathBuf),
    Bucket { bucket: String, prefix: String },
}

fn folder(text: &str) -> Option<PathBuf> {
    let path = PathBuf::from(text);
    (path.is_dir() || !path.exists()).then_some(path)
}

fn place(text: &str) -> Option<Place> {
    if let Some(path) = text.strip_prefix("file://") {
        return path.starts_with('/').then(|| folder(path)).flatten().map(Place::Folder);
    }
    let (bucket, prefix) = {
        let rest = text.strip_prefix("s3://")?;
        rest.split_once('/').unwrap_or((rest, ""))
    };
    let is_bucket = (3..=63).contains(&bucket.len())
        && bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.');
    let prefix = prefix.trim_end_matches('/');
    let is_prefix = prefix.is_empty()
        || prefix.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        });
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    (is_bucket && is_prefix).then(|| Place::Bucket { bucket: bucket.to_owned(), prefix })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::config::{Config, Overrides};

    fn read(env: &[(&str, &str)]) -> Result<Attachments, String> {
        let env: HashMap<_, _> = env.iter().copied().collect();
        let lookup = |name: &str| env.get(name).map(|value| (*value).to_owned());
        let config = Config::read(&lookup, None, Overrides::default());
        config.map(|config| config.attachments).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn attachments_are_in_the_data_directory_unless_another_folder_is_set() {
        let of = |env: &[(&str, &str)]| match read(env).expect("valid").uploads {
            Uploads::Folder(folder) => folder.display().to_string(),
            Uploads::S3(_) => panic!("a folder"),
        };
        assert_eq!(of(&[]), "./data/attachments");
        assert_eq!(of(&[("DATA_DIR", "/nowhere/at/all")]), "/nowhere/at/all/attachments");
        assert_eq!(of(&[("UPLOAD_PATH", "/nowhere/files")]), "/nowhere/files");
        assert_eq!(of(&[("UPLOAD_URL", "file:///nowhere/files")]), "/nowhere/files");
        assert_eq!(read(&[]).expect("valid").max_size, 10_485_760);
    }

    #[test]
    fn a_bucket_needs_keys_which_are_never_shown() {
        let env = [
            ("UPLOAD_URL", "s3://files/desk/"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9000"),
            ("AWS_ACCESS_KEY_ID", "an-id"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
        ];
        let attachments = read(&env).expect("valid");
        assert!(
            !format!("{attachments:?}").contains("hush") && !format!("{attachments:?}").contains("an-id")
        );
        let Uploads::S3(s3) = attachments.uploads else { panic!("a service") };
        assert_eq!(
            (s3.bucket.as_str(), s3.prefix.as_str(), s3.region.as_str()),
            ("files", "desk/", "us-east-1")
        );
        let wrong = read(&env[..2]).expect_err("no keys");
        assert!(wrong.contains("AWS_ACCESS_KEY_ID is not set"), "{wrong}");
        assert!(wrong.contains("AWS_SECRET_ACCESS_KEY is not set"), "{wrong}");
    }

    #[test]
    fn everything_wrong_is_said() {
        for (name, value) in [
            ("MAX_FILE_SIZE", "0"),
            ("MAX_FILE_SIZE", "10MB"),
            ("UPLOAD_PATH", "/dev/null"),
            ("UPLOAD_URL", "file://relative"),
            ("UPLOAD_URL", "s3://"),
            ("UPLOAD_URL", "s3://files/../x"),
            ("UPLOAD_URL", "https://example.org"),
            ("AWS_ENDPOINT_URL", "s3.example.org"),
            ("AWS_REGION", "eu central"),
        ] {
            let wrong = read(&[(name, value)]).expect_err("refused");
            assert!(wrong.starts_with(&format!("{name} is ")), "{wrong}");
        }
        let both = read(&[("UPLOAD_PATH", "/nowhere"), ("UPLOAD_URL", "s3://files")]).expect_err("both");
        assert!(both.contains("UPLOAD_PATH is set"), "{both}");
    }
}
