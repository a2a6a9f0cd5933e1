//! What readers make of articles: votes, looks, where they are quoted, and how useful they are.

use application::Request;
use chrono::Utc;
use domain::access::Caller;
use domain::id::ArticleId;
use domain::knowledge::Readership;
use domain::knowledge::reception::UsedBy;
use infrastructure::projection::{Progress, rebuild};
use projections::articles::published::{changed_at, published as indexed};
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};
use uuid::Uuid;

use super::{ARTICLES, article, at, published};

async fn vote(desk: &TestDesk, who: &Somebody, name: &str, body: Value) -> Value {
    let voted = desk.post(who, &at(name, "/vote"), body).await.expect(200).body;
    json!([voted["helpful_count"], voted["not_helpful_count"], voted["my_vote"]])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reader_has_one_vote_and_what_they_say_goes_with_them() {
    let desk = TestDesk::open().await;
    let (ivan, admin) = (desk.it_agent().await, desk.admin().await);
    let (ada, eve) = (desk.user().await, desk.user().await);
    let name = published(&desk, &ivan, article("The VPN", "Start it.", json!({}))).await;
    let comment = json!({ "helpful": true, "comment": "The third step is missing." });
    assert_eq!(vote(&desk, &ada, &name, comment.clone()).await, json!([1, 0, true]));
    let decided = desk.decided().await;
    assert_eq!(vote(&desk, &ada, &name, comment.clone()).await, json!([1, 0, true]), "she said so already");
    assert_eq!(desk.decided().await, decided);
    assert_eq!(vote(&desk, &ada, &name, json!({ "helpful": false })).await, json!([0, 1, false]));
    assert_eq!(vote(&desk, &ada, &name, comment).await, json!([1, 0, true]));
    assert_eq!(vote(&desk, &eve, &name, json!({ "helpful": false })).await, json!([1, 1, false]));

    // Votes are no versions: whoever edits is not overtaken by readers.
    let read = desk.get(&eve, &at(&name, "")).await.expect(200);
    assert_eq!((read.header("etag"), &read.body["my_vote"]), ("\"v2\"", &json!(false)));
    let listed = desk.get(&ivan, &at(&name, "/votes")).await.expect(200).body;
    assert_eq!((&listed["total_count"], &listed["votes"][0]["user_id"]), (&json!(2), &json!(eve.id)));
    assert_eq!(listed["votes"][1]["comment"], "The third step is missing.");

    // Nobody votes on what is not published for them.
    let body = article("Between us", "Text.", json!({ "visibility": "internal" }));
    let secret = published(&desk, &ivan, body).await;
    let refused = desk.post(&ada, &at(&secret, "/vote"), json!({ "helpful": true })).await;
    assert_eq!(refused.expect(404).code(), "NOT_FOUND");
    assert_eq!(vote(&desk, &ivan, &secret, json!({ "helpful": true })).await, json!([1, 0, true]));
    let _ = desk.post(&ivan, &at(&secret, "/archive"), json!({})).await.expect(200);
    let refused = desk.post(&ivan, &at(&secret, "/vote"), json!({ "helpful": false })).await.expect(409);
    assert_eq!(refused.code(), "ARTICLE_NOT_PUBLISHED");

    // What she says is hers: it is in her export, and goes when she is erased. That she voted stays.
    let path = format!("/api/v1/users/{}/export", ada.id);
    let export = desk.get(&ada, &path).await.expect(200).body;
    assert_eq!(export["article_votes"][0]["comment"], "The third step is missing.");
    let _ = crate::erasure::erase(&desk, &admin, &ada.id.to_string()).await;
    let _ = crate::erasure::done(&desk, &admin, &ada.id.to_string()).await;
    let listed = desk.get(&ivan, &at(&name, "/votes")).await.expect(200).body;
    assert_eq!((&listed["votes"][1]["comment"], &listed["total_count"]), (&json!("[erased]"), &json!(2)));
    assert!(!listed.to_string().contains("third step"), "{listed}");
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looks_and_quotations_are_counted_and_usefulness_follows() {
    let desk = TestDesk::open().await;
    let (ivan, ada) = (desk.it_agent().await, desk.user().await);
    let name = published(&desk, &ivan, article("The VPN", "Start it.", json!({ "tags": ["vpn"] }))).await;
    let before = changed_at(desk.desk.pool()).await.expect("a position");

    // A look is no event, and is kept when the node ends.
    let decided = desk.decided().await;
    for count in 1..=3 {
        assert_eq!(desk.get(&ada, &at(&name, "")).await.expect(200).body["view_count"], count);
    }
    let draft = desk.post(&ivan, ARTICLES, article("A draft", "Text.", json!({}))).await.expect(201).body;
    let draft = draft["id"].as_str().expect("an id");
    assert_eq!(
        desk.get(&ivan, &at(draft, "")).await.expect(200).body["view_count"],
        0,
        "nobody reads it yet"
    );
    assert_eq!(desk.decided().await, decided + 1, "the draft");
    let database = desk.close().await;
    let desk = TestDesk::on(database).await;
    let read = desk.get(&ivan, &at(&name, "")).await.expect(200).body;
    assert_eq!((&read["view_count"], &read["usage_count"]), (&json!(4), &json!(0)));
    assert_eq!(read["effectiveness_score"], Value::Null);

    // Being quoted is a weak sign, votes are a stronger one, and the more agree the more is believed.
    let id = ArticleId(read["id"].as_str().expect("an id").parse().expect("an id"));
    let score = async || {
        let read = desk.get(&ada, &at(&name, "")).await.expect(200).body;
        (read["usage_count"].as_i64(), read["effectiveness_score"].as_f64().expect("a score"))
    };
    let used = async |count: usize| {
        let request = Request::once(Caller::System("test"), Utc::now(), "test", Uuid::now_v7());
        let used = vec![id; count];
        let done = desk.desk.commands.articles_used(&request, &used, UsedBy::Chatbot).await.expect("used");
        let _ = desk.desk.settled(done).await.expect("visible");
    };
    used(1).await;
    let once = score().await;
    used(9).await;
    let ten = score().await;
    assert_eq!((once.0, ten.0), (Some(1), Some(10)));
    vote(&desk, &ada, &name, json!({ "helpful": true })).await;
    let voted = score().await;
    vote(&desk, &ada, &name, json!({ "helpful": false })).await;
    let against = score().await;
    assert!(
        0.0 < once.1 && once.1 < ten.1 && ten.1 < voted.1 && against.1 < ten.1,
        "{:?}",
        (once, ten, voted, against)
    );
    // Ten uses weigh as one vote for it: the lower bound of 1 of 1, and of 1 of 2.
    assert!((ten.1 - 0.2065).abs() < 0.001 && (against.1 - 0.0945).abs() < 0.001, "{ten:?} {against:?}");

    // Whoever keeps an index of their own learns what is new, and gets what is theirs to show.
    let now = changed_at(desk.desk.pool()).await.expect("a position");
    assert!(now > before, "the draft");
    used(1).await;
    assert_eq!(changed_at(desk.desk.pool()).await.expect("a position"), now, "no article changed");
    published(&desk, &ivan, article("Between us", "Text.", json!({ "visibility": "internal" }))).await;
    for (readers, count) in [(Readership::Everybody, 1), (Readership::Staff, 2)] {
        let articles = indexed(desk.desk.pool(), readers).await.expect("articles");
        assert_eq!(articles.len(), count, "{readers:?}");
        let vpn = articles.iter().find(|article| article.id == id.0).expect("the article");
        assert_eq!(
            (vpn.title.as_str(), vpn.content.as_str(), &vpn.tags[..]),
            ("The VPN", "Start it.", &["vpn".to_owned()][..])
        );
    }
    // Built anew, it is the same: articles, votes and their counts, uses.
    let model = projections::all().into_iter().find(|model| model.name() == "articles").expect("a model");
    let rebuilt = rebuild(&desk.desk.database, &desk.desk.log, &model, &Progress::default()).await;
    let compared = rebuilt.expect("rebuilt").compared.expect("the live one is up to date");
    assert!(compared.len() == 4 && compared.iter().all(|table| table.equal && table.in_full), "{compared:?}");
    let found = desk.get(&ada, "/api/v1/kb/search?q=vpn").await.expect(200).body;
    assert_eq!(found["total_count"], 1, "what is searched comes with it");
    desk.assert_sound().await;
    desk.close().await;
}
