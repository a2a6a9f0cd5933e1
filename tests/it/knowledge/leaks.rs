//! What an internal article, a draft and an archived one say reaches no requester, by whichever way.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};

use super::{ARTICLES, article, at, published};

/// What stands in everything that is not for requesters.
const SECRET: &str = "quokka";

/// Everything that `who` can ask for about the articles called `names`, with what they got.
async fn asked(desk: &TestDesk, who: &Somebody, names: &[&str]) -> Vec<(String, u16, String)> {
    let document = serde_json::to_value(api::openapi()).expect("JSON");
    let operations = document["paths"].as_object().expect("paths").iter();
    let mut paths = vec!["/api/v1/kb/search?q=quokka".to_owned(), "/api/v1/kb/search?q=-nothing".to_owned()];
    for (path, _) in operations.filter(|(path, item)| path.contains("/kb/") && item.get("get").is_some()) {
        if path.contains("{id}") {
            paths.extend(names.iter().map(|name| path.replace("{id}", name)));
        } else if !path.ends_with("search") {
            paths.push(format!("{path}?limit=100"));
        }
    }
    for name in names {
        paths.extend(["?as_of=1", "?as_of=2", "/versions?version=1"].map(|rest| at(name, rest)));
    }
    for query in ["status=draft", "status=archived", "visibility=internal", "tag=quokka"] {
        paths.push(format!("{ARTICLES}?{query}"));
    }
    let mut got = Vec::new();
    for path in paths {
        let answer = desk.get(who, &path).await;
        got.push((path, answer.status.as_u16(), answer.body.to_string()));
    }
    for name in names {
        for (rest, body) in
            [("/vote", json!({ "helpful": true })), ("/publish", json!({})), ("/archive", json!({}))]
        {
            let answer = desk.post(who, &at(name, rest), body).await;
            got.push((at(name, rest), answer.status.as_u16(), answer.body.to_string()));
        }
    }
    got
}

/// The events that `who` is streamed from the first on, as far as there are some in a second.
async fn streamed(desk: &TestDesk, who: &Somebody) -> String {
    let request = desk.request(Some(who), Method::GET, "/api/v1/events/stream?after=0");
    let mut answer = request.send().await.expect("an answer");
    let (mut text, second) = (String::new(), std::time::Duration::from_secs(1));
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout(second, answer.chunk()).await {
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_for_staff_reaches_no_reader_by_any_way() {
    let desk = TestDesk::open().await;
    let (ivan, ada, admin) = (desk.it_agent().await, desk.user().await, desk.admin().await);
    let text = |title: &str| {
        let content = format!("Text of the {SECRET}.");
        article(&format!("{title} {SECRET}"), &content, json!({ "tags": [SECRET], "document_id": title }))
    };
    let mut internal = text("internal");
    internal["visibility"] = "internal".into();
    published(&desk, &ivan, internal).await;
    published(&desk, &ivan, text("archived")).await;
    let _ = desk.post(&ivan, &at("archived", "/archive"), json!({})).await.expect(200);
    let _ = desk.post(&ivan, ARTICLES, text("draft")).await.expect(201);
    // What was said while it was not for everybody is not for them, either.
    let mut once = text("opened-later");
    once["visibility"] = "internal".into();
    published(&desk, &ivan, once).await;
    let open = json!({ "title": "Open", "content": "Clean.", "tags": [], "visibility": "public" });
    let _ = super::send(&desk, &ivan, Method::PATCH, &at("opened-later", ""), None, open).await.expect(200);
    desk.ticket(&ada, Some("IT")).await;

    let names = ["internal", "archived", "draft", "opened-later"];
    for (path, status, body) in asked(&desk, &ada, &names).await {
        let told = body.contains(SECRET) && status == 200;
        let is_there = status != 404 && status != 403 && names[..3].iter().any(|name| path.contains(name));
        assert!(
            !(told || is_there && path.starts_with(ARTICLES) && !path.contains('?')),
            "{status} {path}: {body}"
        );
    }
    assert_eq!(desk.get(&ada, &at("internal", "")).await.expect(404).code(), "NOT_FOUND");
    let all: Vec<_> = asked(&desk, &ivan, &names).await;
    assert!(
        all.iter().filter(|(_, _, body)| body.contains(SECRET)).count() > 10,
        "staff find it by these ways"
    );

    let of_ada = streamed(&desk, &ada).await;
    assert!(of_ada.contains("TicketCreated") && !of_ada.contains("Article"), "{of_ada}");
    let of_admin = desk.get(&admin, "/api/v1/events?types=ArticleCreated").await.expect(200).body;
    assert_eq!(of_admin["events"].as_array().map(Vec::len), Some(4));
    let refused: Value = desk.get(&ada, "/api/v1/events?types=ArticleCreated").await.expect(403).body;
    assert!(!refused.to_string().contains(SECRET));
    desk.close().await;
}
