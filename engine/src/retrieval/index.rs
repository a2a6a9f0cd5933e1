//! An index over articles, in memory: BM25 over parts of articles, with titles and headings.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use super::chunks::{Chunk, cut};
use super::terms::{prose, terms};

/// An article to index.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// What it is called by programs.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its text, in Markdown.
    pub body: String,
}

/// An article that answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The article.
    pub id: String,
    /// How well it answers, against the other hits of the same question.
    pub score: f32,
    /// How much of what the question asks its best part or its title says, from 0 to 1: rare words count more than common
    /// ones, words that no article has as much as the rarest, and a question of one common word says little. Comparable
    /// between questions.
    pub covers: f32,
    /// The heading of its best part; its title where there is none.
    pub heading: String,
    /// The best part, in bytes of the body.
    pub passage: Range<usize>,
    /// The beginning of the best part, as plain words.
    pub snippet: String,
}

/// What counts how much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// How much more a word in the title counts than one in the text.
    pub title: f32,
    /// The same of a heading.
    pub heading: f32,
    /// The same of the headings above it.
    pub outer: f32,
    /// From how often on a word counts no more (k1).
    pub saturation: f32,
    /// How much length is held against a part (b).
    pub length: f32,
    /// How much the whole article counts beside its best part.
    pub whole: f32,
    /// How much the next best part counts.
    pub second: f32,
    /// How much two words side by side count, as in the question.
    pub pairs: f32,
    /// The length at which parts are cut, in bytes.
    pub longest: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            title: 3.0,
            heading: 2.0,
            outer: 1.0,
            saturation: 1.2,
            length: 0.4,
            whole: 0.5,
            second: 0.1,
            pairs: 0.3,
            longest: 1500,
        }
    }
}

/// An index over articles.
#[derive(Debug)]
pub struct Index {
    documents: Vec<Document>,
    chunks: Vec<(usize, Chunk)>,
    /// Of parts and of whole articles.
    parts: Postings,
    wholes: Postings,
    tuning: Tuning,
}

/// How many words of a part are shown.
const SNIPPET: usize = 40;

impl Index {
    /// An index over `documents`.
    pub fn build(documents: impl Iterator<Item = Document>) -> Self {
        Self::tuned(documents, Tuning::default())
    }

    /// An index over `documents` in which other things count.
    pub fn tuned(documents: impl Iterator<Item = Document>, tuning: Tuning) -> Self {
        let documents: Vec<Document> = documents.collect();
        let (mut parts, mut wholes) = (Postings::default(), Postings::default());
        let mut chunks = Vec::new();
        for (place, document) in documents.iter().enumerate() {
            let title = terms(&format!("{} {}", document.title, document.tags.join(" ")));
            let mut whole = Weighed::default();
            whole.add(&title, tuning.title);
            for chunk in cut(&document.body, tuning.longest) {
                let body = terms(&prose(&document.body[chunk.range.clone()]));
                let mut weighed = Weighed::default();
                weighed.add(&title, tuning.title);
                for (depth, heading) in chunk.headings.iter().rev().enumerate() {
                    let heading = terms(&prose(heading));
                    weighed.add(&heading, if depth == 0 { tuning.heading } else { tuning.outer });
                    if depth == 0 {
                        whole.add(&heading, 1.0);
                    }
                }
                weighed.add(&body, 1.0);
                whole.add(&body, 1.0);
                parts.add(weighed);
                chunks.push((place, chunk));
            }
            wholes.add(whole);
        }
        parts.finish();
        wholes.finish();
        Self { documents, chunks, parts, wholes, tuning }
    }

    /// How many articles there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The articles that answer `query` best, at most `limit`, of those that are `allowed` by their id.
    pub fn search(&self, query: &str, limit: usize, allowed: impl Fn(&str) -> bool) -> Vec<Hit> {
        let terms = terms(query);
        let parts = self.parts.scores(&terms, self.tuning);
        let wholes = self.wholes.scores(&terms, self.tuning);
        let mut best: BTreeMap<usize, (f32, usize, f32)> = BTreeMap::new();
        for (chunk, (place, _)) in self.chunks.iter().enumerate() {
            let score = parts[chunk];
            if score > 0.0 {
                let entry = best.entry(*place).or_insert((0.0, chunk, 0.0));
                if score > entry.0 {
                    *entry = (score, chunk, entry.0);
                } else if score > entry.2 {
                    entry.2 = score;
                }
            }
        }
        let mut ranked: Vec<(f32, usize, usize)> = best
            .into_iter()
            .filter(|(place, _)| allowed(&self.documents[*place].id))
            .map(|(place, (first, chunk, second))| {
                (first + self.tuning.second * second + self.tuning.whole * wholes[place], place, chunk)
            })
            .collect();
        ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        ranked.truncate(limit);
        ranked.into_iter().map(|(score, place, chunk)| self.hit(score, place, chunk, &terms)).collect()
    }

