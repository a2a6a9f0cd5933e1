//! What a deactivation, a deletion, another password and another address end, and what never comes back.

use application::Request;
use chrono::Utc;
use domain::access::{Caller, Role};
use domain::id::UserId;
use domain::user::UserCommand;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, PASSWORD, Somebody, TestDesk};
use uuid::Uuid;

use super::command_line::run;
use super::{USERS, delete, of, patch};

const ANOTHER: &str = "three blind mice run";

/// What anybody who is not signed in gets for `body` at `path` below `/api/v1/auth`.
async fn anybody(desk: &TestDesk, path: &str, body: &Value) -> Answer {
    desk.send(desk.request(None, Method::POST, &format!("/api/v1/auth/{path}")).json(body)).await
}

/// What signing Ada in with `password` gives.
async fn sign_in(desk: &TestDesk, password: &str) -> Answer {
    anybody(desk, "login", &json!({ "username": "ada", "password": password })).await
}

/// Ada as the pair of tokens signs her in.
fn holder(pair: &Answer) -> Somebody {
    let token = pair.body["access_token"].as_str().expect("a token").to_owned();
    let id = pair.body["user"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    Somebody { id: UserId(id), role: Role::User, token }
}

/// Gives Ada an account, and signs her in.
async fn ada(desk: &TestDesk, admin: &Somebody) -> Answer {
    let body =
        json!({ "username": "ada", "email": "ada@example.com", "role": "it_agent", "password": PASSWORD });
    let _ = desk.post(admin, USERS, body).await.expect(201);
    sign_in(desk, PASSWORD).await.expect(200)
}

/// How `pair` is answered: its access token, and renewing it.
async fn statuses(desk: &TestDesk, pair: &Answer) -> [u16; 2] {
    let seen = desk.get(&holder(pair), "/api/v1/auth/me").await;
    let renewed = anybody(desk, "refresh", &json!({ "refresh_token": pair.body["refresh_token"] })).await;
    [seen, renewed].map(|answer| answer.status.as_u16())
}

/// How many sign-ins the log says were ended by an administrator.
async fn ended_by_admins(desk: &TestDesk) -> i64 {
    let ended = "select count(*) from ledger.events
                  where event_type = 'SessionRevoked' and payload ->> 'why' = 'by_admin'";
    sqlx::query_scalar(ended).fetch_one(desk.desk.pool()).await.expect("a count")
}

/// What begins and ends an account.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Http,
    CommandLine,
    /// The process died when the account was deactivated and the sign-ins were not ended yet.
    Died,
}

