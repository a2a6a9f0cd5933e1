//! Passwords and the like: what stands behind the words that announce them.

use std::ops::Range;

use super::{Found, What, words_of};

/// Words that a secret follows.
const SECRETS: [&str; 46] = [
    "password",
    "passwords",
    "passwort",
    "passwörter",
    "kennwort",
    "losungswort",
    "passphrase",
    "passwd",
    "passwds",
    "pwd",
    "pass",
    "pw",
    "psw",
    "pin",
    "pins",
    "passcode",
    "secret",
    "secrets",
    "geheimnis",
    "token",
    "tokens",
    "apikey",
    "key",
    "schlüssel",
    "credentials",
    "zugangsdaten",
    "otp",
    "tan",
    "puk",
    "cvv",
    "cvc",
    "cvv2",
    "mnemonic",
    "contraseña",
    "contrasena",
    "clave",
    "senha",
    "wachtwoord",
    "parola",
    "hasło",
    "lösenord",
    "salasana",
    "adgangskode",
    "motdepasse",
    "mdp",
    "пароль",
];
/// Those of two and more words, the last of which is not a secret's by itself.
const PHRASES: [&str; 6] =
    ["mot de passe", "access code", "security code", "recovery code", "backup code", "zugangscode"];
/// Those behind which all of the line belongs to the secret.
const OF_MANY: [&str; 4] = ["passphrase", "mnemonic", "seed phrase", "recovery phrase"];
/// Words between the announcement and the secret.
const LINKS: [&str; 22] = [
    "is", "was", "are", "ist", "war", "lautet", "lautete", "sind", "est", "es", "sono", "é", "è", "är", "er",
    "on", "jest", "to", "auf", "equals", "now", "jetzt",
];
/// What is said of secrets without saying them.
const SAID_OF: [&str; 64] = [
    "a",
    "an",
    "the",
    "my",
    "not",
    "no",
    "wrong",
    "incorrect",
    "invalid",
    "expired",
    "expiring",
    "correct",
    "right",
    "locked",
    "blocked",
    "lost",
    "gone",
    "forgotten",
    "reset",
    "required",
    "needed",
    "missing",
    "rejected",
    "refused",
    "accepted",
    "old",
    "new",
    "weak",
    "too",
    "still",
    "always",
    "never",
    "being",
    "about",
    "changed",
    "unknown",
    "empty",
    "denied",
    "compromised",
    "stolen",
    "what",
    "why",
    "how",
    "when",
    "nicht",
    "kein",
    "keine",
    "falsch",
    "abgelaufen",
    "ungültig",
    "richtig",
    "gesperrt",
    "vergessen",
    "verloren",
    "weg",
    "neu",
    "alt",
    "zu",
    "immer",
    "mein",
    "das",
    "unbekannt",
    "leer",
    "gestohlen",
];
/// How many bytes behind the announcement a colon may still stand.
const REACH: usize = 48;

pub(super) fn found(text: &str) -> Vec<Found> {
    let lower = folded(text);
    let mut found = Vec::new();
    for end in announcements(&lower) {
        found.extend(secret_behind(text, &lower, end).map(|at| Found { at, what: What::Password }));
    }
    found
}

/// In small letters, each as long as the one it is for.
fn folded(text: &str) -> String {
    let small = |c: char| {
        let mut lower = c.to_lowercase();
        lower.next().filter(|l| lower.next().is_none() && l.len_utf8() == c.len_utf8()).unwrap_or(c)
    };
    text.chars().map(small).collect()
}

/// Where announcements end.
fn announcements(lower: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    for word in words_of(lower, char::is_alphanumeric) {
        if is_secret_word(&lower[word.clone()]) {
            ends.push(word.end);
        }
    }
    for phrase in PHRASES.iter().chain(&OF_MANY) {
        ends.extend(lower.match_indices(phrase).map(|(at, _)| at + phrase.len()));
    }
    ends
}

/// Whether it announces a secret, by itself or as the end of a longer word, such as `bitlockerpin` or `wlan-passwort`.
fn is_secret_word(word: &str) -> bool {
    const ENDS: [&str; 6] = ["password", "passwort", "kennwort", "passwd", "apikey", "wachtwoord"];
    SECRETS.contains(&word) || ENDS.iter().any(|end| word.ends_with(end))
}

/// The secret behind an announcement that ends at `end`.
fn secret_behind(text: &str, lower: &str, end: usize) -> Option<Range<usize>> {
    let line = lower[end..].find('\n').map_or(lower.len(), |line| end + line);
    if OF_MANY.iter().any(|word| lower[..end].ends_with(word)) {
        let start = end + lower[end..line].find(|c: char| c.is_alphanumeric())?;
        return Some(start..line);
    }
    // «Password for the server: x»: a colon, or a sign of equality, says that it follows.
    let mut reach = (end + REACH).min(line);
    while !lower.is_char_boundary(reach) {
        reach -= 1;
    }
    let stops = |c: char| matches!(c, ':' | '=' | '.' | ',' | ';' | '!' | '?');
    let sign = lower[end..reach].find(stops).map(|at| end + at);
    if let Some(sign) = sign.filter(|sign| matches!(lower.as_bytes()[*sign], b':' | b'=')) {
        return next_word(text, sign + 1).filter(|at| !at.is_empty());
    }
    let mut from = end;
    let mut linked = false;
    loop {
        let word = next_word(text, from)?;
        // Only on the same line, and in the same sentence.
        if word.start > line || lower[from..word.start].contains(['.', ',', ';', '!', '?', ')']) {
            return None;
        }
        let said = lower[word.clone()].trim_matches(|c: char| !c.is_alphanumeric());
        if LINKS.contains(&said) {
            linked = true;
            from = word.end;
            continue;
        }
        let is_quoted = text[..word.start].ends_with(['"', '\'', '`', '“', '„', '«', '‘', '‚']);
        let looks_so = said.contains(|c: char| c.is_ascii_digit()) || is_quoted;
        return ((linked && !SAID_OF.contains(&said)) || looks_so).then_some(word);
    }
}

/// The next word from `from` on: all that is between quotation marks, or to the next space.
fn next_word(text: &str, from: usize) -> Option<Range<usize>> {
    const QUOTES: [(char, char); 8] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('„', '“'), ('«', '»'), ('‘', '’'), ('‚', '‘')];
    let skipped = |c: char| c.is_whitespace() || matches!(c, ':' | '=' | '>' | '-' | '→' | '(' | '*' | '|');
    let start = from + text[from..].find(|c: char| !skipped(c))?;
    let first = text[start..].chars().next()?;
    if let Some((_, close)) = QUOTES.iter().find(|(open, _)| *open == first) {
        let inside = start + first.len_utf8();
        if let Some(end) = text[inside..].find(*close).filter(|end| *end > 0) {
            return Some(inside..inside + end);
        }
    }
    let end = text[start..].find(char::is_whitespace).map_or(text.len(), |end| start + end);
    Some(start..end)
}
