//! Passwords: argon2id hashes, older hashes that are replaced at the next login, and how many at a time.

mod hashing;
mod strength;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::task::spawn_blocking;

pub use self::strength::{LONGEST_PASSWORD, SHORTEST_PASSWORD, WeakPassword, check_strength};
use crate::secrets::Secret;

/// How many may wait for their turn.
const QUEUE: usize = 32;

/// Hashes and verifies passwords, a few at a time: each takes a core and 46 MiB, and anybody may ask.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// Those being served and those waiting.
    queue: Arc<Semaphore>,
    /// Those being served.
    places: Arc<Semaphore>,
}

/// What a login's password turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Verified {
    /// Not the user's, or there is no such user.
    Wrong,
    /// The user's.
    Right {
        /// What to store from now on, when the stored hash is weaker than those made today.
        upgrade: Option<String>,
    },
}

/// Why a password was neither hashed nor verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too many are waiting; worth another try in a while.
    #[error("too many passwords are being checked")]
    Busy,
    /// It holds a NUL or is endless, so it cannot be anybody's password.
    #[error("the password cannot be used")]
    Unusable,
    /// The stored hash is of no known kind.
    #[error("the stored password hash is not readable")]
    UnreadableHash,
    /// Hashing failed: no memory, no randomness.
    #[error("the password could not be hashed")]
    Failed,
}

impl Passwords {
    /// Serves `parallel` at a time (at least one), with 32 more waiting.
    #[must_use]
    pub fn new(parallel: usize) -> Self {
        let parallel = parallel.clamp(1, Semaphore::MAX_PERMITS - QUEUE);
        Self { queue: Arc::new(Semaphore::new(parallel + QUEUE)), places: Arc::new(Semaphore::new(parallel)) }
    }

    /// What to store for `password`. Whether it is a good one is [`check_strength`]'s to say.
    ///
    /// # Errors
    /// When it cannot be a password, or too many are waiting.
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        if !usable(password) {
            return Err(PasswordError::Unusable);
        }
        let password = Secret::new(password.to_owned());
        self.in_turn(move || hashing::hash(password.expose())).await
    }

    /// Whether `password` is the one whose hash is `stored`. With no hash (no such user) the answer is
    /// `Wrong` and takes as long.
    ///
    /// # Errors
    /// When the stored hash is unreadable, or too many are waiting.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<Verified, PasswordError> {
        // Decided by the password alone, so its speed says nothing about the user.
        if !usable(password) {
            return Ok(Verified::Wrong);
        }
        let password = Secret::new(password.to_owned());
        let stored = stored.map(|hash| Secret::new(hash.to_owned()));
        let verify = move || hashing::verify(password.expose(), stored.as_ref().map(|s| s.expose().as_str()));
        self.in_turn(verify).await
    }

    /// Runs `work` when its turn comes. The turn lasts as long as the work, even if nobody awaits it any more.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = self.turn().await?;
        let done = spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        done.await.map_err(|_| PasswordError::Failed)?
    }

    async fn turn(&self) -> Result<(OwnedSemaphorePermit, OwnedSemaphorePermit), PasswordError> {
        let waiting = Arc::clone(&self.queue).try_acquire_owned().map_err(|error| match error {
            TryAcquireError::NoPermits => PasswordError::Busy,
            TryAcquireError::Closed => PasswordError::Failed,
        })?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| PasswordError::Failed)?;
        Ok((waiting, place))
    }
}

/// Whether this can be anybody's password: C programs end a text at NUL, and nobody types kilobytes.
fn usable(password: &str) -> bool {
    !password.contains('\0') && password.len() <= LONGEST_PASSWORD * 4
}
