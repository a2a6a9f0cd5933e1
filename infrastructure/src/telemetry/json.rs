//! A log line as a JSON object.

use std::fmt::Write as _;
use std::io::Write as _;

use chrono::{SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::fields::Fields;

/// Writes every event as one line of JSON, with the fields of the spans around it.
#[derive(Debug, Clone)]
pub struct JsonLines<W> {
    writer: W,
}

impl<W> JsonLines<W> {
    /// Lines for `writer`, each in one write.
    #[must_use]
    pub fn new(writer: W) -> Self {
        Self { writer }
    }
}

/// The line's fields in their order; what there is not is left out.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    module: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    data: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<Value>,
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            if let Some(Fields(of_span)) = span.extensions().get::<Fields>() {
                fields.0.extend(of_span.clone());
            }
        }
        event.record(&mut fields);
        let line = line(event, fields);
        // Nobody is left to tell that the log cannot be written.
        let _ = self.writer.make_writer_for(event.metadata()).write_all(line.as_bytes());
    }
}

fn line(event: &Event<'_>, Fields(mut fields): Fields) -> String {
    // Events of crates that use `log` carry where they come from in fields of these names.
    let logged_by = fields.remove("log.target");
    for name in ["log.module_path", "log.file", "log.line"] {
        fields.remove(name);
    }
    let line = Line {
        timestamp: Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
        level: level(*event.metadata().level()),
        module: logged_by.as_ref().and_then(Value::as_str).unwrap_or(event.metadata().target()),
        request_id: fields.remove("request_id"),
        user_id: fields.remove("user_id"),
        event: fields.remove("message"),
        duration_ms: fields.remove("duration_ms"),
        data: fields,
    };
    let mut text = escaped(&serde_json::to_string(&line).unwrap_or_default());
    text.push('\n');
    text
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARN",
        Level::INFO => "INFO",
        Level::DEBUG | Level::TRACE => "DEBUG",
    }
}

/// Escapes what JSON lets pass but a terminal or an editor may take for an instruction: further control
/// characters, line ends and changes of direction.
fn escaped(json: &str) -> String {
    let unsafe_in_a_line = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    let mut text = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        if unsafe_in_a_line(c) {
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text
}
