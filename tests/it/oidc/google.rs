//! Google's ID tokens, as its own button gives them to a page.

use chrono::Utc;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::Answer;
use tests::oidc::{Faults, Signing};

use super::{Scene, holder};

async fn show(scene: &Scene, token: &str) -> Answer {
    let request = scene.desk.request(None, Method::POST, "/api/v1/auth/google");
    scene.desk.send(request.json(&json!({ "id_token": token }))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_google_signs_in_whoever_is_linked() {
    let scene = Scene::set().await;
    let ada = scene.person("ada").await;
    scene.google.knows(json!({ "sub": "g-1", "email": "ada@example.com", "email_verified": true }));
    let token = scene.google.id_token(&json!({}));
    let early = show(&scene, &token).await;
    assert_eq!((early.status.as_u16(), early.code()), (403, "OIDC_NOT_LINKED"), "{}", early.body);
    assert_eq!(scene.link(&ada, "google").await.status, 200);
    let pair = show(&scene, &token).await.expect(200);
    assert_eq!(pair.body["user"]["id"], ada.id.to_string());
    let _ = scene.desk.get(&holder(&pair.body), "/api/v1/auth/me").await.expect(200);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_a_token_of_google_for_this_desk_signs_nobody_in() {
    let scene = Scene::set().await;
    let ada = scene.person("ada").await;
    scene.google.knows(json!({ "sub": "g-1" }));
    assert_eq!(scene.link(&ada, "google").await.status, 200);
    scene.corp.knows(json!({ "sub": "g-1" }));
    // All providers here share one RSA key; their curves are their own.
    scene.corp.misbehaves(Faults { signing: Some(Signing::Es256), ..Faults::default() });
    let now = Utc::now().timestamp();
    let mut bad: Vec<(String, String)> = vec![
        ("of another provider".into(), scene.corp.id_token(&json!({}))),
        (
            "of another provider in its name".into(),
            scene.corp.id_token(&json!({ "iss": scene.google.issuer() })),
        ),
        ("nothing".into(), String::new()),
        ("no token".into(), "a.b.c".into()),
        ("endless".into(), "a".repeat(100_000)),
        ("the desk's own".into(), ada.token.clone()),
    ];
    let changes: [Value; 4] = [
        json!({ "aud": "another-client" }),
        json!({ "azp": "another-client" }),
        json!({ "iat": now - 600, "exp": now - 1 }),
        json!({ "iss": "https://accounts.google.com" }),
    ];
    bad.extend(changes.iter().map(|more| (more.to_string(), scene.google.id_token(more))));
    for signing in [Signing::None, Signing::PublicKeyAsSecret, Signing::ClientSecret, Signing::ForeignKey] {
        scene.google.misbehaves(Faults { signing: Some(signing), ..Faults::default() });
        bad.push((format!("{signing:?}"), scene.google.id_token(&json!({}))));
    }
    scene.google.misbehaves(Faults::default());
    for (what, token) in bad {
        let answer = show(&scene, &token).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "AUTH_INVALID"), "{what}: {}", answer.body);
    }
    let _ = show(&scene, &scene.google.id_token(&json!({}))).await.expect(200);
    scene.close().await;
}
