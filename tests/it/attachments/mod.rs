//! Files on tickets, over HTTP: what is taken, who sees it, and that nothing stays of what goes.

mod access;
mod download;
mod erasure;
mod kinds;
mod links;
mod nodes;
mod removal;
mod s3;
mod tampering;
mod upload;
mod usage;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use infrastructure::audit::text::to_hex;
use reqwest::Method;
use ring::digest::{SHA256, digest};
use serde_json::Value;
use tests::desk::{Answer, Somebody, TestDesk};

pub(crate) const BOUNDARY: &str = "a-boundary";
const PATIENCE: Duration = Duration::from_secs(30);

/// A form with one file.
pub(crate) fn form(name: &str, content: &[u8]) -> Vec<u8> {
    let name = name.replace('\\', "\\\\").replace('"', "\\\"");
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: text/html\r\n\r\n"
    );
    [head.as_bytes(), content, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat()
}

/// What `who` gets for a form at `path`.
pub(crate) async fn send_form(desk: &TestDesk, who: &Somebody, path: &str, form: Vec<u8>) -> Answer {
    let request = desk.request(Some(who), Method::POST, path);
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    desk.send(request.header("Content-Type", kind).body(form)).await
}

/// What `who` gets for a file.
pub(crate) async fn upload(desk: &TestDesk, who: &Somebody, name: &str, content: &[u8]) -> Answer {
    send_form(desk, who, "/api/v1/attachments", form(name, content)).await
}

/// A file of `who`, on the ticket.
async fn upload_to(desk: &TestDesk, who: &Somebody, ticket: &Value, content: &[u8]) -> Value {
    let path = format!("{}/attachments", path_of(ticket));
    send_form(desk, who, &path, form("report.txt", content)).await.expect(201).body
}

fn path_of(ticket: &Value) -> String {
    format!("/api/v1/tickets/{}", ticket["ticket_id"].as_str().expect("a ticket's id"))
}

fn id_of(body: &Value) -> &str {
    body["id"].as_str().expect("an id")
}

/// The address of a file, and of what is below it.
fn at(file: &Value, rest: &str) -> String {
    format!("/api/v1/attachments/{}{rest}", id_of(file))
}

/// A content of so many bytes that is text and repeats nowhere within a chunk.
fn text(size: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(size + 16);
    let mut line = 0;
    while text.len() < size {
        text.extend_from_slice(format!("qzat line {line}\n").as_bytes());
        line += 1;
    }
    text.truncate(size);
    text
}

fn sha256(content: &[u8]) -> String {
    to_hex(digest(&SHA256, content).as_ref())
}

/// What `who` fetches: the status, the headers and the bytes, or that the answer broke off.
struct Fetched {
    status: u16,
    headers: reqwest::header::HeaderMap,
    bytes: Result<Vec<u8>, reqwest::Error>,
}

impl Fetched {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

async fn fetch(request: reqwest::RequestBuilder) -> Fetched {
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Fetched { status, headers, bytes: answer.bytes().await.map(|bytes| bytes.to_vec()) }
}

async fn download(desk: &TestDesk, who: &Somebody, file: &Value) -> Fetched {
    fetch(desk.request(Some(who), Method::GET, &at(file, "/download"))).await
}

/// All files below `folder`.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files_in(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// The sealed contents that a desk has.
fn stored(desk: &TestDesk) -> Vec<PathBuf> {
    files_in(&desk.data().join("attachments"))
}

/// How many rows there are of uploads and files.
async fn rows(desk: &TestDesk) -> (i64, i64) {
    let count = "select (select count(*) from desk.uploads), (select count(*) from desk.attachments)";
    sqlx::query_as(count).fetch_one(desk.desk.pool()).await.expect("counts")
}

/// Waits until something is true.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until a desk has nothing stored.
async fn until_nothing_is_stored(desk: &TestDesk) {
    until("nothing is stored", async || stored(desk).is_empty() && rows(desk).await == (0, 0)).await;
}
