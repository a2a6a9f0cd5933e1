//! What a line holds, and that no value can forge another.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing::{Level, debug_span, error, field, info, info_span, trace, warn};
use tracing_subscriber::fmt::MakeWriter;

use super::*;

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Paper {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn written(work: impl FnOnce()) -> String {
    let paper = Paper::default();
    let subscriber = registry().with(JsonLines::new(paper.clone()));
    tracing::subscriber::with_default(subscriber, work);
    let bytes = paper.0.lock().expect("not poisoned").clone();
    String::from_utf8(bytes).expect("text")
}

fn lines(work: impl FnOnce()) -> Vec<Value> {
    written(work).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_line_has_the_fields_of_the_specification_and_no_others() {
    let text = written(|| {
        let span = info_span!("request", request_id = "r-1", user_id = field::Empty, method = "GET");
        let _inside = span.enter();
        span.record("user_id", field::display("u-1"));
        let _step = debug_span!("step", ticket.id = 7).entered();
        warn!(target: "desk", duration_ms = 12, status = 500, ok = false, none = field::Empty, "request failed");
    });
    let mut line: Value = serde_json::from_str(&text).expect("JSON");
    let timestamp = line["timestamp"].take();
    let timestamp = timestamp.as_str().expect("text");
    assert!(timestamp.len() == 24 && timestamp.ends_with('Z'), "{timestamp}");
    let expected = json!({
        "timestamp": null, "level": "WARN", "module": "desk", "request_id": "r-1", "user_id": "u-1",
        "event": "request failed", "duration_ms": 12,
        "data": { "method": "GET", "ticket.id": 7, "status": 500, "ok": false },
    });
    assert_eq!(line, expected);
    let names = ["timestamp", "level", "module", "request_id", "user_id", "event", "data", "duration_ms"];
    let places = names.map(|name| text.find(&format!("\"{name}\":")));
    assert!(places.is_sorted() && places[0] == Some(1), "{text}");
}

#[test]
fn what_there_is_not_is_left_out() {
    let lines = lines(|| trace!("idle"));
    let names = lines[0].as_object().expect("an object").keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(lines[0]["level"], "DEBUG");
    assert_eq!(lines[0]["module"], module_path!());
    assert_eq!(names.len(), 4, "{names:?}");
}

#[test]
fn no_value_forges_a_line_or_speaks_to_the_terminal() {
    let forged = "x\r\n{\"level\":\"ERROR\"}\u{1b}[2J\u{9b}2J\u{7f}\0\u{85}\u{2028}\u{202e}";
    let text = written(|| {
        let _span = info_span!("request", request_id = forged, path = forged).entered();
        error!(name = forged, shown = %forged, debug = ?forged, "{forged}");
    });
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        !text.trim_end_matches('\n').chars().any(|c| c.is_control() || c == '\u{2028}' || c == '\u{202e}')
    );
    let line: Value = serde_json::from_str(&text).expect("JSON");
    for value in [&line["request_id"], &line["event"], &line["data"]["name"], &line["data"]["path"]] {
        assert_eq!(value, forged);
    }
    assert_eq!(line["data"]["shown"], forged);
}

#[test]
fn the_innermost_value_counts_and_no_other_span_s() {
    let lines = lines(|| {
        let _request = info_span!("request", request_id = "outer", user.id = "ada").entered();
        let _other = info_span!(parent: None, "other", request_id = "elsewhere");
        info!("first");
        let _job = info_span!("job", request_id = "inner").entered();
        info!(user_id = "ivan", "second");
    });
    assert_eq!((&lines[0]["request_id"], &lines[0]["user_id"]), (&json!("outer"), &json!("ada")));
    assert_eq!((&lines[1]["request_id"], &lines[1]["user_id"]), (&json!("inner"), &json!("ivan")));
}

#[test]
fn numbers_stay_numbers_and_an_error_tells_its_causes() {
    let cause = io::Error::other("disk full");
    let error = anyhow::Error::from(cause).context("not saved");
    let lines = lines(|| {
        let error: &(dyn std::error::Error + 'static) = error.as_ref();
        tracing::event!(Level::INFO, error, half = 0.5, r#type = "t", nan = f64::NAN, big = u64::MAX);
    });
    let data = json!({ "error": "not saved: disk full", "half": 0.5, "type": "t", "big": u64::MAX });
    assert_eq!(lines[0]["data"], data);
    assert_eq!(lines[0].get("event"), None);
}
