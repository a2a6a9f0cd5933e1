//! Who may do what with files: as with the ticket they are on, and the notes on it.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

use super::{at, id_of, path_of, upload, upload_to};

async fn ask(desk: &TestDesk, who: Option<&Somebody>, method: Method, path: &str) -> Answer {
    desk.send(desk.request(who, method, path)).await
}

/// What everybody gets for every route of `file`; the removal last.
async fn matrix(desk: &TestDesk, file: &Value, everybody: &[(&str, Option<&Somebody>, u16)]) {
    let routes = [(Method::GET, ""), (Method::GET, "/download"), (Method::POST, "/link")];
    for (method, rest) in routes {
        for (name, who, status) in everybody {
            let answer = ask(desk, *who, method.clone(), &at(file, rest)).await;
            assert_eq!(answer.status.as_u16(), *status, "{method} {rest} by {name}: {}", answer.body);
            if *status != 200 {
                assert!(!answer.body.to_string().contains("report"), "{rest} by {name}: {}", answer.body);
            }
        }
    }
    let decided = desk.decided().await;
    for (name, who, status) in everybody {
        if *name != "owner" && *name != "administrator" {
            let refused = if *status == 200 { 403 } else { *status };
            let answer = ask(desk, *who, Method::DELETE, &at(file, "")).await;
            assert_eq!(answer.status.as_u16(), refused, "removal by {name}: {}", answer.body);
        }
    }
    assert_eq!(desk.decided().await, decided);
    let admin = everybody.iter().find(|(name, ..)| *name == "administrator").expect("one");
    let _ = ask(desk, admin.1, Method::DELETE, &at(file, "")).await.expect(204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_seen_by_whoever_sees_its_ticket() {
    let desk = TestDesk::open().await;
    let (ada, eve, ivan, hana, root) = (
        desk.user().await,
        desk.user().await,
        desk.it_agent().await,
        desk.hr_agent().await,
        desk.admin().await,
    );
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let everybody = [
        ("nobody", None, 401),
        ("owner", Some(&ada), 200),
        ("other requester", Some(&eve), 404),
        ("agent", Some(&ivan), 200),
        ("agent of another department", Some(&hana), 404),
        ("administrator", Some(&root), 200),
    ];
    let file = upload_to(&desk, &ada, &ticket, b"report").await;
    matrix(&desk, &file, &everybody).await;
    // What goes with a message is no other.
    let file = upload(&desk, &ada, "report.txt", b"report").await.expect(201).body;
    let said = json!({ "content": "!", "attachment_ids": [id_of(&file)] });
    let _ = desk.post(&ada, &format!("{}/messages", path_of(&ticket)), said).await.expect(201);
    matrix(&desk, &file, &everybody).await;
    // What is used nowhere yet is nobody else's, not even an administrator's.
    let file = upload(&desk, &ada, "report.txt", b"report").await.expect(201).body;
    for (name, who, _) in everybody {
        let status = match name {
            "nobody" => 401,
            "owner" => 200,
            _ => 404,
        };
        for (method, rest) in [(Method::GET, ""), (Method::GET, "/download"), (Method::POST, "/link")] {
            let answer = ask(&desk, who, method, &at(&file, rest)).await;
            assert_eq!(answer.status.as_u16(), status, "{rest} by {name}");
        }
        if name != "owner" {
            let answer = ask(&desk, who, Method::DELETE, &at(&file, "")).await;
            assert_eq!(answer.status.as_u16(), status, "removal by {name}");
        }
    }
    let _ = ask(&desk, Some(&ada), Method::DELETE, &at(&file, "")).await.expect(204);
    let _ = ask(&desk, Some(&ada), Method::GET, &at(&file, "")).await.expect(404);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_with_an_internal_note_is_for_whoever_reads_notes() {
    let desk = TestDesk::open().await;
    let (ada, ivan, hana, root) =
        (desk.user().await, desk.it_agent().await, desk.hr_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let path = path_of(&ticket);
    let file = upload(&desk, &ivan, "report-canary.txt", b"report").await.expect(201).body;
    let note = json!({ "content": "Psst.", "is_internal": true, "attachment_ids": [id_of(&file)] });
    let _ = desk.post(&ivan, &format!("{path}/messages"), note).await.expect(201);
    for way in [
        path.clone(),
        format!("{path}?include=messages,history"),
        format!("{path}?as_of=2099-01-01T00:00:00Z&include=messages,history"),
        format!("{path}/messages"),
        format!("{path}/messages?as_of=2099-01-01T00:00:00Z"),
        format!("{path}/attachments"),
        format!("{path}/history"),
        format!("{path}/events"),
        format!("/api/v1/events?streams={}", ticket["ticket_id"].as_str().expect("an id")),
        format!("/api/v1/users/{}/export", ada.id),
    ] {
        let seen = desk.get(&ada, &way).await;
        let text = seen.body.to_string();
        let tells =
            text.contains("canary") || text.contains(id_of(&file)) || text.contains("ttachment added");
        assert!(!tells, "{way}: {text}");
    }
    let list = desk.get(&ada, &format!("{path}/attachments")).await.expect(200).body;
    assert_eq!(list, json!({ "attachments": [], "total_count": 0 }));
    for way in
        [path.clone(), format!("{path}/messages"), format!("{path}/attachments"), format!("{path}/events")]
    {
        let text = desk.get(&root, &way).await.expect(200).body.to_string();
        assert!(text.contains("report-canary"), "{way}: {text}");
    }
    let everybody = [
        ("nobody", None, 401),
        ("requester", Some(&ada), 404),
        ("agent of another department", Some(&hana), 404),
        ("owner", Some(&ivan), 200),
        ("administrator", Some(&root), 200),
    ];
    matrix(&desk, &file, &everybody).await;
    desk.close().await;
}

/// Agents are requesters on their own tickets: what is written about them there is not theirs to see.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_s_own_ticket_hides_its_notes_files_from_them() {
    let desk = TestDesk::open().await;
    let (ivan, root) = (desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ivan, Some("IT")).await;
    let file = upload(&desk, &root, "report.txt", b"report").await.expect(201).body;
    let note = json!({ "content": "Psst.", "is_internal": true, "attachment_ids": [id_of(&file)] });
    let _ = desk.post(&root, &format!("{}/messages", path_of(&ticket)), note).await.expect(201);
    for (method, rest) in
        [(Method::GET, ""), (Method::GET, "/download"), (Method::POST, "/link"), (Method::DELETE, "")]
    {
        let _ = ask(&desk, Some(&ivan), method, &at(&file, rest)).await.expect(404);
    }
    desk.close().await;
}
