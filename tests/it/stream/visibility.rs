//! Who hears of what, as a table.

use std::time::Duration;

use domain::access::Role;
use domain::user::UserCommand;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};

use super::client::{Follower, Frame, types};
use super::{do_to, text};

/// Stands in everything that only staff may read.
const CANARY: &str = "canary-for-staff";

struct Scene {
    desk: TestDesk,
    user: Somebody,
    other: Somebody,
    it: Somebody,
    hr: Somebody,
    facilities: Somebody,
    admin: Somebody,
    /// Where the story begins.
    start: i64,
}

impl Scene {
    /// Two tickets of two people, with all that is internal on the first.
    async fn set() -> Self {
        let desk = TestDesk::open().await;
        let (user, other, admin) = (desk.user().await, desk.user().await, desk.admin().await);
        let (it, hr) = (desk.it_agent().await, desk.hr_agent().await);
        let facilities = desk.somebody(Role::Agent, &["FACILITIES"]).await;
        desk.department("ARCHIVE").await;
        let start = desk.head().await;
        let ticket = desk.ticket(&user, Some("IT")).await;
        let path = format!("/api/v1/tickets/{}", text(&ticket, "ticket_id"));
        let post = async |who: &Somebody, rest: &str, body: Value| {
            let answer = desk.post(who, &format!("{path}/{rest}"), body).await;
            assert!(answer.status.is_success(), "{rest}: {}", answer.body);
        };
        post(&user, "messages", json!({ "content": "Hello?" })).await;
        post(&it, "messages", json!({ "content": CANARY, "is_internal": true })).await;
        post(&it, "assign", json!({ "agent_id": it.id })).await;
        post(&it, "transfer", json!({ "department": "HR", "note": CANARY })).await;
        desk.ticket(&other, Some("FACILITIES")).await;
        let departments = ["FACILITIES", "ARCHIVE"].map(|code| code.parse().expect("a code")).to_vec();
        do_to(&desk, facilities.id, UserCommand::ChangeRole { role: Role::Agent, departments }).await;
        Self { desk, user, other, it, hr, facilities, admin, start }
    }
}

