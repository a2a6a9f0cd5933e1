//! Texts that people write, checked once at the edge.

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Fewer characters than required, after trimming.
    #[error("must have {0} characters or more")]
    TooShort(usize),
    /// More characters than allowed.
    #[error("must have {0} characters or fewer")]
    TooLong(usize),
    /// A control character other than a line break or a tab.
    #[error("must not contain control characters (found U+{0:04X})")]
    Control(u32),
    /// A line break or tab in a text of one line.
    #[error("must be a single line")]
    ManyLines,
}

/// Whether a text may run over several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// A title, a name.
    One,
    /// A description, a message.
    Many,
}

/// `raw` trimmed, with `\r\n` as `\n`, if it has `min` to `max` characters and nothing invisible in it.
///
/// # Errors
/// The first rule it breaks.
pub fn parse_text(raw: &str, min: usize, max: usize, lines: Lines) -> Result<String, BadText> {
    let text = raw.trim().replace("\r\n", "\n");
    let length = text.chars().count();
    if length < min {
        return Err(BadText::TooShort(min));
    }
    if length > max {
        return Err(BadText::TooLong(max));
    }
    for c in text.chars() {
        match c {
            '\n' | '\t' if lines == Lines::One => return Err(BadText::ManyLines),
            '\n' | '\t' => {}
            c if c.is_control() || is_invisible(c) => return Err(BadText::Control(c.into())),
            _ => {}
        }
    }
    Ok(text)
}

/// Characters that reorder or hide text and have no place in a help desk: bidirectional overrides, tag
/// characters, the byte order mark. Joiners stay: scripts and emoji need them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_and_measured_in_characters() {
        assert_eq!(parse_text("  größe \r\n x ", 3, 9, Lines::Many), Ok("größe \n x".to_owned()));
        assert_eq!(parse_text("  ab ", 3, 200, Lines::One), Err(BadText::TooShort(3)));
        assert_eq!(parse_text("abcd", 1, 3, Lines::One), Err(BadText::TooLong(3)));
    }

    #[test]
    fn invisible_characters_are_refused() {
        for bad in ["a\0b", "a\u{7}b", "a\u{202E}b", "a\u{FEFF}b"] {
            assert!(matches!(parse_text(bad, 1, 9, Lines::Many), Err(BadText::Control(_))), "{bad:?}");
        }
        assert_eq!(parse_text("a\nb", 1, 9, Lines::One), Err(BadText::ManyLines));
    }
}
