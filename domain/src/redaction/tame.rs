//! What a model wrote, as text that can do nothing where it is shown.

use super::{cut, is_hidden};

/// `text` in one line without markup, addresses and invisible characters, of at most `longest` characters: nothing that a
/// reader's program would follow, load or run.
#[must_use]
pub fn tame(text: &str, longest: usize) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !is_hidden(*c))
        .map(|c| if "<>[](){}`*_#|\\!".contains(c) || c.is_whitespace() { ' ' } else { c })
        .collect();
    let words = plain.split_whitespace().map(|word| if is_address(word) { "…" } else { word });
    cut(words.collect::<Vec<_>>().join(" "), longest)
}

/// Whether a program could take it for the address of something.
fn is_address(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let schemes = ["javascript:", "data:", "vbscript:", "mailto:", "file:", "tel:"];
    word.contains("//") || word.starts_with("www.") || schemes.iter().any(|scheme| word.contains(scheme))
}
