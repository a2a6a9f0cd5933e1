//! Where a browser goes on: to a path of this site, with a code that only it can use.

use serde_json::json;
use tests::oidc::Browser;

use super::{Scene, holder, of_example_com};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_browser_goes_on_with_a_code_that_is_good_once_and_only_there() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let mut browser = Browser::default();
    let start = format!("{}?return_to=/tickets?view=mine", scene.start("corp"));
    let page = browser.follow(&start, |url| url.path() == "/tickets").await;
    let next = page.location.clone().expect("a page");
    assert_eq!(next.as_ref().split("&code=").next(), Some(&*scene.desk.url("/tickets?view=mine")));
    let everything = format!("{page:?}");
    assert!(
        !everything.contains("access_token") && !everything.contains("eyJ"),
        "no token on the way: {everything}"
    );
    let code = json!({ "code": page.parameter("code") });
    let exchange = scene.desk.url("/api/v1/auth/oidc/exchange");
    for (who, body) in
        [("another browser", code.clone()), ("another code", json!({ "code": "A".repeat(43) }))]
    {
        let mut other = Browser::default();
        let asked = if who == "another code" { &mut browser } else { &mut other };
        let refused = asked.post(&exchange, &body, None).await;
        assert_eq!((refused.status, refused.code()), (400, "OIDC_CODE_INVALID"), "{who}: {refused:?}");
    }
    let kept = browser.cookies(&exchange).clone();
    let pair = browser.post(&exchange, &code, None).await;
    let _ = scene.desk.get(&holder(&pair.body), "/api/v1/auth/me").await.expect(200);
    *browser.cookies(&exchange) = kept;
    let again = browser.post(&exchange, &code, None).await;
    assert_eq!((again.status, again.code()), (400, "OIDC_CODE_INVALID"), "{again:?}");
    scene.close().await;
}

/// Neither can stand in for the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_secret_of_a_sign_in_exchanges_nothing() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let mut browser = Browser::default();
    let callback = scene.callback(&mut browser, "corp").await;
    let secret = browser.cookies(&callback)["ledgerdesk-oidc"].clone();
    let secret = infrastructure::oidc::BrowserSecret::parse(&secret).expect("a secret");
    let exchange = scene.desk.url("/api/v1/auth/oidc/exchange");
    let refused = browser.post(&exchange, &json!({ "code": secret.exchange_code() }), None).await;
    assert_eq!((refused.status, refused.code()), (400, "OIDC_CODE_INVALID"), "{refused:?}");
    assert_eq!(browser.open(&callback).await.status, 200);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_way_to_another_site() {
    let scene = Scene::set().await;
    for raw in [
        "//evil.example",
        "/%5Cevil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "%2f%2fevil.example",
        "/%252fevil.example",
        "user@evil.example",
        "/@evil.example",
        "/a%0d%0aLocation:%20https://evil.example",
        "/a%0aSet-Cookie:a=b",
        "%EF%BC%8F%EF%BC%8Fevil.example",
        "/%EF%BC%8Fevil.example",
        "/%E2%88%95evil.example",
        "/../evil",
        "/a/%2e%2e/evil",
        "/..",
        "javascript:alert(1)",
        "/%09/evil.example",
        "%20//evil.example",
        "/a%23b",
        "///evil.example",
        "",
    ] {
        let page = Browser::default().open(&format!("{}?return_to={raw}", scene.start("corp"))).await;
        assert_eq!((page.status, page.code()), (422, "VALIDATION_ERROR"), "{raw}: {page:?}");
        assert!(page.location.is_none() && page.cookies.is_empty(), "{raw}: {page:?}");
    }
    let twice = format!("{}?return_to=/a&return_to=//evil.example", scene.start("corp"));
    assert_eq!(Browser::default().open(&twice).await.status, 422);
    let other = format!("{}?redirect_uri=https://evil.example", scene.start("corp"));
    assert_eq!(Browser::default().open(&other).await.status, 422);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_went_wrong_goes_on_with_the_browser_too() {
    let scene = Scene::set().await;
    scene.google.knows(of_example_com("ada"));
    let mut browser = Browser::default();
    let start = format!("{}?return_to=/sign-in", scene.start("google"));
    let page = browser.follow(&start, |url| url.path() == "/sign-in").await;
    assert_eq!(
        page.location.clone().expect("a page").as_str(),
        scene.desk.url("/sign-in?error=OIDC_NOT_LINKED")
    );
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_not_there_is_not_found() {
    let scene = Scene::set().await;
    for path in ["start", "callback?code=a&state=b"] {
        let url = scene.desk.url(&format!("/api/v1/auth/oidc/nobody/{path}"));
        assert_eq!(Browser::default().open(&url).await.status, 404, "{path}");
    }
    let listed = Browser::default().open(&scene.desk.url("/api/v1/auth/oidc")).await;
    let names = listed.body["providers"].as_array().expect("a list").iter().map(|provider| &provider["name"]);
    assert_eq!(names.collect::<Vec<_>>(), ["corp", "google"]);
    scene.close().await;
}
