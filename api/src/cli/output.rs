//! Results on standard output, for people or for programs.

use std::io::{self, ErrorKind, Write as _};

use anyhow::Context as _;
use serde::Serialize;

use super::args::Format;

/// Whoever read standard output stopped reading: no failure, but nothing more to do.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads standard output any more")]
pub(crate) struct ReaderGone;

/// Standard output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    format: Format,
}

impl Output {
    /// Standard output in `format`.
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    /// A result: `text` for people, `value` as a line of JSON for programs.
    pub(crate) fn result(self, value: &impl Serialize, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        match self.format {
            Format::Text => write_line(&text()),
            Format::Json => write_line(&serde_json::to_string(value)?),
        }
    }

    /// A result that people are told in another way: a line of JSON for programs only.
    pub(crate) fn json(self, value: &impl Serialize) -> anyhow::Result<()> {
        match self.format {
            Format::Text => Ok(()),
            Format::Json => write_line(&serde_json::to_string(value)?),
        }
    }
}

/// A result that is JSON for everybody.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    write_line(&serde_json::to_string_pretty(value)?)
}

/// A result that is lines already.
pub(crate) fn print_lines(lines: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(lines).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(ReaderGone.into()),
        other => other.context("standard output cannot be written"),
    }
}

fn write_line(text: &str) -> anyhow::Result<()> {
    print_lines(format!("{text}\n").as_bytes())
}
