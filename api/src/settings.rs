//! The settings as this process trusts them: looked up once a second.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use domain::access::{Caller, Reach, Shared};
use domain::setting::{Flag, Settings};
use tokio::sync::Mutex;

use crate::auth::TRUSTED_FOR;
use crate::desk::Desk;
use crate::problem::{Answer, Problem};

/// The settings as last seen.
#[derive(Default)]
pub(crate) struct Trusted {
    seen: RwLock<Option<(Instant, Arc<Settings>)>>,
    /// Of all who find them too old, one asks the log.
    asking: Mutex<()>,
}

impl Trusted {
    fn last_seen(&self) -> Option<(Instant, Arc<Settings>)> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn still_good(&self) -> Option<Arc<Settings>> {
        self.last_seen().filter(|(at, _)| at.elapsed() < TRUSTED_FOR).map(|(_, settings)| settings)
    }

    fn saw(&self, seen: Option<(Instant, Arc<Settings>)>) {
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = seen;
    }
}

impl Desk {
    /// The settings as they are, or were a second ago.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn settings(&self) -> Answer<Arc<Settings>> {
        let trusted = &self.trusted_settings;
        if let Some(settings) = trusted.still_good() {
            return Ok(settings);
        }
        let _asking = trusted.asking.lock().await;
        if let Some(settings) = trusted.still_good() {
            return Ok(settings);
        }
        let asked_at = Instant::now();
        let settings = Arc::new(self.commands.load_settings().await?.state.clone());
        trusted.saw(Some((asked_at, Arc::clone(&settings))));
        Ok(settings)
    }

    /// `caller`, who sees as far as it is set now.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(crate) async fn reaching(&self, caller: Caller) -> Answer<Caller> {
        let colleagues = match caller.organization() {
            Some(organization) => {
                let departments = self.shared_departments(organization).await?;
                Some(Shared { organization, departments })
            }
            None => None,
        };
        let agents = self.settings().await?.agent_visibility();
        Ok(caller.reaching(Reach { agents, colleagues }))
    }

    /// Whether the feature is switched on.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn is_on(&self, flag: Flag) -> Answer<bool> {
        Ok(self.settings().await?.is_on(flag))
    }

    /// Refuses what is switched off.
    ///
    /// # Errors
    /// It is, or the log cannot be read.
    pub(crate) async fn insist_on(&self, flag: Flag) -> Answer<()> {
        if self.is_on(flag).await? {
            return Ok(());
        }
        Err(Problem::forbidden(format!("{} is switched off: {}", flag.name(), flag.meaning())))
    }

    /// The same where an answer is due without the database, too: then as last seen.
    pub(crate) async fn was_on(&self, flag: Flag) -> bool {
        let known = tokio::select! {
            biased;
            known = self.is_on(flag) => known.ok(),
            () = self.reachable.lost() => None,
        };
        let as_last_seen = || self.trusted_settings.last_seen().map(|(_, settings)| settings.is_on(flag));
        known.or_else(as_last_seen).unwrap_or_else(|| flag.default())
    }

    /// From now on this process goes by what the log says of the settings.
    pub(crate) async fn look_at_settings_again(&self) {
        // Whoever is asking may have asked too early.
        let _asking = self.trusted_settings.asking.lock().await;
        self.trusted_settings.saw(None);
    }
}
