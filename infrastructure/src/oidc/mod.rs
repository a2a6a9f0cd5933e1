//! Signing in with OpenID Connect: what providers say of somebody, once it is proved that they said it.

mod browser;
mod http;
mod known;
mod person;
mod provider;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

use openidconnect::url::{Host, Url};

pub use self::browser::BrowserSecret;
pub use self::person::Person;
pub use self::provider::Provider;
use crate::config::Oidc;

/// Why nobody is signed in by what came from a provider. Says nothing about anybody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// The provider does not answer, or not as providers do.
    #[error("the provider cannot be reached, or does not answer as it should")]
    Unavailable,
    /// It was not said by this provider, or not to this desk, or not now, or is not as it has to be.
    #[error("{0}")]
    Refused(&'static str),
    /// They are of no domain whose people may sign in.
    #[error("people of this domain may not sign in here")]
    OtherDomain,
}

/// The providers that people may sign in with, by name.
#[derive(Debug, Default)]
pub struct Providers(BTreeMap<String, Arc<Provider>>);

impl Providers {
    /// The providers that `config` names; the desk itself is reached at `public_url`.
    ///
    /// # Errors
    /// There is no way to reach any: the system has no certificates to check theirs with.
    pub fn new(config: &Oidc, public_url: &str) -> anyhow::Result<Self> {
        if config.providers.is_empty() {
            return Ok(Self::default());
        }
        let client = http::Client::new(config.allow_loopback)?;
        let provider = |of: &crate::config::OidcProvider| {
            let callback = format!("{public_url}/api/v1/auth/oidc/{}/callback", of.name);
            Ok((of.name.clone(), Arc::new(Provider::new(of.clone(), callback, client.clone())?)))
        };
        config.providers.iter().map(provider).collect::<anyhow::Result<_>>().map(Self)
    }

    /// The provider of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Provider>> {
        self.0.get(name)
    }

    /// Their names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Whether the desk may talk to `url`: by https only; plain http reaches this machine alone, and only if that is
/// allowed.
pub(crate) fn is_allowed(url: &Url, allow_loopback: bool) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback && allow_loopback)
}
