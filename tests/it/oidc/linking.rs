//! Linking an account to an identity: it takes who one is on both sides.

use domain::user::UserCommand;
use infrastructure::two_factor::TotpSecret;
use serde_json::json;
use tests::desk::PASSWORD;
use tests::oidc::Browser;

use super::{Scene, holder, of_example_com};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_linked_identity_signs_in_to_the_account_until_it_is_unlinked() {
    let scene = Scene::set().await;
    let ada = scene.person("ada").await;
    scene.google.knows(json!({ "sub": "g-1", "email": "ada@gmail.example", "email_verified": true }));
    let linked = scene.link(&ada, "google").await;
    assert_eq!((linked.status, &linked.body["message"]), (200, &"linked".into()), "{linked:?}");
    assert!(linked.body["access_token"].is_null(), "linking signs nobody in");
    let page = scene.sign_in(&mut Browser::default(), "google").await;
    assert_eq!(page.body["user"]["id"], ada.id.to_string(), "{page:?}");
    let again = scene.link(&ada, "google").await;
    assert_eq!(again.status, 200, "linking once more changes nothing: {again:?}");
    let listed = scene.desk.get(&ada, "/api/v1/auth/oidc").await.expect(200);
    let is_linked =
        |at: usize| (&listed.body["providers"][at]["name"], &listed.body["providers"][at]["is_linked"]);
    assert_eq!(
        (is_linked(0), is_linked(1)),
        ((&"corp".into(), &false.into()), (&"google".into(), &true.into()))
    );

    let path = "/api/v1/auth/oidc/google/unlink";
    let bare = scene.desk.post(&ada, path, json!({})).await.expect(403);
    assert_eq!(bare.code(), "REAUTHENTICATION_FAILED");
    let _ = scene.desk.post(&ada, path, json!({ "password": PASSWORD })).await.expect(204);
    let gone = scene.sign_in(&mut Browser::default(), "google").await;
    assert_eq!((gone.status, gone.code()), (403, "OIDC_NOT_LINKED"), "{gone:?}");
    let eve = scene.person("eve").await;
    assert_eq!(scene.link(&eve, "google").await.status, 200, "it is free for another account");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_is_of_one_account_and_an_account_has_one_at_each_provider() {
    let scene = Scene::set().await;
    let (ada, eve) = (scene.person("ada").await, scene.person("eve").await);
    scene.google.knows(json!({ "sub": "g-1" }));
    assert_eq!(scene.link(&ada, "google").await.status, 200);
    let taken = scene.link(&eve, "google").await;
    assert_eq!((taken.status, taken.code()), (409, "OIDC_IDENTITY_TAKEN"), "{taken:?}");
    scene.google.knows(json!({ "sub": "g-2" }));
    let second = scene.link(&ada, "google").await;
    assert_eq!((second.status, second.code()), (409, "OIDC_ALREADY_LINKED"), "{second:?}");
    scene.close().await;
}

/// A stolen session is not enough to open a way in that stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn linking_takes_the_password_and_the_second_factor() {
    let scene = Scene::set().await;
    let ada = scene.person("ada").await;
    scene.google.knows(json!({ "sub": "g-1" }));
    let proof = json!({ "password": PASSWORD });
    let secret = scene.desk.post(&ada, "/api/v1/auth/2fa/setup", proof.clone()).await.expect(200);
    let app = TotpSecret::parse(secret.body["secret"].as_str().expect("a secret")).expect("a secret");
    let now = chrono::Utc::now().timestamp();
    let enabled = json!({ "code": app.code_at(now) });
    let enabled = scene.desk.post(&ada, "/api/v1/auth/2fa/enable", enabled).await.expect(200);
    let recovery = &enabled.body["recovery_codes"][0];
    let cases = [
        (json!({}), "PASSWORD_REQUIRED"),
        (json!({ "password": "a wrong guess" }), "PASSWORD_INVALID"),
        (proof, "TOTP_REQUIRED"),
        (json!({ "password": PASSWORD, "totp": app.code_at(now) }), "TOTP_INVALID"),
    ];
    for (body, detail) in cases {
        let mut browser = Browser::default();
        let refused = scene.begin_link(&mut browser, &ada, "google", body).await;
        let details = &refused.body["error"]["details"]["code"];
        assert_eq!((refused.status, details), (403, &detail.into()), "{refused:?}");
        assert!(refused.cookies.is_empty());
    }
    let mut browser = Browser::default();
    let body = json!({ "password": PASSWORD, "totp": recovery });
    let begun = scene.begin_link(&mut browser, &ada, "google", body).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    let next = begun.body["authorization_url"].as_str().expect("an address").to_owned();
    assert_eq!(browser.follow(&next, |_| false).await.status, 200);

    // Whom the provider vouches for is not asked for the desk's own factor.
    let page = scene.sign_in(&mut Browser::default(), "google").await;
    assert_eq!(page.body["user"]["id"], ada.id.to_string(), "{page:?}");
    scene.close().await;
}

/// Somebody is lured to the provider's page that an attacker's account began to link.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_finished_by_the_browser_that_began_it_and_by_no_other() {
    let scene = Scene::set().await;
    let (eve, mut hers, mut victims) = (scene.person("eve").await, Browser::default(), Browser::default());
    let begun = scene.begin_link(&mut hers, &eve, "google", json!({ "password": PASSWORD })).await;
    let next = begun.body["authorization_url"].as_str().expect("an address").to_owned();
    scene.google.knows(json!({ "sub": "victim" }));
    let page = victims.follow(&next, |_| false).await;
    assert_eq!((page.status, page.code()), (400, "OIDC_STATE_INVALID"), "{page:?}");
    let page = scene.sign_in(&mut victims, "google").await;
    assert_eq!((page.status, page.code()), (403, "OIDC_NOT_LINKED"), "{page:?}");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_sign_in_does_not_sign_in_at_a_provider_either() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let first = scene.sign_in(&mut Browser::default(), "corp").await;
    let ada = holder(&first.body);
    let request = application::Request::once(
        tests::postgres::the_desk(),
        chrono::Utc::now(),
        "test",
        uuid::Uuid::now_v7(),
    );
    scene.desk.desk.commands.user(&request, ada.id, UserCommand::Deactivate).await.expect("accepted");
    let page = scene.sign_in(&mut Browser::default(), "corp").await;
    assert_eq!((page.status, page.code()), (401, "AUTH_INVALID"), "{page:?}");
    scene.close().await;
}

/// The identity goes with the person: whoever comes later is somebody new.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erasing_somebody_frees_their_identity() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let first = holder(&scene.sign_in(&mut Browser::default(), "corp").await.body);
    let path = format!("/api/v1/users/{}/erase", first.id);
    let mut body = json!({ "reason": "request_of_person" });
    let preview = scene.desk.post(&first, &path, body.clone()).await.expect(200);
    body["confirmation_token"] = preview.body["confirmation_token"].clone();
    let _ = scene.desk.post(&first, &path, body).await.expect(202);
    let second = scene.sign_in(&mut Browser::default(), "corp").await;
    assert_eq!(second.status, 200, "{second:?}");
    assert_ne!(second.body["user"]["id"], first.id.to_string());
    scene.close().await;
}
