//! Texts as the models read them: one spelling for what looks alike, no invisible signs.

use unicode_normalization::UnicodeNormalization as _;

/// `text` in NFKC and lower case, without invisible signs; letters of other scripts that pass for Latin ones
/// inside Latin words are Latin.
pub(crate) fn normalise(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let plain: String = text.nfkc().filter(|sign| !is_hidden(*sign)).flat_map(char::to_lowercase).collect();
    let mut out = String::with_capacity(plain.len());
    for piece in plain.split_inclusive(char::is_whitespace) {
        if piece.chars().any(|sign| sign.is_ascii_alphabetic()) {
            out.extend(piece.chars().map(lookalike));
        } else {
            out.push_str(piece);
        }
    }
    out
}

/// Whether `sign` shows nothing by itself: zero width, direction, tag and variation signs.
pub(crate) fn is_hidden(sign: char) -> bool {
    matches!(sign,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The Latin letter that `sign` passes for, or itself.
fn lookalike(sign: char) -> char {
    match sign {
        'а' | 'α' | 'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'в' | 'β' => 'b',
        'с' | 'ç' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'є' | 'ε' | 'è' | 'é' | 'ê' | 'ë' => 'e',
        'һ' => 'h',
        'і' | 'ι' | 'ı' | 'ì' | 'í' | 'î' | 'ï' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' => 'l',
        'м' => 'm',
        'п' | 'η' | 'ñ' => 'n',
        'о' | 'ο' | 'σ' | 'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' | 'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ν' | 'ѵ' => 'v',
        'ѡ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' | 'ý' | 'ÿ' => 'y',
        other => other,
    }
}

/// The words of normalised `text`: runs of letters, digits and inner apostrophes.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|sign: char| !sign.is_alphanumeric() && sign != '\'' && sign != '_' && sign != '’')
        .map(|word| word.trim_matches(['\'', '_', '’']))
        .filter(|word| !word.is_empty())
}

/// `word` as it is meant when it hides: no letter more than twice in a row, digits and signs as the letters that
/// they stand for. None when it hides nothing.
pub(crate) fn unmasked(word: &str) -> Option<String> {
    let has_letter = word.chars().any(char::is_alphabetic);
    let mut plain = String::with_capacity(word.len());
    let (mut last, mut run) = ('\0', 0);
    for sign in word.chars() {
        let sign = if has_letter { letter(sign) } else { sign };
        run = if sign == last { run + 1 } else { 1 };
        last = sign;
        if run <= 2 || !sign.is_alphabetic() {
            plain.push(sign);
        }
    }
    (has_letter && plain != word).then_some(plain)
}

fn letter(sign: char) -> char {
    match sign {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        other => other,
    }
}

/// Whether `word` (lower case) says nothing about what a text is about.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// In order, so that it can be searched.
const STOP_WORDS: [&str; 162] = [
    "a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "are", "aren't", "as", "at",
    "be", "because", "been", "before", "being", "below", "between", "both", "but", "by", "can", "can't",
    "cannot", "could", "couldn't", "did", "didn't", "do", "does", "doesn't", "doing", "don't", "done",
    "during", "each", "few", "for", "from", "further", "get", "got", "had", "has", "have", "haven't",
    "having", "he", "her", "here", "hers", "him", "his", "how", "how's", "i", "i'd", "i'll", "i'm", "i've",
    "if", "in", "into", "is", "isn't", "it", "it's", "its", "itself", "just", "let", "like", "may", "me",
    "might", "more", "most", "much", "must", "my", "myself", "no", "nor", "not", "of", "off", "on", "once",
    "only", "or", "other", "our", "ours", "out", "over", "own", "please", "same", "shall", "she", "should",
    "so", "some", "such", "than", "thank", "thanks", "that", "that's", "the", "their", "theirs", "them",
    "then", "there", "there's", "these", "they", "this", "those", "through", "to", "too", "under", "until",
    "up", "us", "very", "was", "wasn't", "we", "we're", "we've", "were", "what", "what's", "when", "when's",
    "where", "where's", "which", "while", "who", "who's", "whom", "why", "will", "with", "won't", "would",
    "wouldn't", "yes", "you", "you'd", "you're", "you've", "your", "yours", "yourself",
];
