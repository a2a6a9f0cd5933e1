//! What is wrong with requests, and who may not ask.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{JOBS, REPORTS, STATUS, TRIGGER, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_requests_are_named_and_start_nothing() {
    let desk = open().await;
    let (ada, ivan, admin) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let nobody = Uuid::now_v7();
    let long = "x".repeat(2_001);
    let review = format!("{REPORTS}/{nobody}/mark-reviewed");
    let alias = "/api/v1/admin/mark-reviewed".to_owned();
    let trigger = || TRIGGER.to_owned();
    let posts = [
        (trigger(), json!({ "window_hours": 0 }), 422, "VALIDATION_ERROR"),
        (trigger(), json!({ "window_hours": 10_000 }), 422, "VALIDATION_ERROR"),
        (trigger(), json!({ "window_hours": -1 }), 422, "VALIDATION_ERROR"),
        (trigger(), json!({ "window_hours": "24" }), 422, "VALIDATION_ERROR"),
        (trigger(), json!({ "hours": 24 }), 422, "VALIDATION_ERROR"),
        (trigger(), json!({ "user_id": "ada" }), 422, "VALIDATION_ERROR"),
        (trigger(), json!({ "user_id": nobody }), 404, "NOT_FOUND"),
        (trigger(), json!({ "user_id": ivan.id }), 422, "VALIDATION_ERROR"),
        (trigger(), json!({ "user_id": admin.id }), 422, "VALIDATION_ERROR"),
        (format!("{JOBS}/misuse/run"), Value::Null, 404, "NOT_FOUND"),
        (format!("{JOBS}/{nobody}/run"), Value::Null, 404, "NOT_FOUND"),
        (review.clone(), json!({}), 404, "NOT_FOUND"),
        (review.clone(), json!({ "action_taken": "" }), 422, "VALIDATION_ERROR"),
        (review.clone(), json!({ "action_taken": long }), 422, "VALIDATION_ERROR"),
        (review.clone(), json!({ "action": "Blocked." }), 422, "VALIDATION_ERROR"),
        (format!("{REPORTS}/today/mark-reviewed"), json!({}), 404, "NOT_FOUND"),
        (alias.clone(), json!({ "report_id": nobody }), 404, "NOT_FOUND"),
        (alias.clone(), json!({ "report_id": "today" }), 422, "VALIDATION_ERROR"),
        (alias.clone(), json!({}), 422, "VALIDATION_ERROR"),
    ];
    for (path, body, status, code) in &posts {
        let answer = desk.post(&admin, path, body.clone()).await.expect(*status);
        assert_eq!(answer.code(), *code, "{path} {body}");
        for who in [&ada, &ivan] {
            let refused = desk.post(who, path, body.clone()).await.expect(403);
            assert_eq!(refused.code(), "AUTHZ_FORBIDDEN", "{path}");
        }
    }
    let gets = [
        (format!("{REPORTS}?type=nonsense"), 422),
        (format!("{REPORTS}?severity=enormous"), 422),
        (format!("{REPORTS}?unreviewed=perhaps"), 422),
        (format!("{REPORTS}?user_id=ada"), 422),
        (format!("{REPORTS}?page=0"), 422),
        (format!("{REPORTS}?limit=101"), 422),
        (format!("{REPORTS}?kind=spam_content"), 422),
        (format!("{REPORTS}/today"), 404),
        (format!("{REPORTS}/{nobody}"), 404),
        (format!("{JOBS}/{nobody}"), 404),
        (format!("{JOBS}/misuse_daily"), 404),
    ];
    for (path, status) in &gets {
        let _ = desk.get(&admin, path).await.expect(*status);
    }
    for path in
        [REPORTS.to_owned(), STATUS.to_owned(), format!("{REPORTS}/{nobody}"), format!("{JOBS}/{nobody}")]
    {
        for who in [&ada, &ivan] {
            assert_eq!(desk.get(who, &path).await.expect(403).code(), "AUTHZ_FORBIDDEN", "{path}");
        }
        let _ = desk.send(desk.request(None, Method::GET, &path)).await.expect(401);
    }
    let named = desk.get(&admin, &format!("{REPORTS}?type=nonsense")).await.body["error"].to_string();
    assert!(named.contains("jailbreak_attempt") && named.contains("\"type\""), "{named}");
    let runs = desk.get(&admin, STATUS).await.expect(200).body["jobs"][0]["last_run"].clone();
    assert_eq!(runs, Value::Null, "nothing was started");
    desk.close().await;
}
