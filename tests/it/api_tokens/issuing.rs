//! What is issued to whom, and what is kept of it.

use serde_json::{Value, json};
use sqlx::query_scalar;
use tests::desk::TestDesk;

use super::{ME, TOKENS, events_of, service, token, until};

#[tokio::test]
async fn a_secret_is_shown_once_and_stored_nowhere() {
    let desk = TestDesk::open().await;
    let (ada, admin) = (desk.user().await, desk.admin().await);
    let body = json!({ "name": "Ada's calendar", "scopes": ["tickets:read"] });
    let issued = desk.post(&ada, TOKENS, body).await.expect(201);
    let secret = issued.body["secret"].as_str().expect("a secret");
    assert!(secret.starts_with("hd_") && secret.len() == 51, "{} characters", secret.len());
    assert_eq!(issued.header("cache-control"), "no-store");
    let listed = desk.get(&ada, TOKENS).await.expect(200);
    let mut shown = issued.body["token"].clone();
    shown["created_at"] = listed.body["tokens"][0]["created_at"].clone();
    assert_eq!(listed.body, json!({ "tokens": [shown], "total_count": 1 }));
    assert_eq!((&shown["name"], &shown["last_used_at"]), (&json!("Ada's calendar"), &Value::Null));

    let event = events_of(&desk, &admin, &ada.id.to_string()).await.pop().expect("an event");
    assert_eq!((&event["type"], &event["actor"]["id"]), (&json!("ApiTokenIssued"), &json!(ada.id)));
    assert_eq!(event["data"]["token_id"], shown["id"]);
    assert_eq!(event["data"]["scopes"], json!(["tickets:read"]));
    let mut owner = desk.database.owner().await;
    let tables: Vec<String> = query_scalar(
        "select format('select coalesce(string_agg(t::text, '' ''), '''') from %I.%I t', schemaname, tablename)
           from pg_tables where schemaname in ('ledger', 'desk', 'read')",
    )
    .fetch_all(&mut owner)
    .await
    .expect("tables");
    for table in tables {
        let content: String =
            query_scalar(sqlx::AssertSqlSafe(table.clone())).fetch_one(&mut owner).await.expect("rows");
        assert!(!content.contains(&secret[3..40]) && !content.contains("calendar"), "{table}");
    }
    desk.close().await;
}

#[tokio::test]
async fn what_may_not_be_issued_is_refused_and_leaves_nothing() {
    let desk = TestDesk::open().await;
    let (ada, eve, admin) = (desk.user().await, desk.user().await, desk.admin().await);
    let robot = service(&desk, &admin, domain::access::Role::User).await;
    let (head, nobody) = (desk.head().await, "019b76da-a800-7000-8000-0000000000ff");
    let read = ["tickets:read"];
    let wrong = [
        (&ada, json!({ "name": "x", "scopes": [] }), 422),
        (&ada, json!({ "name": "x", "scopes": ["tickets:all"] }), 422),
        (&ada, json!({ "name": "", "scopes": read }), 422),
        (&ada, json!({ "name": "x".repeat(101), "scopes": read }), 422),
        (&ada, json!({ "name": "x", "scopes": read, "expires_at": "2020-01-01T00:00:00Z" }), 422),
        (&ada, json!({ "name": "x", "scopes": read, "expires_at": "2099-01-01T00:00:00Z" }), 422),
        (&ada, json!({ "name": "x", "scopes": read, "max_requests": 0 }), 422),
        (&ada, json!({ "name": "x", "scopes": read, "role": "admin" }), 422),
        (&ada, json!({ "name": "x", "scopes": ["tickets:read", "events:read"] }), 403),
        (&ada, json!({ "name": "x", "scopes": ["impersonate"] }), 403),
        (&ada, json!({ "name": "x", "scopes": ["internal"] }), 403),
        (&ada, json!({ "name": "x", "scopes": read, "user_id": eve.id }), 403),
        (&ada, json!({ "name": "x", "scopes": read, "user_id": robot.id }), 403),
        (&admin, json!({ "name": "x", "scopes": read, "user_id": ada.id }), 403),
        (&admin, json!({ "name": "x", "scopes": read, "user_id": nobody }), 404),
    ];
    for (who, body, status) in wrong {
        let answer = desk.post(who, TOKENS, body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.body);
    }
    assert_eq!(desk.head().await, head);
    let rows: i64 = query_scalar("select count(*) from desk.api_tokens")
        .fetch_one(&mut desk.database.owner().await)
        .await
        .expect("a count");
    assert_eq!(rows, 0);
    desk.close().await;
}

