//! A real S3-compatible server, started by a test on a port of its own; what it keeps is in its memory.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::free_port;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_mins(1);
const BUCKET: &str = "files";

/// An S3-compatible server of a test's own. It ends with the test.
pub struct S3Server {
    process: Child,
    port: u16,
}

impl S3Server {
    /// A server that is up and has a bucket.
    ///
    /// # Panics
    /// If it does not start: `scripts/setup.sh test` installs what it needs.
    pub async fn start() -> Self {
        let port = free_port();
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/s3/bin/python3");
        let python = std::env::var_os("LEDGERDESK_S3_PYTHON").unwrap_or_else(|| place.into());
        let process = Command::new(python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a Python with moto, which scripts/setup.sh test installs");
        let mut server = Self { process, port };
        server.up().await;
        server
    }

    async fn up(&mut self) {
        let started = Instant::now();
        let client = reqwest::Client::new();
        loop {
            let made = client.put(format!("{}/{BUCKET}", self.url())).send().await;
            if made.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            let ended = self.process.try_wait().expect("a process");
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "no S3 server: {ended:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What a desk is set to that keeps its files there.
    #[must_use]
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("UPLOAD_URL", format!("s3://{BUCKET}/desk")),
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_ACCESS_KEY_ID", "an-id-of-the-tests".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-tests".to_owned()),
        ]
    }

    /// What it has: the names of the objects.
    ///
    /// # Panics
    /// If it does not answer.
    pub async fn objects(&self) -> Vec<String> {
        let list = reqwest::get(format!("{}/{BUCKET}?list-type=2", self.url())).await.expect("an answer");
        let list = list.text().await.expect("a list");
        list.split("<Key>").skip(1).filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned())).collect()
    }

    /// How many uploads were begun there and neither finished nor called off.
    ///
    /// # Panics
    /// If it does not answer.
    pub async fn unfinished(&self) -> usize {
        let list = reqwest::get(format!("{}/{BUCKET}?uploads", self.url())).await.expect("an answer");
        list.text().await.expect("a list").matches("<UploadId>").count()
    }

    /// The bytes of an object.
    ///
    /// # Panics
    /// If it does not answer.
    pub async fn object(&self, name: &str) -> Vec<u8> {
        let got = reqwest::get(format!("{}/{BUCKET}/{name}", self.url())).await.expect("an answer");
        got.bytes().await.expect("bytes").to_vec()
    }

    /// Puts other bytes in the place of an object.
    ///
    /// # Panics
    /// If it does not answer.
    pub async fn replace(&self, name: &str, bytes: Vec<u8>) {
        let client = reqwest::Client::new();
        let put = client.put(format!("{}/{BUCKET}/{name}", self.url())).body(bytes).send().await;
        assert!(put.expect("an answer").status().is_success(), "{name} is replaced");
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
