//! Where sealed contents are: in a folder, or with an S3-compatible service.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, RetryConfig, WriteMultipart};
use uuid::Uuid;

use super::s3::Connector;
use crate::config::{S3, Uploads};

/// How many bytes are written at a time into a folder,
const PIECE: usize = 1024 * 1024;
/// and to a service, which takes no fewer.
const PIECE_OF_S3: usize = 5 * 1024 * 1024;

/// Where sealed contents are. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub(super) struct Store {
    objects: Arc<dyn ObjectStore>,
    /// The folder, if it is one.
    folder: Option<PathBuf>,
    /// What stands before the name of every object.
    prefix: String,
}

impl Store {
    /// What is set; a folder is made.
    ///
    /// # Errors
    /// The folder cannot be made, or the settings do not fit each other.
    pub(super) fn open(uploads: &Uploads) -> anyhow::Result<Self> {
        match uploads {
            Uploads::Folder(folder) => Self::in_folder(folder.clone()),
            Uploads::S3(s3) => Self::with_service(s3),
        }
    }

    fn in_folder(folder: PathBuf) -> anyhow::Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.with_context(|| format!("{} cannot be made", folder.display()))?;
        // What is answered for is on the disk.
        let objects = LocalFileSystem::new_with_prefix(&folder)
            .with_context(|| format!("{} cannot be used", folder.display()))?
            .with_fsync(true);
        Ok(Self { objects: Arc::new(objects), folder: Some(folder), prefix: String::new() })
    }

    fn with_service(s3: &S3) -> anyhow::Result<Self> {
        let (id, secret) = s3.keys.expose();
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&s3.bucket)
            .with_region(&s3.region)
            .with_access_key_id(id)
            .with_secret_access_key(secret)
            .with_retry(retries())
            .with_http_connector(Connector);
        if let Some(endpoint) = &s3.endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        let objects = builder.build().context("the S3 service cannot be used")?;
        Ok(Self { objects: Arc::new(objects), folder: None, prefix: s3.prefix.clone() })
    }

    /// Begins to write the object `id`, which is there when the writing is finished, and not before.
    pub(super) async fn write(&self, id: Uuid) -> object_store::Result<WriteMultipart> {
        let piece = if self.folder.is_some() { PIECE } else { PIECE_OF_S3 };
        let upload = self.objects.put_multipart(&self.path(id)).await?;
        Ok(WriteMultipart::new_with_chunk_size(upload, piece))
    }

    /// The bytes of the object `id` from `from` up to `to`, and how many it has in all.
    pub(super) async fn read(
        &self,
        id: Uuid,
        from: u64,
        to: u64,
    ) -> object_store::Result<(u64, BoxStream<'static, object_store::Result<Vec<u8>>>)> {
        let options = GetOptions { range: Some(GetRange::Bounded(from..to)), ..GetOptions::default() };
        let got = self.objects.get_opts(&self.path(id), options).await?;
        let size = got.meta.size;
        Ok((size, got.into_stream().map_ok(|bytes| bytes.to_vec()).boxed()))
    }

    /// Removes the object `id` and what a writer that was cut off left of it, if there is anything.
    pub(super) async fn remove(&self, id: Uuid) -> anyhow::Result<()> {
        match self.objects.delete(&self.path(id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        match &self.folder {
            Some(folder) => remove_leftovers(folder.join(shelf(id)), id).await,
            None => Ok(()),
        }
    }

    fn path(&self, id: Uuid) -> Path {
        Path::from(format!("{}{}/{id}", self.prefix, shelf(id)))
    }
}

/// Whoever asks waits, so it is not tried for long.
fn retries() -> RetryConfig {
    RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(10), ..RetryConfig::default() }
}

/// The folder that an object is in, so that none has too many. The end of an identity is random.
fn shelf(id: Uuid) -> String {
    format!("{:02x}", id.as_bytes()[15])
}

/// Removes the files `id#…`, in which a writer has what is not finished.
async fn remove_leftovers(shelf: PathBuf, id: Uuid) -> anyhow::Result<()> {
    let begins = format!("{id}#");
    let mut files = match tokio::fs::read_dir(&shelf).await {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    while let Some(file) = files.next_entry().await? {
        if file.file_name().to_string_lossy().starts_with(&begins) {
            match tokio::fs::remove_file(file.path()).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
    }
    Ok(())
}
