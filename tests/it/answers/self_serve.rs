//! Questions that are answered before anybody writes a ticket.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ASK, SECRET, anonymously, article, open, patch};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_quotes_an_article_and_where_there_is_none_it_says_so() {
    let desk = open().await;
    let (ada, bob, ivan) = (desk.user().await, desk.user().await, desk.it_agent().await);
    let question = json!({ "query": "How do I connect to the VPN from home?" });
    let first = desk.post(&ada, ASK, question.clone()).await.expect(200).body;
    assert!(first["answer"].as_str().is_some_and(|text| text.contains("choose *Connect*")), "{first}");
    assert_eq!(first["sources"][0]["document_id"], "connect-to-the-vpn");
    assert_eq!((&first["isAI"], &first["suggest_ticket"]), (&json!(true), &json!(false)));
    assert!(first["confidence"].as_f64().is_some_and(|sure| (0.5..=1.0).contains(&sure)), "{first}");

    // It counts as a use of the article, and goes on in the same conversation, which nobody else reads or goes on with.
    let session = &first["session_id"];
    let more = json!({ "query": "What about error 809 of the VPN?", "session_id": session });
    let second = desk.post(&ada, ASK, more.clone()).await.expect(200).body;
    assert!(second["answer"].as_str().is_some_and(|text| text.contains("Restart your router")), "{second}");
    assert_eq!(&second["session_id"], session);
    let _ = desk.post(&bob, ASK, more).await.expect(404);
    let path = format!("/api/v1/chatbot/conversations/{}", session.as_str().expect("an id"));
    let shown = desk.get(&ada, &path).await.expect(200).body;
    assert_eq!(shown["messages"].as_array().map(Vec::len), Some(4));
    let _ = desk.get(&bob, &path).await.expect(404);
    let _ = desk.get(&ivan, &path).await.expect(404);
    let head = desk.head().await;
    let path = format!("/api/v1/kb/articles/connect-to-the-vpn?min_position={head}");
    assert_eq!(desk.get(&ada, &path).await.expect(200).body["usage_count"], 2);

    // What is for staff is an answer for staff alone.
    let firewall = json!({ "query": "master code of the VPN firewall" });
    let theirs = desk.post(&ada, ASK, firewall.clone()).await.expect(200).body;
    assert!(!theirs.to_string().contains(SECRET), "{theirs}");
    let staffs = desk.post(&ivan, ASK, firewall).await.expect(200).body;
    assert!(staffs["answer"].as_str().is_some_and(|text| text.contains(SECRET)), "{staffs}");

    // Nothing is made up; what is missing is known, and gone once it is written.
    for query in ["Where is the lactation room?", "lactation room on which floor?", "Payday in December?"] {
        let nothing = desk.post(&ada, ASK, json!({ "query": query })).await.expect(200).body;
        assert_eq!(
            (&nothing["sources"], &nothing["suggest_ticket"]),
            (&json!([]), &json!(true)),
            "{nothing}"
        );
    }
    let gaps = format!("/api/v1/kb/gaps?min_position={}", desk.head().await);
    let gaps = desk.get(&ivan, &gaps).await.expect(200).body;
    let found: Vec<(&Value, &Value)> =
        gaps["gaps"].as_array().expect("gaps").iter().map(|gap| (&gap["question"], &gap["count"])).collect();
    let lactation = (&json!("lactation room on which floor?"), &json!(2));
    assert_eq!(found[0], lactation, "{gaps}");
    article(&desk, "Lactation room", "The lactation room is on the second floor.", "public").await;
    let now = desk.post(&ada, ASK, json!({ "query": "Where is the lactation room?" })).await.expect(200).body;
    assert_eq!(now["sources"][0]["document_id"], "lactation-room", "{now}");
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_ask_is_set_and_wrong_questions_are_refused_in_words() {
    let desk = open().await;
    let (ada, admin) = (desk.user().await, desk.admin().await);
    let question = json!({ "query": "How do I connect to the VPN from home?" });
    let _ = anonymously(&desk, ASK, question.clone()).await.expect(401);
    for (body, status) in [
        (json!({}), 422),
        (json!({ "query": "ab" }), 422),
        (json!({ "query": "x".repeat(2_001) }), 422),
        (json!({ "query": "a\u{202e}bc" }), 422),
        (json!({ "query": "the vpn", "session_id": "mine" }), 422),
        (json!({ "query": "the vpn", "session_id": "0190a6f0-0000-7000-8000-000000000000" }), 404),
        (json!({ "query": "the vpn", "model": "gpt" }), 422),
        (json!("the vpn"), 422),
    ] {
        let answer = desk.post(&ada, ASK, body.clone()).await;
        assert!(matches!(answer.status.as_u16(), 400 | 404 | 422), "{body}: {}", answer.status);
        assert!(answer.status.as_u16() == status || status == 422, "{body}: {}", answer.status);
    }
    let odd = json!({ "query": "'; drop table ledger.events; -- <script>alert(1)</script> % _ \\" });
    let _ = desk.post(&ada, ASK, odd).await.expect(200);
    for days in ["0", "366", "many"] {
        let answer = desk.get(&admin, &format!("/api/v1/kb/gaps?days={days}")).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{days}: {}", answer.status);
    }

    patch(&desk, "/api/v1/admin/settings", json!({ "self_serve_public": "on" })).await;
    let first = anonymously(&desk, ASK, question.clone()).await.expect(200).body;
    assert_eq!(first["sources"][0]["document_id"], "connect-to-the-vpn");
    let more = json!({ "query": "And error 809?", "session_id": first["session_id"] });
    let _ = anonymously(&desk, ASK, more.clone()).await.expect(200);
    // Signed in they are somebody else.
    let _ = desk.post(&ada, ASK, more).await.expect(404);
    let bad = desk.request(None, Method::POST, ASK).bearer_auth("nonsense").json(&question);
    let _ = desk.send(bad).await.expect(401);
    let info =
        desk.send(desk.request(None, Method::GET, "/api/v1/ai/self-serve-info")).await.expect(200).body;
    assert_eq!(
        (&info["enabled"], &info["public"], &info["articles"]),
        (&json!(true), &json!(true), &json!(2))
    );

    patch(&desk, "/api/v1/admin/feature-flags", json!({ "self_serve": false })).await;
    assert_eq!(desk.post(&ada, ASK, question).await.expect(403).code(), "AUTHZ_FORBIDDEN");
    desk.assert_sound().await;
    desk.close().await;
}
