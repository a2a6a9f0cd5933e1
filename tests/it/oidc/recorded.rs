//! What is recorded of sign-ins at providers, and of those who are not let in.

use reqwest::Method;
use serde_json::{Value, json};
use tests::oidc::Browser;

use super::{Scene, of_example_com};

/// What the events of these types say, oldest first.
async fn recorded(scene: &Scene, types: &str) -> Vec<Value> {
    let admin = scene.desk.admin().await;
    let answer = scene.desk.get(&admin, &format!("/api/v1/events?types={types}&limit=100")).await.expect(200);
    let events = answer.body["events"].as_array().expect("events").clone();
    events.into_iter().map(|event| event["data"].clone()).collect()
}

async fn show_google(scene: &Scene, token: &str) -> u16 {
    let request = scene.desk.request(None, Method::POST, "/api/v1/auth/google");
    scene.desk.send(request.json(&json!({ "id_token": token }))).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_says_that_it_was_at_a_provider_and_can_be_seen_and_ended() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let pair = scene.sign_in(&mut Browser::default(), "corp").await;
    assert_eq!(pair.status, 200, "{pair:?}");
    let eve = scene.person("eve").await;
    scene.google.knows(json!({ "sub": "g-1" }));
    assert_eq!(scene.link(&eve, "google").await.status, 200);
    assert_eq!(show_google(&scene, &scene.google.id_token(&json!({}))).await, 200);
    let came = recorded(&scene, "SignedIn").await;
    let methods: Vec<&Value> = came.iter().map(|event| &event["method"]).collect();
    assert_eq!(methods, ["openid", "password", "google"]);
    assert!(came.iter().all(|event| event["second_factor"].is_null()), "a provider vouches: {came:?}");
    let ada = super::holder(&pair.body);
    let sessions = scene.desk.get(&ada, "/api/v1/auth/sessions").await.expect(200).body;
    assert_eq!(
        (&sessions["sessions"][0]["address"], &sessions["sessions"][0]["current"]),
        (&json!("127.0.0.1"), &json!(true))
    );
    assert_eq!(sessions["sessions"][0]["id"], came[0]["session"]);
    scene.close().await;
}

/// A stranger with a good token may show it over and over: the log has some of it, not all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_let_in_is_recorded_without_a_name_and_not_without_end() {
    let scene = Scene::set().await;
    scene.corp.knows(json!({ "sub": "eve", "email": "eve@evil.example", "email_verified": true }));
    assert_eq!(scene.sign_in(&mut Browser::default(), "corp").await.code(), "OIDC_DOMAIN_REFUSED");
    scene.google.knows(json!({ "sub": "g-9", "email": "eve@evil.example", "email_verified": true }));
    let token = scene.google.id_token(&json!({}));
    for _ in 0..20 {
        assert_eq!(show_google(&scene, &token).await, 403);
    }
    let refused = recorded(&scene, "SignInRefused").await;
    assert!((2..=10).contains(&refused.len()), "{} refusals", refused.len());
    assert_eq!((&refused[0]["method"], &refused[1]["method"]), (&json!("openid"), &json!("google")));
    for event in &refused {
        assert_eq!((&event["why"], &event["user"]), (&json!("unknown_identity"), &Value::Null));
        assert!(!event.to_string().contains("eve"), "{event}");
    }
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_deactivated_is_refused_and_recorded_though_the_provider_vouches() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let pair = scene.sign_in(&mut Browser::default(), "corp").await;
    let id = pair.body["user"]["id"].clone();
    deactivate(&scene, id.as_str().expect("an id")).await;
    let page = scene.sign_in(&mut Browser::default(), "corp").await;
    assert_eq!((page.status, page.code()), (401, "AUTH_INVALID"), "{page:?}");
    let refused = recorded(&scene, "SignInRefused").await;
    assert_eq!((&refused[0]["why"], &refused[0]["user"]), (&json!("inactive"), &id), "{refused:?}");
    scene.close().await;
}

async fn deactivate(scene: &Scene, id: &str) {
    use application::Request;
    use chrono::Utc;
    use domain::id::UserId;
    use domain::user::UserCommand;
    use tests::postgres::the_desk;
    let request = Request::once(the_desk(), Utc::now(), "test", uuid::Uuid::now_v7());
    let user = UserId(id.parse().expect("an id"));
    let done = scene.desk.desk.commands.user(&request, user, UserCommand::Deactivate).await;
    done.expect("deactivated");
}
