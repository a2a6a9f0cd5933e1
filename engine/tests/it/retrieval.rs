//! Searching a few articles of our own.

use engine::retrieval::{Document, Index};

fn article(id: &str, title: &str, body: &str) -> Document {
    Document { id: id.into(), title: title.into(), tags: vec![], body: body.into() }
}

fn articles() -> Vec<Document> {
    vec![
        article(
            "vpn",
            "Working from home",
            "Intro.\n\n# Connecting\n\nStart the VPN client and sign in.\n\n## Lost tokens\n\nAsk IT for a new token.\n",
        ),
        article(
            "leave",
            "Vacation and leave",
            "# Requests\n\nYour manager approves requests for vacation days.\n",
        ),
        article(
            "print",
            "Printers",
            "# Paper\n\n```\n# not a heading\n```\nClear the jam, then close the tray.\n",
        ),
        article("empty", "Nothing yet", ""),
    ]
}

fn found(query: &str) -> Vec<String> {
    let index = Index::build(articles().into_iter());
    index.search(query, 5, |_| true).into_iter().map(|hit| hit.id).collect()
}

#[test]
fn the_article_that_answers_stands_first() {
    assert_eq!(found("How do I connect to the VPN?")[0], "vpn");
    assert_eq!(found("requesting vacations")[0], "leave");
    assert_eq!(found("paper jammed in the tray")[0], "print");
    assert!(found("zebra").is_empty() && found("").is_empty() && found("what is the").is_empty());
}

#[test]
fn a_hit_names_its_passage() {
    let index = Index::build(articles().into_iter());
    let hit = &index.search("lost my token", 1, |_| true)[0];
    assert_eq!((hit.heading.as_str(), hit.snippet.as_str()), ("Lost tokens", "Ask IT for a new token."));
    assert!(articles()[0].body[hit.passage.clone()].contains("new token"));
    // What stands in code is no heading.
    assert_eq!(index.search("clear the jam", 1, |_| true)[0].heading, "Paper");
}

#[test]
fn what_is_not_allowed_is_not_found_and_takes_no_place() {
    let index = Index::build(articles().into_iter());
    let hits = index.search("vpn vacation", 1, |id| id != "vpn");
    assert_eq!(hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>(), ["leave"]);
}

#[test]
fn the_same_question_has_the_same_answer() {
    let query = "manager token paper requests sign in";
    let one = Index::build(articles().into_iter()).search(query, 9, |_| true);
    let other = Index::build(articles().into_iter()).search(query, 9, |_| true);
    assert!(one.len() == 3 && one == other);
    assert!(Index::build(std::iter::empty()).search(query, 9, |_| true).is_empty());
}
