//! Catalogues: departments, buildings, categories, teams, organizations and tags.

mod departments;
mod entries;
mod references;
mod seeds;

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

/// The catalogues by the last part of their address.
const CATALOGUES: [&str; 6] = ["departments", "buildings", "categories", "teams", "organizations", "tags"];

/// The address of what an answer shows of `catalogue`.
fn path_of(catalogue: &str, entry: &Value) -> String {
    format!("/api/v1/{catalogue}/{}", entry["id"].as_str().expect("an id"))
}

/// What `who` gets for adding `code` with `more` to `catalogue`.
async fn add(desk: &TestDesk, who: &Somebody, catalogue: &str, code: &str, more: Value) -> Answer {
    let mut body = json!({ "code": code, "name": format!("The {code}") });
    for (field, value) in more.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    desk.post(who, &format!("/api/v1/{catalogue}"), body).await
}

async fn patch(desk: &TestDesk, who: &Somebody, path: &str, body: Value) -> Answer {
    desk.send(desk.request(Some(who), Method::PATCH, path).json(&body)).await
}

async fn delete(desk: &TestDesk, who: &Somebody, path: &str) -> Answer {
    desk.send(desk.request(Some(who), Method::DELETE, path)).await
}

/// The department of this code.
async fn department(desk: &TestDesk, who: &Somebody, code: &str) -> Value {
    let list = desk.get(who, "/api/v1/departments?limit=100").await.expect(200).body;
    let found = list["departments"].as_array().expect("departments").iter().find(|one| one["code"] == code);
    found.unwrap_or_else(|| panic!("no {code} in {list}")).clone()
}
