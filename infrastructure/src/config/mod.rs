//! What an operator can set: read from the environment, then a TOML file, then defaults, and judged as a whole.

mod language_model;
mod mail;
mod nats;
mod oidc;
mod reader;
#[cfg(test)]
mod tests;
mod uploads;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::schedule::Daily;
use tracing_subscriber::EnvFilter;

pub use self::language_model::{LanguageModel, Provider};
pub use self::mail::{Mail, Smtp, SmtpTls};
pub use self::nats::{Access, Nats};
pub use self::oidc::{GOOGLE, Oidc, OidcProvider};
use self::reader::Reader;
pub use self::reader::{Misconfigured, Problem};
pub use self::uploads::{Attachments, S3, Uploads};
use crate::database::CONNECTIONS;
use crate::network::Network;
use crate::password::{LONGEST_PASSWORD, SHORTEST_PASSWORD, check_strength};
use crate::secrets::{self, Keys, SHORTEST_JWT_SECRET, Secret, Secrets, SecretsError};
use crate::telemetry::Format;
use crate::token::LONGEST_LIFE;

/// Everything an operator can set, valid as a whole.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the desk is reached.
    pub server: Server,
    /// Where the desk keeps its data.
    pub storage: Storage,
    /// Where attachments are kept, and how large they may be.
    pub attachments: Attachments,
    /// How long a sign-in lasts.
    pub tokens: Tokens,
    /// How much one person may ask for.
    pub limits: Limits,
    /// Where every event is relayed to; none relays nothing.
    pub nats: Option<Nats>,
    /// How mail leaves.
    pub mail: Mail,
    /// `WEBHOOK_ALLOWED_NETWORKS`: internal networks that webhooks may go to; none by default.
    pub webhook_networks: Vec<Network>,
    /// `PUSH_ALLOWED_NETWORKS`: internal networks that push services may be in, to which everybody has the desk send; none
    /// by default.
    pub push_networks: Vec<Network>,
    /// `TRIAGE`: whether new tickets are screened, routed and handed out. Off for a copy of a desk on which nothing happens by
    /// itself.
    pub triage: bool,
    /// `MISUSE_SCHEDULE`: when the desk looks for misuse by itself; none if it does not.
    pub misuse_schedule: Option<Daily>,
    /// `NOTIFICATIONS`: whether people are told of what happens. Off for a copy of a desk that must write to nobody.
    pub notifications: bool,
    /// The OpenID Connect providers that people may sign in with.
    pub oidc: Oidc,
    /// The language model that is asked where the desk's own models are in doubt; none by default.
    pub language_model: Option<LanguageModel>,
    /// What must not be shown.
    pub secrets: Secrets,
    /// What is written about the desk at work.
    pub logs: Logs,
}

/// Where the desk is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// `HOST` and `PORT`: the address to listen on; port 0 is any free one.
    pub listen: SocketAddr,
    /// `CORS_ORIGINS`: the other sites whose pages may call the API; none by default.
    pub cors_origins: Vec<String>,
    /// `TRUSTED_PROXIES`: the peers that are believed whom they speak for; none by default.
    pub trusted_proxies: Vec<Network>,
    /// `PUBLIC_URL`: where people reach the desk, without a path; by default where it listens.
    pub public_url: Option<String>,
}

/// Where the desk keeps its data.
#[derive(Debug, Clone)]
pub struct Storage {
    /// `DATABASE_URL`: the operator's own database; none means the private one in the data directory.
    pub database_url: Option<Secret>,
    /// `DATABASE_CONNECTIONS`: how many connections requests and handlers share.
    pub connections: u32,
    /// `DATA_DIR`: the private database, generated secrets and files.
    pub data_dir: PathBuf,
}

/// How long a sign-in lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// `JWT_EXPIRES_IN`: how long an access token is good for.
    pub access: Duration,
    /// `JWT_REFRESH_EXPIRES_IN`: how long a sign-in lasts, however often it is renewed.
    pub refresh: Duration,
}

/// How much one person may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// `TICKETS_PER_DAY`: how many tickets one user may file in a day.
    pub tickets_per_day: u32,
    /// How many requests.
    pub requests: Requests,
}

/// How many requests a caller may make in a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requests {
    /// `RATE_LIMIT_WINDOW_MS`: the while.
    pub window: Duration,
    /// `RATE_LIMIT_MAX_REQUESTS`: a requester, and whoever is not signed in by address.
    pub most: u32,
    /// `RATE_LIMIT_MAX_REQUESTS_STAFF`: an agent, an administrator, or somebody's API tokens.
    pub most_of_staff: u32,
}

