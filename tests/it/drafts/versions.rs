//! Two windows never overwrite each other unseen, and nothing that was kept is lost.

use serde_json::json;
use tests::desk::TestDesk;

use super::{Scene, said};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_overwritten_only_by_whoever_knows_its_version() {
    let scene = Scene::set().await;
    let (desk, ivan) = (&scene.desk, &scene.ivan);
    let none = scene.read(desk, ivan).await.expect(404);
    assert_eq!(none.code(), "NOT_FOUND");
    let before = desk.head().await;

    let kept = scene.keep(ivan, Some(("If-None-Match", "*")), &said("Did you")).await.expect(201);
    assert_eq!((kept.header("etag"), &kept.body["version"]), ("\"v1\"", &json!(1)));
    let second =
        scene.keep(ivan, Some(("If-Match", "\"v1\"")), &said("Did you turn it off")).await.expect(200);
    assert_eq!(second.header("etag"), "\"v2\"");

    for (header, why) in [
        (None, "without saying which"),
        (Some(("If-None-Match", "*")), "where there should be none"),
        (Some(("If-Match", "\"v1\"")), "behind"),
        (Some(("If-Match", "\"v3\"")), "ahead"),
    ] {
        let refused = scene.keep(ivan, header, &said("Another window")).await.expect(412);
        assert_eq!(refused.code(), "PRECONDITION_FAILED", "{why}");
        assert_eq!(refused.body["error"]["details"]["current_version"], 2, "{why}");
    }
    let shown = scene.read(desk, ivan).await.expect(200);
    assert_eq!((shown.header("etag"), &shown.body), ("\"v2\"", &second.body));
    assert_eq!(
        (&shown.body["content"], &shown.body["is_internal"]),
        (&json!("Did you turn it off"), &json!(false))
    );

    // Whatever is there may be overwritten by who says so.
    let whatever = scene.keep(ivan, Some(("If-Match", "*")), &said("Did you not")).await.expect(200);
    assert_eq!(whatever.header("etag"), "\"v3\"");
    assert_eq!(desk.head().await, before, "drafts are no events");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_can_be_asked_for_again() {
    let scene = Scene::set().await;
    let first = scene.keep(&scene.ada, None, &said("It says")).await.expect(201);
    let again = scene.keep(&scene.ada, None, &said("It says")).await.expect(200);
    assert_eq!((again.header("etag"), &again.body), ("\"v1\"", &first.body));
    let next = scene.keep(&scene.ada, Some(("If-Match", "\"v1\"")), &said("It says error")).await.expect(200);
    let again =
        scene.keep(&scene.ada, Some(("If-Match", "\"v1\"")), &said("It says error")).await.expect(200);
    assert_eq!(again.body, next.body);
    // The same words as a note are something else.
    let note = json!({ "content": "Ask her", "is_internal": true });
    let _ = scene.keep(&scene.ivan, None, &said("Ask her")).await.expect(201);
    let _ = scene.keep(&scene.ivan, None, &note).await.expect(412);
    let noted = scene.keep(&scene.ivan, Some(("If-Match", "\"v1\"")), &note).await.expect(200);
    assert_eq!((noted.header("etag"), &noted.body["is_internal"]), ("\"v2\"", &json!(true)));
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_go_on_after_a_draft_is_discarded() {
    let scene = Scene::set().await;
    let (desk, ada) = (&scene.desk, &scene.ada);
    let _ = scene.discard(ada, None).await.expect(204);
    let stale = scene.discard(ada, Some("\"v1\"")).await.expect(412);
    assert!(stale.body["error"]["details"]["current_version"].is_null(), "{}", stale.body);
    let _ = scene.keep(ada, None, &said("One")).await.expect(201);
    let _ = scene.keep(ada, Some(("If-Match", "\"v1\"")), &said("Two")).await.expect(200);
    let stale = scene.discard(ada, Some("\"v1\"")).await.expect(412);
    assert_eq!(stale.body["error"]["details"]["current_version"], 2);
    let _ = scene.discard(ada, Some("\"v2\"")).await.expect(204);
    let _ = scene.read(desk, ada).await.expect(404);
    let _ = scene.discard(ada, None).await.expect(204);
    let stored = scene.stored().await;
    assert!(stored.len() == 1 && stored[0].contains("\"sealed\":null"), "{stored:?}");

    // The other window still has what was discarded: it does not come back unseen, and no version comes twice.
    for version in ["\"v2\"", "\"v3\"", "*"] {
        let refused = scene.keep(ada, Some(("If-Match", version)), &said("Two and")).await.expect(412);
        assert!(refused.body["error"]["details"]["current_version"].is_null(), "{}", refused.body);
    }
    let anew = scene.keep(ada, None, &said("Three")).await.expect(201);
    assert_eq!(anew.header("etag"), "\"v4\"");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_windows_on_two_nodes_one_wins_each_round() {
    let scene = Scene::set().await;
    let other = scene.desk.another_node().await;
    for round in 0..5 {
        let attempts = (0..8).map(|window| {
            let node = if window % 2 == 0 { &scene.desk } else { &other };
            let request = node.request(Some(&scene.ivan), reqwest::Method::PUT, &scene.path("/draft"));
            let request = request.json(&said(&format!("Round {round}, window {window}")));
            let known = format!("\"v{round}\"");
            node.send(if round == 0 { request } else { request.header("If-Match", known) })
        });
        let answers = futures::future::join_all(attempts).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status.is_success()).collect();
        assert_eq!(won.len(), 1, "round {round}");
        assert!(answers.iter().all(|answer| answer.status.is_success() || answer.status == 412));
        let shown = scene.read(&other, &scene.ivan).await.expect(200);
        assert_eq!((&shown.body, shown.header("etag")), (&won[0].body, &*format!("\"v{}\"", round + 1)));
    }
    other.close().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_there_on_every_node_and_after_a_restart() {
    let scene = Scene::set().await;
    let kept = scene.keep(&scene.ada, None, &said("Since Monday, größe 🙂")).await.expect(201);
    let other = scene.desk.another_node().await;
    assert_eq!(scene.read(&other, &scene.ada).await.expect(200).body, kept.body);
    let _beside = other.close().await;
    let stored = scene.stored().await;
    assert!(stored.len() == 1 && !stored[0].contains("Monday"), "sealed: {stored:?}");
    let (path, ada) = (scene.path("/draft"), scene.ada);
    let desk = TestDesk::on(scene.desk.close().await).await;
    assert_eq!(desk.get(&ada, &path).await.expect(200).body, kept.body);
    desk.close().await;
}
