//! What a mail says: a subject, paragraphs and codes, as text and as HTML.

use std::fmt::Write as _;

/// What a mail says. Texts are taken as they come and escaped where they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    subject: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Paragraph(String),
    /// Something to be copied, on a line of its own.
    Code(String),
}

impl Letter {
    /// A letter about `subject`, of which line breaks and other control characters become spaces.
    #[must_use]
    pub fn new(subject: &str) -> Self {
        Self { subject: one_line(subject), parts: Vec::new() }
    }

    /// With another paragraph.
    #[must_use]
    pub fn paragraph(mut self, text: &str) -> Self {
        self.parts.push(Part::Paragraph(text.to_owned()));
        self
    }

    /// With something to be copied, on a line of its own.
    #[must_use]
    pub fn code(mut self, text: &str) -> Self {
        self.parts.push(Part::Code(one_line(text)));
        self
    }

    /// What it is about, on one line.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// As plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Paragraph(text) => text.clone(),
            Part::Code(text) => format!("    {text}"),
        });
        parts.collect::<Vec<_>>().join("\n\n") + "\n"
    }

    /// As an HTML document that loads nothing.
    #[must_use]
    pub fn html(&self) -> String {
        let mut body = String::new();
        for part in &self.parts {
            // A string can always be written to.
            let _ = match part {
                Part::Paragraph(text) => write!(body, "<p>{}</p>", escaped(text).replace('\n', "<br>")),
                Part::Code(text) => write!(
                    body,
                    "<p style=\"font-family:monospace;font-size:1.4em;word-break:break-all\">{}</p>",
                    escaped(text)
                ),
            };
        }
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\
             <body style=\"font-family:sans-serif;line-height:1.5\">{body}</body></html>\n",
            escaped(&self.subject)
        )
    }
}

fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'), " ")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_shown_as_text_and_as_html_and_escaped_there() {
        let letter = Letter::new("Hello").paragraph("For \"><img src=x>&\nyou").code("12'34");
        assert_eq!(letter.text(), "For \"><img src=x>&\nyou\n\n    12'34\n");
        let html = letter.html();
        assert!(html.contains("<p>For &quot;&gt;&lt;img src=x&gt;&amp;<br>you</p>"), "{html}");
        assert!(html.contains(">12&#39;34</p>") && html.contains("<title>Hello</title>"), "{html}");
    }

    #[test]
    fn a_subject_has_one_line() {
        let letter = Letter::new("a\r\nBcc: x@y.z\u{2028}\0b");
        assert_eq!(letter.subject(), "a  Bcc: x@y.z  b");
    }
}
