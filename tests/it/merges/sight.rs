//! Who learns where a ticket lives on, and what lives on in it: only who sees the other one.

use serde_json::{Value, json};
use tests::desk::Somebody;

use super::Scene;

/// Everything that can be read of `ticket`, by everybody who sees it.
const WAYS: [&str; 7] = [
    "",
    "?as_of=2&include=history",
    "?include=history",
    "/history",
    "/events",
    "/why?field=merged_into",
    "/why?field=status",
];

/// All that `by` reads of `ticket`, also in lists and in the stream of events.
async fn all_of(scene: &Scene, by: &Somebody, ticket: &str) -> String {
    let mut all = String::new();
    for way in WAYS {
        let answer = scene.desk.get(by, &format!("/api/v1/tickets/{ticket}{way}")).await;
        // The other ticket has one version only.
        assert!(answer.status == 200 || way.contains("as_of"), "{way}: {}", answer.body);
        all.push_str(&answer.body.to_string());
    }
    let refused = scene.say(by, ticket, "And now?").await;
    all.push_str(&refused.body.to_string());
    for path in ["/api/v1/tickets?limit=100&fields=ticket_id,status&status=closed", "/api/v1/auth/me"] {
        all.push_str(&scene.desk.get(by, path).await.expect(200).body.to_string());
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_sees_the_other_ticket_is_told_of_it() {
    let scene = Scene::set().await;
    let (source, elsewhere) = (&scene.source, &scene.elsewhere);
    // From IT to HR: only the administrator sees both.
    let _ = scene.merge(&scene.root, source, elsewhere).await.expect(200);
    let stream = |ticket: &str| ticket.parse::<domain::id::TicketId>().expect("an id").stream().to_string();
    let table: [(&str, &Somebody, &str, &str, bool); 6] = [
        ("its requester", &scene.ada, source, elsewhere, false),
        ("an agent of its department", &scene.ivan, source, elsewhere, false),
        ("an administrator", &scene.root, source, elsewhere, true),
        ("the requester of the other one", &scene.eve, elsewhere, source, false),
        ("an agent of the other one's department", &scene.hana, elsewhere, source, false),
        ("an administrator", &scene.root, elsewhere, source, true),
    ];
    for (who, by, ticket, other, sees_it) in table {
        let all = all_of(&scene, by, ticket).await;
        assert!(sees_it || !all.contains(&stream(other)), "{who}: {all}");
        assert_eq!(all.contains(other), sees_it, "{who}: {all}");
    }
    let types = async |by| {
        let events = scene.read(by, source, "/events").await;
        let events = events["events"].as_array().expect("events").clone();
        events.iter().map(|event| event["type"].as_str().expect("a type").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(types(&scene.root).await.last().expect("one"), "TicketMerged");
    assert_eq!(
        types(&scene.ivan).await.last().expect("one"),
        "TicketClosed",
        "who does not see the other one"
    );
    assert_eq!(types(&scene.ada).await.last().expect("one"), "TicketClosed");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whose_both_tickets_are_sees_that_the_one_lives_on_in_the_other() {
    let scene = Scene::set().await;
    let another = super::id_of(&scene.desk.ticket(&scene.ada, Some("IT")).await);
    let _ = scene.merge(&scene.ivan, &another, &scene.source).await.expect(200);
    let shown = scene.read(&scene.ada, &another, "").await;
    assert_eq!(super::id_of(&shown["merged_into"]), scene.source);
    assert_eq!(scene.merged_into(&scene.ada, &scene.source, "").await, std::slice::from_ref(&another));
    let refused = scene.say(&scene.ada, &another, "And now?").await.expect(423);
    assert_eq!(refused.body["error"]["details"]["merged_into"], json!(scene.source));
    // And no more once the one that it lives on in is out of their sight.
    let why = scene.read(&scene.ada, &another, "/why?field=merged_into").await;
    assert_eq!(
        (&why["value"]["ticket_id"], &why["set_by"]["type"]),
        (&json!(scene.source), &json!("TicketClosed"))
    );
    scene.desk.close().await;
}

/// The types of what `by` hears of `ticket` in the stream of events, asking for `types`.
async fn heard(scene: &Scene, by: &Somebody, types: &str) -> Vec<String> {
    let path = format!("/api/v1/events?after=0&limit=1000&types={types}");
    let answer = scene.desk.get(by, &path).await.expect(200).body;
    let events = answer["events"].as_array().expect("events");
    events.iter().map(|event| event["type"].as_str().expect("a type").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_for_a_type_tells_no_more_than_the_event_does() {
    let scene = Scene::set().await;
    let _ = scene.merge(&scene.ivan, &scene.source, &scene.target).await.expect(200);
    let _ = scene.unmerge(&scene.ivan, &scene.source).await.expect(200);
    assert_eq!(
        heard(&scene, &scene.root, "TicketMerged,TicketUnmerged").await,
        ["TicketMerged", "TicketUnmerged"]
    );
    assert_eq!(heard(&scene, &scene.root, "TicketClosed,StatusChanged").await, [] as [String; 0]);
    let export = format!("/api/v1/users/{}/export", scene.ada.id);
    let export = scene.desk.get(&scene.ada, &export).await.expect(200).body;
    assert!(!export.to_string().contains("TicketMerged"), "{export}");
    assert!(!export.to_string().contains(&scene.target) && export != Value::Null);
    scene.desk.close().await;
}
