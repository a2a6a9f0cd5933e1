//! Proof that the log is as it was: signed heads, proofs against them, exports, and the walk that verifies.
//!
//! docs/audit.md has all formats, so that an auditor can write a verifier of their own.

mod checker;
mod export;
mod fault;
mod file;
mod head;
mod live;
mod proof;
mod sealer;
mod store;
pub mod text;
mod tiles;
pub mod tree;
mod walk;

use std::sync::Arc;

use sqlx::PgPool;

pub use self::export::Export;
pub use self::fault::{Fault, Verified};
pub use self::file::verify_export;
pub use self::head::{HeadKey, PublicKey, SignedHead};
pub use self::proof::{Consistency, Inclusion, Proved};
use crate::keys::Keyring;

/// Why something cannot be proved.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The database cannot be reached.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The log is not what was signed, or not whole: nothing can be signed or proved of it.
    #[error("{0}")]
    Unsound(&'static str),
}

/// The log as auditors see it. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    pool: PgPool,
    keys: Arc<Keyring>,
}

impl Audit {
    pub(crate) fn new(pool: PgPool, keys: Arc<Keyring>) -> Self {
        Self { pool, keys }
    }

    /// The key that heads are checked with.
    #[must_use]
    pub fn key(&self) -> PublicKey {
        self.keys.head_key().public()
    }
}
