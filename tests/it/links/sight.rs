//! Who learns of links: who works on the ticket, and sees the other one.

use serde_json::json;
use tests::desk::Somebody;

use super::{Scene, link, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_shown_to_who_sees_both_tickets() {
    let scene = Scene::set().await;
    let (one, elsewhere) = (&scene.one, &scene.elsewhere);
    let made = scene.link(&scene.root, one, "blocks", elsewhere).await.expect(201).body;
    let id = text(&made["id"]);
    let table: [(&str, &Somebody, &str, &str, bool); 4] = [
        ("an agent of the one", &scene.ivan, one, elsewhere, false),
        ("an agent of the other", &scene.hana, elsewhere, one, false),
        ("an administrator", &scene.root, one, elsewhere, true),
        ("an administrator", &scene.root, elsewhere, one, true),
    ];
    let stream = |ticket: &str| ticket.parse::<domain::id::TicketId>().expect("an id").stream().to_string();
    for (who, by, ticket, other, sees_it) in table {
        assert_eq!(scene.links(by, ticket).await.len(), usize::from(sees_it), "{who}");
        let mut all = String::new();
        for rest in ["", "?include=history", "/links", "/history", "/events", "/why?field=status"] {
            let answer = scene.desk.get(by, &format!("/api/v1/tickets/{ticket}{rest}")).await.expect(200);
            all.push_str(&answer.body.to_string());
        }
        for name in [other.to_owned(), stream(other), id.clone()] {
            assert_eq!(all.contains(&name), sees_it, "{who}: {name} in {all}");
        }
        // To whoever does not see the other one there is no link to remove, and none to make.
        if !sees_it {
            let _ = scene.unlink(by, ticket, &id).await.expect(404);
            assert_eq!(scene.link(by, ticket, "blocks", other).await.expect(422).code(), "VALIDATION_ERROR");
        }
    }
    // Out of sight, back in sight.
    let _ = scene.post(&scene.root, elsewhere, "transfer", json!({ "department": "IT" })).await.expect(200);
    assert_eq!(scene.links(&scene.ivan, one).await, [link("blocks", elsewhere)]);
    let _ = scene.unlink(&scene.ivan, elsewhere, &id).await.expect(204);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requesters_learn_nothing_of_links() {
    let scene = Scene::set().await;
    let own = scene.another().await;
    let _ = scene.link(&scene.ivan, &scene.one, "duplicates", &own).await.expect(201);
    let url = json!({ "type": "external", "url": "https://example.org/canary" });
    let external = scene.post(&scene.ivan, &scene.one, "links", url.clone()).await.expect(201).body;
    for rest in ["", "?include=history", "/history", "/events", "/messages", "/why?field=status"] {
        let answer =
            scene.desk.get(&scene.ada, &format!("/api/v1/tickets/{}{rest}", scene.one)).await.expect(200);
        let body = answer.body.to_string();
        assert!(!body.contains("canary") && !body.contains("ink") && !body.contains(&own), "{rest}: {body}");
    }
    for (by, status) in [(&scene.ada, 403), (&scene.eve, 404)] {
        let path = format!("/api/v1/tickets/{}/links", scene.one);
        let _ = scene.desk.get(by, &path).await.expect(status);
        let _ = scene.post(by, &scene.one, "links", url.clone()).await.expect(status);
        let _ = scene.link(by, &scene.one, "relates", &own).await.expect(status);
        let _ = scene.unlink(by, &scene.one, &text(&external["id"])).await.expect(status);
    }
    // An agent's own ticket is theirs as a requester's.
    let own = super::id_of(&scene.desk.ticket(&scene.ivan, Some("IT")).await);
    let path = format!("/api/v1/tickets/{own}/links");
    let _ = scene.desk.get(&scene.ivan, &path).await.expect(403);
    let _ = scene.link(&scene.ivan, &own, "relates", &scene.one).await.expect(403);
    let _ = scene.link(&scene.ivan, &scene.one, "relates", &own).await.expect(403);
    scene.desk.close().await;
}
