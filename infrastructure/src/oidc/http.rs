//! How the desk talks to providers: briefly, to addresses it may talk to, and going where it was sent nowhere else.

use std::future::Future;
use std::io::Cursor;
use std::pin::Pin;
use std::time::Duration;

use anyhow::Context as _;
use http::header::USER_AGENT;
use http::{HeaderValue, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use openidconnect::url::Url;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

use super::is_allowed;

/// How long a provider may take to answer.
const TIME_LIMIT: Duration = Duration::from_secs(4);
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// How many bytes it may answer with.
const SIZE_LIMIT: usize = 256 * 1024;

const NAME: HeaderValue = HeaderValue::from_static(concat!("ledgerdesk/", env!("CARGO_PKG_VERSION")));

/// Why a provider gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("the address is not one that the desk talks to")]
    Forbidden,
    #[error("the provider sends the desk elsewhere")]
    Redirect,
    #[error("the provider takes too long")]
    TooSlow,
    #[error("the provider cannot be reached")]
    Failed(#[from] hyper_util::client::legacy::Error),
    #[error("the answer breaks off, or is longer than {SIZE_LIMIT} bytes")]
    Unreadable,
}

/// The desk's way to providers. It goes where it is sent nowhere else, and through no proxy.
#[derive(Debug, Clone)]
pub(super) struct Client {
    http: hyper_util::client::legacy::Client<HttpsConnector<HttpConnector>, Full<Cursor<Vec<u8>>>>,
    allow_loopback: bool,
}

impl Client {
    pub(super) fn new(allow_loopback: bool) -> anyhow::Result<Self> {
        let mut plain = HttpConnector::new();
        plain.set_connect_timeout(Some(CONNECT_LIMIT));
        plain.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .context("the system has no certificates to check OpenID Connect providers with")?
            .https_or_http()
            .enable_http1()
            .wrap_connector(plain);
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { http, allow_loopback })
    }

    pub(super) fn allows_loopback(&self) -> bool {
        self.allow_loopback
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let url: Url = request.uri().to_string().parse().map_err(|_| NoAnswer::Forbidden)?;
        if !is_allowed(&url, self.allow_loopback) {
            return Err(NoAnswer::Forbidden);
        }
        let mut request = request.map(|body| Full::new(Cursor::new(body)));
        request.headers_mut().insert(USER_AGENT, NAME);
        let answer = async {
            let (head, body) = self.http.request(request).await?.into_parts();
            if head.status.is_redirection() {
                return Err(NoAnswer::Redirect);
            }
            let body = Limited::new(body, SIZE_LIMIT).collect().await.map_err(|_| NoAnswer::Unreadable)?;
            Ok(Response::from_parts(head, body.to_bytes().to_vec()))
        };
        tokio::time::timeout(TIME_LIMIT, answer).await.unwrap_or(Err(NoAnswer::TooSlow))
    }
}

impl<'c> AsyncHttpClient<'c> for Client {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}
