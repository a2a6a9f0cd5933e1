//! Providers that are down, slow, endless, or lead astray: the desk says so in time, and is well otherwise.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::oidc::{Browser, Faults, Page};

use super::{Scene, of_example_com};

/// How long anybody may have to wait for the answer that a provider does not answer.
const PATIENCE: Duration = Duration::from_secs(13);

async fn sign_in(scene: &Scene) -> (Page, Duration) {
    let started = Instant::now();
    let page = scene.sign_in(&mut Browser::default(), "corp").await;
    (page, started.elapsed())
}

fn is_unavailable(page: &Page, what: &str) {
    assert_eq!((page.status, page.code()), (502, "OIDC_UNAVAILABLE"), "{what}: {page:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_fails_before_the_sign_in_is_told_of_in_time() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let elsewhere = format!("{}/.well-known/openid-configuration", scene.google.issuer());
    let slow = Some(("/.well-known/openid-configuration", Duration::from_mins(1)));
    let cases = [
        ("down", Faults { is_down: true, ..Faults::default() }),
        ("slow", Faults { slow, ..Faults::default() }),
        ("endless", Faults { huge: Some("/.well-known/openid-configuration"), ..Faults::default() }),
        ("endless keys", Faults { huge: Some("/jwks"), ..Faults::default() }),
        ("sends the desk elsewhere", Faults { metadata_elsewhere: Some(elsewhere), ..Faults::default() }),
        (
            "says it is another",
            Faults { metadata: Some(json!({ "issuer": "https://a.example" })), ..Faults::default() },
        ),
        (
            "keys from a plain place",
            Faults { metadata: Some(json!({ "jwks_uri": "http://192.0.2.1/" })), ..Faults::default() },
        ),
        (
            "keys from a file",
            Faults { metadata: Some(json!({ "jwks_uri": "file:///etc/passwd" })), ..Faults::default() },
        ),
        ("no keys", Faults { metadata: Some(json!({ "jwks_uri": null })), ..Faults::default() }),
    ];
    for (what, faults) in cases {
        scene.corp.misbehaves(faults);
        let (page, took) = sign_in(&scene).await;
        is_unavailable(&page, what);
        assert!(took < PATIENCE, "{what}: {took:?}");
        // What was found out counts for a second.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }
    assert_eq!(scene.google.was_asked("/.well-known/openid-configuration"), 0);
    scene.corp.misbehaves(Faults::default());
    assert_eq!(sign_in(&scene).await.0.status, 200, "and it is well again by itself");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_where_people_sign_in_over_plain_http_is_not_one() {
    let scene = Scene::set().await;
    let page = json!({ "authorization_endpoint": "http://evil.example/authorize" });
    scene.corp.misbehaves(Faults { metadata: Some(page), ..Faults::default() });
    let page = Browser::default().open(&scene.start("corp")).await;
    is_unavailable(&page, "a plain page");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_fails_in_the_middle_is_told_of_in_time() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let cases = [
        ("slow", Faults { slow: Some(("/token", Duration::from_mins(1))), ..Faults::default() }),
        ("endless", Faults { huge: Some("/token"), ..Faults::default() }),
    ];
    for (what, faults) in cases {
        scene.corp.misbehaves(faults);
        let (page, took) = sign_in(&scene).await;
        is_unavailable(&page, what);
        assert!(took < PATIENCE, "{what}: {took:?}");
    }
    scene.close().await;
}

/// Whoever waits for a provider holds nothing that others need.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_do_not_wait_for_a_slow_provider() {
    let scene = Scene::set().await;
    let ada = scene.person("ada").await;
    scene.corp.misbehaves(Faults {
        slow: Some(("/.well-known/openid-configuration", Duration::from_mins(1))),
        ..Faults::default()
    });
    let start = scene.start("corp");
    let waiting = futures::future::join_all((0..30).map(|_| async {
        let mut browser = Browser::default();
        browser.open(&start).await
    }));
    let others = async {
        for _ in 0..20 {
            let started = Instant::now();
            let _ = scene.desk.get(&ada, "/api/v1/auth/me").await.expect(200);
            assert!(started.elapsed() < Duration::from_secs(2));
        }
        scene.google.knows(json!({ "sub": "g-1" }));
        assert_eq!(scene.link(&ada, "google").await.status, 200, "nor do other providers");
    };
    let (pages, ()) = tokio::join!(waiting, others);
    for page in pages {
        is_unavailable(&page, "slow for many");
    }
    scene.close().await;
}
