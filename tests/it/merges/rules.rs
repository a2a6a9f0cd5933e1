//! What merging does, who may, and what a merged ticket refuses.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Scene, id_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merged_ticket_is_closed_and_points_to_where_it_lives_on_until_it_is_taken_back() {
    let scene = Scene::set().await;
    let (ivan, source, target) = (&scene.ivan, &scene.source, &scene.target);
    let _ = scene.act(ivan, source, "claim", json!({})).await.expect(200);
    let merged = scene.merge(ivan, source, target).await.expect(200);
    assert_eq!((id_of(&merged.body), merged.header("etag")), (target.clone(), "\"v1\""), "the other one");
    assert_eq!(id_of(&merged.body["merged_tickets"][0]), *source);
    let shown = scene.read(ivan, source, "").await;
    assert_eq!((&shown["status"], &shown["version"]), (&json!("closed"), &json!(3)));
    assert_eq!(id_of(&shown["merged_into"]), *target);
    assert_eq!(shown["merged_into"]["status"], "open");
    assert!(shown["closed_at"].is_string());

    // The same again, also by number, changes nothing.
    let before = scene.desk.decided().await;
    let number = merged.body["number"].to_string();
    for into in [target, &number, &target.to_lowercase()] {
        let _ = scene.merge(ivan, source, into).await.expect(200);
    }
    assert_eq!(scene.desk.decided().await, before);

    let back = scene.unmerge(ivan, source).await.expect(200);
    assert_eq!((&back.body["status"], &back.body["merged_into"]), (&json!("assigned"), &Value::Null));
    assert_eq!((back.header("etag"), &back.body["closed_at"]), ("\"v4\"", &Value::Null));
    assert_eq!(scene.merged_into(ivan, target, "").await, [] as [String; 0]);
    let again = scene.unmerge(ivan, source).await.expect(200);
    assert_eq!(again.header("etag"), "\"v4\"", "nothing to take back");
    let _ = scene.say(&scene.ada, source, "It is mine after all.").await.expect(201);
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merged_ticket_takes_no_changes_and_says_where_to_go() {
    let scene = Scene::set().await;
    let (ivan, source, target) = (&scene.ivan, &scene.source, &scene.target);
    let said = scene.say(&scene.ada, source, "Hello?").await.expect(201).body;
    let draft = scene.desk.request(Some(ivan), Method::PUT, &format!("/api/v1/tickets/{source}/draft"));
    let _ = scene.desk.send(draft.json(&json!({ "content": "I was about to say" }))).await.expect(201);
    let _ = scene.merge(ivan, source, target).await.expect(200);
    let before = scene.desk.decided().await;
    let judged = format!("messages/{}/feedback", said["id"].as_str().expect("an id"));
    let writes: [(Method, &str, Value); 10] = [
        (Method::POST, "messages", json!({ "content": "And now?" })),
        (Method::PUT, &judged, json!({ "feedback": "up" })),
        (Method::PATCH, "", json!({ "impact": "high" })),
        (Method::POST, "status", json!({ "status": "in_progress" })),
        (Method::POST, "resolve", json!({})),
        (Method::POST, "claim", json!({})),
        (Method::POST, "transfer", json!({ "department": "HR" })),
        (Method::POST, "reopen", json!({})),
        (Method::PUT, &format!("followers/{}", ivan.id), Value::Null),
        (Method::POST, "merge", json!({ "into": scene.target })),
    ];
    for (method, rest, body) in writes {
        let path = format!("/api/v1/tickets/{source}/{rest}");
        let request = scene.desk.request(Some(ivan), method, path.trim_end_matches('/'));
        let answer = scene.desk.send(if body.is_null() { request } else { request.json(&body) }).await;
        if rest == "merge" {
            let _ = answer.expect(200);
            continue;
        }
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (423, "TICKET_LOCKED"),
            "{rest}: {}",
            answer.body
        );
        assert_eq!(answer.body["error"]["details"]["merged_into"], json!(target), "{rest}");
    }
    // Whose ticket it is does not see the other one, and is not told of it.
    let refused = scene.say(&scene.ada, source, "And now?").await.expect(423);
    assert!(!refused.body.to_string().contains(target), "{}", refused.body);
    assert_eq!(scene.desk.decided().await, before);
    // What somebody was writing is kept.
    assert_eq!(scene.read(ivan, source, "/draft").await["content"], "I was about to say");
    // What is said must go all the same, if it has to.
    let redact = format!("messages/{}/redact", said["id"].as_str().expect("an id"));
    let _ =
        scene.act(&scene.root, source, &redact, json!({ "all": true, "reason": "A name" })).await.expect(200);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_merged_is_refused() {
    let scene = Scene::set().await;
    let (ivan, source, target) = (&scene.ivan, &scene.source, &scene.target);
    // Who has nothing to say here, and who does not see the ticket.
    assert_eq!(scene.merge(&scene.ada, source, target).await.expect(403).code(), "AUTHZ_FORBIDDEN");
    assert_eq!(scene.unmerge(&scene.ada, source).await.expect(403).code(), "AUTHZ_FORBIDDEN");
    let _ = scene.merge(&scene.eve, source, target).await.expect(404);
    let _ = scene.merge(&scene.hana, source, &scene.elsewhere).await.expect(404);
    // Where it would go is not there for them: out of sight, or not there at all.
    for into in [&*scene.elsewhere, "TKT-1763700000000-4K9XQ2", "999999", "no ticket", "", &"9".repeat(65)] {
        let refused = scene.merge(ivan, source, into).await.expect(422);
        let error = &refused.body["error"]["details"]["errors"][0];
        assert_eq!((refused.code(), &error["field"]), ("VALIDATION_ERROR", &json!("into")), "{into}");
    }
    for body in [json!({}), json!({ "into": 1 }), json!({ "into": target, "more": 1 }), json!([])] {
        let refused = scene.act(ivan, source, "merge", body.clone()).await;
        assert!(matches!(refused.status.as_u16(), 400 | 422), "{body}: {}", refused.body);
    }
    assert_eq!(scene.merge(ivan, source, source).await.expect(422).code(), "VALIDATION_ERROR");
    // Somebody's own ticket is theirs to file, not to work on.
    let own = super::id_of(&scene.desk.ticket(ivan, Some("IT")).await);
    assert_eq!(scene.merge(ivan, &own, target).await.expect(403).code(), "AUTHZ_FORBIDDEN");
    assert_eq!(scene.merge(ivan, target, &own).await.expect(403).code(), "AUTHZ_FORBIDDEN");
    let stale = scene.desk.request(Some(ivan), Method::POST, &format!("/api/v1/tickets/{source}/merge"));
    let stale = stale.header("if-match", "\"v7\"").json(&json!({ "into": target }));
    assert_eq!(scene.desk.send(stale).await.expect(412).code(), "PRECONDITION_FAILED");
    // What is done takes nothing in, and is not merged.
    let _ = scene.act(ivan, target, "resolve", json!({})).await.expect(200);
    let refused = scene.merge(ivan, source, target).await.expect(409);
    assert_eq!(
        (refused.code(), &refused.body["error"]["details"]["status"]),
        ("MERGE_TARGET_NOT_OPEN", &json!("resolved"))
    );
    let _ = scene.act(ivan, target, "close", json!({})).await.expect(200);
    assert_eq!(scene.merge(ivan, target, source).await.expect(409).code(), "INVALID_STATUS_TRANSITION");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_merged_takes_nothing_in_and_the_same_request_again_has_the_same_answer() {
    let scene = Scene::set().await;
    let (ivan, source, target) = (&scene.ivan, &scene.source, &scene.target);
    let path = format!("/api/v1/tickets/{source}/merge");
    let once = || {
        let request =
            scene.desk.request(Some(ivan), Method::POST, &path).header("Idempotency-Key", "merge-1");
        scene.desk.send(request.json(&json!({ "into": target })))
    };
    let first = once().await.expect(200);
    let before = scene.desk.decided().await;
    let second = once().await.expect(200);
    assert_eq!((first.body, second.header("idempotency-replayed")), (second.body.clone(), "true"));
    assert_eq!(scene.desk.decided().await, before);

    let third = id_of(&scene.desk.ticket(&scene.eve, Some("IT")).await);
    assert_eq!(scene.merge(ivan, &third, source).await.expect(409).code(), "MERGE_TARGET_NOT_OPEN");
    assert_eq!(
        scene.merge(ivan, target, source).await.expect(409).code(),
        "MERGE_TARGET_NOT_OPEN",
        "no circle"
    );
    // A chain is none: what was merged stays where it is.
    let _ = scene.merge(ivan, target, &third).await.expect(200);
    assert_eq!(id_of(&scene.read(ivan, source, "").await["merged_into"]), *target);
    assert_eq!(scene.merged_into(ivan, &third, "").await, std::slice::from_ref(target));
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}
