//! The list, the badge, and getting rid of what is on them.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

use super::{LIST, list, put, say, told};

/// A requester who was told of `count` messages.
async fn ada_with(desk: &TestDesk, count: usize) -> (Somebody, Vec<Value>) {
    let (ada, root) = (desk.user().await, desk.admin().await);
    let ticket = desk.ticket(&ada, None).await;
    for n in 0..count {
        say(desk, &root, &ticket, &format!("message {n}")).await;
    }
    let listed = told(desk, &ada, count).await;
    (ada, listed)
}

async fn unread(desk: &TestDesk, who: &Somebody) -> i64 {
    let count = desk.get(who, &format!("{LIST}/unread-count")).await.expect(200).body;
    count["unread_count"].as_i64().expect("a number")
}

async fn delete(desk: &TestDesk, who: &Somebody, path: &str) -> Answer {
    desk.send(desk.request(Some(who), Method::DELETE, path)).await
}

fn at(notification: &Value, rest: &str) -> String {
    format!("{LIST}/{}{rest}", notification["id"].as_str().expect("an id"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_is_read_unread_and_deleted_and_the_badge_follows() {
    let desk = super::open().await;
    let (ada, listed) = ada_with(&desk, 3).await;
    assert_eq!(unread(&desk, &ada).await, 3);
    let read = put(&desk, &ada, &at(&listed[0], "/read"), json!({})).await.expect(200).body;
    assert!(read["read"] == true && read["read_at"].is_string(), "{read}");
    assert_eq!(read["message"], "message 0");
    let before = desk.head().await;
    let _ = put(&desk, &ada, &at(&listed[0], "/read"), json!({})).await.expect(200);
    assert_eq!(desk.head().await, before, "it is read already");
    assert_eq!(unread(&desk, &ada).await, 2);
    let _ = put(&desk, &ada, &at(&listed[0], "/unread"), json!({})).await.expect(200);
    assert_eq!(unread(&desk, &ada).await, 3);
    let _ = delete(&desk, &ada, &at(&listed[0], "")).await.expect(204);
    let _ = delete(&desk, &ada, &at(&listed[0], "")).await.expect(204);
    let _ = put(&desk, &ada, &at(&listed[0], "/read"), json!({})).await.expect(404);
    let page = desk.get(&ada, LIST).await.expect(200).body;
    assert_eq!((&page["total_count"], &page["unread_count"]), (&json!(2), &json!(2)));
    let all = put(&desk, &ada, &format!("{LIST}/mark-all-read"), json!({})).await.expect(200).body;
    assert_eq!(all["updated"], 2);
    let again = put(&desk, &ada, &format!("{LIST}/mark-all-read"), json!({})).await.expect(200).body;
    assert_eq!((&again["updated"], unread(&desk, &ada).await), (&json!(0), 0));
    let _ = delete(&desk, &ada, &at(&listed[1], "")).await.expect(204);
    let page = desk.get(&ada, LIST).await.expect(200).body;
    assert_eq!((&page["total_count"], &page["unread_count"]), (&json!(1), &json!(0)));
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_else_s_notifications_are_not_there() {
    let desk = super::open().await;
    let (_, listed) = ada_with(&desk, 1).await;
    for other in [desk.user().await, desk.it_agent().await, desk.admin().await] {
        for rest in ["/read", "/unread"] {
            assert_eq!(
                put(&desk, &other, &at(&listed[0], rest), json!({})).await.expect(404).code(),
                "NOT_FOUND"
            );
        }
        let _ = delete(&desk, &other, &at(&listed[0], "")).await.expect(404);
        let page = desk.get(&other, LIST).await.expect(200).body;
        assert!(!page.to_string().contains("message 0"), "{page}");
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_paged_and_filtered_the_newest_first() {
    let desk = super::open().await;
    let (ada, listed) = ada_with(&desk, 5).await;
    let _ = put(&desk, &ada, &at(&listed[4], "/read"), json!({})).await.expect(200);
    let messages = async |query: &str| {
        let page = desk.get(&ada, &format!("{LIST}?{query}")).await.expect(200).body;
        let rows = page["notifications"].as_array().expect("a list").iter();
        let rows: Vec<String> = rows.map(|row| row["message"].as_str().expect("a text").to_owned()).collect();
        (rows.join(","), page["total_count"].as_i64(), page["pagination"]["has_more"].as_bool())
    };
    let expected = |rows: &str, total, more| (rows.to_owned(), Some(total), Some(more));
    assert_eq!(messages("limit=2").await, expected("message 4,message 3", 5, true));
    assert_eq!(messages("limit=2&page=3").await, expected("message 0", 5, false));
    assert_eq!(messages("unread=true&limit=1").await, expected("message 3", 4, true));
    assert_eq!(messages("unread=false").await, expected("message 4", 1, false));
    assert_eq!(messages("type=mention,status_changed").await, expected("", 0, false));
    assert_eq!(messages("type=message_received&unread=false").await, expected("message 4", 1, false));
    for bad in ["unread=maybe", "type=gossip", "limit=0", "limit=101", "page=0", "kind=mention"] {
        assert_eq!(
            desk.get(&ada, &format!("{LIST}?{bad}")).await.expect(422).code(),
            "VALIDATION_ERROR",
            "{bad}"
        );
    }
    for bad in ["x", "NOT-1", "TKT-1763700000000-4K9XQ2", "NOT-1-UUUUUUUUUUUU", "%00"] {
        let _ = put(&desk, &ada, &format!("{LIST}/{bad}/read"), json!({})).await.expect(404);
    }
    assert_eq!(list(&desk, &ada).await.len(), 5);
    desk.close().await;
}
