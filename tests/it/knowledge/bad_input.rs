//! What is wrong is refused, says what is wrong, and leaves no event.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::{ARTICLES, article, at, published, send};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_about_an_article_is_named() {
    let desk = TestDesk::open().await;
    let (ivan, ada) = (desk.it_agent().await, desk.user().await);
    let name = published(&desk, &ivan, article("The VPN", "Start it.", json!({}))).await;
    let decided = desk.decided().await;
    let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
    let with = |more: Value| article("Title", "Text.", more);
    let errors = |body: &Value| body["error"]["details"]["errors"][0]["field"].clone();
    for (body, field) in [
        (json!({ "content": "Text.", "category": "IT" }), "title"),
        (article("", "Text.", json!({})), "title"),
        (article(&"x".repeat(201), "Text.", json!({})), "title"),
        (article("a\nb", "Text.", json!({})), "title"),
        (article("Title", " ", json!({})), "content"),
        (article("Title", &"ö".repeat(65_537), json!({})), "content"),
        (article("Title", "a\u{202E}b", json!({})), "content"),
        (with(json!({ "category": "Travel" })), "category"),
        (with(json!({ "visibility": "secret" })), "visibility"),
        (with(json!({ "tags": ["fine", "a,b"] })), "tags[1]"),
        (with(json!({ "tags": many })), "tags"),
        (with(json!({ "document_id": "no spaces" })), "document_id"),
        (with(json!({ "department": "NOWHERE" })), "department"),
        (with(json!({ "status": "published" })), "status"),
    ] {
        let refused = desk.post(&ivan, ARTICLES, body).await.expect(422);
        assert_eq!(
            (refused.code(), errors(&refused.body)),
            ("VALIDATION_ERROR", json!(field)),
            "{}",
            refused.body
        );
    }
    for (body, field) in [
        (json!({ "title": null }), "title"),
        (json!({ "visibility": "secret" }), "visibility"),
        (json!({ "document_id": "another" }), "document_id"),
        (json!({ "department": "NOWHERE" }), "department"),
        (json!({ "tags": many }), "tags"),
    ] {
        let refused = send(&desk, &ivan, Method::PATCH, &at(&name, ""), None, body).await.expect(422);
        assert_eq!(errors(&refused.body), field, "{}", refused.body);
    }
    for (body, field) in [
        (json!({}), "helpful"),
        (json!({ "helpful": "yes" }), "helpful"),
        (json!({ "helpful": true, "comment": "" }), "comment"),
        (json!({ "helpful": true, "comment": "x".repeat(2_001) }), "comment"),
        (json!({ "helpful": true, "stars": 5 }), "stars"),
    ] {
        let refused = desk.post(&ada, &at(&name, "/vote"), body).await.expect(422);
        assert_eq!(errors(&refused.body), field, "{}", refused.body);
    }
    for (path, field) in [
        (format!("{ARTICLES}?category=Travel"), "category[0]"),
        (format!("{ARTICLES}?status=new"), "status[0]"),
        (format!("{ARTICLES}?sort=colour"), "sort"),
        (format!("{ARTICLES}?q=vpn"), "q"),
        (format!("{ARTICLES}?limit=101"), "limit"),
        ("/api/v1/kb/search".to_owned(), "q"),
        ("/api/v1/kb/search?q=".to_owned(), "q"),
        (format!("/api/v1/kb/search?q={}", "x".repeat(401)), "q"),
        ("/api/v1/kb/search?q=a%00b".to_owned(), "q"),
        (at(&name, "?as_of=yesterday"), "as_of"),
        (at(&name, "?as_of=9"), "as_of"),
        (at(&name, "/versions?version=x"), "version"),
    ] {
        let refused = desk.get(&ivan, &path).await.expect(422);
        assert_eq!(errors(&refused.body), field, "{path}: {}", refused.body);
    }
    for (path, code) in [
        (at(&name, "/versions?version=9"), "NOT_FOUND"),
        (at(&name, "?as_of=2020-01-01T00:00:00Z"), "NOT_WRITTEN_YET"),
        (at("nothing%00", ""), "NOT_FOUND"),
        (at("%ff", ""), "NOT_FOUND"),
        (at("..%2f..", ""), "NOT_FOUND"),
    ] {
        assert_eq!(desk.get(&ivan, &path).await.expect(404).code(), code, "{path}");
    }
    for version in ["1", "\"v1\", \"v2\""] {
        let path = at(&name, "/archive");
        let _ = send(&desk, &ivan, Method::POST, &path, Some(version), json!({})).await.expect(400);
    }
    assert_eq!(desk.decided().await, decided);
    desk.close().await;
}
