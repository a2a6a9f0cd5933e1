//! The settings of the desk.

use std::sync::Arc;

use domain::setting::{STREAM, SettingCommand, Settings};

use crate::{Commands, Done, Error, Loaded, Request};

impl Commands {
    /// Changes settings or switches features: all that is asked for or nothing.
    ///
    /// # Errors
    /// Refused by the rules, or the settings are not at the version the caller insists on.
    pub async fn set(&self, request: &Request, command: SettingCommand) -> Result<Done, Error> {
        let command = &command;
        self.settle(request, |fresh| {
            Box::pin(async move {
                let settings = self.settings.load(STREAM, fresh).await?;
                request.insist_on(&settings)?;
                Ok(request.append(vec![settings.decide(STREAM, request.issue(command.clone()))?]))
            })
        })
        .await
    }

    /// The settings as the log has them now.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn load_settings(&self) -> Result<Arc<Loaded<Settings>>, Error> {
        self.settings.load(STREAM, true).await
    }
}
