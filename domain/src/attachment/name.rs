//! What attachments are called. A name is shown and offered for saving; it never names anything on our side.

/// How many bytes a name has at most.
pub const LONGEST_NAME: usize = 255;
/// How many bytes of the ending of a name that is cut short are kept at most.
const LONGEST_ENDING: usize = 16;

/// `raw` without what could do harm where the file is saved: folders, control characters, characters that hide or reorder
/// text, spaces and dots at its ends. Too long a name is cut before its ending. None if nothing is left.
#[must_use]
pub fn clean(raw: &str) -> Option<String> {
    let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|c| !c.is_control() && !is_hidden(*c)).collect();
    let name = shown.trim_matches(|c: char| c.is_whitespace() || c == '.');
    (!name.is_empty()).then(|| cut(name))
}

fn is_hidden(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
        || matches!(c, '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

fn cut(name: &str) -> String {
    if name.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let ending = name.rfind('.').map(|at| &name[at..]).filter(|ending| ending.len() <= LONGEST_ENDING);
    let ending = ending.unwrap_or_default();
    let mut end = LONGEST_NAME - ending.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", &name[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folders_and_what_hides_are_left_out() {
        for (raw, name) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\x.txt", "x.txt"),
            ("C:\\Users\\ada\\größe 1.png", "größe 1.png"),
            (".\u{200B}htaccess", "htaccess"),
            ("a.php\0.png", "a.php.png"),
            ("gpj\u{202E}.exe", "gpj.exe"),
            (" a\r\nb.txt. ", "ab.txt"),
        ] {
            assert_eq!(clean(raw).as_deref(), Some(name), "{raw:?}");
        }
        for nothing in ["", " ", ".", "..", "a/", "\\", "\u{202E}\0."] {
            assert_eq!(clean(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = clean(&format!("{}.png", "ü".repeat(2_000))).expect("a name");
        assert!(name.len() <= LONGEST_NAME && name.ends_with("ü.png"), "{name}");
        assert_eq!(clean(&"x".repeat(4_096)).map(|name| name.len()), Some(LONGEST_NAME));
    }

    proptest! {
        #[test]
        fn a_clean_name_is_short_and_stays_as_it_is(raw in "\\PC{0,400}|.{0,20}") {
            if let Some(name) = clean(&raw) {
                prop_assert!(name.len() <= LONGEST_NAME && !name.contains(['/', '\\', '\0', '\n']));
                prop_assert!(!name.starts_with('.'));
            }
        }
    }
}
