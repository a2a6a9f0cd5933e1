//! Which scope each operation asks of a token, as the operation's own documentation says.
//!
//! A route says it once, in its `#[utoipa::path]`: `security(("bearerAuth" = []), ("apiToken" = ["tickets:read"]))`, or
//! an empty list if any token will do. One that does not say it takes no tokens.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::Method;
use domain::scope::Scope;
use serde_json::Value;

/// How the document calls the way in by API token.
pub(crate) const API_TOKEN: &str = "apiToken";

/// What an operation asks of an API token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It takes none.
    NoTokens,
    /// Any that is good.
    AnyToken,
    /// One with this scope.
    Scope(Scope),
}

/// Other addresses of operations.
const ALIASES: [(&str, &str); 3] = [
    ("/api/v1/me", "/api/v1/auth/me"),
    ("/api/v1/tickets/{id}/comments", "/api/v1/tickets/{id}/messages"),
    ("/api/v1/tickets/{id}/set-status", "/api/v1/tickets/{id}/status"),
];

static OPERATIONS: LazyLock<HashMap<(String, String), Asked>> = LazyLock::new(|| {
    let document = serde_json::to_value(crate::openapi()).unwrap_or_default();
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| ((method.to_uppercase(), path.clone()), declared(operation)))
    });
    operations.collect()
});

/// What the route at `path`, as the router matched it, asks for `method`.
pub(crate) fn asked(method: &Method, path: &str) -> Asked {
    let path = if path.starts_with("/api/v1/") { path.to_owned() } else { format!("/api/v1{path}") };
    let alias = ALIASES.iter().find(|(alias, _)| *alias == path);
    let path = alias.map_or(path, |(_, documented)| (*documented).to_owned());
    // Some have their place beside /api/v1.
    let bare = path.strip_prefix("/api/v1").unwrap_or(&path).to_owned();
    let at = |method: &str, path: &String| OPERATIONS.get(&(method.to_owned(), path.clone())).copied();
    let of = |method: &str| at(method, &path).or_else(|| at(method, &bare));
    let found = match method.as_str() {
        "HEAD" => of("GET"),
        "PUT" => of("PUT").or_else(|| of("PATCH")),
        method => of(method),
    };
    found.unwrap_or(Asked::NoTokens)
}

fn declared(operation: &Value) -> Asked {
    let mut ways = operation["security"].as_array().into_iter().flatten();
    match ways.find_map(|way| way.get(API_TOKEN)?.as_array()).map(Vec::as_slice) {
        None => Asked::NoTokens,
        Some([]) => Asked::AnyToken,
        Some([scope, ..]) => {
            let scope = scope.as_str().and_then(|word| word.parse().ok());
            scope.map_or(Asked::NoTokens, Asked::Scope)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_asks_the_same_at_all_its_addresses() {
        let write = Asked::Scope(Scope::TicketsWrite);
        for path in ["/api/v1/tickets/{id}/messages", "/tickets/{id}/messages", "/tickets/{id}/comments"] {
            assert_eq!(asked(&Method::POST, path), write, "{path}");
        }
        assert_eq!(asked(&Method::PUT, "/tickets/{id}"), write);
        assert_eq!(asked(&Method::HEAD, "/tickets/{id}"), Asked::Scope(Scope::TicketsRead));
        assert_eq!(asked(&Method::GET, "/me"), Asked::AnyToken);
        for (method, path) in [(Method::POST, "/auth/logout"), (Method::GET, "/nowhere"), (Method::GET, "")] {
            assert_eq!(asked(&method, path), Asked::NoTokens, "{path}");
        }
    }

    #[test]
    fn every_scope_that_is_declared_exists() {
        let document = serde_json::to_value(crate::openapi()).expect("JSON");
        for (path, item) in document["paths"].as_object().expect("paths") {
            for operation in item.as_object().expect("operations").values() {
                let ways = operation["security"].as_array().into_iter().flatten();
                for words in ways.filter_map(|way| way.get(API_TOKEN)?.as_array()) {
                    assert!(words.len() <= 1, "{path}: one scope is enough");
                    assert!(
                        words
                            .iter()
                            .all(|word| word.as_str().is_some_and(|word| word.parse::<Scope>().is_ok()))
                    );
                }
            }
        }
    }
}
