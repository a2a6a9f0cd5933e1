//! What is known of a provider: where it is asked, and the keys it signs with; looked up again now and then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openidconnect::IssuerUrl;
use tokio::sync::Mutex;

use super::OidcError;
use super::http::Client;
use super::types::Metadata;

/// How long it counts as good without another look.
const KEPT: Duration = Duration::from_hours(1);
/// How long whoever comes next is told at once that the provider does not answer.
const FAILED_FOR: Duration = Duration::from_secs(1);
/// How often an unknown key is looked for: whoever makes one up must not make the desk ask and ask.
const LOOKED_FOR: Duration = Duration::from_secs(10);

/// What is known of one provider.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    metadata: Option<(Instant, Arc<Metadata>)>,
    failed: Option<Instant>,
    looked: Option<Instant>,
}

impl Known {
    /// Metadata and keys, as the provider told them within the hour.
    pub(super) async fn get(&self, issuer: &IssuerUrl, client: &Client) -> Result<Arc<Metadata>, OidcError> {
        let mut seen = self.0.lock().await;
        match &seen.metadata {
            Some((at, metadata)) if at.elapsed() < KEPT => Ok(Arc::clone(metadata)),
            _ => seen.fetch(issuer, client).await,
        }
    }

    /// The same, asked again because of a key that is not among those known as `before`.
    pub(super) async fn newer(
        &self,
        before: &Arc<Metadata>,
        issuer: &IssuerUrl,
        client: &Client,
    ) -> Result<Arc<Metadata>, OidcError> {
        let mut seen = self.0.lock().await;
        if let Some((_, metadata)) = &seen.metadata
            && (!Arc::ptr_eq(metadata, before) || within(seen.looked, LOOKED_FOR))
        {
            return Ok(Arc::clone(metadata));
        }
        seen.looked = Some(Instant::now());
        seen.fetch(issuer, client).await
    }
}

impl Seen {
    async fn fetch(&mut self, issuer: &IssuerUrl, client: &Client) -> Result<Arc<Metadata>, OidcError> {
        if within(self.failed, FAILED_FOR) {
            return Err(OidcError::Unavailable);
        }
        match Metadata::discover_async(issuer.clone(), client).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                self.metadata = Some((Instant::now(), Arc::clone(&metadata)));
                Ok(metadata)
            }
            Err(error) => {
                self.failed = Some(Instant::now());
                tracing::warn!(issuer = %issuer.as_str(), reason = reason(&error), "A provider cannot be asked who people are");
                Err(OidcError::Unavailable)
            }
        }
    }
}

fn within(at: Option<Instant>, time: Duration) -> bool {
    at.is_some_and(|at| at.elapsed() < time)
}

/// What went wrong, without what the provider answered.
fn reason(error: &openidconnect::DiscoveryError<super::http::NoAnswer>) -> String {
    use openidconnect::DiscoveryError as E;
    match error {
        E::Request(error) => error.to_string(),
        E::Response(status, ..) => format!("it answers {status}, or not with JSON"),
        E::Parse(_) => "its answer cannot be read".to_owned(),
        E::Validation(_) => "it says that it is somebody else".to_owned(),
        _ => "it cannot be asked".to_owned(),
    }
}
