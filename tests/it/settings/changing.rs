//! Changing settings: validated, all or nothing, with who and when, and never over somebody else's change.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::{FLAGS, SETTINGS, named, patch};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_shows_its_value_default_and_what_is_allowed() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let list = desk.get(&admin, SETTINGS).await.expect(200);
    assert_eq!((list.header("etag"), &list.body["version"]), ("\"v0\"", &json!(0)));
    let registration = named(&list, "registration");
    assert_eq!((&registration["value"], &registration["default"]), (&json!("otp"), &json!("otp")));
    assert_eq!(registration["allowed"], json!({ "one_of": ["closed", "otp", "open"] }));
    assert_eq!(registration["last_change"], Value::Null);
    assert_eq!(named(&list, "reopen_window_days")["value"], 14);
    assert_eq!(named(&list, "reopen_window_days")["allowed"], json!({ "min": 0, "max": 3650 }));
    assert_eq!(named(&list, "two_factor_required_for")["value"], json!([]));
    for setting in list.body["settings"].as_array().expect("settings") {
        assert!(setting["meaning"].as_str().is_some_and(|meaning| meaning.len() > 10), "{setting}");
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_says_who_made_it_and_when_and_stays() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let head = desk.head().await;
    let body = json!({ "registration": "closed", "two_factor_required_for": ["agent", "it_agent"] });
    let changed = patch(&desk, &admin, SETTINGS, body.clone()).await.expect(200);
    assert_eq!(changed.header("etag"), "\"v2\"");
    assert_eq!(desk.head().await, head + 2, "one event for each");
    assert_eq!(named(&changed, "two_factor_required_for")["value"], json!(["it_agent", "agent"]));
    let registration = named(&changed, "registration");
    assert_eq!(registration["value"], "closed");
    let change = &registration["last_change"];
    assert_eq!((&change["actor_kind"], &change["actor_id"]), (&json!("admin"), &json!(admin.id)));
    assert!(change["actor_username"].as_str().is_some_and(|name| name.starts_with("admin-")), "{change}");
    assert!(change["changed_at"].is_string(), "{change}");
    // It is so already: nothing happens.
    let again = patch(&desk, &admin, SETTINGS, body).await.expect(200);
    assert_eq!((again.header("etag"), desk.head().await), ("\"v2\"", head + 2));
    let events = format!("/api/v1/events?after={head}&types=SettingChanged");
    let events = desk.get(&admin, &events).await.expect(200).body;
    let data = json!({ "name": "registration", "from": "otp", "to": "closed" });
    assert_eq!(events["events"][0]["data"], data);
    desk.assert_sound().await;
    let database = desk.close().await;
    let desk = TestDesk::on(database).await;
    let list = desk.get(&admin, SETTINGS).await.expect(200);
    assert_eq!(named(&list, "registration")["value"], "closed", "after a restart, too");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_named_with_what_is_allowed_and_nothing_changes() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let head = desk.head().await;
    let body = json!({
        "agent_visibility": "assigned", "registration": "perhaps", "reopen_window_days": "14",
        "two_factor_required_for": ["boss"], "colour": "blue",
    });
    let refused = patch(&desk, &admin, SETTINGS, body).await.expect(422);
    assert_eq!(refused.code(), "VALIDATION_ERROR");
    let errors = refused.body["error"]["details"]["errors"].as_array().expect("errors").clone();
    let said = |field: &str| {
        let error = errors.iter().find(|error| error["field"] == field);
        error.and_then(|error| error["message"].as_str()).unwrap_or_default().to_owned()
    };
    assert_eq!(errors.len(), 4, "{errors:?}");
    assert_eq!(said("registration"), "must be one of closed, otp, open");
    assert_eq!(said("reopen_window_days"), "must be a whole number from 0 to 3650");
    assert!(said("two_factor_required_for").contains("it_agent"), "{errors:?}");
    assert!(said("colour").contains("allowed: registration, agent_visibility"), "{errors:?}");
    for (path, body) in [
        (FLAGS, json!({ "api_docs": "off" })),
        (FLAGS, json!({ "api_docs": false, "teleporter": true })),
        (SETTINGS, json!([])),
        (SETTINGS, json!({ "registration": null })),
    ] {
        let refused = patch(&desk, &admin, path, body.clone()).await.expect(422);
        assert!(
            refused.body.to_string().contains("must be") || body["teleporter"] == true,
            "{}",
            refused.body
        );
    }
    assert_eq!(desk.head().await, head, "all or nothing");
    assert_eq!(named(&desk.get(&admin, SETTINGS).await, "agent_visibility")["value"], "department");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_insists_on_an_old_version_is_refused() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let insisting = async |path: &str, tag: &str, body: Value| {
        let request = desk.request(Some(&admin), Method::PATCH, path).header("if-match", tag);
        desk.send(request.json(&body)).await
    };
    let first = insisting(SETTINGS, "\"v0\"", json!({ "reopen_window_days": 7 })).await.expect(200);
    assert_eq!(first.header("etag"), "\"v1\"");
    for (path, body) in
        [(SETTINGS, json!({ "reopen_window_days": 8 })), (FLAGS, json!({ "api_docs": false }))]
    {
        let stale = insisting(path, "\"v0\"", body).await.expect(412);
        assert_eq!(stale.body["error"]["details"]["current_version"], 1);
    }
    let _ = insisting(FLAGS, "\"v1\"", json!({ "api_docs": false })).await.expect(200);
    desk.close().await;
}

/// Of many who change what they saw at once one wins, and nobody's change is lost unseen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_insist_on_one_version_one_wins() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let attempts = (20..36).map(|days| {
        let request = desk.request(Some(&admin), Method::PATCH, SETTINGS).header("if-match", "\"v0\"");
        desk.send(request.json(&json!({ "reopen_window_days": days })))
    });
    let statuses: Vec<u16> = join_all(attempts).await.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 412)), "{statuses:?}");
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_changed_something_and_was_erased_is_named_no_more() {
    let desk = TestDesk::open().await;
    let (admin, other) = (desk.admin().await, desk.admin().await);
    let _ = patch(&desk, &admin, SETTINGS, json!({ "reopen_window_days": 7 })).await.expect(200);
    let path = format!("/api/v1/users/{}/erase", admin.id);
    let reason = json!({ "reason": "retention" });
    let asked = desk.post(&other, &path, reason).await.expect(200).body;
    let confirm = json!({ "reason": "retention", "confirmation_token": asked["confirmation_token"] });
    let _ = desk.post(&other, &path, confirm).await.expect(202);
    // What is accepted is done in a moment, not before the answer.
    let began = Instant::now();
    let shown = loop {
        let list = desk.get(&other, SETTINGS).await.expect(200);
        let change = named(&list, "reopen_window_days")["last_change"].clone();
        if change["actor_username"] == "[erased]" || began.elapsed() > Duration::from_secs(10) {
            break change;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((&shown["actor_username"], &shown["actor_id"]), (&json!("[erased]"), &json!(admin.id)));
    desk.close().await;
}
