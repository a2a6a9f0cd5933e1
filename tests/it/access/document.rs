//! The operations as the document lists them.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

/// An operation of the document.
pub(super) struct Operation {
    /// Its name.
    pub(super) id: String,
    /// How it is asked.
    pub(super) method: Method,
    /// Where, with parameters in braces.
    pub(super) path: String,
    /// The statuses it says it answers with.
    pub(super) statuses: BTreeSet<u16>,
    /// Whether it is for signed-in callers only.
    pub(super) is_guarded: bool,
    /// Which API tokens it takes.
    pub(super) takes: Takes,
}

/// Which API tokens an operation takes.
pub(super) enum Takes {
    None,
    Any,
    /// Those with this scope.
    Scope(String),
}

impl Takes {
    fn read(operation: &Value) -> Self {
        let mut ways = operation["security"].as_array().into_iter().flatten();
        match ways.find_map(|way| way.get("apiToken")?.as_array()) {
            None => Self::None,
            Some(scopes) => scopes
                .first()
                .map_or(Self::Any, |scope| Self::Scope(scope.as_str().expect("a scope").to_owned())),
        }
    }
}

impl Operation {
    fn read(path: &str, method: &str, operation: &Value) -> Self {
        let responses = operation["responses"].as_object().expect("responses");
        let ways_in = operation["security"].as_array();
        let needs_token = |way: &Value| way.as_object().is_some_and(|way| !way.is_empty());
        Self {
            id: operation["operationId"].as_str().expect("an operationId").to_owned(),
            method: method.to_uppercase().parse().expect("a method"),
            path: path.to_owned(),
            statuses: responses.keys().map(|status| status.parse().expect("a status")).collect(),
            takes: Takes::read(operation),
            is_guarded: ways_in.is_some_and(|ways| !ways.is_empty() && ways.iter().all(needs_token)),
        }
    }

    /// The path with `values` for its parameters.
    pub(super) fn path_with(&self, values: &[&str]) -> String {
        let mut values = values.iter();
        let segments = self.path.split('/').map(|segment| {
            if segment.starts_with('{') {
                *values.next().expect("a value for each parameter")
            } else {
                segment
            }
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// Whether it is about one ticket.
    pub(super) fn is_about_a_ticket(&self) -> bool {
        self.path.starts_with("/api/v1/tickets/{")
    }
}

/// All operations.
pub(super) fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(api::openapi()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("an item").iter();
        let methods = methods.filter(|(_, operation)| operation.get("operationId").is_some());
        methods.map(|(method, operation)| Operation::read(path, method, operation)).collect::<Vec<_>>()
    });
    operations.collect()
}
