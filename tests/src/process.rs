//! The `ledgerdesk` binary as a process of its own.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tempfile::TempDir;

/// As many requests as any test makes.
pub const UNLIMITED: [(&str, &str); 2] =
    [("RATE_LIMIT_MAX_REQUESTS", "1000000000"), ("RATE_LIMIT_MAX_REQUESTS_STAFF", "1000000000")];

/// The binary that `cargo build -p api` made beside the tests.
pub struct Binary;

impl Binary {
    /// Where it is.
    ///
    /// # Panics
    /// If it was not built: `make test` does.
    #[must_use]
    pub fn path() -> PathBuf {
        let tests = std::env::current_exe().expect("a path");
        let built = tests.ancestors().nth(2).expect("target/debug").join("ledgerdesk");
        assert!(built.exists(), "{} is missing: cargo build -p api --bin ledgerdesk", built.display());
        built
    }
}

/// A port that is free now.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// A folder that is removed with its content when it is dropped, and that PostgreSQL's account can enter.
///
/// # Panics
/// If it cannot be made.
#[must_use]
pub fn scratch(name: &str) -> TempDir {
    let folder = tempfile::Builder::new().prefix(&format!("ledgerdesk-{name}-")).tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).expect("a mode");
    folder
}
