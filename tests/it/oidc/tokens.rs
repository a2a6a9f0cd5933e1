//! ID tokens that are not what they have to be, in the flow with a code.

use chrono::Utc;
use serde_json::{Value, json};
use tests::oidc::{Browser, CLIENT_ID, Faults, Page, Signing};

use super::{Scene, of_example_com};

async fn sign_in(scene: &Scene, faults: Faults) -> Page {
    scene.corp.misbehaves(faults);
    scene.sign_in(&mut Browser::default(), "corp").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_kinds_of_keys_sign_people_in() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    for signing in [Signing::Rs256, Signing::Es256] {
        let page = sign_in(&scene, Faults { signing: Some(signing), ..Faults::default() }).await;
        assert_eq!(page.status, 200, "{signing:?}: {page:?}");
    }
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_the_provider_did_not_sign_signs_nobody_in() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    for signing in [Signing::None, Signing::PublicKeyAsSecret, Signing::ClientSecret, Signing::ForeignKey] {
        let page = sign_in(&scene, Faults { signing: Some(signing), ..Faults::default() }).await;
        assert_eq!((page.status, page.code()), (401, "AUTH_INVALID"), "{signing:?}: {page:?}");
    }
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_for_another_sign_in_another_client_or_another_time_signs_nobody_in() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let now = Utc::now().timestamp();
    let cases: [(&str, Value); 17] = [
        ("another nonce", json!({ "nonce": "A".repeat(43) })),
        ("no nonce", json!({ "nonce": null })),
        ("another issuer", json!({ "iss": scene.google.issuer() })),
        ("the issuer with a slash", json!({ "iss": format!("{}/", scene.corp.issuer()) })),
        ("no issuer", json!({ "iss": null })),
        ("another audience", json!({ "aud": "another-client" })),
        ("another audience as well", json!({ "aud": [CLIENT_ID, "another-client"] })),
        ("no audience", json!({ "aud": null })),
        ("another party", json!({ "azp": "another-client" })),
        ("over", json!({ "iat": now - 600, "exp": now - 1 })),
        ("without an end", json!({ "exp": null })),
        ("its end a text", json!({ "exp": "9999999999" })),
        ("from the future", json!({ "iat": now + 3_600, "exp": now + 7_200 })),
        ("nobody", json!({ "sub": null })),
        ("somebody without a name", json!({ "sub": "" })),
        ("somebody unprintable", json!({ "sub": "a\u{0}b" })),
        ("somebody too long", json!({ "sub": "a".repeat(256) })),
    ];
    for (what, claims) in cases {
        let page = sign_in(&scene, Faults { claims: Some(claims), ..Faults::default() }).await;
        assert_eq!((page.status, page.code()), (401, "AUTH_INVALID"), "{what}: {page:?}");
        assert!(page.body["access_token"].is_null(), "{what}");
    }
    let own = json!({ "azp": CLIENT_ID, "aud": [CLIENT_ID] });
    assert_eq!(sign_in(&scene, Faults { claims: Some(own), ..Faults::default() }).await.status, 200);
    scene.close().await;
}

/// Providers replace their keys: a key that is not known is looked for, and one that is made up not again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_keys_are_looked_for_and_made_up_ones_are_not_looked_for_again_and_again() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    for _ in 0..3 {
        assert_eq!(sign_in(&scene, Faults::default()).await.status, 200);
    }
    assert_eq!(scene.corp.was_asked("/jwks"), 1, "keys are kept");
    scene.corp.rotates_keys();
    assert_eq!(sign_in(&scene, Faults::default()).await.status, 200, "with keys it did not know");
    assert_eq!(scene.corp.was_asked("/jwks"), 2);
    scene.corp.rotates_keys();
    for _ in 0..5 {
        assert_eq!(sign_in(&scene, Faults::default()).await.status, 401);
    }
    assert_eq!(scene.corp.was_asked("/jwks"), 2, "not within ten seconds");
    scene.close().await;
}
