//! Signs of an order to a model that a rule tells better than statistics: forged roles, hidden signs, encoded text.

use crate::text::{is_hidden, normalise};

/// What the rules found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Evidence {
    /// 0 nothing, 1 something that also harmless texts do, 2 and more what only attacks do.
    pub(super) weight: u32,
    /// Each sign that was found, for people.
    pub(super) reasons: Vec<String>,
}

impl Evidence {
    fn add(&mut self, weight: u32, is_found: bool, reason: &str) {
        if is_found {
            self.weight += weight;
            self.reasons.push(reason.to_owned());
        }
    }
}

/// What in `text` looks like an order to a model.
pub(super) fn injection(text: &str) -> Evidence {
    let plain = normalise(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = Evidence::default();
    found.add(
        2,
        DELIMITERS.iter().any(|mark| plain.contains(mark)),
        "forges the marks between messages of a chat",
    );
    found.add(2, holds_tags(text), "holds text in invisible signs");
    found.add(1, hides_words(text), "holds invisible signs inside words");
    found.add(
        2,
        orders_forgetting(&plain),
        "tells the reader to ignore earlier instructions and obey new ones",
    );
    found.add(1, forges_role(text), "speaks as the system or the assistant");
    found.add(1, DISCLOSURE.iter().any(|phrase| plain.contains(phrase)), "asks for hidden instructions");
    found.add(1, leaks_by_image(&plain), "holds a picture whose address carries data");
    found.add(1, holds_encoded(text), "holds a long run of encoded text");
    found
}

/// What stands between the messages of a chat in the formats of known models.
const DELIMITERS: [&str; 14] = [
    "<|im_start|>",
    "<|im_end|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "[inst]",
    "[/inst]",
    "<<sys>>",
    "<</sys>>",
    "<start_of_turn>",
    "### instruction:",
];

const DISCLOSURE: [&str; 8] = [
    "reveal your system prompt",
    "print your system prompt",
    "show me your system prompt",
    "repeat your system prompt",
    "reveal your instructions",
    "print your instructions",
    "repeat your initial instructions",
    "reveal your hidden",
];

const FORGET: [&str; 6] = ["ignore", "disregard", "forget", "override", "bypass", "skip"];
const EARLIER: [&str; 8] = ["previous", "prior", "above", "earlier", "preceding", "existing", "your", "all"];
const ORDERS: [&str; 6] = ["instructions", "instruction", "prompts", "directives", "guidelines", "rules"];
const OBEY: [&str; 14] = [
    "you are now",
    "from now on",
    "you must",
    "you will",
    "instead",
    "new instructions",
    "act as",
    "pretend",
    "reply with",
    "respond with",
    "answer with",
    "output",
    "set the",
    "mark this",
];

/// "Ignore (all) previous instructions" at the head of a sentence, and what to do instead.
fn orders_forgetting(plain: &str) -> bool {
    plain.split(['.', '!', '?', ':', ';', '\n', '"', '*', '-', '(']).any(|sentence| {
        let words: Vec<&str> = sentence.split_whitespace().take(9).collect();
        let polite = words
            .iter()
            .take_while(|word| matches!(**word, "please" | "now" | "and" | "so" | "then" | "important"))
            .count();
        let mut words = words.into_iter().skip(polite);
        words.next().is_some_and(|verb| FORGET.contains(&verb))
            && words.by_ref().any(|word| EARLIER.contains(&word))
            && words.any(|word| ORDERS.contains(&word.trim_end_matches(',')))
    }) && OBEY.iter().any(|phrase| plain.contains(phrase))
}

/// A line that begins as a message of the system or the assistant does.
fn forges_role(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start_matches([' ', '#', '*', '[', '<', '\t']).to_lowercase();
        ["system:", "assistant:", "system message:", "system prompt:", "system]", "system>", "developer:"]
            .iter()
            .any(|role| line.starts_with(role))
    })
}

/// Letters written in the tag signs of Unicode, which no program shows.
fn holds_tags(text: &str) -> bool {
    let tags = text.chars().filter(|sign| matches!(sign, '\u{e0020}'..='\u{e007e}')).count();
    // Three flags (of England, Scotland and Wales) are made of at most six of them.
    tags > 6 && !text.contains('\u{1f3f4}')
}

/// Signs without width or that turn the direction, between letters.
fn hides_words(text: &str) -> bool {
    let signs: Vec<char> = text.chars().collect();
    let inside = signs.windows(3).filter(|three| {
        is_hidden(three[1])
            && three[1] != '\u{ad}'
            && three[0].is_ascii_alphanumeric()
            && three[2].is_ascii_alphanumeric()
    });
    inside.count() >= 3 || text.contains(['\u{202e}', '\u{202d}'])
}

/// A picture in Markdown or HTML whose address has a query that is to be filled in.
fn leaks_by_image(plain: &str) -> bool {
    let markdown = plain.split("![").skip(1).any(|rest| {
        let address =
            rest.split_once("](").map_or("", |(_, rest)| rest.split(')').next().unwrap_or_default());
        address.contains('?') && address.contains('=') && address.contains(['{', '[', '<', '$'])
    });
    markdown
        || plain.split("<img").skip(1).any(|rest| {
            let tag = rest.split('>').next().unwrap_or_default();
            tag.contains('?') && tag.contains('=') && tag.contains(['{', '$'])
        })
}

/// A run of base64 that decodes to readable text.
fn holds_encoded(text: &str) -> bool {
    text.split(|sign: char| !sign.is_ascii_alphanumeric() && !matches!(sign, '+' | '/' | '='))
        .filter(|run| run.len() >= 40 && run.chars().any(|sign| sign.is_ascii_lowercase()))
        .any(|run| decoded(run).is_some_and(|bytes| is_readable(&bytes)))
}

fn is_readable(bytes: &[u8]) -> bool {
    let plain = bytes.iter().filter(|byte| byte.is_ascii_alphabetic() || **byte == b' ').count();
    bytes.contains(&b' ') && plain * 10 >= bytes.len() * 9
}

fn decoded(run: &str) -> Option<Vec<u8>> {
    let run = run.trim_end_matches('=').as_bytes();
    let mut out = Vec::with_capacity(run.len() * 3 / 4);
    for four in run.chunks(4).filter(|four| four.len() > 1) {
        let mut bits = 0_u32;
        for sign in four {
            bits = bits << 6 | u32::from(sextet(*sign)?);
        }
        bits <<= 6 * (4 - four.len());
        out.extend(bits.to_be_bytes()[1..four.len()].iter());
    }
    Some(out)
}

fn sextet(sign: u8) -> Option<u8> {
    match sign {
        b'A'..=b'Z' => Some(sign - b'A'),
        b'a'..=b'z' => Some(sign - b'a' + 26),
        b'0'..=b'9' => Some(sign - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
