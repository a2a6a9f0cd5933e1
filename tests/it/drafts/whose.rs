//! A draft is there for its writer, and while they may read the ticket.

use serde_json::json;

use super::{Scene, said};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reads_or_touches_the_draft_of_another() {
    let scene = Scene::set().await;
    let (desk, root, eve) = (&scene.desk, scene.desk.admin().await, scene.desk.user().await);
    let kept = scene.keep(&scene.ivan, None, &said("Between us")).await.expect(201);
    for other in [&scene.ada, &root] {
        let _ = scene.read(desk, other).await.expect(404);
        let _ = scene.discard(other, None).await.expect(204);
    }
    let own = scene.keep(&root, None, &said("My own")).await.expect(201);
    assert_eq!(own.header("etag"), "\"v1\"");
    assert_eq!(scene.read(desk, &scene.ivan).await.expect(200).body, kept.body);

    // Who does not see the ticket is answered as if there were none.
    let unknown = desk.get(&eve, "/api/v1/tickets/TKT-1763700000000-4K9XQ2/draft").await.expect(404);
    let said_to_eve = |answer: &tests::desk::Answer| answer.body["error"]["message"].clone();
    let hidden = scene.read(desk, &eve).await.expect(404);
    assert_eq!(said_to_eve(&hidden), said_to_eve(&unknown));
    for answer in [scene.keep(&eve, None, &said("Hello")).await, scene.discard(&eve, None).await] {
        assert_eq!(said_to_eve(&answer.expect(404)), said_to_eve(&unknown));
    }
    assert_eq!(scene.stored().await.len(), 2, "Ivan's and the administrator's");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_loses_sight_of_the_ticket_does_not_find_their_draft_until_it_is_back() {
    let scene = Scene::set().await;
    let (desk, ivan, root) = (&scene.desk, &scene.ivan, scene.desk.admin().await);
    let kept = scene.keep(ivan, None, &said("Half a sent")).await.expect(201);
    let path = scene.path("/transfer");
    let transfer = |to: &str| desk.post(&root, &path, json!({ "department": to }));
    let _ = transfer("HR").await.expect(200);
    let _ = scene.read(desk, ivan).await.expect(404);
    let _ = scene.keep(ivan, Some(("If-Match", "\"v1\"")), &said("Half a sentence")).await.expect(404);
    let _ = scene.discard(ivan, None).await.expect(404);
    let _ = transfer("IT").await.expect(200);
    assert_eq!(scene.read(desk, ivan).await.expect(200).body, kept.body);
    scene.desk.close().await;
}
