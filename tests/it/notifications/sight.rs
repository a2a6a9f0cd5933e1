//! What a notification says is what its reader may read now.

use serde_json::json;

use super::{act, all_is_told, assign, list, name, note, say, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_ticket_that_somebody_does_not_see_any_more_nothing_is_said() {
    let desk = super::open().await;
    let (ada, ivan, root) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let posted = say(&desk, &ada, &ticket, "marker-of-a-message").await;
    told(&desk, &ivan, 2).await;
    act(&desk, &root, &ticket, "transfer", json!({ "department": "HR" })).await;
    let listed = list(&desk, &ivan).await;
    assert_eq!(listed.len(), 2);
    for one in &listed {
        assert_eq!(one["title"], "Something about a ticket that you do not see any more");
        assert_eq!(one["data"]["ticket_id"], ticket["ticket_id"]);
    }
    let text = serde_json::to_string(&listed).expect("JSON");
    for hidden in ["marker", "printer", &name(&ada), posted["id"].as_str().expect("an id")] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    // When it comes back, so does what was said.
    act(&desk, &root, &ticket, "transfer", json!({ "department": "IT" })).await;
    assert!(list(&desk, &ivan).await.iter().any(|one| one["message"] == "marker-of-a-message"));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_redacted_is_not_said() {
    let desk = super::open().await;
    let (ada, ivan, root) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let posted = say(&desk, &ivan, &ticket, "marker-of-a-secret").await;
    assert_eq!(told(&desk, &ada, 1).await[0]["message"], "marker-of-a-secret");
    let path = format!("messages/{}/redact", posted["id"].as_str().expect("an id"));
    act(&desk, &root, &ticket, &path, json!({ "all": true, "reason": "A secret" })).await;
    assert_eq!(list(&desk, &ada).await[0]["message"], "[redacted]");
    desk.close().await;
}

/// An agent's own ticket is like a requester's: what colleagues write among themselves is not theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_is_told_nothing_of_notes_about_themselves() {
    let desk = super::open().await;
    let (ivan, iris) = (desk.it_agent().await, desk.it_agent().await);
    let ticket = desk.ticket(&ivan, Some("IT")).await;
    note(&desk, &iris, &ticket, &format!("@{} asks too much", name(&ivan))).await;
    say(&desk, &iris, &ticket, "Hello").await;
    let listed = told(&desk, &ivan, 1).await;
    assert_eq!(listed[0]["message"], "Hello");
    all_is_told(&desk).await;
    assert_eq!(list(&desk, &ivan).await.len(), 1);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_signed_out_for_good_is_told_nothing() {
    let desk = super::open().await;
    let (ada, ivan, root) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    assign(&desk, &root, &ticket, &ivan).await;
    told(&desk, &ada, 1).await;
    let _ = desk.post(&root, &format!("/api/v1/users/{}/deactivate", ada.id), json!({})).await.expect(200);
    say(&desk, &ivan, &ticket, "nobody reads it").await;
    all_is_told(&desk).await;
    let raised: i64 = sqlx::query_scalar("select count(*) from read.notifications where user_id = $1")
        .bind(ada.id.0)
        .fetch_one(desk.desk.pool())
        .await
        .expect("a count");
    assert_eq!(raised, 1);
    desk.close().await;
}
