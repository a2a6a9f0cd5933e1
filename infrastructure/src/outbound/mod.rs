//! How the desk sends something to an address that somebody gave it: not into its own house, not where it is sent on,
//! briefly, and without a look at more than the status.

mod address;
mod guard;

use std::error::Error as _;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::header::{RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use openidconnect::url::Url;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};

pub(crate) use self::address::is_public;
pub use self::guard::Forbidden;
use self::guard::{Guard, Way, read};
use crate::network::Network;

/// How long a receiver may take to answer.
const TIME_LIMIT: Duration = Duration::from_secs(15);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(10);
/// How many bytes of an answer are read, to be thrown away.
const SIZE_LIMIT: usize = 64 * 1024;

const NAME: HeaderValue = HeaderValue::from_static(concat!("ledgerdesk/", env!("CARGO_PKG_VERSION")));

type Http = hyper_util::client::legacy::Client<HttpsConnector<HttpConnector<Guard>>, Full<Cursor<Vec<u8>>>>;

/// What a receiver answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
}

/// Why there is no answer. The words say nothing of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// It may not be sent there.
    #[error("the address is not allowed: it {0}")]
    Forbidden(Forbidden),
    /// It takes too long.
    #[error("no answer within {} seconds", TIME_LIMIT.as_secs())]
    TooSlow,
    /// No connection, or one that broke off.
    #[error("the connection failed")]
    Failed,
}

/// The desk's way out. Through no proxy; cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    open: (Guard, Http),
    inside: (Guard, Http),
    allows_some: bool,
}

impl Client {
    /// A way out that leads to public addresses, and into the `allowed` networks.
    #[must_use]
    pub fn new(allowed: &[Network]) -> Self {
        let shared: Arc<[Network]> = allowed.into();
        let of = |way| {
            let guard = Guard::new(Arc::clone(&shared), way);
            (guard.clone(), http(guard))
        };
        Self { open: of(Way::Open), inside: of(Way::Inside), allows_some: !allowed.is_empty() }
    }

    /// The address `text`, if something may be sent there as things are now.
    ///
    /// # Errors
    /// It may not, or nobody knows the host.
    pub async fn check(&self, text: &str) -> Result<Url, Forbidden> {
        let (url, guard, _) = self.way_to(text)?;
        if let Some(name) = url.domain() {
            let found = tokio::time::timeout(CONNECT_LIMIT, guard.look_up(name)).await;
            found.unwrap_or(Err(Forbidden::Unknown))?;
        }
        Ok(url)
    }

    /// Sends `body` to the address `text`, which is judged once more, and so is what its host leads to.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn post(&self, text: &str, headers: HeaderMap, body: Vec<u8>) -> Result<Answered, NoAnswer> {
        let (url, _, http) = self.way_to(text).map_err(NoAnswer::Forbidden)?;
        let uri: Uri = url.as_str().parse().map_err(|_| NoAnswer::Forbidden(Forbidden::Unreadable))?;
        let mut request =
            Request::post(uri).body(Full::new(Cursor::new(body))).map_err(|_| NoAnswer::Failed)?;
        *request.headers_mut() = headers;
        request.headers_mut().insert(USER_AGENT, NAME);
        let answer = async {
            let (head, body) = http.request(request).await.map_err(|error| cause(&error))?.into_parts();
            // What it says besides is read so that the connection can be used again, and told to nobody.
            let _ = Limited::new(body, SIZE_LIMIT).collect().await;
            let retry_after =
                head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(wait);
            Ok(Answered { status: head.status.as_u16(), retry_after })
        };
        tokio::time::timeout(TIME_LIMIT, answer).await.unwrap_or(Err(NoAnswer::TooSlow))
    }

    fn way_to(&self, text: &str) -> Result<(Url, &Guard, &Http), Forbidden> {
        let (url, way) = read(text)?;
        let (guard, http) = if way == Way::Open { &self.open } else { &self.inside };
        if way == Way::Inside && !self.allows_some {
            return Err(Forbidden::Way);
        }
        guard.judge_literal(&url)?;
        Ok((url, guard, http))
    }
}

fn http(guard: Guard) -> Http {
    let mut plain = HttpConnector::new_with_resolver(guard);
    plain.set_connect_timeout(Some(CONNECT_LIMIT));
    plain.enforce_http(false);
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(default_provider())
        .unwrap_or_else(|_| HttpsConnectorBuilder::new().with_tls_config(without_authorities()))
        .https_or_http()
        .enable_http1()
        .wrap_connector(plain);
    let mut builder = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
    builder.pool_idle_timeout(IDLE).build(connector)
}

/// For a system without certificates to check others with: a desk that sends to none of them runs there all the same.
pub(crate) fn without_authorities() -> ClientConfig {
    tracing::warn!("The system has no certificates of authorities: nothing can be sent by https");
    trusting_nobody()
}

/// What reaches nobody by https.
pub(crate) fn trusting_nobody() -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has the versions of TLS that are safe")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}

/// Why there was no connection: what the guard said of the host, if it was the guard.
fn cause(error: &hyper_util::client::legacy::Error) -> NoAnswer {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(forbidden) = forbidden_in(error) {
            return NoAnswer::Forbidden(forbidden);
        }
        cause = error.source();
    }
    NoAnswer::Failed
}

fn forbidden_in(error: &(dyn std::error::Error + 'static)) -> Option<Forbidden> {
    let within = error.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref());
    within.and_then(|error| error.downcast_ref()).or_else(|| error.downcast_ref()).copied()
}

/// `Retry-After`: seconds, or a date.
pub(crate) fn wait(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(text.trim()).ok()?;
    (until.with_timezone(&Utc) - Utc::now()).to_std().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_says_when_to_come_again_in_two_ways() {
        assert_eq!(wait("120"), Some(Duration::from_mins(2)));
        let later = (Utc::now() + chrono::TimeDelta::hours(1)).to_rfc2822();
        assert!(wait(&later).is_some_and(|wait| wait > Duration::from_mins(59)));
        for nothing in ["", "soon", "-1", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            assert_eq!(wait(nothing), None, "{nothing}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_when_it_is_connected_to() {
        let client = Client::new(&["10.0.0.0/8".parse().expect("a network")]);
        for address in ["https://localhost/", "http://localhost:1/", "https://127.0.0.1:8443/"] {
            let answer = client.post(address, HeaderMap::new(), vec![]).await;
            assert_eq!(answer, Err(NoAnswer::Forbidden(Forbidden::Network)), "{address}");
        }
    }
}
