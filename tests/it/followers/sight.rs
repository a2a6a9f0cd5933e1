//! Who learns of followers, and that who does not see the ticket any more is not told of it.

use super::{Scene, id, ids};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requester_learns_of_themselves_and_not_which_staff_follow() {
    let scene = Scene::set().await;
    let (desk, ada, ivan) = (&scene.desk, &scene.ada, &scene.ivan);
    for (by, user) in [(ivan, ivan), (ivan, ada), (&scene.root, &scene.root)] {
        let _ = scene.follow(by, user).await.expect(200);
    }
    assert_eq!(scene.seen_by(ivan).await, [id(ivan), id(ada), id(&scene.root)]);
    assert_eq!(scene.seen_by(ada).await, [id(ada)]);
    let then = desk.get(ada, &format!("{}?as_of=4&include=history", scene.path)).await.expect(200).body;
    assert_eq!(ids(&then), [id(ada)]);
    let staff_then = desk.get(ivan, &format!("{}?as_of=2", scene.path)).await.expect(200).body;
    assert_eq!(ids(&staff_then), [id(ivan)]);
    for way in ["", "?include=history", "/history", "/events", "/messages", "?as_of=4&include=history"] {
        let shown = desk.get(ada, &format!("{}{way}", scene.path)).await.expect(200).body.to_string();
        assert!(!shown.contains(&id(ivan)) && !shown.contains("Followed"), "{way}: {shown}");
    }
    let export = format!("/api/v1/users/{}/export", ada.id);
    let own = desk.get(ada, &export).await.expect(200).body;
    assert!(!own["tickets"].to_string().contains(&id(ivan)), "{own}");
    let history = desk.get(ivan, &format!("{}/history", scene.path)).await.expect(200).body.to_string();
    assert!(history.contains("Has another follower") && history.contains(&id(ada)), "{history}");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_who_loses_sight_is_not_shown_until_it_is_back() {
    let scene = Scene::set().await;
    let (ivan, hana, root) = (&scene.ivan, &scene.hana, &scene.root);
    let _ = scene.follow(ivan, ivan).await.expect(200);
    let _ = scene.follow(root, root).await.expect(200);
    scene.transfer("HR").await;
    assert_eq!(scene.seen_by(root).await, [id(root)]);
    assert_eq!(scene.seen_by(hana).await, [id(root)]);
    let _ = scene.desk.get(ivan, &scene.path).await.expect(404);
    let _ = scene.unfollow(ivan, ivan).await.expect(404);
    let _ = scene.follow(hana, hana).await.expect(200);
    scene.transfer("IT").await;
    assert_eq!(scene.seen_by(root).await, [id(ivan), id(root)], "the event stayed");
    // Another role sees otherwise, at once on another node, too.
    let other = scene.desk.another_node().await;
    let changed =
        scene.desk.request(Some(root), reqwest::Method::PATCH, &format!("/api/v1/users/{}", ivan.id));
    let changed = changed.json(&serde_json::json!({ "role": "hr_agent" }));
    let _ = scene.desk.send(changed).await.expect(200);
    assert_eq!(ids(&other.get(root, &scene.path).await.expect(200).body), [id(root)]);
    let _beside = other.close().await;
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}
