//! The first start: somebody has to be able to sign in, and there have to be departments.

use anyhow::Context as _;
use application::ledger::ClaimKind;
use application::{Error, NewUser, Request};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chrono::Utc;
use domain::access::{Caller, Role};
use domain::id::UserId;
use domain::user::values::{EmailAddress, Username};
use infrastructure::secrets::Secret;
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;

use crate::credentials;
use crate::desk::Desk;
use crate::settle::PATIENCE;

const ADMIN: &str = "admin";
const ADDRESS: &str = "admin@localhost.localdomain";

impl Desk {
    /// Sees to it that there is the user `admin` with a password. Gives the password if this call made it
    /// up: nobody can read it again. Of several nodes starting together, one does it.
    ///
    /// # Errors
    /// The database cannot be reached, or the address of `admin` is somebody else's.
    pub async fn ensure_admin(&self) -> anyhow::Result<Option<String>> {
        let admin = match self.log.holder(ClaimKind::Username, ADMIN).await? {
            Some(holder) => UserId(holder),
            None => self.create_admin().await?,
        };
        let is_admin = self.commands.load_user(admin).await?.state.role() == Some(Role::Admin);
        if !is_admin || credentials::hash_of(self.pool(), admin).await?.is_some() {
            return Ok(None);
        }
        let given = self.config.secrets.admin_password.as_ref().map(Secret::expose).cloned();
        let generated = given.is_none();
        let password = given.map_or_else(made_up, Ok)?;
        let hash = self.passwords.hash(&password).await?;
        let is_ours = credentials::set_first(self.pool(), admin, &hash).await?;
        Ok((is_ours && generated).then_some(password))
    }

    /// Sees to it that there are the departments every desk begins with; once in the life of a log.
    ///
    /// # Errors
    /// The log cannot be read or written.
    pub async fn ensure_departments(&self) -> anyhow::Result<()> {
        let done = self.commands.seed_departments(Utc::now()).await?;
        if let Some(position) = done.position() {
            self.visible.wait(position, PATIENCE).await;
        }
        Ok(())
    }

    async fn create_admin(&self) -> anyhow::Result<UserId> {
        let request = Request::once(Caller::System("first_start"), Utc::now(), "cli", Uuid::now_v7());
        let new = NewUser {
            id: UserId(Uuid::now_v7()),
            username: Username::parse(ADMIN).map_err(anyhow::Error::msg)?,
            email: EmailAddress::parse(ADDRESS).map_err(anyhow::Error::msg)?,
            role: Role::Admin,
            departments: Vec::new(),
        };
        match self.commands.create_user(&request, new).await {
            Ok((id, _)) => Ok(id),
            // Another node was first.
            Err(Error::Taken(_)) => {
                let holder = self.log.holder(ClaimKind::Username, ADMIN).await?;
                holder.map(UserId).with_context(|| format!("the address {ADDRESS} is not admin's"))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A password nobody knows: 144 random bits.
fn made_up() -> anyhow::Result<String> {
    let mut bytes = [0; 18];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| anyhow::anyhow!("the system gives no random numbers"))?;
    Ok(BASE64.encode(bytes))
}
