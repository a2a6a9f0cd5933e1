//! `ledgerdesk kb import`: the articles of a file, once however often they are sent.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use tests::desk::TestDesk;
use tests::process::scratch;

use super::{ARTICLES, at, caught_up, send};
use crate::people::command_line::run;

/// What the program says, when the desk shows what it did.
async fn import(desk: &TestDesk, file: &Path, more: &[&str]) -> Output {
    let file = file.to_str().expect("a path");
    let output = run(desk, &[&["kb", "import", file, "--output", "json"], more].concat());
    caught_up(desk).await;
    output
}

fn counts(output: &Output) -> [Value; 4] {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    ["added", "revised", "unchanged", "archived"].map(|name| said[name].clone())
}

fn line(id: &str, department: &str, body: &str) -> Value {
    json!({ "id": id, "title": format!("About {id}"), "department": department, "tags": ["Handbook"], "body": body })
}

fn write(folder: &Path, lines: &[String]) -> PathBuf {
    let file = folder.join("kb.jsonl");
    std::fs::write(&file, lines.join("\n")).expect("written");
    file
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_imported_once_and_what_is_new_in_it_revises() {
    let (desk, folder) = (TestDesk::open().await, scratch("kb"));
    let (ivan, ada) = (desk.it_agent().await, desk.user().await);
    let lines = |text: &str| {
        let lines = [
            line("vpn", "IT", text),
            line("Trips/Rail", "Travel", "By train."),
            line("pay", "HR", "Monthly."),
        ];
        lines.iter().map(Value::to_string).collect::<Vec<_>>()
    };
    let file = write(folder.path(), &lines("Start it."));
    assert_eq!(counts(&import(&desk, &file, &[]).await), [3, 0, 0, 0].map(Value::from));
    let decided = desk.decided().await;
    assert_eq!(counts(&import(&desk, &file, &[]).await), [0, 0, 3, 0].map(Value::from));
    assert_eq!(desk.decided().await, decided, "a repetition changes nothing");
    let shown = desk.get(&ivan, &at("trips%2frail", "")).await.expect(200).body;
    assert_eq!((&shown["category"], &shown["tags"]), (&json!("General"), &json!(["handbook", "travel"])));
    assert_eq!((&shown["status"], &shown["department"]), (&json!("draft"), &Value::Null));
    let shown = desk.get(&ivan, &at("vpn", "")).await.expect(200).body;
    assert_eq!((&shown["category"], &shown["department"]), (&json!("IT"), &json!("IT")));

    let published = import(&desk, &file, &["--publish", "--visibility", "internal"]).await;
    assert_eq!(counts(&published), [0, 3, 0, 0].map(Value::from));
    assert_eq!(desk.get(&ada, ARTICLES).await.expect(200).body["total_count"], 0, "internal");
    let file = write(folder.path(), &lines("Start it again."));
    assert_eq!(
        counts(&import(&desk, &file, &["--publish", "--visibility", "public"]).await),
        [0, 3, 0, 0].map(Value::from)
    );
    let _ = send(&desk, &ivan, reqwest::Method::DELETE, &at("pay", ""), None, Value::Null).await.expect(204);
    let file = write(folder.path(), &lines("Start it once more."));
    assert_eq!(counts(&import(&desk, &file, &["--publish"]).await), [0, 1, 1, 1].map(Value::from));
    let shown = desk.get(&ada, &at("vpn", "")).await.expect(200).body;
    assert_eq!((&shown["content"], &shown["visibility"]), (&json!("Start it once more."), &json!("public")));
    let _ = desk.get(&ada, &at("pay", "")).await.expect(404);

    // One wrong line, and nothing of the file is written.
    let head = desk.head().await;
    let good = line("new", "IT", "Text.").to_string();
    let without = |field: &str| {
        let mut line = line("other", "IT", "Text.");
        line.as_object_mut().expect("fields").remove(field);
        line.to_string()
    };
    for (bad, said) in [
        ("{\"id\":".to_owned(), "EOF"),
        ("[]".to_owned(), "invalid"),
        (without("title"), "missing field `title`"),
        (without("body"), "missing field `body`"),
        (line("no spaces", "IT", "Text.").to_string(), "id: must have"),
        (line("other", "IT", &"x".repeat(65_537)).to_string(), "body: must have 65536 characters or fewer"),
        (line("other", "IT", " ").to_string(), "body: must have 1"),
        (line("other", "", "Text.").to_string(), "department: must have"),
        (line("NEW", "IT", "Text.").to_string(), "id: is that of line 1"),
        (
            json!({ "id": "x", "title": "x", "department": "IT", "body": "x", "colour": "blue" }).to_string(),
            "colour",
        ),
    ] {
        let file = write(folder.path(), &[good.clone(), String::new(), bad]);
        let refused = import(&desk, &file, &["--publish"]).await;
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{told}");
        assert!(told.contains("line 3") && told.contains(said), "{said}: {told}");
    }
    assert_eq!(desk.head().await, head);
    let missing = import(&desk, &folder.path().join("none"), &[]).await;
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(import(&desk, &file, &["--visibility", "secret"]).await.status.code(), Some(2));
    desk.assert_sound().await;
    desk.close().await;
}

/// The real handbook, where `make test` found it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_handbook_is_imported_and_found() {
    let Some(data) = std::env::var_os("LEDGERDESK_TEST_DATA") else { return };
    let file = PathBuf::from(data).join("kb.jsonl");
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    assert_eq!(counts(&import(&desk, &file, &["--publish"]).await), [230, 0, 0, 0].map(Value::from));
    assert_eq!(counts(&import(&desk, &file, &["--publish"]).await), [0, 0, 230, 0].map(Value::from));
    let listed = desk.get(&ada, &format!("{ARTICLES}?category=HR&limit=1")).await.expect(200).body;
    assert_eq!(listed["total_count"], 56);
    let found = desk.get(&ada, "/api/v1/kb/search?q=travel+card").await.expect(200).body;
    assert!(found["total_count"].as_i64().is_some_and(|count| count > 0), "{found}");
    desk.assert_sound().await;
    desk.close().await;
}
