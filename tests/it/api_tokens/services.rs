//! Accounts of programs: nobody signs in with them, and they may do what their tokens say.

use std::time::Duration;

use chrono::Utc;
use domain::access::Role;
use reqwest::Method;
use serde_json::json;
use tests::desk::{PASSWORD, Somebody, TestDesk};

use super::{ME, service, token, token_of};

#[tokio::test]
async fn nobody_signs_in_as_a_program() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let body = json!({
        "username": "robot", "email": "robot@example.com", "role": "it_agent", "kind": "service", "password": PASSWORD,
    });
    let _ = desk.post(&admin, "/api/v1/users", body).await.expect(422);
    let robot = service(&desk, &admin, Role::ItAgent).await;
    let shown = desk.get(&admin, &format!("/api/v1/users/{}", robot.id)).await.expect(200);
    assert_eq!(shown.body["is_service"], true);
    // Even with a password, however it got there, and with an access token.
    let hash = desk.desk.passwords.hash(PASSWORD).await.expect("a hash");
    sqlx::query("insert into desk.credentials (user_id, password_hash) values ($1, $2)")
        .bind(robot.id.0)
        .bind(hash)
        .execute(&mut desk.database.owner().await)
        .await
        .expect("a password");
    let login = json!({ "username": shown.body["username"], "password": PASSWORD });
    let login = desk.request(None, Method::POST, "/api/v1/auth/login").json(&login);
    assert_eq!(desk.send(login).await.expect(401).code(), "AUTH_INVALID");
    let (jwt, _) = desk.desk.tokens.issue(robot.id, robot.role, Utc::now(), Duration::from_hours(1));
    let _ = desk.get(&Somebody { token: jwt, ..robot.clone() }, ME).await.expect(401);
    // Tickets are assigned to people.
    let agents = desk.get(&admin, "/api/v1/agents").await.expect(200);
    assert!(!agents.body.to_string().contains(&robot.id.to_string()));
    desk.close().await;
}

#[tokio::test]
async fn a_program_files_as_many_tickets_as_it_likes() {
    let desk = TestDesk::open().await;
    let (admin, ada) = (desk.admin().await, desk.user().await);
    let robot = service(&desk, &admin, Role::User).await;
    let (robot, _) = token_of(&desk, &admin, &robot, &["tickets:write"]).await;
    for _ in 0..6 {
        desk.ticket(&robot, None).await;
    }
    // A person's program is the person.
    let (program, _) = token(&desk, &ada, &["tickets:write"]).await;
    for _ in 0..5 {
        desk.ticket(&program, None).await;
    }
    let body = json!({ "title": "The sixth today", "description": "One too many." });
    let _ = desk.post(&program, "/api/v1/tickets", body).await.expect(429);
    desk.close().await;
}

#[tokio::test]
async fn a_program_reads_the_log_if_an_administrator_gave_it_that() {
    let desk = TestDesk::open().await;
    let (admin, ada) = (desk.admin().await, desk.user().await);
    let ticket = desk.ticket(&ada, Some("HR")).await;
    let robot = service(&desk, &admin, Role::User).await;
    let (reader, _) = token_of(&desk, &admin, &robot, &["events:read"]).await;
    let page = desk.get(&reader, "/api/v1/events?limit=1000").await.expect(200);
    assert_eq!(page.body["events"].as_array().map(Vec::len), usize::try_from(desk.head().await).ok());
    assert!(page.body.to_string().contains("The printer prints blank pages"));
    let put = desk.request(Some(&reader), Method::PUT, "/api/v1/consumers/robot").json(&json!({}));
    let _ = desk.send(put).await.expect(201);
    let _ = desk.post(&reader, "/api/v1/consumers/robot/ack", json!({ "pos": 1 })).await.expect(200);
    let _ = desk.get(&reader, "/api/v1/events/stream?after=0&consumer=robot").await.expect(422);
    let _ = desk.get(&reader, "/api/v1/events/stream?consumer=robot").await.expect(200);
    let path = format!("/api/v1/tickets/{}", ticket["ticket_id"].as_str().expect("an id"));
    let refused = desk.get(&reader, &path).await.expect(403);
    assert_eq!(refused.body["error"]["details"]["required_scope"], "tickets:read");
    let _ = desk.get(&reader, "/api/v1/audit/head").await.expect(403);

    let (auditor, _) = token_of(&desk, &admin, &robot, &["audit:read", "tickets:read"]).await;
    let _ = desk.get(&auditor, "/api/v1/audit/head").await.expect(200);
    let _ = desk.get(&auditor, "/api/v1/events").await.expect(403);
    let _ = desk.get(&auditor, &path).await.expect(404);
    // What its role does not allow, no scope does.
    let (other, _) = token_of(&desk, &admin, &robot, &["users:read", "users:write", "admin"]).await;
    for path in ["/api/v1/users", "/api/v1/projections", "/api/v1/admin/home"] {
        let _ = desk.get(&other, path).await.expect(403);
    }
    desk.close().await;
}
