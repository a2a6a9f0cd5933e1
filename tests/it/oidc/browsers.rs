//! State, cookie and code: a sign-in is of the browser that began it, and good once.

use futures::future::join_all;
use reqwest::Url;
use tests::oidc::{Browser, Page};

use super::{Scene, of_example_com};

fn is_refused(page: &Page) {
    assert_eq!((page.status, page.code()), (400, "OIDC_STATE_INVALID"), "{page:?}");
    assert!(page.body["access_token"].is_null());
}

/// `url` with another `name`, or without one.
fn but(url: &str, name: &str, value: Option<&str>) -> String {
    let mut changed: Url = url.parse().expect("an address");
    let pairs: Vec<(String, String)> =
        changed.query_pairs().filter(|(named, _)| named != name).map(|(a, b)| (a.into(), b.into())).collect();
    changed.query_pairs_mut().clear().extend_pairs(pairs);
    if let Some(value) = value {
        changed.query_pairs_mut().append_pair(name, value);
    }
    changed.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_that_is_missing_or_another_s_signs_nobody_in() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let (mut hers, mut eves) = (Browser::default(), Browser::default());
    let her_callback = scene.callback(&mut hers, "corp").await;
    let eves_callback = scene.callback(&mut eves, "corp").await;
    let eves_state: Url = eves_callback.parse().expect("an address");
    let eves_state =
        eves_state.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
    for state in [None, Some(""), Some("null"), Some(eves_state.as_str())] {
        is_refused(&hers.open(&but(&her_callback, "state", state)).await);
    }
    // Login CSRF: the attacker's whole callback in the victim's browser.
    is_refused(&hers.open(&eves_callback).await);
    let page = hers.open(&her_callback).await;
    assert_eq!(page.status, 200, "what was refused used nothing up: {page:?}");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_without_the_cookie_signs_nobody_in() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let mut browser = Browser::default();
    let callback = scene.callback(&mut browser, "corp").await;
    is_refused(&Browser::default().open(&callback).await);
    let kept = browser.cookies(&callback).clone();
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["ledgerdesk-oidc"]);
    for planted in ["", "x", &"A".repeat(43), &"A".repeat(5_000)] {
        browser.cookies(&callback).insert("ledgerdesk-oidc".to_owned(), planted.to_owned());
        is_refused(&browser.open(&callback).await);
        *browser.cookies(&callback) = kept.clone();
    }
    assert_eq!(browser.open(&callback).await.status, 200);
    scene.close().await;
}

/// Session fixation: a cookie that somebody planted, with a flow they began, is one of two, and none counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_cookies_are_none() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let mut browser = Browser::default();
    let callback = scene.callback(&mut browser, "corp").await;
    let value = browser.cookies(&callback)["ledgerdesk-oidc"].clone();
    let planted = format!("{value}; ledgerdesk-oidc={}", "A".repeat(43));
    browser.cookies(&callback).insert("ledgerdesk-oidc".to_owned(), planted);
    is_refused(&browser.open(&callback).await);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_is_good_once_even_for_many_at_once() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let mut browser = Browser::default();
    let callback = scene.callback(&mut browser, "corp").await;
    let kept = browser.cookies(&callback).clone();
    let pages = join_all((0..10).map(|_| async {
        let mut twin = Browser::default();
        *twin.cookies(&callback) = kept.clone();
        twin.open(&callback).await
    }))
    .await;
    assert_eq!(pages.iter().filter(|page| page.status == 200).count(), 1, "{pages:?}");
    assert_eq!(scene.corp.was_asked("/token"), 1, "the code is shown to the provider once");
    *browser.cookies(&callback) = kept;
    is_refused(&browser.open(&callback).await);
    scene.close().await;
}

/// A code that was spied on is no use in a sign-in of the spy's own: PKCE binds it to the one that asked for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_s_code_is_no_use_in_one_s_own_sign_in() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("victim"));
    let (mut victims, mut eves) = (Browser::default(), Browser::default());
    let stolen = scene.callback(&mut victims, "corp").await;
    let stolen: Url = stolen.parse().expect("an address");
    let code = stolen.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let own = scene.callback(&mut eves, "corp").await;
    let page = eves.open(&but(&own, "code", Some(&code))).await;
    assert_eq!((page.status, page.code()), (401, "AUTH_INVALID"), "{page:?}");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_begun_at_one_provider_does_not_end_at_another() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let mut browser = Browser::default();
    let callback = scene.callback(&mut browser, "corp").await;
    is_refused(&browser.open(&callback.replace("/oidc/corp/", "/oidc/google/")).await);
    assert_eq!(scene.google.was_asked("/token"), 0, "no code of one is shown to the other");
    scene.close().await;
}

/// RFC 9207: the provider names itself, so that nobody mixes providers up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_names_another_or_not_itself_signs_nobody_in() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    for iss in [None, Some("https://evil.example"), Some("")] {
        let mut browser = Browser::default();
        let callback = scene.callback(&mut browser, "corp").await;
        let page = browser.open(&but(&callback, "iss", iss)).await;
        assert_eq!((page.status, page.code()), (401, "AUTH_INVALID"), "{iss:?}: {page:?}");
    }
    assert_eq!(scene.corp.was_asked("/token"), 0);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_sign_in_is_over() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let mut browser = Browser::default();
    let callback = scene.callback(&mut browser, "corp").await;
    sqlx::query("update desk.oidc_flows set expires_at = now() - interval '1 second'")
        .execute(&mut scene.desk.database.owner().await)
        .await
        .expect("older");
    is_refused(&browser.open(&callback).await);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cookie_is_for_this_site_and_no_script() {
    let scene = Scene::set().await;
    let page = Browser::default().open(&scene.start("corp")).await;
    assert_eq!(page.status, 303);
    let [cookie] = &page.cookies[..] else { panic!("{page:?}") };
    assert!(cookie.starts_with("ledgerdesk-oidc=") && cookie.contains("; Path=/;"), "{cookie}");
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"), "{cookie}");
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    let secure = Scene::with(&[("PUBLIC_URL", "https://desk.example.org")]).await;
    let page = Browser::default().open(&secure.start("corp")).await;
    let [cookie] = &page.cookies[..] else { panic!("{page:?}") };
    assert!(cookie.starts_with("__Host-ledgerdesk-oidc=") && cookie.ends_with("; Secure"), "{cookie}");
    let sent = page.parameter("redirect_uri");
    assert_eq!(
        sent, "https://desk.example.org/api/v1/auth/oidc/corp/callback",
        "whatever the request's Host"
    );
    secure.close().await;
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_the_provider_is_told_and_uses_the_sign_in_up() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    scene.corp.misbehaves(tests::oidc::Faults { refuses: true, ..Default::default() });
    let mut browser = Browser::default();
    let callback = scene.callback(&mut browser, "corp").await;
    let kept = browser.cookies(&callback).clone();
    let page = browser.open(&callback).await;
    assert_eq!((page.status, page.code()), (403, "OIDC_DENIED"), "{page:?}");
    *browser.cookies(&callback) = kept;
    is_refused(&browser.open(&callback).await);
    scene.close().await;
}
