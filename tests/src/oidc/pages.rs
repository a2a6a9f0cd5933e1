//! What the test provider answers: metadata, the page where people sign in, tokens, keys.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Url;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{CLIENT_ID, CLIENT_SECRET, Grant, merged};

type Shared = Arc<Mutex<super::State>>;
type Fields = HashMap<String, String>;

const METADATA: &str = "/.well-known/openid-configuration";

pub(super) fn pages(state: Shared) -> Router {
    Router::new()
        .route(METADATA, get(metadata))
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .route("/jwks", get(async |State(state): State<Shared>| Json(locked(&state).keys.public())))
        .layer(from_fn_with_state(Arc::clone(&state), misbehave))
        .with_state(state)
}

fn locked(state: &Shared) -> std::sync::MutexGuard<'_, super::State> {
    state.lock().expect("no panic while the provider answers")
}

async fn misbehave(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let faults = {
        let mut state = locked(&state);
        *state.asked.entry(path.clone()).or_default() += 1;
        state.faults.clone()
    };
    if let Some((_, time)) = faults.slow.filter(|(slow, _)| *slow == path) {
        tokio::time::sleep(time).await;
    }
    if faults.is_down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if faults.huge == Some(path.as_str()) {
        let huge = format!("{{\"a\":\"{}\"}}", "a".repeat(2 * 1024 * 1024));
        return ([(header::CONTENT_TYPE, "application/json")], huge).into_response();
    }
    if let Some(elsewhere) = faults.metadata_elsewhere.filter(|_| path == METADATA) {
        return Redirect::temporary(&elsewhere).into_response();
    }
    next.run(request).await
}

async fn metadata(State(state): State<Shared>) -> Json<Value> {
    let state = locked(&state);
    let issuer = &state.issuer;
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "authorization_response_iss_parameter_supported": true,
    });
    Json(merged(&metadata, state.faults.metadata.as_ref().unwrap_or(&json!({}))))
}

/// Signs the present person in at once, if the desk asks as it should.
async fn authorize(State(state): State<Shared>, Query(asked): Query<Fields>) -> Response {
    let field = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let mut state = locked(&state);
    let redirect_uri = field("redirect_uri").to_owned();
    let is_good = field("client_id") == CLIENT_ID
        && state.redirect_uris.contains(&redirect_uri)
        && field("response_type") == "code"
        && field("scope").split(' ').any(|scope| scope == "openid")
        && field("code_challenge_method") == "S256"
        && [field("code_challenge"), field("nonce"), field("state")].iter().all(|text| text.len() == 43);
    if !is_good {
        return (StatusCode::BAD_REQUEST, format!("{asked:?}")).into_response();
    }
    let mut back: Url = redirect_uri.parse().expect("a registered address");
    let code = Uuid::new_v4().to_string();
    if state.faults.refuses {
        back.query_pairs_mut().append_pair("error", "access_denied");
    } else {
        back.query_pairs_mut().append_pair("code", &code);
    }
    back.query_pairs_mut().append_pair("state", field("state"));
    back.query_pairs_mut().append_pair("iss", &state.issuer);
    let claims = merged(&state.claims(), &json!({ "nonce": field("nonce") }));
    let challenge = field("code_challenge").to_owned();
    state.codes.insert(code, Grant { redirect_uri, challenge, claims });
    Redirect::to(back.as_str()).into_response()
}

/// Gives tokens for a code, once, to whoever asked for it.
async fn token(State(state): State<Shared>, headers: HeaderMap, Form(asked): Form<Fields>) -> Response {
    let field = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    if !is_the_client(&headers) {
        return refused("invalid_client");
    }
    let mut state = locked(&state);
    let Some(grant) = state.codes.remove(field("code")) else { return refused("invalid_grant") };
    let hash = digest(&SHA256, field("code_verifier").as_bytes());
    let is_good = field("grant_type") == "authorization_code"
        && field("redirect_uri") == grant.redirect_uri
        && URL_SAFE_NO_PAD.encode(hash) == grant.challenge;
    if !is_good {
        return refused("invalid_grant");
    }
    let id_token = state.token(&grant.claims);
    let tokens = json!({
        "access_token": "not for the desk to use", "token_type": "Bearer", "expires_in": 300, "id_token": id_token,
    });
    Json(tokens).into_response()
}

/// Name and secret stand there as a form would write them (RFC 6749, 2.3.1).
fn is_the_client(headers: &HeaderMap) -> bool {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown =
        shown.and_then(|value| value.strip_prefix("Basic ")).and_then(|text| STANDARD.decode(text).ok());
    let shown = shown.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let written = |text: &str| {
        let mut url: Url = "http://a".parse().expect("an address");
        url.query_pairs_mut().append_pair("a", text);
        url.query().unwrap_or_default()[2..].to_owned()
    };
    shown == format!("{}:{}", written(CLIENT_ID), written(CLIENT_SECRET))
}
