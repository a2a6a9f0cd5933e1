//! An article from its writing to its archive, and who sees what of it meanwhile.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::{ARTICLES, article, at, send, titles};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_article_is_written_published_revised_and_archived() {
    let desk = TestDesk::open().await;
    let (ivan, ada) = (desk.it_agent().await, desk.user().await);
    let body =
        article("Connect from home!", "Start it.", json!({ "tags": ["VPN", "vpn"], "department": "it" }));
    let request = desk.request(Some(&ivan), Method::POST, ARTICLES).header("idempotency-key", "one");
    let written = desk.send(request.json(&body)).await.expect(201);
    let repeated = desk.request(Some(&ivan), Method::POST, ARTICLES).header("idempotency-key", "one");
    assert_eq!(desk.send(repeated.json(&body)).await.expect(201).body, written.body);
    let id = written.body["id"].as_str().expect("an id");
    assert_eq!((written.header("etag"), written.header("location")), ("\"v1\"", &*at(id, "")));
    let said = |field: &str| written.body[field].clone();
    assert_eq!((said("document_id"), said("status")), (json!("connect-from-home"), json!("draft")));
    assert_eq!((said("tags"), said("visibility")), (json!(["vpn"]), json!("public")));
    assert_eq!((said("department"), said("effectiveness_score")), (json!("IT"), Value::Null));

    // A draft is there for staff alone, by whichever name.
    for name in [id, "connect-from-home"] {
        assert_eq!(desk.get(&ada, &at(name, "")).await.expect(404).code(), "NOT_FOUND");
        let _ = desk.get(&ivan, &at(name, "")).await.expect(200);
    }
    for (who, count) in [(&ada, 0), (&ivan, 1)] {
        assert_eq!(desk.get(who, ARTICLES).await.expect(200).body["total_count"], count);
    }
    let _ = desk.post(&ada, &at(id, "/publish"), json!({})).await.expect(403);
    let published = desk.post(&ivan, &at(id, "/publish"), json!({})).await.expect(200);
    assert_eq!((published.header("etag"), &published.body["status"]), ("\"v2\"", &json!("published")));
    let again = desk.post(&ivan, &at(id, "/publish"), json!({})).await.expect(200);
    assert_eq!(again.header("etag"), "\"v2\"", "it is so already");
    let read = desk.get(&ada, &at("Connect-From-Home", "")).await.expect(200);
    assert_eq!((read.header("etag"), &read.body["content"]), ("\"v2\"", &json!("Start it.")));

    // Whoever saw an earlier version overwrites and removes nothing.
    let change = json!({ "content": "Start it, then sign in.", "department": null });
    let patch = async |version, body| send(&desk, &ivan, Method::PATCH, &at(id, ""), version, body).await;
    let stale = patch(Some("\"v1\""), change.clone()).await.expect(412);
    assert_eq!(stale.body["error"]["details"]["current_version"], 2);
    let revised = patch(Some("\"v2\""), change).await.expect(200);
    assert_eq!((revised.header("etag"), &revised.body["department"]), ("\"v3\"", &Value::Null));
    let delete = async |version| send(&desk, &ivan, Method::DELETE, &at(id, ""), version, Value::Null).await;
    let _ = delete(Some("\"v2\"")).await.expect(412);

    // What it was, for staff.
    let versions = desk.get(&ivan, &at(id, "/versions")).await.expect(200).body;
    let told: Vec<_> = versions["versions"].as_array().expect("versions").iter().collect();
    assert_eq!(
        told.iter().map(|one| &one["action"]).collect::<Vec<_>>(),
        ["revised", "published", "created"]
    );
    assert_eq!(told[0]["changed"], json!(["content", "department"]));
    assert!(told.iter().all(|one| one["by_id"] == json!(ivan.id) && one["content"].is_null()));
    let first = desk.get(&ivan, &at(id, "/versions?version=1")).await.expect(200).body;
    assert_eq!((&first["versions"][0]["content"], &first["total_count"]), (&json!("Start it."), &json!(1)));
    let was = desk.get(&ivan, &at(id, "?as_of=1")).await.expect(200);
    assert_eq!((&was.body["content"], &was.body["status"]), (&json!("Start it."), &json!("draft")));
    assert_eq!((was.header("etag"), &was.body["as_of"]["version"]), ("", &json!(1)));
    for refused in ["?as_of=1", "/versions", "/votes"] {
        let _ = desk.get(&ada, &at(id, refused)).await.expect(403);
    }

    let _ = delete(Some("\"v3\"")).await.expect(204);
    let _ = desk.get(&ada, &at(id, "")).await.expect(404);
    assert_eq!(desk.get(&ivan, &at(id, "")).await.expect(200).body["status"], "archived");
    let _ = desk.post(&ivan, &at(id, "/publish"), json!({})).await.expect(200);
    let _ = desk.get(&ada, &at(id, "")).await.expect(200);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_id_is_taken_once_and_a_department_stays_while_articles_name_it() {
    let desk = TestDesk::open().await;
    let (ivan, admin, ada) = (desk.it_agent().await, desk.admin().await, desk.user().await);
    let named = |title: &str| article(title, "Text.", json!({ "document_id": "Handbook/VPN" }));
    let bodies = ["a", "b", "c", "d"].map(|title| desk.post(&ivan, ARTICLES, named(title)));
    let answers = join_all(bodies).await;
    let taken: Vec<_> = answers.iter().filter(|answer| answer.status != 201).collect();
    assert!(taken.len() == 3 && taken.iter().all(|answer| answer.code() == "DUPLICATE"), "{taken:?}");
    let _ = desk.get(&ivan, &at("handbook%2FVPN", "")).await.expect(200);

    // Of one title many are written at once, each under a name of its own.
    let same = ["Printers"; 4].map(|title| desk.post(&ivan, ARTICLES, article(title, "Text.", json!({}))));
    let mut free: Vec<String> = join_all(same)
        .await
        .into_iter()
        .map(|answer| answer.expect(201).body["document_id"].as_str().expect("a name").to_owned())
        .collect();
    free.sort_unstable();
    assert_eq!(free, ["printers", "printers-2", "printers-3", "printers-4"]);

    desk.department("FACILITIES").await;
    let more = json!({ "department": "facilities", "category": "General", "tags": ["keys"] });
    let kept = super::published(&desk, &ivan, article("Keys", "Ask.", more)).await;
    let list = desk.get(&admin, "/api/v1/departments?q=FACILITIES").await.expect(200).body;
    let department = format!("/api/v1/departments/{}", list["departments"][0]["id"].as_str().expect("an id"));
    let refused = send(&desk, &admin, Method::DELETE, &department, None, Value::Null).await.expect(409);
    assert_eq!(refused.body["error"]["details"]["referred_to_by"]["articles"], 1);

    // Filters and orders.
    let listed = async |query: &str| {
        let list = desk.get(&ivan, &format!("{ARTICLES}?{query}")).await.expect(200).body;
        titles(&list).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    for query in ["category=General", "tag=KEYS,other", "department=FACILITIES", "status=published"] {
        assert_eq!(listed(query).await, ["Keys"], "{query}");
    }
    assert_eq!(listed("visibility=internal&category=IT").await, Vec::<String>::new());
    assert_eq!(listed("sort=-updated_at&limit=1").await, ["Keys"]);
    assert_eq!(listed("sort=-title&limit=2&page=2").await, ["Printers", "Printers"]);
    let page = desk.get(&ivan, &format!("{ARTICLES}?limit=2")).await.expect(200);
    assert!(page.header("link").contains("rel=\"next\""), "{}", page.header("link"));
    assert_eq!((&page.body["total_count"], &page.body["pagination"]["total_pages"]), (&json!(6), &json!(3)));
    assert_eq!(titles(&desk.get(&ada, ARTICLES).await.expect(200).body), ["Keys"]);
    assert_eq!(desk.get(&ada, &at(&kept, "")).await.expect(200).body["view_count"], 1);
    desk.assert_sound().await;
    desk.close().await;
}
