//! The document: as committed, as served, and the pages to read it with.

use std::path::Path;

use reqwest::Method;
use serde_json::Value;
use tests::desk::TestDesk;

/// What the program would write with `make gen`.
fn document() -> String {
    api::openapi().to_pretty_json().expect("JSON")
}

/// The addresses of everything a page loads.
fn loaded(page: &str) -> Vec<&str> {
    let attributes = ["src=", "href="].into_iter().flat_map(|name| page.split(name).skip(1));
    attributes
        .filter_map(|rest| {
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            rest[1..].split(quote).next()
        })
        .collect()
}

async fn page(desk: &TestDesk, path: &str) -> (u16, String, String) {
    let response = desk.request(None, Method::GET, path).send().await.expect("an answer");
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    (status, kind, response.text().await.expect("a page"))
}

#[test]
fn the_committed_document_is_what_the_routes_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/openapi.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed.trim_end() == document().trim_end(),
        "api/openapi.json does not say what the routes say: run `make gen` and look at what changed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_and_its_pages_are_served_without_any_other_site() {
    let desk = TestDesk::open().await;
    let (status, kind, served) = page(&desk, "/openapi.json").await;
    assert_eq!((status, kind.as_str()), (200, "application/json"));
    let served: Value = serde_json::from_str(&served).expect("JSON");
    assert_eq!(served, serde_json::from_str::<Value>(&document()).expect("JSON"));

    let (status, kind, index) = page(&desk, "/docs/").await;
    assert_eq!(status, 200);
    assert!(kind.starts_with("text/html"), "{kind}");
    let parts = loaded(&index);
    for kind in ["swagger-ui-bundle.js", "swagger-initializer.js", "swagger-ui.css"] {
        assert!(parts.iter().any(|part| part.ends_with(kind)), "the page has {kind}: {index}");
    }
    for part in parts {
        assert!(!part.contains("//"), "{part} is on another site");
        let (status, _, content) = page(&desk, &format!("/docs/{}", part.trim_start_matches("./"))).await;
        assert!(status == 200 && !content.is_empty(), "{part} is served: {status}");
    }
    let (_, _, settings) = page(&desk, "/docs/swagger-initializer.js").await;
    assert!(settings.contains("/openapi.json"), "{settings}");
    assert!(!settings.contains("http"), "{settings}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_may_load_nothing_from_elsewhere() {
    let desk = TestDesk::open().await;
    let answer = desk.send(desk.request(None, Method::GET, "/docs/")).await.expect(200);
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
    assert!(!policy.contains("http"), "{policy}");
    let bare = desk.send(desk.request(None, Method::GET, "/docs")).await;
    assert!(bare.status.is_success(), "/docs leads there too: {}", bare.status);
    desk.close().await;
}

#[test]
fn every_address_that_a_page_loads_is_found() {
    let page = "<link href='a.css'><script src=\"https://cdn.example/x.js\"></script><a href=b>";
    assert_eq!(loaded(page), ["https://cdn.example/x.js", "a.css"]);
}
