//! Programs that manage accounts, and are given no tickets.

use domain::access::Role;
use domain::id::UserId;
use serde_json::json;
use tests::desk::{Somebody, TestDesk};

use super::{USERS, assign, delete, of, patch, ticket};

/// A service account that is an administrator, as a token that may change accounts signs it in.
async fn program(desk: &TestDesk, admin: &Somebody) -> Somebody {
    let body =
        json!({ "username": "robot", "email": "robot@example.com", "role": "admin", "kind": "service" });
    let made = desk.post(admin, USERS, body).await.expect(201);
    let id = UserId(made.body["id"].as_str().and_then(|id| id.parse().ok()).expect("an id"));
    assert_eq!((&made.body["is_service"], &made.body["capacity"]), (&json!(true), &json!(null)));
    let scopes = json!({ "name": "robot", "scopes": ["users:write"], "user_id": id });
    let issued = desk.post(admin, "/api/v1/auth/tokens", scopes).await.expect(201);
    Somebody { id, role: Role::Admin, token: issued.body["secret"].as_str().expect("a secret").to_owned() }
}

/// A program cannot sign in, so it does not count as the administrator who stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_ends_administrators_down_to_the_last_person() {
    let desk = TestDesk::open().await;
    let (admin, other) = (desk.admin().await, desk.admin().await);
    let robot = program(&desk, &admin).await;
    let _ = desk.post(&robot, &of(&other, "/deactivate"), json!({})).await.expect(200);
    for last in [
        desk.post(&robot, &of(&admin, "/deactivate"), json!({})).await,
        delete(&desk, &robot, &of(&admin, "")).await,
        patch(&desk, &robot, &of(&admin, ""), json!({ "role": "user" })).await,
    ] {
        assert_eq!(last.expect(409).code(), "LAST_ADMIN");
    }
    let _ = desk.post(&admin, &of(&robot, "/deactivate"), json!({})).await.expect(200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_is_given_no_tickets_and_no_password() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let robot = program(&desk, &admin).await;
    let id = ticket(&desk, &admin).await;
    for force in [false, true] {
        assert_eq!(assign(&desk, &admin, &id, robot.id, force).await.expect(409).code(), "AGENT_UNAVAILABLE");
    }
    let path = format!("/api/v1/agents/{}/availability", robot.id);
    let _ = desk.get(&admin, &path).await.expect(404);
    let _ = patch(&desk, &admin, &of(&robot, ""), json!({ "capacity": 3 })).await.expect(409);
    let _ = patch(&desk, &admin, &of(&robot, ""), json!({ "password": "three blind mice run" }))
        .await
        .expect(422);
    let agents = desk.get(&admin, "/api/v1/agents").await.expect(200).body.to_string();
    assert!(!agents.contains(&robot.id.to_string()), "{agents}");
    desk.close().await;
}
