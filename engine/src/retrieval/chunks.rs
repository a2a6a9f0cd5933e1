//! Articles cut where their Markdown headings are.

use std::ops::Range;

/// A part of an article under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Its headings, the outermost first.
    pub(crate) headings: Vec<String>,
    /// Where it stands in the body, in bytes, without its heading.
    pub(crate) range: Range<usize>,
}

/// The parts of `body`; longer ones are cut again between paragraphs, at about `longest` bytes.
pub(crate) fn cut(body: &str, longest: usize) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut path: Vec<(usize, String)> = Vec::new();
    let (mut start, mut place, mut is_code) = (0, 0, false);
    for line in body.split_inclusive('\n') {
        let next = place + line.len();
        is_code ^= line.trim_start().starts_with("```");
        if let Some((level, heading)) = heading(line).filter(|_| !is_code) {
            add(&mut chunks, body, &path, start..place, longest);
            path.retain(|(outer, _)| *outer < level);
            path.push((level, heading));
            start = next;
        }
        place = next;
    }
    add(&mut chunks, body, &path, start..place, longest);
    chunks
}

/// The level and the words of a heading.
pub(crate) fn heading(line: &str) -> Option<(usize, String)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let words = line[level..].strip_prefix([' ', '\t'])?.trim().trim_end_matches('#').trim();
    ((1..=6).contains(&level) && !words.is_empty()).then(|| (level, words.to_owned()))
}

fn add(chunks: &mut Vec<Chunk>, body: &str, path: &[(usize, String)], range: Range<usize>, longest: usize) {
    let headings: Vec<String> = path.iter().map(|(_, heading)| heading.clone()).collect();
    let mut rest = range;
    while rest.len() > longest {
        let text = &body[rest.clone()];
        let limit = (0..=longest).rev().find(|place| text.is_char_boundary(*place)).unwrap_or_default();
        let Some(end) = text[..limit].rfind("\n\n").filter(|end| *end > longest / 4) else { break };
        chunks.push(Chunk { headings: headings.clone(), range: rest.start..rest.start + end });
        rest.start += end + 2;
    }
    if !body[rest.clone()].trim().is_empty() || !headings.is_empty() {
        chunks.push(Chunk { headings, range: rest });
    }
}
