//! The demo files real tickets through the command side, and never twice.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::process::{Binary, scratch};

fn demo(csv: &Path, data: &Path, tickets: usize) -> String {
    let output = Command::new(Binary::path())
        .args(["demo", "--from"])
        .arg(csv)
        .args(["--tickets", &tickets.to_string(), "--data-dir"])
        .arg(data)
        .env_remove("DATABASE_URL")
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn ledgerdesk(data: &Path, arguments: &[&str]) -> String {
    let output = Command::new(Binary::path())
        .args(arguments)
        .arg("--data-dir")
        .arg(data)
        .env_remove("DATABASE_URL")
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The real tickets where `make test` found them, else rows of our own in the same shape.
fn tickets(data: &Path) -> PathBuf {
    if let Some(folder) = std::env::var_os("LEDGERDESK_TEST_DATA") {
        let real = PathBuf::from(folder).join("it-tickets.csv");
        assert!(real.exists(), "{} is missing", real.display());
        return real;
    }
    let mut rows = "text,label\n".to_owned();
    for number in 0..300 {
        let label = ["Hardware", "HR Support", "Access", "Purchase"][number % 4];
        let _ = writeln!(rows, "please help with request {number} the screen stays dark thank you,{label}");
    }
    let own = data.join("tickets.csv");
    std::fs::write(&own, rows).expect("written");
    own
}

#[test]
fn real_tickets_are_filed_once_however_often_they_are_sent() {
    let data = scratch("demo");
    let csv = tickets(data.path());
    let first = demo(&csv, data.path(), 100);
    assert!(first.starts_with("100 tickets") && !first.contains(" 0 events"), "{first}");
    let head = ledgerdesk(data.path(), &["log", "head"]);
    let again = demo(&csv, data.path(), 100);
    assert!(again.contains(" 0 events added"), "{again}");
    assert_eq!(ledgerdesk(data.path(), &["log", "head"]), head);
    // More of the same file adds only the rest.
    let more = demo(&csv, data.path(), 150);
    assert!(more.starts_with("150 tickets") && !more.contains(" 0 events"), "{more}");

    let rebuilt = ledgerdesk(data.path(), &["projections", "rebuild", "ticket_list"]);
    assert!(rebuilt.contains("ticket_list"), "{rebuilt}");
    let list = ledgerdesk(data.path(), &["projections", "list", "--output", "json"]);
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let rebuilt =
        list.as_array().and_then(|models| models.iter().find(|model| model["model"] == "ticket_list"));
    assert_eq!(rebuilt.expect("listed")["lag_events"], 0, "{list}");
}
