//! What is shown of before a merge, of while it was in force, and of after it was taken back.

use serde_json::{Value, json};

use super::{Scene, id_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_moment_shows_what_was_merged_then() {
    let scene = Scene::set().await;
    let (ivan, source, target) = (&scene.ivan, &scene.source, &scene.target);
    let before = scene.desk.head().await;
    let _ = scene.merge(ivan, source, target).await.expect(200);
    let during = scene.desk.head().await;
    let _ = scene.unmerge(ivan, source).await.expect(200);
    let after = scene.desk.head().await;
    let _ = scene.merge(ivan, source, target).await.expect(200);
    let again = scene.desk.head().await;
    for (position, is_merged) in [(before, false), (during, true), (after, false), (again, true)] {
        let as_of = format!("?as_of=position:{position}");
        let then = scene.read(ivan, source, &as_of).await;
        let into = then["merged_into"].as_object().map(|_| id_of(&then["merged_into"]));
        assert_eq!(into, is_merged.then(|| target.clone()), "{position}");
        assert_eq!(then["status"], if is_merged { "closed" } else { "open" }, "{position}");
        let expected: Vec<String> = is_merged.then(|| source.clone()).into_iter().collect();
        assert_eq!(scene.merged_into(ivan, target, &as_of).await, expected, "{position}");
        // In the list of then it is closed, too.
        let list = format!("/api/v1/tickets?as_of=position:{position}&status=closed");
        let list = scene.desk.get(ivan, &list).await.expect(200).body;
        assert_eq!(list["total_count"], i32::from(is_merged), "{position}");
    }
    // As of a time just past: what had been merged by then.
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    assert_eq!(scene.merged_into(ivan, target, &format!("?as_of={now}")).await, std::slice::from_ref(source));
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_tells_staff_of_merges_and_everybody_else_of_closing_and_coming_back() {
    let scene = Scene::set().await;
    let (ivan, ada, source, target) = (&scene.ivan, &scene.ada, &scene.source, &scene.target);
    let _ = scene.merge(ivan, source, target).await.expect(200);
    let _ = scene.unmerge(ivan, source).await.expect(200);
    let told = async |by, rest: &str| {
        let history = scene.read(by, source, rest).await;
        let entries = history["history"].as_array().expect("entries").iter().skip(1);
        entries
            .map(|entry| {
                ["action", "event_type", "from", "to", "description"].map(|field| entry[field].clone())
            })
            .collect::<Vec<[Value; 5]>>()
    };
    let of_staff = [
        json!(["closed", "TicketMerged", null, null, "Merged into another ticket"]),
        json!(["status_changed", "TicketUnmerged", "closed", "open", "Merge taken back"]),
    ];
    let of_everybody = [
        json!(["closed", "TicketClosed", null, null, "Closed"]),
        json!(["status_changed", "StatusChanged", "closed", "open", "Status changed from closed to open"]),
    ];
    for rest in ["/history", "/history?as_of=3"] {
        for (by, expected) in [(ivan, &of_staff), (ada, &of_everybody)] {
            let told: Vec<Value> = told(by, rest).await.into_iter().map(|entry| json!(entry)).collect();
            assert_eq!(told, expected, "{rest}");
        }
    }
    // Whoever insists on an old version is told in the same words.
    let stale =
        scene.desk.request(Some(ada), reqwest::Method::POST, &format!("/api/v1/tickets/{source}/resolve"));
    let stale = scene.desk.send(stale.header("if-match", "\"v1\"")).await.expect(412);
    let missed = &stale.body["error"]["details"]["missed"];
    assert_eq!(
        (&missed[0]["event_type"], &missed[1]["event_type"]),
        (&json!("TicketClosed"), &json!("StatusChanged"))
    );
    assert_eq!(missed[1]["description"], "Status changed from closed to open");
    scene.desk.close().await;
}
