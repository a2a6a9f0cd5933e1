//! The cookie that binds a sign-in at a provider to the browser in which it was begun.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use infrastructure::oidc::BrowserSecret;

use crate::desk::Desk;
use crate::oidc_flows::FLOW;

/// Browsers take a cookie of this prefix over https only, from this host alone; so nobody beside can plant one.
const GUARDED: &str = "__Host-ledgerdesk-oidc";
/// Over plain http, where browsers take no such cookie.
const PLAIN: &str = "ledgerdesk-oidc";

fn is_https(desk: &Desk) -> bool {
    desk.config.server.public_url().starts_with("https://")
}

/// The secret that the browser has; none if it has none, or more than one.
pub(super) fn shown(desk: &Desk, headers: &HeaderMap) -> Option<BrowserSecret> {
    let name = if is_https(desk) { GUARDED } else { PLAIN };
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut values = cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .filter_map(|(named, value)| (named == name).then_some(value));
    match (values.next(), values.next()) {
        (Some(value), None) => BrowserSecret::parse(value),
        _ => None,
    }
}

/// Gives the browser `secret`.
pub(super) fn set(desk: &Desk, secret: &BrowserSecret) -> [(HeaderName, HeaderValue); 1] {
    header(desk, &secret.reveal(), FLOW.as_secs())
}

/// Takes the secret away.
pub(super) fn clear(desk: &Desk) -> [(HeaderName, HeaderValue); 1] {
    header(desk, "", 0)
}

/// Lax, since the browser comes back from another site.
fn header(desk: &Desk, value: &str, seconds: u64) -> [(HeaderName, HeaderValue); 1] {
    let (name, secure) = if is_https(desk) { (GUARDED, "; Secure") } else { (PLAIN, "") };
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    [(SET_COOKIE, HeaderValue::try_from(cookie).expect("base64 and numbers"))]
}
