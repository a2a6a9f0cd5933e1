//! Retrieval on questions whose article is known.

use std::collections::BTreeSet;
use std::path::Path;

use engine::evaluation::Ranking;
use engine::evaluation::baseline::Overlap;
use engine::retrieval::Index;
use serde_json::{Value, json};

use super::figures::rounded;
use crate::cli::ai::files::{Article, Unusable, articles, table};

/// How well the index over the articles in `knowledge` answers the questions in `file`.
///
/// A heading that is one of the questions, word for word, is left out of the articles: a question shall not find itself.
pub(super) fn measure(file: &Path, knowledge: &Path) -> Result<Value, Unusable> {
    let table = table(file, &["query", "doc_id"], &[])?;
    let mut articles = articles(knowledge)?;
    let questions: BTreeSet<&str> = table.lines.iter().map(|line| line.fields[0].trim()).collect();
    let removed: usize = articles.iter_mut().map(|article| without(article, &questions)).sum();
    let known: BTreeSet<String> = articles.iter().map(|article| article.id.clone()).collect();
    let index = Index::build(articles.iter().map(Article::document));
    let overlap = Overlap::build(articles.iter().map(Article::document));
    let (mut ranking, mut keywords) = (Ranking::default(), Ranking::default());
    for line in &table.lines {
        let [query, id] = line.fields.as_slice() else { continue };
        if !known.contains(id) {
            return Err(Unusable::UnknownArticle {
                file: table.file.clone(),
                line: line.number,
                id: id.clone(),
            });
        }
        let hits = index.search(query, index.len(), |_| true);
        ranking.add(hits.iter().position(|hit| hit.id == *id).map(|place| place + 1));
        keywords
            .add(overlap.rank(query).iter().position(|found| *found == id.as_str()).map(|place| place + 1));
    }
    Ok(json!({
        "task": "retrieval",
        "model": "local-retrieval/1",
        "rows": table.lines.len(),
        "articles": articles.len(),
        "headings_left_out": removed,
        "mrr": rounded(ranking.mrr()),
        "hit_at_1": rounded(ranking.hit_at(1)),
        "hit_at_5": rounded(ranking.hit_at(5)),
        "baseline": {
            "mrr": rounded(keywords.mrr()),
            "hit_at_1": rounded(keywords.hit_at(1)),
            "hit_at_5": rounded(keywords.hit_at(5)),
        },
    }))
}

/// Takes the headings that are among `questions` out of `article`; gives how many they were.
fn without(article: &mut Article, questions: &BTreeSet<&str>) -> usize {
    let is_question = |line: &str| {
        let words = line.trim_start_matches('#');
        words.len() < line.len() && questions.contains(words.trim().trim_end_matches('#').trim())
    };
    let lines: Vec<&str> = article.body.split('\n').collect();
    let kept: Vec<&str> = lines.iter().copied().filter(|line| !is_question(line)).collect();
    let removed = lines.len() - kept.len();
    if removed > 0 {
        article.body = kept.join("\n");
    }
    removed
}
