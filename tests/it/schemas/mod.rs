//! What events look like to readers: the schemas, what describes them, and that both tell the truth.

mod documents;
mod truth;

use std::path::{Path, PathBuf};

use api::schemas;
use jsonschema::Validator;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/schemas")
}

fn committed(file: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// What checks against the schema of a version; formats count, too.
fn validator(event_type: &str, version: i16) -> Validator {
    let schema = &schemas::files()[&format!("{event_type}.v{version}.json")];
    jsonschema::options().should_validate_formats(true).build(schema).expect("a schema")
}

/// Checks `fields` against the schema of a version.
#[track_caller]
fn assert_valid(event_type: &str, version: i16, fields: &Value) {
    let errors: Vec<String> =
        validator(event_type, version).iter_errors(fields).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{event_type} version {version}: {errors:?} in {fields}");
}
