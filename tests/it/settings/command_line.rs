//! `ledgerdesk settings`: the same settings from the command line.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tests::process::{Binary, scratch};

fn settings(data: &Path, arguments: &[&str]) -> Output {
    Command::new(Binary::path())
        .arg("settings")
        .args(arguments)
        .arg("--data-dir")
        .arg(data)
        .env_remove("DATABASE_URL")
        .output()
        .expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn settings_are_listed_and_set_from_the_command_line() {
    let data = scratch("settings");
    let value = |name: &str| {
        let listed = settings(data.path(), &["list", "--output", "json"]);
        assert!(listed.status.success(), "{}", text(&listed.stderr));
        let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).expect("JSON");
        listed.into_iter().find(|one| one["name"] == name).expect("listed")["value"].clone()
    };
    for (name, before, given, after) in [
        ("registration", json!("otp"), "closed", json!("closed")),
        ("two_factor_required_for", json!([]), "admin,user", json!(["user", "admin"])),
        ("reopen_window_days", json!(14), "30", json!(30)),
        ("api_docs", json!(true), "off", json!(false)),
    ] {
        assert_eq!(value(name), before);
        let set = settings(data.path(), &["set", name, given]);
        assert!(set.status.success(), "{}", text(&set.stderr));
        assert_eq!(value(name), after, "{name}");
    }
    let again = settings(data.path(), &["set", "api_docs", "off"]);
    assert_eq!(text(&again.stdout).trim(), "api_docs is off already.");
    for (name, given, said) in [
        ("registration", "perhaps", "one of closed, otp, open"),
        ("reopen_window_days", "soon", "a whole number from 0 to 3650"),
        ("api_docs", "perhaps", "on or off"),
        ("colour", "blue", "there are registration, agent_visibility"),
    ] {
        let refused = settings(data.path(), &["set", name, given]);
        assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
        assert!(text(&refused.stderr).contains(said), "{}", text(&refused.stderr));
    }
}