#[tokio::test]
async fn whose_tokens_one_sees_is_ones_own_unless_an_administrator() {
    let desk = TestDesk::open().await;
    let (ada, eve, admin) = (desk.user().await, desk.user().await, desk.admin().await);
    let (_, id) = token(&desk, &ada, &["tickets:read"]).await;
    let of_ada = format!("{TOKENS}?user_id={}", ada.id);
    assert_eq!(desk.get(&admin, &of_ada).await.expect(200).body["tokens"][0]["id"], json!(id));
    let _ = desk.get(&eve, &of_ada).await.expect(403);
    let _ =
        desk.get(&admin, &format!("{TOKENS}?user_id=019b76da-a800-7000-8000-0000000000ff")).await.expect(404);
    let delete = |who| desk.request(Some(who), reqwest::Method::DELETE, &format!("{TOKENS}/{id}"));
    let _ = desk.send(delete(&eve)).await.expect(404);
    for _ in 0..2 {
        let _ = desk.send(delete(&admin)).await.expect(204);
    }
    assert_eq!(desk.get(&ada, TOKENS).await.expect(200).body["total_count"], 0);
    let events = events_of(&desk, &admin, &ada.id.to_string()).await;
    assert_eq!(events.iter().filter(|event| event["type"] == "ApiTokenRevoked").count(), 1);
    desk.close().await;
}

#[tokio::test]
async fn a_token_is_taken_where_an_access_token_is_and_hands_out_no_other() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let (program, id) = token(&desk, &ada, &["tickets:read", "tickets:write"]).await;
    assert_eq!(desk.get(&program, ME).await.expect(200).body["id"], json!(ada.id));
    let ticket = desk.ticket(&program, None).await;
    let path = format!("/api/v1/tickets/{}", ticket["ticket_id"].as_str().expect("an id"));
    let _ = desk.get(&ada, &path).await.expect(200);
    let admin = desk.admin().await;
    let event = events_of(&desk, &admin, ticket["ticket_id"].as_str().expect("an id")).await.remove(0);
    assert_eq!((&event["actor"]["id"], &event["via"]), (&json!(ada.id), &json!(format!("token:{id}"))));
    for (path, body) in
        [(TOKENS, json!({ "name": "x", "scopes": ["tickets:read"] })), ("/auth/logout", json!({}))]
    {
        assert_eq!(desk.post(&program, path, body).await.expect(403).code(), "AUTHZ_FORBIDDEN");
    }
    // The same path without its prefix, and its other names.
    let _ = desk.get(&program, "/me").await.expect(200);
    let _ = desk.get(&program, "/tickets").await.expect(200);
    desk.close().await;
}

#[tokio::test]
async fn the_last_use_is_kept_to_the_minute() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let (program, _) = token(&desk, &ada, &["tickets:read"]).await;
    let used = async || desk.get(&ada, TOKENS).await.expect(200).body["tokens"][0]["last_used_at"].clone();
    assert_eq!(used().await, Value::Null);
    until(&desk, &program, 200).await;
    let began = std::time::Instant::now();
    while used().await.is_null() {
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "never noted");
    }
    let first = used().await;
    // Another node looks at the token anew, and has nothing to note.
    let other = desk.another_node().await;
    until(&other, &program, 200).await;
    assert_eq!(used().await, first);
    let _database = other.close().await;
    desk.close().await;
}
