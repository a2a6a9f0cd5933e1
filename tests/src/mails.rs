//! Mails as they were sent, taken apart.

use std::fs;
use std::path::Path;

/// A mail as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The header lines, unfolded.
    pub headers: Vec<String>,
    /// The text, not the HTML.
    pub text: String,
    /// All of it.
    pub raw: String,
}

impl Mail {
    /// The mail that is `raw`.
    ///
    /// # Panics
    /// If it has no plain text part.
    #[must_use]
    pub fn parse(raw: &str) -> Self {
        let (head, body) = raw.split_once("\r\n\r\n").expect("a header and a body");
        let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let (_, part) = body.split_once("Content-Type: text/plain").expect("a text");
        let (part_head, text) = part.split_once("\r\n\r\n").expect("a text");
        let text = text.split("\r\n--").next().unwrap_or_default();
        let text = if part_head.contains("quoted-printable") { printed(text) } else { text.to_owned() };
        let text = text.replace("\r\n", "\n");
        Self { headers: head.split("\r\n").map(str::to_owned).collect(), text, raw: raw.to_owned() }
    }

    /// The mails in the folder `mail` of the data directory `data`, the oldest first.
    ///
    /// # Panics
    /// If one cannot be read.
    #[must_use]
    pub fn in_folder(data: &Path) -> Vec<Self> {
        let Ok(entries) = fs::read_dir(data.join("mail")) else { return Vec::new() };
        let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
        files.sort();
        files.iter().map(|file| Self::parse(&fs::read_to_string(file).expect("a mail"))).collect()
    }

    /// The value of a header; empty without it.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let of = |line: &'_ String| line.starts_with(&format!("{name}: "));
        self.headers.iter().find(|line| of(line)).map_or("", |line| line[name.len() + 2..].trim())
    }

    /// What it asks to be copied: the line of its text that is set in.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn code(&self) -> &str {
        let mut lines = self.text.lines();
        lines.find_map(|line| line.strip_prefix("    ")).expect("a code").trim()
    }
}

/// The text that is quoted-printable (RFC 2045).
fn printed(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let mut bytes = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let byte = after.get(..2).filter(|_| *first == b'=').map(|digits| {
            let digits = std::str::from_utf8(digits).expect("digits");
            u8::from_str_radix(digits, 16).expect("digits")
        });
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).expect("a text")
}
