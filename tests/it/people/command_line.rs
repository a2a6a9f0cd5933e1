//! `ledgerdesk user list`, `deactivate` and `activate`.

use std::process::{Command, Output};

use base64::Engine as _;
use serde_json::Value;
use tests::desk::{JWT_SECRET, TestDesk};
use tests::postgres::{MASTER_KEY, url};
use tests::process::Binary;

/// What the program says on the desk's database.
pub(crate) fn run(desk: &TestDesk, arguments: &[&str]) -> Output {
    let mut program = Command::new(Binary::path());
    program
        .args(arguments)
        .env_clear()
        .env("DATA_DIR", "/proc/there-can-be-none")
        .env("DATABASE_URL", url(&desk.database.options))
        .env("MASTER_KEY", base64::engine::general_purpose::STANDARD.encode(MASTER_KEY))
        .env("JWT_SECRET", JWT_SECRET);
    program.output().expect("the binary runs")
}

fn said(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_lists_deactivates_and_activates_accounts() {
    let desk = TestDesk::open().await;
    let (admin, ivan) = (desk.admin().await, desk.it_agent().await);
    let name = desk.get(&admin, &super::of(&ivan, "")).await.expect(200).body["username"].clone();
    let name = name.as_str().expect("a name");
    let listed = said(&run(&desk, &["user", "list", "--role", "it_agent", "--output", "json"]));
    assert_eq!((listed.as_array().map(Vec::len), listed[0]["username"].as_str()), (Some(1), Some(name)));
    let text = run(&desk, &["user", "list"]);
    assert_eq!(String::from_utf8_lossy(&text.stdout).lines().count(), 3, "a heading and two accounts");

    let done = said(&run(&desk, &["user", "deactivate", "--username", name, "--output", "json"]));
    assert_eq!((&done["username"], &done["is_active"]), (&name.into(), &false.into()));
    let head = desk.head().await;
    said(&run(&desk, &["user", "deactivate", "--username", name, "--output", "json"]));
    assert_eq!(desk.head().await, head, "deactivated once");
    let done = said(&run(&desk, &["user", "activate", "--username", name, "--output", "json"]));
    assert_eq!(done["is_active"], true);

    let root = desk.get(&admin, &super::of(&admin, "")).await.expect(200).body["username"].clone();
    let refused = run(&desk, &["user", "deactivate", "--username", root.as_str().expect("a name")]);
    assert_eq!(refused.status.code(), Some(1), "the last administrator stays");
    let unknown = run(&desk, &["user", "activate", "--username", "nobody"]);
    assert_eq!(unknown.status.code(), Some(1));
    desk.close().await;
}