/// What is written about the desk at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// `LOG_FORMAT`; none means pretty on a terminal and JSON elsewhere.
    pub format: Option<Format>,
    /// `RUST_LOG`: what is written at all, in the notation of `tracing`.
    pub filter: String,
}

/// What the command line says, which comes before everything else.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--listen`, instead of `HOST` and `PORT`.
    pub listen: Option<SocketAddr>,
    /// `--data-dir`, instead of `DATA_DIR`.
    pub data_dir: Option<PathBuf>,
    /// `--database-url`, instead of `DATABASE_URL`.
    pub database_url: Option<Secret>,
}

/// The process's own environment, for [`Config::read`].
#[must_use]
pub fn environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

impl Config {
    /// Reads every setting from `overrides`, `env`, the TOML file `file` (keys are the names in lower case)
    /// or its default, in this order; an empty variable counts as not set.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn read(
        env: &dyn Fn(&str) -> Option<String>,
        file: Option<&Path>,
        overrides: Overrides,
    ) -> Result<Self, Misconfigured> {
        let mut reader = Reader::new(env, file);
        let storage = Storage::read(&mut reader, overrides.data_dir, overrides.database_url);
        let config = Self {
            server: Server::read(&mut reader, overrides.listen),
            attachments: Attachments::read(&mut reader, &storage.data_dir),
            storage,
            tokens: Tokens::read(&mut reader),
            limits: Limits::read(&mut reader),
            nats: Nats::read(&mut reader),
            mail: Mail::read(&mut reader),
            webhook_networks: networks(&mut reader, "WEBHOOK_ALLOWED_NETWORKS"),
            push_networks: networks(&mut reader, "PUSH_ALLOWED_NETWORKS"),
            triage: reader.parsed("TRIAGE", "on or off", on_or_off).unwrap_or(true),
            misuse_schedule: misuse_schedule(&mut reader),
            notifications: reader.parsed("NOTIFICATIONS", "on or off", on_or_off).unwrap_or(true),
            oidc: Oidc::read(&mut reader),
            language_model: LanguageModel::read(&mut reader),
            secrets: read_secrets(&mut reader),
            logs: Logs::read(&mut reader),
        };
        reader.finish()?;
        Ok(config)
    }

    /// Whether the desk runs on its private database.
    #[must_use]
    pub fn embedded(&self) -> bool {
        self.storage.database_url.is_none()
    }

    /// The secrets to run with: see [`Secrets::complete`].
    ///
    /// # Errors
    /// When one is missing, or cannot be made or read.
    pub fn keys(&self) -> Result<Keys, SecretsError> {
        self.secrets.complete(&self.storage.data_dir, self.embedded())
    }
}

impl Server {
    /// Where people reach the desk: an origin, without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }

    fn read(reader: &mut Reader<'_>, listen: Option<SocketAddr>) -> Self {
        let host = reader.parsed("HOST", "an IP address or localhost", |text| match text {
            "localhost" => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            other => other.parse().ok(),
        });
        let port = reader.parsed("PORT", "a whole number from 0 to 65535", |text| text.parse().ok());
        let cors_origins = reader.parsed(
            "CORS_ORIGINS",
            "origins such as https://desk.example.org, with commas between and without path or *",
            |text| text.split(',').map(|part| origin(part.trim())).collect(),
        );
        let trusted_proxies = networks(reader, "TRUSTED_PROXIES");
        let public_url = reader.parsed("PUBLIC_URL", "an origin such as https://desk.example.org", origin);
        let host = host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        Self {
            listen: listen.unwrap_or_else(|| SocketAddr::new(host, port.unwrap_or(8080))),
            cors_origins: cors_origins.unwrap_or_default(),
            trusted_proxies,
            public_url,
        }
    }
}

impl Storage {
    fn read(reader: &mut Reader<'_>, data_dir: Option<PathBuf>, url: Option<Secret>) -> Self {
        let database_url = reader.secret("DATABASE_URL", url, "a URL that starts with postgres://", |text| {
            let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))?;
            (!rest.is_empty()).then(|| text.to_owned())
        });
        let connections = reader.parsed("DATABASE_CONNECTIONS", "a whole number from 4 to 1000", |text| {
            text.parse().ok().filter(|number| (4..=1_000).contains(number))
        });
        let dir = reader.parsed("DATA_DIR", "a directory, existing or not", |text| {
            let path = PathBuf::from(text);
            (path.is_dir() || !path.exists()).then_some(path)
        });
        let data_dir = data_dir.or(dir).unwrap_or_else(|| PathBuf::from("./data"));
        Self { database_url, connections: connections.unwrap_or(CONNECTIONS), data_dir }
    }
}

