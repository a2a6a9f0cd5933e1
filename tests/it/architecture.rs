//! What may depend on what, checked against the manifests and the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// The crates from the inside out: each may use those before it and no other.
const CHAIN: [&str; 7] = ["engine", "domain", "application", "infrastructure", "projections", "api", "tests"];

/// All that the rules of the desk need.
const DOMAIN_NEEDS: [&str; 10] = [
    "chrono",
    "chrono-tz",
    "cqrs-es",
    "serde",
    "serde_json",
    "strum",
    "thiserror",
    "unicode-normalization",
    "utoipa",
    "uuid",
];

/// What a crate must not know, by crate. What folds the log does not know of models: to replay it or to rebuild a read model
/// asks none.
const STRANGERS: [(&str, &[&str]); 5] = [
    ("engine", &["anyhow", "chrono", "rand", "reqwest", "sqlx", "tokio", "tracing"]),
    ("domain", &["engine"]),
    ("application", &["sqlx", "axum", "reqwest", "nix", "engine"]),
    ("infrastructure", &["axum", "utoipa-axum", "engine"]),
    ("projections", &["axum", "utoipa-axum", "cqrs-es", "engine"]),
];

/// What makes a decision depend on more than the events and the command.
const OUTSIDE_WORLD: [&str; 12] = [
    "Utc::now",
    "Local::now",
    "SystemTime::now",
    "Instant::now",
    "Uuid::now_v",
    "Uuid::new_v4",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread::",
    "tokio::",
];

/// Schemas that only the infrastructure writes to.
const SCHEMAS: [&str; 2] = ["ledger", "read"];
const WRITES: [&str; 6] = ["insert into", "update", "delete from", "truncate", "copy", "merge into"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

fn packages() -> BTreeMap<String, Package> {
    let manifest = workspace().join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("metadata");
    metadata.packages.into_iter().map(|package| (package.name.to_string(), package)).collect()
}

/// The sources of `package`, each with its text.
fn sources(package: &str) -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source");
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    collect(&workspace().join(package).join("src"), &mut found);
    assert!(!found.is_empty(), "{package} has sources");
    found
}

/// The writing statements in `text`, as far as they name a table of [`SCHEMAS`].
fn writes(text: &str) -> Vec<String> {
    let text = text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let statements = SCHEMAS.iter().flat_map(|schema| WRITES.map(|verb| format!("{verb} {schema}.")));
    statements.filter(|statement| text.contains(statement.as_str())).collect()
}

#[test]
fn crates_depend_only_on_those_further_inside() {
    let packages = packages();
    let members: BTreeSet<&str> = packages.keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(CHAIN), "the workspace's crates; give a new one its place in CHAIN");
    let rank = |name: &str| CHAIN.iter().position(|member| *member == name);
    for package in packages.values() {
        for dependency in &package.dependencies {
            if let Some(inner) = rank(&dependency.name) {
                assert!(
                    Some(inner) < rank(&package.name),
                    "{} depends on {}, which is further outside",
                    package.name,
                    dependency.name
                );
            }
        }
    }
}

#[test]
fn the_domain_needs_nothing_but_words() {
    let domain = &packages()["domain"];
    let needs: BTreeSet<&str> = domain
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| dependency.name.as_str())
        .collect();
    assert_eq!(needs, BTreeSet::from(DOMAIN_NEEDS));
}

#[test]
fn no_crate_knows_its_strangers() {
    let packages = packages();
    for (package, strangers) in STRANGERS {
        for dependency in &packages[package].dependencies {
            assert!(!strangers.contains(&dependency.name.as_str()), "{package} knows {}", dependency.name);
        }
    }
}

#[test]
fn the_domain_and_the_engine_ask_nobody_what_time_it_is() {
    for (path, text) in ["domain", "engine"].into_iter().flat_map(sources) {
        for word in OUTSIDE_WORLD {
            assert!(!text.contains(word), "{} says {word}", path.display());
        }
    }
}

#[test]
fn only_the_infrastructure_writes_to_the_log_and_the_read_models() {
    for package in CHAIN.into_iter().filter(|name| !matches!(*name, "infrastructure" | "tests")) {
        for (path, text) in sources(package) {
            assert_eq!(writes(&text), Vec::<String>::new(), "{}", path.display());
        }
    }
}

#[test]
fn a_write_is_found_in_whatever_shape_it_is_written() {
    assert_eq!(writes("INSERT  INTO\n   Ledger.events (a)"), ["insert into ledger."]);
    assert_eq!(writes("update read.ticket_list set a = 1"), ["update read."]);
    assert!(writes("select * from ledger.events; insert into desk.sessions").is_empty());
}
