//! Accounts: found, changed, deleted.

use domain::access::Role;
use reqwest::Method;
use serde_json::json;
use tests::desk::{PASSWORD, TestDesk};

use super::{USERS, delete, of, patch};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_changes_several_things_at_once_and_on_the_version_they_saw() {
    let desk = TestDesk::open().await;
    let (admin, ada) = (desk.admin().await, desk.user().await);
    desk.department("LEGAL").await;
    let body = json!({ "username": "Ada.Lovelace", "email": "Ada@Example.com", "role": "agent",
                       "departments": ["LEGAL", "IT"], "capacity": 7 });
    let stale = desk.request(Some(&admin), Method::PATCH, &of(&ada, "")).header("If-Match", "\"v9\"");
    let refused = desk.send(stale.json(&body)).await.expect(412);
    assert_eq!(refused.body["error"]["details"]["current_version"], 1);
    let seen = desk.request(Some(&admin), Method::PATCH, &of(&ada, "")).header("If-Match", "\"v1\"");
    let changed = desk.send(seen.json(&body)).await.expect(200);
    assert_eq!(changed.header("etag"), "\"v5\"");
    let expected = json!(["ada.lovelace", "ada@example.com", "agent", ["IT", "LEGAL"], 7, true, 5]);
    let shown = |body: &serde_json::Value| {
        json!([
            body["username"],
            body["email"],
            body["role"],
            body["departments"],
            body["capacity"],
            body["is_available"],
            body["version"]
        ])
    };
    assert_eq!(shown(&changed.body), expected);
    let read = desk.get(&admin, &of(&ada, "")).await.expect(200);
    assert_eq!(shown(&read.body), expected);
    let head = desk.head().await;
    let again = patch(&desk, &admin, &of(&ada, ""), body).await.expect(200);
    assert_eq!((shown(&again.body), desk.head().await), (expected, head), "and nothing happens twice");
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_wrong_with_a_change_is_said_at_once_and_nothing_changes() {
    let desk = TestDesk::open().await;
    let (admin, ada) = (desk.admin().await, desk.user().await);
    let head = desk.head().await;
    let wrong = json!({ "username": "a b", "email": "ada", "capacity": 0 });
    let refused = patch(&desk, &admin, &of(&ada, ""), wrong).await.expect(422);
    let errors = refused.body["error"]["details"]["errors"].as_array().expect("errors").clone();
    let fields: Vec<_> = errors.iter().map(|error| error["field"].as_str().unwrap_or_default()).collect();
    assert_eq!(fields, ["username", "email", "capacity"]);
    for (body, status) in [
        (json!({ "username": null }), 422),
        (json!({ "role": "boss" }), 422),
        (json!({ "role": "it_agent", "departments": ["HR"] }), 422),
        (json!({ "role": "agent" }), 422),
        (json!({ "username": "ada.new", "capacity": 5 }), 409),
        (json!([]), 422),
    ] {
        let _ = patch(&desk, &admin, &of(&ada, ""), body).await.expect(status);
    }
    assert_eq!(desk.head().await, head);
    desk.close().await;
}

/// Hidden, unable to sign in, and yet nobody else can have the name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_account_is_hidden_and_signs_in_no_more_and_keeps_its_name() {
    let desk = TestDesk::open().await;
    let (admin, other) = (desk.admin().await, desk.user().await);
    let body = json!({ "username": "ada", "email": "ada@example.com", "role": "user", "password": PASSWORD });
    let ada = desk.post(&admin, USERS, body).await.expect(201).body["id"].as_str().expect("an id").to_owned();
    let path = format!("{USERS}/{ada}");
    let login = json!({ "username": "ada", "password": PASSWORD });
    let _ = desk.post(&other, "/api/v1/auth/login", login.clone()).await.expect(200);

    let deleted = delete(&desk, &admin, &path).await.expect(200).body;
    assert_eq!((&deleted["is_deleted"], &deleted["is_active"]), (&json!(true), &json!(false)));
    let head = desk.head().await;
    let _ = delete(&desk, &admin, &path).await.expect(200);
    assert_eq!(desk.head().await, head, "deleted once");
    let _ = desk.post(&other, "/api/v1/auth/login", login).await.expect(401);
    let names = async |query: &str| {
        let list = desk.get(&admin, &format!("{USERS}?role=user{query}")).await.expect(200).body;
        let users = list["users"].as_array().expect("users").clone();
        let names: Vec<_> =
            users.iter().map(|user| user["username"].as_str().unwrap_or("").to_owned()).collect();
        (names.contains(&"ada".to_owned()), list["total_count"].as_i64().expect("a count"))
    };
    assert_eq!((names("").await, names("&deleted=true").await), ((false, 1), (true, 1)));
    for (body, field) in [
        (json!({ "username": "ada", "email": "b@example.com", "role": "user" }), "username"),
        (json!({ "username": "b", "email": "b2@example.com", "role": "user" }), ""),
        (json!({ "username": "b2", "email": "ADA@example.com", "role": "user" }), "email"),
    ] {
        let answer = desk.post(&admin, USERS, body).await;
        assert_eq!(answer.body["error"]["details"]["field"].as_str().unwrap_or(""), field, "{}", answer.body);
    }
    for below in ["/activate", "/deactivate"] {
        let refused = desk.post(&admin, &format!("{path}{below}"), json!({})).await.expect(409);
        assert_eq!(refused.code(), "ACCOUNT_DELETED");
    }
    assert_eq!(
        patch(&desk, &admin, &path, json!({ "role": "admin" })).await.expect(409).code(),
        "ACCOUNT_DELETED"
    );
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_found_by_role_activity_department_and_the_start_of_their_name() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let legal = desk.somebody(Role::Agent, &["LEGAL", "IT"]).await;
    let (it, hr, ada) = (desk.it_agent().await, desk.hr_agent().await, desk.user().await);
    let _ = desk.post(&admin, &of(&hr, "/deactivate"), json!({})).await.expect(200);
    let _ = patch(&desk, &admin, &of(&ada, ""), json!({ "username": "ada_l" })).await.expect(200);
    let found = async |query: &str| {
        let list = desk.get(&admin, &format!("{USERS}?{query}")).await.expect(200).body;
        let mut ids: Vec<String> = list["users"]
            .as_array()
            .expect("users")
            .iter()
            .map(|user| user["id"].as_str().expect("an id").to_owned())
            .collect();
        ids.sort();
        assert_eq!(list["total_count"], ids.len(), "{query}");
        ids
    };
    let ids = |people: &[&tests::desk::Somebody]| {
        let mut ids: Vec<String> = people.iter().map(|somebody| somebody.id.to_string()).collect();
        ids.sort();
        ids
    };
    assert_eq!(found("department=IT").await, ids(&[&legal, &it]));
    assert_eq!(found("department=hr,LEGAL").await, ids(&[&legal, &hr]));
    assert_eq!(found("department=EGA").await, ids(&[]));
    assert_eq!(found("role=it_agent,hr_agent&active=true").await, ids(&[&it]));
    assert_eq!(found("active=false").await, ids(&[&hr]));
    assert_eq!(found("q=ada_").await, ids(&[&ada]));
    assert_eq!(found("q=adax").await, ids(&[]));
    for bad in
        ["role=boss", "department=a%20b", "deleted=perhaps", "cursor=x", "nonsense=1", "page=1&cursor=x"]
    {
        let _ = desk.get(&admin, &format!("{USERS}?{bad}")).await.expect(422);
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_users_is_read_to_its_end_by_cursor() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    for _ in 0..7 {
        desk.user().await;
    }
    let (mut seen, mut query) = (Vec::new(), "limit=3".to_owned());
    for _ in 0..9 {
        let page = desk.get(&admin, &format!("{USERS}?{query}")).await.expect(200);
        seen.extend(page.body["users"].as_array().expect("users").iter().map(|user| user["id"].to_string()));
        assert_eq!(page.body["total_count"], 8);
        let Some(cursor) = page.body["pagination"]["next_cursor"].as_str() else { break };
        assert!(page.header("link").contains("rel=\"next\""));
        query = format!("limit=3&cursor={cursor}");
    }
    let read = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((read, seen.len()), (8, 8), "everybody once");
    desk.close().await;
}

/// An agent hears of those whose tickets they see, and of nobody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_sees_whoever_filed_a_ticket_within_their_sight() {
    let desk = TestDesk::open().await;
    let (admin, ada, eve) = (desk.admin().await, desk.user().await, desk.user().await);
    let (it, hr) = (desk.it_agent().await, desk.hr_agent().await);
    desk.ticket(&ada, Some("IT")).await;
    desk.ticket(&ada, Some("HR")).await;
    desk.ticket(&ada, Some("HR")).await;
    let _ = desk.get(&it, &of(&ada, "")).await.expect(200);
    let _ = desk.get(&hr, &of(&ada, "")).await.expect(200);
    let _ = desk.get(&it, &of(&eve, "")).await.expect(404);
    let _ = desk.get(&eve, &of(&ada, "")).await.expect(404);
    let count = async |who, path: String| desk.get(who, &path).await.expect(200).body["total_count"].clone();
    assert_eq!(count(&it, of(&ada, "/tickets")).await, 1);
    assert_eq!(count(&hr, of(&ada, "/tickets?status=open&limit=1")).await, 2);
    assert_eq!(count(&admin, of(&ada, "/tickets")).await, 3);
    assert_eq!(count(&it, of(&eve, "/tickets")).await, 0);
    let _ = desk.get(&ada, &of(&ada, "/tickets")).await.expect(403);
    let _ = desk.get(&it, &of(&ada, "/tickets?requester=me")).await.expect(422);
    let _ = desk.get(&admin, &format!("{USERS}/{}/tickets", uuid::Uuid::now_v7())).await.expect(404);
    desk.close().await;
}