/// Everything until the marker that everybody sees.
async fn heard(scene: &Scene, who: &Somebody, marker: &str) -> Vec<Frame> {
    let mut follower = Follower::open(&scene.desk, who, &format!("after={}", scene.start)).await;
    let mut frames = Vec::new();
    loop {
        let frame = follower.next().await.expect("the stream goes on");
        if frame.data.as_ref().is_some_and(|data| data.to_string().contains(marker)) {
            return frames;
        }
        frames.push(frame);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_hears_of_what_they_may_see() {
    let scene = Scene::set().await;
    let full = ["TicketCreated", "MessagePosted", "MessagePosted", "TicketAssigned", "TicketTransferred"];
    let public = ["TicketCreated", "MessagePosted", "TicketAssigned", "TicketTransferred"];
    let everything: Vec<&str> = full.iter().copied().chain(["TicketCreated"]).collect();
    let cases: [(&str, &Somebody, &[&str], bool); 6] = [
        ("its requester", &scene.user, &public, false),
        ("another requester", &scene.other, &["TicketCreated"], false),
        ("the agent it is of", &scene.hr, &full, true),
        // Transferred away and unassigned with it: out of sight, and so is its past.
        ("the agent it was of", &scene.it, &[], false),
        ("an agent of elsewhere", &scene.facilities, &["TicketCreated"], false),
        ("an administrator", &scene.admin, &everything, true),
    ];
    for (name, who, expected, reads_notes) in cases {
        let marker = format!("the marker of {}", who.id);
        mark(&scene, who, &marker).await;
        let frames = heard(&scene, who, &marker).await;
        let seen = types(&frames);
        let is_of_a_ticket = |name: &&String| {
            !name.starts_with("User") && !["RoleChanged", "WorkAssigned"].contains(&name.as_str())
        };
        let of_tickets: Vec<&String> = seen.iter().filter(is_of_a_ticket).collect();
        // An administrator hears of the markers of the others, too.
        assert_eq!(of_tickets[..expected.len()], *expected, "{name}: {seen:?}");
        if who.role != Role::Admin {
            assert_eq!(of_tickets.len(), expected.len(), "{name}: {seen:?}");
            assert!(!seen.iter().any(|name| name.starts_with("User")), "{name}: no accounts: {seen:?}");
        }
        let told = frames
            .iter()
            .any(|frame| frame.data.as_ref().is_some_and(|data| data.to_string().contains(CANARY)));
        assert_eq!(told, reads_notes, "{name} reads what staff wrote for staff");
        let heard_of_role = seen.iter().any(|name| name == "RoleChanged");
        assert_eq!(
            heard_of_role,
            who.id == scene.facilities.id || who.role == Role::Admin,
            "{name}: {seen:?}"
        );
    }
    scene.desk.close().await;
}

/// Lets something happen that `who` hears of.
async fn mark(scene: &Scene, who: &Somebody, marker: &str) {
    let (by, department) = match who.role {
        Role::User => (who, None),
        Role::HrAgent => (&scene.admin, Some("HR")),
        Role::Agent => (&scene.admin, Some("FACILITIES")),
        Role::ItAgent | Role::Admin => (&scene.admin, Some("IT")),
    };
    let body = json!({ "title": marker, "description": "The end of the story.", "department": department });
    let _ = scene.desk.post(by, "/api/v1/tickets", body).await.expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flags_and_judgements_are_for_staff() {
    let scene = Scene::set().await;
    let desk = &scene.desk;
    let ticket = desk.ticket(&scene.user, Some("IT")).await;
    let before = desk.head().await;
    let request = application::Request::once(
        tests::postgres::the_desk(),
        chrono::Utc::now(),
        "test",
        uuid::Uuid::now_v7(),
    );
    let id = text(&ticket, "ticket_id").parse().expect("an id");
    let flag = domain::ticket::TicketCommand::Flag { reason: Some(CANARY.to_owned()) };
    desk.desk.commands.ticket(&request, id, flag).await.expect("flagged");
    let said = json!({ "content": "And now?" });
    let path = format!("/api/v1/tickets/{}/messages", text(&ticket, "ticket_id"));
    let said = desk.post(&scene.user, &path, said).await.expect(201).body;
    let judged = format!("{path}/{}/feedback", text(&said, "id"));
    let request = desk.request(Some(&scene.it), Method::PUT, &judged).json(&json!({ "feedback": "up" }));
    let _ = desk.send(request).await.expect(200);
    let _ = desk.post(&scene.user, &path, json!({ "content": "The end" })).await.expect(201);
    for (who, sees_flag) in [(&scene.user, false), (&scene.it, true), (&scene.admin, true)] {
        let mut follower = Follower::open(desk, who, &format!("after={before}")).await;
        let mut seen = Vec::new();
        loop {
            let data = follower.next().await.expect("the stream goes on").data.expect("data");
            seen.push(text(&data, "type").to_owned());
            assert!(sees_flag || !data.to_string().contains(CANARY), "{data}");
            if data.to_string().contains("The end") {
                break;
            }
        }
        assert_eq!(seen.contains(&"TicketFlagged".to_owned()), sees_flag, "{seen:?}");
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_a_type_is_told_what_events_are_to_them() {
    let scene = Scene::set().await;
    let desk = &scene.desk;
    let (ticket, other) =
        (desk.ticket(&scene.user, Some("IT")).await, desk.ticket(&scene.other, Some("IT")).await);
    let elsewhere = desk.ticket(&scene.other, Some("HR")).await;
    let before = desk.head().await;
    let path = format!("/api/v1/tickets/{}", text(&ticket, "ticket_id"));
    for into in [&other, &elsewhere] {
        let into = json!({ "into": text(into, "ticket_id") });
        let _ = desk.post(&scene.admin, &format!("{path}/merge"), into).await.expect(200);
        let _ = desk.post(&scene.admin, &format!("{path}/unmerge"), json!({})).await.expect(200);
    }
    let _ = desk.post(&scene.user, &format!("{path}/resolve"), json!({})).await.expect(200);
    let closed = ["TicketClosed", "StatusChanged", "TicketClosed", "StatusChanged", "TicketResolved"];
    let merges = ["TicketMerged", "TicketUnmerged", "TicketUnmerged", "TicketResolved"];
    let cases: [(&Somebody, &str, &[&str]); 6] = [
        (&scene.user, "TicketMerged,TicketUnmerged,TicketResolved", &["TicketResolved"]),
        (&scene.user, "TicketClosed,StatusChanged,TicketResolved", &closed),
        (&scene.it, "TicketMerged,TicketUnmerged,TicketResolved", &merges),
        (&scene.it, "TicketClosed,StatusChanged,TicketResolved", &["TicketClosed", "TicketResolved"]),
        (&scene.admin, "TicketMerged,TicketResolved", &["TicketMerged", "TicketMerged", "TicketResolved"]),
        (&scene.admin, "TicketClosed,StatusChanged,TicketResolved", &["TicketResolved"]),
    ];
    for (who, asked, expected) in cases {
        let mut follower = Follower::open(desk, who, &format!("after={before}&types={asked}")).await;
        let frames = follower.take(expected.len()).await;
        assert_eq!(types(&frames), *expected, "{asked} by {:?}", who.role);
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_into_sight_is_heard_of_from_then_on() {
    let scene = Scene::set().await;
    let desk = &scene.desk;
    let ticket = desk.ticket(&scene.user, Some("HR")).await;
    let path = format!("/api/v1/tickets/{}", text(&ticket, "ticket_id"));
    let mut follower = Follower::open(desk, &scene.it, "").await;
    let _ =
        desk.post(&scene.hr, &format!("{path}/messages"), json!({ "content": "Unheard." })).await.expect(201);
    let moved = json!({ "department": "IT" });
    let _ = desk.post(&scene.hr, &format!("{path}/transfer"), moved).await.expect(200);
    let first = tokio::time::timeout(Duration::from_secs(5), follower.next()).await.expect("in time");
    let data = first.expect("an event").data.expect("data");
    // Asked when it is sent: what the stream had not passed by then may come as well.
    assert!(["TicketTransferred", "MessagePosted", "StatusChanged"].contains(&text(&data, "type")), "{data}");
    assert_eq!(text(&data, "subject"), text(&ticket, "ticket_id"));
    scene.desk.close().await;
}
