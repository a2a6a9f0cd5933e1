//! Notifications as frames say them: to whom they are for alone, as they see them.

use std::collections::HashMap;

use domain::id::{NotificationId, UserId};
use domain::notification::NotificationEvent;
use projections::notifications::{self, Counts};
use serde_json::{Value, json};
use uuid::Uuid;

use super::told::Told;
use crate::desk::Desk;
use crate::notifications::ShownNotification;
use crate::problem::Answer;

/// What frames say of a notification.
pub(super) struct Notified {
    /// What it says now; none if it was deleted, or no list shows it.
    shown: Option<ShownNotification>,
    /// How many its person has not read.
    unread: i64,
}

/// What frames say of notifications (streams), each with whom it is for.
pub(super) async fn notified(desk: &Desk, raised: Vec<(Uuid, UserId)>) -> Answer<HashMap<Uuid, Notified>> {
    let mut of_people: HashMap<UserId, Vec<Uuid>> = HashMap::new();
    for (id, user) in raised {
        of_people.entry(user).or_default().push(id);
    }
    let mut all = HashMap::new();
    for (user, ids) in of_people {
        // Whom nobody here listens to is not looked for.
        if !desk.sockets.hub.is_there(user) {
            continue;
        }
        let account = desk.commands.load_user(user).await?;
        let Some(caller) = account.state.caller() else { continue };
        let sight = desk.reaching(caller).await?.sight();
        let rows = notifications::by_ids(desk.pool(), &ids).await?;
        let rows = rows.into_iter().filter(notifications::Notified::is_listed).collect();
        let shown = desk.show_notifications(&sight, rows).await?;
        let mut shown: HashMap<String, _> =
            shown.into_iter().map(|shown| (shown.id.clone(), shown)).collect();
        let Counts { unread, .. } = notifications::counts(desk.pool(), user).await?;
        for id in ids {
            let shown = shown.remove(&NotificationId::of_stream(id).to_string());
            all.insert(id, Notified { shown, unread });
        }
    }
    Ok(all)
}

impl Notified {
    /// How `event` is told; none that concerns no list.
    pub(super) fn told(&self, event: &NotificationEvent, id: Uuid) -> Option<Told> {
        let id = NotificationId::of_stream(id).to_string();
        let unread = self.unread;
        let (name, fields) = match (event, &self.shown) {
            (NotificationEvent::NotificationRaised { .. }, Some(shown)) => {
                ("notification_created", json!({ "notification": shown, "unread_count": unread }))
            }
            (NotificationEvent::NotificationRaised { .. }, None) => return None,
            (NotificationEvent::NotificationRead { .. }, _) => changed(&id, &json!({ "read": true }), unread),
            (NotificationEvent::NotificationUnread { .. }, _) => {
                changed(&id, &json!({ "read": false }), unread)
            }
            (NotificationEvent::NotificationDeleted { .. }, _) => {
                changed(&id, &json!({ "deleted": true }), unread)
            }
        };
        let Value::Object(fields) = fields else { return None };
        Some(Told { name, fields })
    }
}

fn changed(id: &str, changes: &Value, unread: i64) -> (&'static str, Value) {
    let fields = json!({ "notification_id": id, "changes": changes, "unread_count": unread });
    ("notification_changed", fields)
}
