//! An OpenID Connect provider on a port of its own, which signs real tokens and can be told to misbehave; and a browser.

mod browser;
mod keys;
mod pages;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chrono::Utc;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::browser::{Browser, Page};
use self::keys::Keys;
pub use self::keys::Signing;

/// What every test provider calls the desk.
pub const CLIENT_ID: &str = "the-desk";
/// How the desk shows that it is the desk.
pub const CLIENT_SECRET: &str = "a client secret: with & signs %";

/// What the provider does besides what it should.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Claims that differ from what they should be; null takes one away.
    pub claims: Option<Value>,
    /// How tokens are signed instead.
    pub signing: Option<Signing>,
    /// Answers 503 to everything.
    pub is_down: bool,
    /// How long the answers at these paths take.
    pub slow: Option<(&'static str, Duration)>,
    /// At these paths it answers with megabytes.
    pub huge: Option<&'static str>,
    /// Where it sends whoever asks for its metadata.
    pub metadata_elsewhere: Option<String>,
    /// What its metadata say instead.
    pub metadata: Option<Value>,
    /// Sends browsers back with an error instead of a code.
    pub refuses: bool,
}

/// A code that the provider gave, and what for.
struct Grant {
    redirect_uri: String,
    challenge: String,
    claims: Value,
}

struct State {
    issuer: String,
    keys: Keys,
    faults: Faults,
    /// Who signs in at the provider's page.
    person: Value,
    redirect_uris: Vec<String>,
    codes: HashMap<String, Grant>,
    /// How often each path was asked for.
    asked: HashMap<String, usize>,
}

/// A provider.
pub struct OidcProvider {
    issuer: String,
    state: Arc<Mutex<State>>,
    _stop: DropGuard,
}

impl OidcProvider {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// If there is none.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State {
            issuer: issuer.clone(),
            keys: Keys::new(),
            faults: Faults::default(),
            person: json!({}),
            redirect_uris: Vec::new(),
            codes: HashMap::new(),
            asked: HashMap::new(),
        }));
        let stop = CancellationToken::new();
        let served = axum::serve(listener, pages::pages(Arc::clone(&state)));
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move { served.with_graceful_shutdown(stopped).await });
        Self { issuer, state, _stop: stop.drop_guard() }
    }

    /// Its issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The settings of a desk that calls it `name`.
    #[must_use]
    pub fn settings(&self, name: &str) -> Vec<(String, String)> {
        let name = name.to_ascii_uppercase();
        vec![
            (format!("OIDC_{name}_ISSUER"), self.issuer.clone()),
            (format!("OIDC_{name}_CLIENT_ID"), CLIENT_ID.to_owned()),
            (format!("OIDC_{name}_CLIENT_SECRET"), CLIENT_SECRET.to_owned()),
        ]
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while the provider is looked at")
    }

    /// Lets it send browsers back to `uri`, as its operator would.
    pub fn registers(&self, uri: &str) {
        self.state().redirect_uris.push(uri.to_owned());
    }

    /// From now on whoever comes signs in as somebody with these claims, `sub` among them.
    pub fn knows(&self, person: Value) {
        self.state().person = person;
    }

    /// From now on it misbehaves so.
    pub fn misbehaves(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// Signs with other keys from now on.
    pub fn rotates_keys(&self) {
        self.state().keys.rotate();
    }

    /// How often it was asked for `path`.
    #[must_use]
    pub fn was_asked(&self, path: &str) -> usize {
        self.state().asked.get(path).copied().unwrap_or_default()
    }

    /// An ID token as a page of the client would get it, with `more` claims.
    #[must_use]
    pub fn id_token(&self, more: &Value) -> String {
        let state = self.state();
        state.token(&merged(&state.claims(), more))
    }
}

impl State {
    /// What a token for the present person says.
    fn claims(&self) -> Value {
        let now = Utc::now().timestamp();
        let claims =
            json!({ "iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "sub": "nobody" });
        merged(&claims, &self.person)
    }

    fn token(&self, claims: &Value) -> String {
        let claims = match &self.faults.claims {
            Some(changes) => merged(claims, changes),
            None => claims.clone(),
        };
        self.keys.sign(self.faults.signing.unwrap_or(Signing::Rs256), &claims, CLIENT_SECRET)
    }
}

/// `claims` with `changes`; null takes a claim away.
fn merged(claims: &Value, changes: &Value) -> Value {
    let mut merged = claims.clone();
    let members = merged.as_object_mut().expect("claims");
    for (name, value) in changes.as_object().expect("changes") {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    merged
}
