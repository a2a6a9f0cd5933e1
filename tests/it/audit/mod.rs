//! Proof: heads, proofs and exports, and that two verifiers find whatever was tampered with.

mod command_line;
mod exports;
mod proofs;
mod sealing;
mod tampering;
mod tree;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use infrastructure::audit::{Fault, PublicKey, SignedHead, verify_export};
use infrastructure::log::PgLog;
use sqlx::{AssertSqlSafe, Executor as _};
use tempfile::TempDir;
use tests::appends::{accepted, append, new_stream, on, unassigned};
use tests::postgres::TestDatabase;
use tests::process::scratch;

/// A log with events, and a folder for exports and heads.
struct Scene {
    test: TestDatabase,
    log: Arc<PgLog>,
    folder: TempDir,
}

impl Scene {
    /// A log with blocks of so many events, each block one command on one ticket.
    async fn of(blocks: &[usize]) -> Self {
        let test = TestDatabase::create().await;
        let scene = Self { log: test.log().await, test, folder: scratch("audit") };
        scene.append(blocks).await;
        scene
    }

    /// Appends blocks of so many events.
    async fn append(&self, blocks: &[usize]) {
        for events in blocks {
            let events = vec![unassigned(); *events];
            accepted(&self.log, append(vec![on(new_stream(), 0, events)])).await;
        }
    }

    /// The signed head of the log as it is now.
    async fn head(&self) -> SignedHead {
        self.log.audit().seal().await.expect("signed").expect("a head")
    }

    fn key(&self) -> PublicKey {
        self.log.audit().key()
    }

    /// Lets a superuser do something with the triggers off.
    async fn tamper(&self, statements: &[&str]) {
        let mut superuser = self.test.superuser().await;
        superuser.execute("set session_replication_role = replica").await.expect("triggers off");
        for statement in statements {
            superuser.execute(AssertSqlSafe((*statement).to_owned())).await.expect(statement);
        }
    }

    /// What verifying the live log finds.
    async fn live(&self, kept: &[SignedHead]) -> Option<Fault> {
        self.log.audit().verify(kept).await.expect("readable").fault
    }

    /// An export of the log as it is now.
    async fn export(&self, from: i64, to: Option<i64>) -> Vec<u8> {
        let mut export = self.log.audit().export(from, to).await.expect("an export");
        let mut lines = Vec::new();
        while let Some(more) = export.next().await.expect("readable") {
            lines.extend(more);
        }
        lines
    }

    /// What verifying `export` finds. Checks that the second verifier finds the same.
    fn exported(&self, export: &[u8], kept: &[SignedHead]) -> Option<Fault> {
        exported(self.folder.path(), export, &self.key(), kept)
    }
}

/// What verifying `export` with `key` finds. Checks that the second verifier finds the same.
fn exported(folder: &Path, export: &[u8], key: &PublicKey, kept: &[SignedHead]) -> Option<Fault> {
    let fault = verify_export(export, key, kept).expect("readable").fault;
    let file = folder.join("export.ndjson");
    std::fs::write(&file, export).expect("written");
    let heads = kept.iter().enumerate().map(|(number, head)| {
        let path = folder.join(format!("head-{number}.json"));
        std::fs::write(&path, serde_json::to_string(head).expect("JSON")).expect("written");
        path
    });
    let second = second_verifier(&file, key, &heads.collect::<Vec<_>>());
    let first = fault.as_ref().map(|fault| (fault.line.expect("a line"), fault.position));
    assert_eq!(second, first, "the second verifier agrees with {fault:?}");
    fault
}

/// Line and position of the first fault that the verifier in Python finds.
fn second_verifier(file: &Path, key: &PublicKey, heads: &[PathBuf]) -> Option<(u64, i64)> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("verifier/verify_export.py");
    let output = Command::new("python3").arg(program).arg(file).arg(key.to_string()).args(heads).output();
    let output = output.expect("python3 runs: scripts/setup.sh test");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return None;
    }
    let line = said
        .strip_prefix("line ")
        .and_then(|rest| rest.split_once(", position "))
        .unwrap_or_else(|| panic!("{said}"));
    let position = line.1.split_once(": ").unwrap_or_else(|| panic!("{said}")).0;
    assert_eq!(said.trim().lines().count(), 1, "one line: {said}");
    Some((line.0.parse().expect("a line"), position.parse().expect("a position")))
}

/// Where `fault` is: its position, and up to where it may be.
fn place(fault: Option<&Fault>) -> Option<(i64, i64)> {
    fault.map(|fault| (fault.position, fault.until.unwrap_or(fault.position)))
}
