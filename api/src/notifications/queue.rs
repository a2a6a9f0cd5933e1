//! What of a notification leaves the house, and when: by the preferences and the clock of whom it is for.

use std::sync::Arc;

use anyhow::Context as _;
use application::Commands;
use async_trait::async_trait;
use chrono::Utc;
use domain::event::{Event, Recorded};
use domain::id::UserId;
use domain::notification::NotificationEvent;
use domain::notification::preferences::Digest;
use domain::notification::values::{Channel, Kind};
use infrastructure::handler::Handler;
use sqlx::PgPool;
use tokio::sync::Notify;

/// Writes down what is to be sent.
pub(crate) struct Queue {
    commands: Arc<Commands>,
    pool: PgPool,
    wake: Arc<Notify>,
}

impl Queue {
    /// A queue in the database of `pool`; `wake` is told when there is something in it.
    pub(crate) fn new(commands: Arc<Commands>, pool: PgPool, wake: Arc<Notify>) -> Self {
        Self { commands, pool, wake }
    }

    async fn add(
        &self,
        event: &Recorded,
        user_id: UserId,
        kind: Kind,
        channel: Channel,
    ) -> anyhow::Result<()> {
        let user = &self.commands.load_user(user_id).await?.state;
        let Some(preferences) = user.notifications() else { return Ok(()) };
        let due = preferences.due(kind, channel, event.recorded_at, user.zone());
        let in_digest = channel == Channel::Email && preferences.digest != Digest::Never && !kind.is_urgent();
        sqlx::query(
            "insert into desk.notification_deliveries
                    (notification, channel, user_id, position, due_at, is_held, in_digest)
             select $1, $2, $3, $4, $5, $6, $7
              where $2 <> 'push' or exists (select from desk.push_subscriptions where user_id = $3)
                 on conflict (notification, channel) do nothing",
        )
        .bind(event.stream)
        .bind(channel.as_str())
        .bind(user_id.0)
        .bind(event.position)
        .bind(due)
        .bind(due > event.recorded_at)
        .bind(in_digest)
        .execute(&self.pool)
        .await?;
        if due <= Utc::now() {
            self.wake.notify_one();
        }
        Ok(())
    }
}

#[async_trait]
impl Handler for Queue {
    fn name(&self) -> &'static str {
        "notification_delivery"
    }

    fn types(&self) -> &'static [&'static str] {
        &["NotificationRaised"]
    }

    async fn handle(&self, event: &Recorded) -> anyhow::Result<()> {
        let Event::Notification(NotificationEvent::NotificationRaised { user, kind, channels, .. }) =
            &event.event
        else {
            return None.context("this is no notification");
        };
        for channel in channels.iter().copied().filter(|channel| *channel != Channel::InApp) {
            self.add(event, *user, *kind, channel).await?;
        }
        Ok(())
    }
}
