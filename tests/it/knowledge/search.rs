//! What is found, in which order, how it is shown, and for whom.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};

use super::{ARTICLES, article, at, published, titles};

async fn found(desk: &TestDesk, who: &Somebody, query: &str) -> Value {
    desk.get(who, &format!("/api/v1/kb/search?{query}")).await.expect(200).body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_in_the_title_count_more_than_tags_and_those_more_than_the_text() {
    let desk = TestDesk::open().await;
    let (ivan, ada) = (desk.it_agent().await, desk.user().await);
    let long = "Whether apples < bananas & cherries matter when the wombat program starts everything.";
    for (title, content, more) in [
        ("Something else", long, json!({})),
        ("Marked", "Nothing of it in here.", json!({ "tags": ["wombat"], "category": "HR" })),
        ("All about wombats", "Nothing of it in here.", json!({ "tags": ["animals"] })),
        ("Secret <i>wombat</i>", "For staff.", json!({ "visibility": "internal" })),
    ] {
        published(&desk, &ivan, article(title, content, more)).await;
    }
    let _ = desk.post(&ivan, ARTICLES, article("Draft of a wombat", "Soon.", json!({}))).await.expect(201);

    let all = found(&desk, &ada, "q=Wombat").await;
    assert_eq!(
        (titles(&all), &all["total_count"]),
        (vec!["All about wombats", "Marked", "Something else"], &json!(3))
    );
    let first = found(&desk, &ada, "q=wombat&limit=1&page=3").await;
    assert_eq!((titles(&first), &first["total_count"]), (vec!["Something else"], &json!(3)));
    for (query, expected) in [
        ("q=%22wombat+program%22", vec!["Something else"]),
        ("q=%22program+wombat%22", vec![]),
        ("q=wombat+-program", vec!["All about wombats", "Marked"]),
        ("q=wombat+program", vec!["Something else"]),
        ("q=nowhere+or+program", vec!["Something else"]),
        ("q=wombat&tags=animals", vec!["All about wombats"]),
        ("q=wombat&category=HR", vec!["Marked"]),
        ("q=wombat&department=IT", vec![]),
        ("q=the", vec![]),
        ("q=%27%3B+--+%3A*%26%7C%21", vec![]),
    ] {
        let list = found(&desk, &ada, query).await;
        assert_eq!(
            (titles(&list), list["total_count"].as_u64()),
            (expected.clone(), Some(expected.len() as u64)),
            "{query}"
        );
    }

    // Marks are all the HTML there is.
    assert_eq!(all["articles"][0]["title_highlight"], "All about <mark>wombats</mark>");
    let highlight = all["articles"][2]["highlight"].as_str().expect("HTML");
    assert!(
        highlight.contains("apples &lt; bananas &amp; cherries matter when the <mark>wombat</mark> program"),
        "{highlight}"
    );
    assert!(!highlight.replace("<mark>", "").replace("</mark>", "").contains('<'), "{highlight}");
    assert!(all["articles"][0]["content"].is_null());

    // Staff find what is for them, and drafts.
    let of_staff = found(&desk, &ivan, "q=wombat").await;
    assert_eq!(of_staff["total_count"], 5);
    assert!(of_staff.to_string().contains("Secret &lt;i&gt;<mark>wombat</mark>&lt;/i&gt;"), "{of_staff}");

    // What changes is found as it is now.
    let change = json!({ "title": "All about lizards", "tags": [] });
    let name = at("all-about-wombats", "");
    let _ = super::send(&desk, &ivan, Method::PATCH, &name, None, change).await.expect(200);
    assert_eq!(titles(&found(&desk, &ada, "q=lizard").await), ["All about lizards"]);
    assert_eq!(found(&desk, &ada, "q=wombat").await["total_count"], 2);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_signing_in_it_is_read_if_the_setting_says_so() {
    let desk = TestDesk::open().await;
    let (ivan, admin) = (desk.it_agent().await, desk.admin().await);
    let open = published(&desk, &ivan, article("Wombats", "Text.", json!({}))).await;
    let secret =
        published(&desk, &ivan, article("More wombats", "Text.", json!({ "visibility": "internal" }))).await;
    let paths = [ARTICLES.to_owned(), "/api/v1/kb/search?q=wombat".to_owned(), at(&open, "")];
    let nobody = async |path: &str| desk.send(desk.request(None, Method::GET, path)).await;
    for path in &paths {
        assert_eq!(nobody(path).await.expect(401).code(), "AUTH_INVALID", "{path}");
    }
    let set = desk.request(Some(&admin), Method::PATCH, "/api/v1/admin/settings");
    let _ = desk.send(set.json(&json!({ "kb_public": "on" }))).await.expect(200);
    for path in &paths {
        let body = nobody(path).await.expect(200).body;
        assert!(body.get("total_count").is_none_or(|count| *count == 1), "{body}");
        let bad = desk.request(None, Method::GET, path).bearer_auth("no token");
        let _ = desk.send(bad).await.expect(401);
    }
    assert_eq!(nobody(&at(&secret, "")).await.expect(404).code(), "NOT_FOUND");
    let _ = nobody(&at(&open, "?as_of=1")).await.expect(403);
    for path in [at(&open, "/versions"), at(&open, "/votes")] {
        let _ = nobody(&path).await.expect(401);
    }
    let vote = desk.request(None, Method::POST, &at(&open, "/vote"));
    let _ = desk.send(vote.json(&json!({ "helpful": true }))).await.expect(401);
    desk.close().await;
}
