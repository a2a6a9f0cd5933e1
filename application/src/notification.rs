//! Notifications.

use domain::id::NotificationId;
use domain::notification::{Notice, Notification, NotificationCommand};

use crate::{Commands, Done, Error, Loaded, Request};

impl Commands {
    /// Tells several people of something, all of them or none.
    ///
    /// # Errors
    /// The log does not accept it.
    pub async fn raise(
        &self,
        request: &Request,
        notices: &[(NotificationId, Notice)],
    ) -> Result<Done, Error> {
        self.settle(request, |_| {
            Box::pin(async move {
                let nothing = Loaded::<Notification>::default();
                let raised = notices.iter().map(|(id, notice)| {
                    let raise = NotificationCommand::Raise(notice.clone());
                    nothing.decide(id.stream(), request.issue(raise))
                });
                Ok(request.append(raised.collect::<Result<_, _>>()?))
            })
        })
        .await
    }

    /// Does to each of the notifications `ids` what `command` asks for, to all or to none.
    ///
    /// # Errors
    /// Refused by the rules.
    pub async fn notifications(
        &self,
        request: &Request,
        ids: &[NotificationId],
        command: &NotificationCommand,
    ) -> Result<Done, Error> {
        self.settle(request, |fresh| {
            Box::pin(async move {
                let streams: Vec<_> = ids.iter().map(|id| id.stream()).collect();
                let mut decided = Vec::with_capacity(streams.len());
                for (stream, loaded) in self.notifications.load_all(&streams, fresh).await? {
                    let part = loaded.decide(stream, request.issue(command.clone()))?;
                    // Those that are so already would only be in the way of others who read them just now.
                    if !part.events.is_empty() {
                        decided.push(part);
                    }
                }
                Ok(request.append(decided))
            })
        })
        .await
    }
}
