//! The `ledgerdesk` binary as a process of its own.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

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
        assert!(built.exists(), "{} is missing: cargo build --workspace --bins --tests", built.display());
        built
    }

    /// The same of a release, built first: `cargo bench` does not build it by itself.
    ///
    /// # Panics
    /// If it does not build.
    pub fn release() -> &'static Path {
        static RELEASE: OnceLock<PathBuf> = OnceLock::new();
        RELEASE.get_or_init(|| {
            let build = ["build", "--release", "--locked", "--quiet", "-p", "api"];
            let status = Command::new(env!("CARGO")).args(build).status().expect("cargo runs");
            assert!(status.success(), "the binary does not build");
            Self::path()
        })
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
