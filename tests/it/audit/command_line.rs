//! `ledgerdesk log key`, `head --signed`, `export` and `verify`, as an auditor runs them.

use std::process::{Command, Output};

use base64::Engine as _;
use serde_json::Value;
use tests::desk::JWT_SECRET;
use tests::postgres::{MASTER_KEY, url};
use tests::process::Binary;

use super::Scene;

impl Scene {
    fn run(&self, arguments: &[&str]) -> Output {
        let key = base64::engine::general_purpose::STANDARD.encode(MASTER_KEY);
        let mut program = alone(arguments);
        program
            .env("DATABASE_URL", url(&self.test.options))
            .env("MASTER_KEY", key)
            .env("JWT_SECRET", JWT_SECRET);
        program.output().expect("the binary runs")
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

/// The program without a database, a data directory or a key.
fn alone(arguments: &[&str]) -> Command {
    let mut program = Command::new(Binary::path());
    program.args(arguments).env_clear().env("DATA_DIR", "/proc/there-can-be-none");
    program
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// The one line of a failure.
fn complained(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), error.trim().lines().count()), (Some(1), 1), "{error}");
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_needs_the_export_and_the_key_and_nothing_else() {
    let scene = Scene::of(&[3, 2, 4]).await;
    let (export, key_file, head_file) =
        (scene.file("log.ndjson"), scene.file("key"), scene.file("head.json"));
    let key = said(&scene.run(&["log", "key"]));
    std::fs::write(&key_file, &key).expect("written");
    std::fs::write(&head_file, said(&scene.run(&["log", "head", "--signed"]))).expect("written");
    assert_eq!(said(&scene.run(&["log", "head"])), "9\n", "the position, as ever");
    scene.append(&[5]).await;
    assert_eq!(said(&scene.run(&["log", "export", "--file", &export])), "");
    assert_eq!(said(&scene.run(&["log", "export"])), std::fs::read_to_string(&export).expect("readable"));

    let verify = ["log", "verify", "--file", &export, "--key"];
    for key in [key.trim(), &key_file] {
        let good = said(&alone(&[&verify[..], &[key]].concat()).output().expect("runs"));
        assert!(
            good.starts_with("good: events to 14, signed heads 2") && good.lines().count() == 1,
            "{good}"
        );
    }
    let with_head = [&verify[..], &[&key_file, "--head", &head_file, "--output", "json"]].concat();
    let good: Value = serde_json::from_str(&said(&alone(&with_head).output().expect("runs"))).expect("JSON");
    assert_eq!((&good["ok"], &good["events"], &good["head"]["size"]), (&true.into(), &14.into(), &14.into()));

    let text = std::fs::read_to_string(&export).expect("readable");
    std::fs::write(&export, text.replacen("\"via\":\"test\"", "\"via\":\"api\"", 7)).expect("written");
    let found = alone(&with_head).output().expect("runs");
    assert!(complained(&found).contains("line 2, position 1: the event is not as it was accepted"));
    let found: Value = serde_json::from_slice(&found.stdout).expect("JSON");
    assert_eq!((&found["ok"], &found["position"], &found["line"]), (&false.into(), &1.into(), &2.into()));
    std::fs::write(&export, &text[..text.len() / 2]).expect("written");
    let found = complained(&alone(&with_head).output().expect("runs"));
    assert!(found.contains("cut in the middle of a line"), "{found}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_live_log_is_verified_against_heads_that_were_kept() {
    let scene = Scene::of(&[1, 1, 1]).await;
    let head_file = scene.file("head.json");
    std::fs::write(&head_file, said(&scene.run(&["log", "head", "--signed"]))).expect("written");
    let good = said(&scene.run(&["log", "verify", "--head", &head_file]));
    assert!(good.starts_with("good: events to 3, signed heads 1"), "{good}");
    let traces = [
        "events where position",
        "blocks where last_position",
        "heads where size",
        "commands where last_position",
    ];
    let cut = traces.map(|trace| format!("delete from ledger.{trace} > 2"));
    scene.tamper(&cut.each_ref().map(String::as_str)).await;
    assert!(said(&scene.run(&["log", "verify"])).starts_with("good: events to 2"));
    let found = complained(&scene.run(&["log", "verify", "--head", &head_file]));
    assert!(found.contains("position 3: the event is missing"), "{found}");
    scene.tamper(&["update ledger.events set via = 'api' where position = 2"]).await;
    let found = complained(&scene.run(&["log", "verify"]));
    assert!(found.contains("position 2: the event is not as it was accepted"), "{found}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_keys_files_and_positions_are_refused_in_one_line() {
    let scene = Scene::of(&[1, 1]).await;
    let (export, other) = (scene.file("log.ndjson"), "0".repeat(64));
    said(&scene.run(&["log", "export", "--file", &export]));
    let verify = |key: &str, more: &[&str]| {
        alone(&[&["log", "verify", "--file", &export, "--key", key], more].concat()).output().expect("runs")
    };
    let found = complained(&verify(&other, &[]));
    assert!(found.contains("positions 1 to 2: the head of 2 is signed with the key"), "{found}");
    assert_eq!(verify("no key", &[]).status.code(), Some(2));
    let key = said(&scene.run(&["log", "key"]));
    let found = complained(&verify(key.trim(), &["--head", &export]));
    assert!(found.contains("holds no signed head"), "{found}");
    let absent = ["log", "verify", "--file", "/nowhere", "--key", key.trim()];
    assert!(complained(&alone(&absent).output().expect("runs")).contains("/nowhere cannot be read"));
    for (arguments, complaint) in [
        (&["log", "export", "--to", "3"][..], "the log ends at position 2; there is no 3"),
        (&["log", "export", "--from", "2", "--to", "1"], "--from 2 is behind --to 1"),
        (&["log", "export", "--file", "/nowhere/log"], "/nowhere/log cannot be written"),
    ] {
        let found = complained(&scene.run(arguments));
        assert!(found.contains(complaint), "{found}");
    }
    let empty = Scene::of(&[]).await;
    for arguments in [&["log", "export"][..], &["log", "head", "--signed"]] {
        assert!(complained(&empty.run(arguments)).contains("the log is empty"));
    }
    assert!(said(&empty.run(&["log", "verify"])).starts_with("good: events to 0, no signed head"));
}
