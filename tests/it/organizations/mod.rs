//! Organizations: who belongs to one, and what its members see of each other's tickets.

mod members;
mod sharing;

use std::time::{Duration, Instant};

use domain::id::EntryId;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};
use uuid::Uuid;

/// A new organization of `members`, who see each other's tickets of the departments `shared`.
pub(crate) async fn organization(
    desk: &TestDesk,
    admin: &Somebody,
    shared: &[&str],
    members: &[&Somebody],
) -> EntryId {
    let code = format!("O{}", &Uuid::new_v4().simple().to_string()[..12]);
    let body = json!({ "code": code, "name": "An organization", "shared_departments": shared });
    let added = desk.post(admin, "/api/v1/organizations", body).await.expect(201).body;
    let id = added["id"].as_str().expect("an id").to_owned();
    for member in members {
        let _ = patch_user(desk, admin, member, json!({ "organization_id": id })).await.expect(200);
    }
    EntryId(id.parse().expect("an id"))
}

async fn patch(desk: &TestDesk, who: &Somebody, path: &str, body: Value) -> Answer {
    desk.send(desk.request(Some(who), Method::PATCH, path).json(&body)).await
}

async fn patch_user(desk: &TestDesk, admin: &Somebody, who: &Somebody, body: Value) -> Answer {
    patch(desk, admin, &format!("/api/v1/users/{}", who.id), body).await
}

fn path_of(ticket: &Value) -> String {
    format!("/api/v1/tickets/{}", ticket["ticket_id"].as_str().expect("a ticket's id"))
}

/// Waits until `who` gets `status` at `path`; sessions are looked at once a second.
async fn comes_to(desk: &TestDesk, who: &Somebody, path: &str, status: u16) {
    let began = Instant::now();
    loop {
        let answer = desk.get(who, path).await;
        if answer.status.as_u16() == status {
            return;
        }
        let late = began.elapsed() > Duration::from_secs(3);
        assert!(!late, "{path} is still answered {}, not {status}", answer.status);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
