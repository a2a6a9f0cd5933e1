//! A real SMTP server, started by a test on a port and a folder of its own.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use tempfile::TempDir;

use crate::mails::Mail;
use crate::process::{free_port, scratch};

/// How long anything here is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the server speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Not at all.
    None,
    /// After STARTTLS, and takes nothing before it.
    StartTls,
    /// From the first byte.
    Implicit,
}

impl Tls {
    fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::StartTls => "starttls",
            Self::Implicit => "implicit",
        }
    }
}

/// A message that the server took.
#[derive(Debug, Clone)]
pub struct Received {
    /// Whom it was said to be for.
    pub to: Vec<String>,
    /// Whether the sender had signed in.
    pub signed_in: bool,
    /// The message.
    pub mail: Mail,
}

/// An SMTP server of a test's own. It ends with the test.
pub struct SmtpServer {
    folder: TempDir,
    port: u16,
    tls: Tls,
    login: Option<(&'static str, &'static str)>,
    process: Option<Child>,
}

impl SmtpServer {
    /// A server that is up.
    ///
    /// # Panics
    /// If it does not start: `scripts/setup.sh test` installs what it needs.
    pub async fn start(tls: Tls, login: Option<(&'static str, &'static str)>) -> Self {
        let mut server = Self::prepared(tls, login);
        server.launch();
        server.up().await;
        server
    }

    /// A server that is not up yet. Its certificates are there.
    #[must_use]
    pub fn prepared(tls: Tls, login: Option<(&'static str, &'static str)>) -> Self {
        let folder = scratch("smtp");
        certify(folder.path());
        Self { folder, port: free_port(), tls, login, process: None }
    }

    /// What a desk is set to that sends by it.
    #[must_use]
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("SMTP_HOST", "localhost".to_owned()),
            ("SMTP_PORT", self.port.to_string()),
            ("SMTP_TLS", self.tls.word().to_owned()),
            ("SMTP_FROM", "Desk <desk@example.org>".to_owned()),
            ("SMTP_CA_FILE", self.folder.path().join("authority.pem").display().to_string()),
        ];
        if let Some((user, password)) = self.login {
            settings.extend([("SMTP_USER", user.to_owned()), ("SMTP_PASS", password.to_owned())]);
        }
        settings
    }

    /// Starts the process on the same port and folder as before, and does not wait for it.
    ///
    /// # Panics
    /// If it runs already or cannot be started.
    pub fn launch(&mut self) {
        assert!(self.process.is_none(), "it runs");
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("smtp.log"))
            .expect("a log");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("smtp/receiver.py");
        let python = std::env::var_os("LEDGERDESK_SMTP_PYTHON").unwrap_or_else(|| "/usr/bin/python3".into());
        let mut command = Command::new(python);
        command.arg(script).arg(self.folder.path()).arg(self.port.to_string()).arg(self.tls.word());
        if let Some((user, password)) = self.login {
            command.args([user, password]);
        }
        // It ends when this process does, however that ends: nobody closes its standard input before.
        let process = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log).spawn();
        self.process = Some(process.expect("python3 starts"));
    }

    /// Waits until it answers.
    ///
    /// # Panics
    /// If it does not within half a minute.
    pub async fn up(&mut self) {
        let started = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            let ended = self.process.as_mut().expect("it runs").try_wait().expect("a process");
            let log = fs::read_to_string(self.folder.path().join("smtp.log")).unwrap_or_default();
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "no SMTP server: {log}");
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

    /// From now on messages are kept and not answered.
    ///
    /// # Panics
    /// If the folder is gone.
    pub fn hold(&self) {
        fs::File::create(self.hold_file()).and_then(|mut file| file.write_all(b"hold")).expect("held");
    }

    /// What was held is answered.
    ///
    /// # Panics
    /// If nothing is held.
    pub fn release(&self) {
        fs::remove_file(self.hold_file()).expect("released");
    }

    fn hold_file(&self) -> PathBuf {
        self.folder.path().join("hold")
    }

    /// What it took so far, in order.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        let Ok(entries) = fs::read_dir(self.folder.path().join("messages")) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        files.iter().map(|file| read(file)).collect()
    }

    /// Waits until it took `count` messages; all of them.
    ///
    /// # Panics
    /// If it does not within half a minute.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let started = Instant::now();
        loop {
            let received = self.received();
            if received.len() >= count {
                return received;
            }
            assert!(started.elapsed() < PATIENCE, "{} of {count} messages came", received.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn read(file: &Path) -> Received {
    let kept: Value = serde_json::from_slice(&fs::read(file).expect("a file")).expect("JSON");
    let data = BASE64.decode(kept["data"].as_str().expect("data")).expect("base64");
    let to = kept["to"].as_array().expect("recipients").iter();
    Received {
        to: to.map(|to| to.as_str().expect("an address").to_owned()).collect(),
        signed_in: kept["signed_in"].as_bool().unwrap_or_default(),
        mail: Mail::parse(&String::from_utf8(data).expect("a text")),
    }
}

/// Makes an authority of its own, `authority.pem`, and by it the server's certificate and key, `server.pem`.
fn certify(folder: &Path) {
    let authority_key = KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::new(Vec::new()).expect("a certificate");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&authority_key).expect("an authority");
    fs::write(folder.join("authority.pem"), certificate.pem()).expect("written");
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().expect("a key");
    let server = CertificateParams::new(vec!["localhost".to_owned()]).expect("a certificate");
    let server = server.signed_by(&key, &issuer).expect("a certificate");
    fs::write(folder.join("server.pem"), server.pem() + &key.serialize_pem()).expect("written");
}