async fn deactivate(desk: &TestDesk, admin: &Somebody, ada: &Somebody, way: Way) {
    match way {
        Way::Http => {
            let _ = desk.post(admin, &of(ada, "/deactivate"), json!({})).await.expect(200);
        }
        Way::CommandLine => assert!(run(desk, &["user", "deactivate", "--username", "ada"]).status.success()),
        Way::Died => {
            let request = Request::once(Caller::System("test"), Utc::now(), "test", Uuid::now_v7());
            let done = desk.desk.commands.user(&request, ada.id, UserCommand::Deactivate).await;
            let _ = done.expect("deactivated");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_that_a_deactivation_ended_is_good_again_when_they_are_activated() {
    for way in [Way::Http, Way::CommandLine, Way::Died] {
        let desk = TestDesk::open().await;
        let other = desk.another_node().await;
        let admin = desk.admin().await;
        let before = ada(&desk, &admin).await;
        let who = holder(&before);
        let scopes = json!({ "name": "script", "scopes": ["tickets:read"] });
        let issued = desk.post(&who, "/api/v1/auth/tokens", scopes).await.expect(201);
        let program =
            Somebody { token: issued.body["secret"].as_str().expect("a secret").to_owned(), ..who.clone() };
        for node in [&desk, &other] {
            let _ = node.get(&who, "/api/v1/auth/me").await.expect(200);
            let _ = node.get(&program, "/api/v1/auth/me").await.expect(200);
        }
        deactivate(&desk, &admin, &who, way).await;
        let _ = sign_in(&desk, PASSWORD).await.expect(401);
        if way == Way::CommandLine {
            assert!(run(&desk, &["user", "activate", "--username", "ada"]).status.success());
        } else {
            let _ = desk.post(&admin, &of(&who, "/activate"), json!({})).await.expect(200);
        }
        // What a node saw good a moment ago it believes for a second.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let again = sign_in(&desk, PASSWORD).await.expect(200);
        for node in [&desk, &other] {
            assert_eq!(statuses(node, &before).await, [401, 401], "{way:?}");
            let _ = node.get(&program, "/api/v1/auth/me").await.expect(401);
            let _ = node.get(&holder(&again), "/api/v1/auth/me").await.expect(200);
        }
        assert_eq!(ended_by_admins(&desk).await, 1, "{way:?}");
        // Who may sign in is not signed out by being allowed to once more.
        let _ = desk.post(&admin, &of(&who, "/activate"), json!({})).await.expect(200);
        assert_eq!(statuses(&desk, &again).await, [200, 200], "{way:?}");
        other.close().await;
        desk.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_ends_every_sign_in_and_another_role_none() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let pair = ada(&desk, &admin).await;
    let who = holder(&pair);
    let _ = patch(&desk, &admin, &of(&who, ""), json!({ "role": "user" })).await.expect(200);
    assert_eq!(desk.get(&who, "/api/v1/auth/me").await.expect(200).body["role"], "user");
    let _ = delete(&desk, &admin, &of(&who, "")).await.expect(200);
    assert_eq!(statuses(&desk, &pair).await, [401, 401]);
    let left = "select count(*) from desk.sessions where user_id = $1 and revoked_at is null";
    let left: i64 =
        sqlx::query_scalar(left).bind(who.id.0).fetch_one(desk.desk.pool()).await.expect("a count");
    assert_eq!((left, ended_by_admins(&desk).await), (0, 1));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_an_administrator_chose_ends_what_came_before_it() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let pair = ada(&desk, &admin).await;
    let path = of(&holder(&pair), "");
    let weak = patch(&desk, &admin, &path, json!({ "password": "ada@example.com" })).await.expect(422);
    assert_eq!(weak.body["error"]["details"]["errors"][0]["field"], "password", "{}", weak.body);
    let own = patch(&desk, &admin, &of(&admin, ""), json!({ "password": ANOTHER })).await.expect(422);
    assert_eq!(own.body["error"]["details"]["errors"][0]["field"], "password", "{}", own.body);
    assert_eq!(statuses(&desk, &pair).await, [200, 200]);

    let body = json!({ "password": ANOTHER, "username": "ada" });
    let edited = patch(&desk, &admin, &path, body).await.expect(200);
    assert!(!edited.body.to_string().contains(ANOTHER));
    assert_eq!(statuses(&desk, &pair).await, [401, 401]);
    let _ = sign_in(&desk, PASSWORD).await.expect(401);
    let _ = sign_in(&desk, ANOTHER).await.expect(200);
    let mails = desk.mails_to("ada@example.com", 1).await;
    assert!(!mails[0].text.contains(ANOTHER), "{}", mails[0].text);
    desk.close().await;
}

/// Whoever reads the mail of the former address cannot choose a password for the account.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_address_makes_what_was_sent_to_the_former_one_worthless() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let pair = ada(&desk, &admin).await;
    let _ = anybody(&desk, "password/forgot", &json!({ "email": "ada@example.com" })).await.expect(202);
    let token = desk.mails_to("ada@example.com", 1).await[0].code().to_owned();
    let body = json!({ "email": "countess@example.com" });
    let _ = patch(&desk, &admin, &of(&holder(&pair), ""), body).await.expect(200);
    let reset = json!({ "token": token, "new_password": ANOTHER });
    let _ = anybody(&desk, "password/reset", &reset).await.expect(400);
    let _ = sign_in(&desk, PASSWORD).await.expect(200);
    desk.close().await;
}
