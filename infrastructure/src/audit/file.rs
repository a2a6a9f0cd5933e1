//! Verifying an export: nothing but the file and the public key is needed, and no database.

use std::io::{BufRead, Read as _};

use ring::digest::{Context, SHA256};

use super::checker::Checker;
use super::export::{Header, ReadLine, Trailer, VERSION};
use super::text::{from_hex, to_hex};
use super::tiles::unsigned;
use super::tree::Frontier;
use super::{Fault, PublicKey, SignedHead, Verified};

/// No line of an export is as long: an append has at most 1 MiB.
const LONGEST: u64 = 16 << 20;

/// Checks an export against `key`: that nothing in it was altered, removed, moved or added, that it is whole, that a
/// signed head covers its last event, and that it extends the heads in `kept`, which somebody kept elsewhere.
///
/// # Errors
/// The file cannot be read. What is wrong with its content is in [`Verified::fault`].
pub fn verify_export(file: impl BufRead, key: &PublicKey, kept: &[SignedHead]) -> std::io::Result<Verified> {
    let mut reading = Reading {
        checker: Checker::new(key, kept),
        header: None,
        hash: Context::new(&SHA256),
        counted: Trailer::default(),
        ended: false,
    };
    let mut file = file;
    for number in 1.. {
        let mut line = Vec::new();
        file.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        let taken =
            if line.is_empty() { reading.end().map(|()| true) } else { reading.line(&line).map(|()| false) };
        match taken {
            Ok(false) => {}
            Ok(true) => break,
            Err(fault) => return Ok(reading.checker.verified(Some(Fault { line: Some(number), ..fault }))),
        }
    }
    Ok(reading.checker.verified(None))
}

/// An export, as far as it was read.
struct Reading<'a> {
    checker: Checker<'a>,
    header: Option<Header>,
    hash: Context,
    counted: Trailer,
    ended: bool,
}

impl Reading<'_> {
    fn line(&mut self, line: &[u8]) -> Result<(), Fault> {
        let next = self.checker.next();
        if self.ended {
            return Err(Fault::at(next, "something follows the export's last line"));
        }
        if line.last() != Some(&b'\n') {
            return Err(Fault::at(next, "the export is cut in the middle of a line"));
        }
        let read: Result<ReadLine, _> = serde_json::from_slice(line);
        let read = read.map_err(|_| Fault::at(next, "the line is not one of an export"))?;
        match (&self.header, read) {
            (None, ReadLine::Export(header)) => self.begin(header)?,
            (None, _) => return Err(Fault::at(next, "the export lacks its first line")),
            (Some(_), ReadLine::Export(_)) => return Err(Fault::at(next, "another export begins here")),
            (Some(_), ReadLine::Event(event)) => {
                self.checker.event(&event)?;
                self.counted.events += 1;
            }
            (Some(_), ReadLine::Block(block)) => {
                self.checker.block(&block)?;
                self.counted.blocks += 1;
            }
            (Some(_), ReadLine::Head(head)) => {
                self.checker.head(&head)?;
                self.counted.heads += 1;
            }
            (Some(header), ReadLine::End(trailer)) => {
                let to = header.to;
                self.checker.finish()?;
                return self.trailer(&trailer, to);
            }
        }
        self.hash.update(line);
        Ok(())
    }

    fn begin(&mut self, header: Header) -> Result<(), Fault> {
        let next = self.checker.next();
        if header.version != VERSION {
            let what = format!("the export is of version {}, this program knows {VERSION}", header.version);
            return Err(Fault::at(next, what));
        }
        let is_range = header.from >= 1 && header.to >= header.from;
        let frontier = if is_range { frontier(&header) } else { None };
        let Some(frontier) = frontier else {
            return Err(Fault::at(next, "the export's first line contradicts itself"));
        };
        self.checker.begin(header.from - 1, frontier, header.previous_block)?;
        self.header = Some(header);
        Ok(())
    }

    fn trailer(&mut self, trailer: &Trailer, to: i64) -> Result<(), Fault> {
        let next = self.checker.next();
        if next != to + 1 {
            return Err(Fault::at(
                next,
                format!("the event is missing; the export says that it goes to {to}"),
            ));
        }
        self.counted.sha256 = to_hex(self.hash.clone().finish().as_ref());
        if *trailer != self.counted {
            return Err(Fault::at(next, "the lines before the last are not those that were written"));
        }
        self.ended = true;
        self.checker.covered()
    }

    /// The file has no more lines.
    fn end(&self) -> Result<(), Fault> {
        if self.ended {
            Ok(())
        } else {
            Err(Fault::at(self.checker.next(), "the export is cut: its last line is missing"))
        }
    }
}

/// The tree over the events before the export, if the header has it.
fn frontier(header: &Header) -> Option<Frontier> {
    let roots = header.frontier.iter().map(|root| from_hex(root)?.try_into().ok());
    Frontier::new(unsigned(header.from - 1), roots.collect::<Option<_>>()?)
}
