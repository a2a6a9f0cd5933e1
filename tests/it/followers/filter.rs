//! The list of what one follows.

use serde_json::Value;

use super::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_shows_what_the_caller_follows_and_sees() {
    let scene = Scene::set().await;
    let (desk, ivan) = (&scene.desk, &scene.ivan);
    let other = desk.ticket(&scene.ada, Some("IT")).await;
    let _ = scene.follow(ivan, ivan).await.expect(200);
    let _ = scene.follow(ivan, &scene.ada).await.expect(200);
    let then = desk.head().await;
    let list = async |by, query: &str| -> (Value, Vec<String>) {
        let list = desk.get(by, &format!("/api/v1/tickets?{query}")).await.expect(200).body;
        let tickets = list["tickets"].as_array().expect("tickets").iter();
        let paths =
            tickets.map(|ticket| format!("/api/v1/tickets/{}", ticket["ticket_id"].as_str().expect("an id")));
        (list["total_count"].clone(), paths.collect())
    };
    let only = (Value::from(1), vec![scene.path.clone()]);
    for by in [ivan, &scene.ada] {
        assert_eq!(list(by, "following=me").await, only);
        assert_eq!(list(by, "following=ME&department=IT&status=open").await, only);
    }
    assert_eq!(list(&scene.root, "following=me").await, (Value::from(0), vec![]));
    let shown = desk.get(ivan, "/api/v1/tickets").await.expect(200).body;
    assert!(shown["tickets"].as_array().is_some_and(|tickets| tickets.len() == 2));
    assert!(shown["tickets"][0].get("followers").is_none(), "a list does not tell who follows");

    let _ = scene.unfollow(ivan, ivan).await.expect(200);
    assert_eq!(list(ivan, "following=me").await, (Value::from(0), vec![]));
    assert_eq!(list(ivan, &format!("following=me&as_of=position:{then}")).await, only, "as it was");
    let _ = scene.follow(ivan, ivan).await.expect(200);
    scene.transfer("HR").await;
    assert_eq!(list(ivan, "following=me").await, (Value::from(0), vec![]), "out of sight");
    for wrong in ["following=you", "following=", &format!("following={}", ivan.id)] {
        let refused = desk.get(ivan, &format!("/api/v1/tickets?{wrong}")).await.expect(422);
        assert_eq!(refused.body["error"]["details"]["errors"][0]["field"], "following");
    }
    assert!(other["ticket_id"].is_string());
    scene.desk.close().await;
}
