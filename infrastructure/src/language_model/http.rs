//! One request to a provider: to where the operator said, not where it is sent on, and no more of the answer than is needed.

use std::future::Future;
use std::io::{self, Cursor};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;

use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring::default_provider;
use tower::Service;

use super::Trouble;
use crate::outbound::{is_public, trusting_nobody, wait, without_authorities};

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(10);
/// How many bytes of an answer are read.
const SIZE_LIMIT: usize = 64 * 1024;

const NAME: HeaderValue = HeaderValue::from_static(concat!("ledgerdesk/", env!("CARGO_PKG_VERSION")));
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The way to a provider. Through no proxy.
pub(super) struct Http(Client<HttpsConnector<HttpConnector<LookUp>>, Full<Cursor<Vec<u8>>>>);

impl Http {
    /// By https, or in plain text to addresses in the house.
    pub(super) fn new(by_https: bool) -> Self {
        let mut plain = HttpConnector::new_with_resolver(LookUp { only_inside: !by_https });
        plain.set_connect_timeout(Some(CONNECT_LIMIT));
        plain.enforce_http(false);
        let builder = HttpsConnectorBuilder::new();
        let connector = if by_https {
            builder
                .with_provider_and_native_roots(default_provider())
                .unwrap_or_else(|_| HttpsConnectorBuilder::new().with_tls_config(without_authorities()))
                .https_only()
                .enable_http1()
                .wrap_connector(plain)
        } else {
            builder.with_tls_config(trusting_nobody()).https_or_http().enable_http1().wrap_connector(plain)
        };
        Self(Client::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(connector))
    }

    /// Sends `body`; gives what is answered, if that is a success. How long it takes is the caller's to limit.
    pub(super) async fn post(
        &self,
        url: &str,
        headers: &HeaderMap,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, Trouble> {
        let mut request =
            Request::post(url).body(Full::new(Cursor::new(body))).map_err(|_| Trouble::Failed)?;
        request.headers_mut().extend(headers.clone());
        request.headers_mut().insert(CONTENT_TYPE, JSON);
        request.headers_mut().insert(USER_AGENT, NAME);
        let (head, body) = self.0.request(request).await.map_err(|_| Trouble::Failed)?.into_parts();
        if !head.status.is_success() {
            let after = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(wait);
            return Err(Trouble::Status(head.status.as_u16(), after));
        }
        let read = Limited::new(body, SIZE_LIMIT).collect().await;
        let read = read.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() { Trouble::TooLong } else { Trouble::Failed }
        })?;
        Ok(read.to_bytes().to_vec())
    }
}

/// Looks names up; for plain text, only those that lead into the house.
#[derive(Debug, Clone, Copy)]
struct LookUp {
    only_inside: bool,
}

impl Service<Name> for LookUp {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let only_inside = self.only_inside;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if only_inside && found.iter().any(|address| is_public(address.ip())) {
                return Err(io::Error::other("in plain text nothing leaves the house"));
            }
            Ok(found.into_iter())
        })
    }
}
