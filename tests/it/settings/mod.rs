//! Settings and feature flags: changed while the desk runs, by administrators only, and gone by at once.

mod changing;
mod command_line;
mod flags;
mod rules;

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

const SETTINGS: &str = "/api/v1/admin/settings";
const FLAGS: &str = "/api/v1/admin/feature-flags";

/// What `who` gets for changing `path` to `body`.
async fn patch(desk: &TestDesk, who: &Somebody, path: &str, body: Value) -> Answer {
    desk.send(desk.request(Some(who), Method::PATCH, path).json(&body)).await
}

/// The setting or flag `name` in an answer.
fn named<'a>(answer: &'a Answer, name: &str) -> &'a Value {
    let lists = ["settings", "feature_flags"].map(|list| answer.body[list].as_array());
    let found = lists.into_iter().flatten().flatten().find(|one| one["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {}", answer.body))
}

/// Sets `name` to `value` as an administrator.
async fn set(desk: &TestDesk, name: &str, value: Value) {
    let admin = desk.admin().await;
    let _ = patch(desk, &admin, SETTINGS, json!({ name: value })).await.expect(200);
}