impl Tokens {
    fn read(reader: &mut Reader<'_>) -> Self {
        const DAY: Duration = Duration::from_hours(24);
        let allowed = "a number with its unit s, m, h or d, such as 15m or 7d, and at most 366d";
        let mut lasting = |name, default| reader.parsed(name, allowed, lifetime).unwrap_or(default);
        Self {
            access: lasting("JWT_EXPIRES_IN", DAY * 7),
            refresh: lasting("JWT_REFRESH_EXPIRES_IN", DAY * 30),
        }
    }
}

impl Limits {
    fn read(reader: &mut Reader<'_>) -> Self {
        let allowed = "a whole number from 1 to 1000000";
        let tickets_per_day = reader.parsed("TICKETS_PER_DAY", allowed, |text| {
            text.parse().ok().filter(|number| (1..=1_000_000).contains(number))
        });
        Self { tickets_per_day: tickets_per_day.unwrap_or(5), requests: Requests::read(reader) }
    }
}

impl Requests {
    fn read(reader: &mut Reader<'_>) -> Self {
        let window = reader.parsed(
            "RATE_LIMIT_WINDOW_MS",
            "a whole number of milliseconds from 1000 to 86400000",
            |text| text.parse().ok().filter(|number| (1_000..=86_400_000).contains(number)),
        );
        let mut most = |name, default| {
            let read = reader.parsed(name, "a whole number from 1 to 1000000000", |text| {
                text.parse().ok().filter(|number| (1..=1_000_000_000).contains(number))
            });
            read.unwrap_or(default)
        };
        Self {
            window: Duration::from_millis(window.unwrap_or(900_000)),
            most: most("RATE_LIMIT_MAX_REQUESTS", 100),
            most_of_staff: most("RATE_LIMIT_MAX_REQUESTS_STAFF", 3_000),
        }
    }
}

impl Logs {
    fn read(reader: &mut Reader<'_>) -> Self {
        let format = reader.parsed("LOG_FORMAT", "json or pretty", |text| match text {
            "json" => Some(Format::Json),
            "pretty" => Some(Format::Pretty),
            _ => None,
        });
        let filter = reader.parsed("RUST_LOG", "directives such as info,sqlx=warn", |text| {
            EnvFilter::builder().parse(text).is_ok().then(|| text.to_owned())
        });
        Self { format, filter: filter.unwrap_or_else(|| "info".to_owned()) }
    }
}

/// The networks that `name` lists; none without it.
fn networks(reader: &mut Reader<'_>, name: &'static str) -> Vec<Network> {
    let allowed = "addresses and networks such as 10.0.0.0/8, with commas between and never all there are";
    let read = reader.parsed(name, allowed, |text| {
        let networks = text.split(',').map(|part| part.trim().parse::<Network>().ok());
        networks.map(|network| network.filter(|network| !network.is_everything())).collect()
    });
    read.unwrap_or_default()
}

/// When misuse is looked for: every night unless the operator says otherwise.
fn misuse_schedule(reader: &mut Reader<'_>) -> Option<Daily> {
    let allowed = "off, or a time of day such as 02:00, with a time zone such as Europe/Berlin behind it unless that is UTC";
    let read = reader.parsed("MISUSE_SCHEDULE", allowed, |text| match text.to_ascii_lowercase().as_str() {
        "off" => Some(None),
        _ => text.parse().ok().map(Some),
    });
    read.unwrap_or_else(|| "02:00".parse().ok())
}

fn read_secrets(reader: &mut Reader<'_>) -> Secrets {
    let password = format!(
        "{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters that nobody would guess, without a NUL"
    );
    Secrets {
        jwt: reader.secret(
            "JWT_SECRET",
            None,
            &format!("at least {SHORTEST_JWT_SECRET} bytes"),
            secrets::jwt_secret,
        ),
        master_key: reader.secret("MASTER_KEY", None, "32 bytes in base64", secrets::master_key),
        admin_password: reader.secret("ADMIN_PASSWORD", None, &password, |text| {
            check_strength(text, &["admin"]).is_ok().then(|| text.to_owned())
        }),
    }
}

/// Reads a duration such as `15m`; none when it is zero, endless or has no unit.
fn lifetime(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    let number = number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse::<u64>().ok())??;
    let lifetime = Duration::from_secs(number.checked_mul(seconds)?);
    (!lifetime.is_zero() && lifetime <= LONGEST_LIFE).then_some(lifetime)
}

fn on_or_off(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

/// Reads an origin as browsers send it: scheme, host and perhaps port, and nothing else.
fn origin(text: &str) -> Option<String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:[]".contains(&b);
    (!host.is_empty() && host.bytes().all(allowed)).then(|| text.to_owned())
}
