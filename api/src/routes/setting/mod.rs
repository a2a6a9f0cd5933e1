//! The settings and feature flags: what administrators decide while the desk runs.

mod flags;
mod values;

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::Answer;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(values::list, values::change))
        .routes(routes!(flags::list, flags::change))
}

/// What `read` makes of every name and value that was sent; everything wrong is said at once.
fn checked<T>(
    sent: BTreeMap<String, Value>,
    read: impl Fn(&str, Value) -> Result<T, (&'static str, String)>,
) -> Answer<Vec<T>> {
    let mut errors = ValidationErrors::default();
    let mut good = Vec::with_capacity(sent.len());
    for (name, value) in sent {
        match read(&name, value) {
            Ok(read) => good.push(read),
            Err((code, message)) => errors.add(name.chars().take(100).collect::<String>(), code, message),
        }
    }
    errors.finish()?;
    Ok(good)
}

/// What is wrong with a name that is none of `names`.
fn unknown(names: &[&'static str]) -> (&'static str, String) {
    ("unknown_field", format!("is not known; allowed: {}", names.join(", ")))
}