    fn hit(&self, score: f32, place: usize, chunk: usize, asked: &[String]) -> Hit {
        let covers = self.parts.covers(asked, chunk);
        let document = &self.documents[place];
        let chunk = &self.chunks[chunk].1;
        let words = prose(&document.body[chunk.range.clone()]);
        Hit {
            id: document.id.clone(),
            score,
            covers,
            heading: chunk.headings.last().unwrap_or(&document.title).clone(),
            passage: chunk.range.clone(),
            snippet: words.split_whitespace().take(SNIPPET).collect::<Vec<_>>().join(" "),
        }
    }
}

/// The terms of a text, each with how much it counts there.
#[derive(Debug, Default)]
struct Weighed {
    counts: BTreeMap<String, f32>,
    length: f32,
}

impl Weighed {
    fn add(&mut self, terms: &[String], weight: f32) {
        if weight <= 0.0 {
            return;
        }
        self.length += weight * terms.len() as f32;
        for term in terms {
            *self.counts.entry(term.clone()).or_default() += weight;
        }
        for pair in terms.windows(2) {
            *self.counts.entry(format!("{} {}", pair[0], pair[1])).or_default() += weight;
        }
    }
}

/// Where terms occur.
#[derive(Debug, Default)]
struct Postings {
    of_term: HashMap<String, Vec<(u32, f32)>>,
    lengths: Vec<f32>,
    mean: f32,
}

impl Postings {
    fn add(&mut self, text: Weighed) {
        let place = self.lengths.len() as u32;
        for (term, count) in text.counts {
            self.of_term.entry(term).or_default().push((place, count));
        }
        self.lengths.push(text.length);
    }

    fn finish(&mut self) {
        self.mean = (self.lengths.iter().sum::<f32>() / self.lengths.len().max(1) as f32).max(1.0);
    }

    /// How much a term says that so many of the texts have.
    fn rarity(&self, held: usize) -> f32 {
        let held = held as f32;
        (1.0 + (self.lengths.len() as f32 - held + 0.5) / (held + 0.5)).ln()
    }

    /// How much of what `asked` says the text at `place` says, too.
    fn covers(&self, asked: &[String], place: usize) -> f32 {
        let asked: BTreeSet<&String> = asked.iter().collect();
        let (mut all, mut said) = (0.0, 0.0);
        for term in asked {
            let places = self.of_term.get(term).map(Vec::as_slice).unwrap_or_default();
            let rarity = self.rarity(places.len());
            all += rarity;
            if places.binary_search_by_key(&(place as u32), |(place, _)| *place).is_ok() {
                said += rarity;
            }
        }
        // That one common word is all there is to a question, and is there, says little.
        let little = self.rarity(0) / 4.0;
        if all > 0.0 { said / all * said / (said + little) } else { 0.0 }
    }

    /// How well each text answers `terms` (BM25).
    fn scores(&self, terms: &[String], tuning: Tuning) -> Vec<f32> {
        let mut scores = vec![0.0; self.lengths.len()];
        let mut asked: BTreeMap<String, f32> = BTreeMap::new();
        for term in terms {
            asked.insert(term.clone(), 1.0);
        }
        for pair in terms.windows(2) {
            asked.insert(format!("{} {}", pair[0], pair[1]), tuning.pairs);
        }
        for (term, weight) in asked {
            let Some(places) = self.of_term.get(&term) else { continue };
            let rarity = self.rarity(places.len());
            for (place, count) in places {
                let length = 1.0 - tuning.length + tuning.length * self.lengths[*place as usize] / self.mean;
                let often = count * (tuning.saturation + 1.0) / (count + tuning.saturation * length);
                scores[*place as usize] += weight * rarity * often;
            }
        }
        scores
    }
}
