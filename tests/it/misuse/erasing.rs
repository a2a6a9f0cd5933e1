//! What is left of a report of somebody who was erased, and what is exported of it.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{PASSWORD, Somebody, TestDesk};

use super::{REPORTS, file, look, open, reports, review_path};
use crate::erasure::{done, erase};

const MARK: &str = "qzvk";

async fn export(desk: &TestDesk, by: &Somebody, id: &str) -> Value {
    let path = format!("/api/v1/users/{id}/export");
    desk.send(desk.request(Some(by), Method::GET, &path)).await.expect(200).body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_texts_of_a_report_are_the_persons_and_go_with_them() {
    let desk = open().await;
    let admin = desk.admin().await;
    let name = format!("{MARK}-name");
    let new = json!({ "username": name, "email": format!("{MARK}@example.com"), "role": "user", "password": PASSWORD });
    let user = desk.post(&admin, "/api/v1/users", new).await.expect(201).body;
    let id = user["id"].as_str().expect("an id").to_owned();
    let login = json!({ "username": name, "password": PASSWORD });
    let pair =
        desk.send(desk.request(None, Method::POST, "/api/v1/auth/login").json(&login)).await.expect(200).body;
    let signed = Somebody {
        id: domain::id::UserId(id.parse().expect("an id")),
        role: domain::access::Role::User,
        token: pair["access_token"].as_str().expect("a token").to_owned(),
    };
    for _ in 0..3 {
        file(&desk, &signed, (&format!("{MARK} title"), &format!("{MARK} description of some length"))).await;
    }
    let _ = look(&desk, &admin, json!({})).await;
    let report = reports(&desk, &admin, "").await.remove(0);
    let action = json!({ "action_taken": format!("Told {MARK} to stop.") });
    let reviewed =
        desk.post(&admin, &review_path(&report), action.clone()).await.expect(200).body["report"].clone();
    assert!(reviewed.to_string().matches(MARK).count() >= 4, "{reviewed}");

    let all = export(&desk, &admin, &id).await;
    assert_eq!(all["misuse_reports"], json!([reviewed]));
    let own = export(&desk, &signed, &id).await;
    assert_eq!(own["misuse_reports"], json!([]));
    assert!(!own.to_string().contains("to stop."), "what administrators made of it is not theirs to read");

    erase(&desk, &admin, &id).await;
    done(&desk, &admin, &id).await;
    let left = desk
        .get(&admin, &format!("{REPORTS}/{}", report["id"].as_str().expect("an id")))
        .await
        .expect(200)
        .body;
    assert!(!left.to_string().contains(MARK), "{left}");
    assert_eq!(left["evidence_data"]["content_samples"], json!(["[erased]"]));
    assert_eq!(
        (&left["action_taken"], &left["ai_analysis_metadata"]["model_reasoning"]),
        (&json!("[erased]"), &json!("[erased]"))
    );
    for kept in ["misuse_type", "severity_level", "detection_date", "admin_reviewed"] {
        assert_eq!(left[kept], reviewed[kept], "{kept}");
    }
    assert_eq!(left["evidence_data"]["ticket_ids"], report["evidence_data"]["ticket_ids"]);
    // Nothing more is written about them, whether somebody reviews it or looks again.
    let more = desk.post(&admin, &review_path(&report), json!({ "action_taken": "More." })).await.expect(409);
    assert_eq!(more.code(), "PERSON_ERASED");
    let _ = desk.post(&admin, &review_path(&report), json!({})).await.expect(200);
    let run = look(&desk, &admin, json!({ "window_hours": 720 })).await;
    assert_eq!(
        (&run["statistics"]["reports"], &run["statistics"]["failures"]),
        (&json!(0), &json!(0)),
        "{run}"
    );
    desk.assert_sound().await;
    desk.close().await;
}
