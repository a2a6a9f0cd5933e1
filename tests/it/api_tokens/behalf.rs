//! Acting for a person: `X-On-Behalf-Of`.

use domain::access::Role;
use serde_json::json;
use tests::desk::TestDesk;

use super::{ME, events_of, on_behalf, service, token, token_of};

#[tokio::test]
async fn a_program_acts_as_the_person_and_the_log_says_through_what() {
    let desk = TestDesk::open().await;
    let (admin, ada) = (desk.admin().await, desk.user().await);
    let others = desk.ticket(&desk.user().await, Some("IT")).await;
    let robot = service(&desk, &admin, Role::Admin).await;
    let (robot, id) =
        token_of(&desk, &admin, &robot, &["impersonate", "tickets:read", "tickets:write"]).await;
    let shown = desk.get(&admin, &format!("/api/v1/users/{}", ada.id)).await.expect(200);
    for name in [
        ada.id.to_string().as_str(),
        &shown.body["username"].to_string().replace('"', ""),
        &shown.body["email"].to_string().replace('"', "").to_uppercase(),
    ] {
        let me = on_behalf(&desk, &robot, name, ME, None).await.expect(200);
        assert_eq!(me.body["id"], json!(ada.id), "{name}");
    }
    let ada_id = ada.id.to_string();
    let body = json!({ "title": "Filed by the portal", "description": "For Ada." });
    let filed = on_behalf(&desk, &robot, &ada_id, "/api/v1/tickets", Some(body.clone())).await.expect(201);
    let ticket = filed.body["ticket_id"].as_str().expect("an id");
    let event = events_of(&desk, &admin, ticket).await.remove(0);
    assert_eq!(event["actor"], json!({ "kind": "user", "id": ada.id }));
    assert_eq!(event["via"], format!("token:{id}"));
    let owned = events_of(&desk, &admin, &robot.id.to_string()).await;
    assert!(owned.iter().any(|event| event["data"]["token_id"] == json!(id)), "whose the token is");
    // As Ada it sees what Ada sees, and files what she may still file today.
    let list = on_behalf(&desk, &robot, &ada_id, "/api/v1/tickets", None).await.expect(200);
    assert_eq!(list.body["total_count"], 1);
    let path = format!("/api/v1/tickets/{}", others["ticket_id"].as_str().expect("an id"));
    let _ = on_behalf(&desk, &robot, &ada_id, &path, None).await.expect(404);
    let _ = desk.get(&robot, &path).await.expect(200);
    for _ in 0..4 {
        let _ = on_behalf(&desk, &robot, &ada_id, "/api/v1/tickets", Some(body.clone())).await.expect(201);
    }
    let _ = on_behalf(&desk, &robot, &ada_id, "/api/v1/tickets", Some(body)).await.expect(429);
    desk.close().await;
}

#[tokio::test]
async fn nobody_acts_as_an_administrator_a_program_or_nobody() {
    let desk = TestDesk::open().await;
    let (admin, ada) = (desk.admin().await, desk.user().await);
    let robot = service(&desk, &admin, Role::User).await;
    let (program, _) =
        token_of(&desk, &admin, &robot, &["impersonate", "tickets:read", "events:read", "audit:read"]).await;
    for (person, status) in [
        (admin.id.to_string(), 403),
        (robot.id.to_string(), 422),
        ("019b76da-a800-7000-8000-0000000000ff".to_owned(), 422),
        ("nobody".to_owned(), 422),
        ("nobody@example.com".to_owned(), 422),
        ("; drop table".to_owned(), 422),
        (String::new(), 422),
    ] {
        let answer = on_behalf(&desk, &program, &person, ME, None).await;
        assert_eq!(answer.status.as_u16(), status, "{person}: {}", answer.body);
    }
    // What was given to the program does not become Ada's.
    let ada_id = ada.id.to_string();
    for path in ["/api/v1/events", "/api/v1/audit/head"] {
        let _ = desk.get(&program, path).await.expect(200);
        let _ = on_behalf(&desk, &program, &ada_id, path, None).await.expect(403);
    }
    // Nor does anybody act for others without the scope, or without a token.
    let (plain, _) = token(&desk, &admin, &["tickets:read"]).await;
    let refused = on_behalf(&desk, &plain, &ada_id, ME, None).await.expect(403);
    assert_eq!(refused.body["error"]["details"]["required_scope"], "impersonate");
    let _ = on_behalf(&desk, &admin, &ada_id, ME, None).await.expect(403);
    desk.close().await;
}
