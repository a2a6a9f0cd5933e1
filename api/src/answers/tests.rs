use std::time::Instant;

use domain::chat::values::ReplyKind;
use domain::id::ArticleId;
use domain::suggestion::values::QueryType;
use domain::ticket::values::Priority;
use uuid::Uuid;

use super::draft::{Asked, written};
use super::shelf::Passage;
use super::{NOTHING, answered};

fn passage(title: &str, heading: &str, covers: f64) -> Passage {
    Passage {
        article: ArticleId(Uuid::from_u128(1)),
        document_id: "vpn".parse().expect("an id"),
        title: title.to_owned(),
        heading: heading.to_owned(),
        text: "Choose *Connect*.".to_owned(),
        covers,
    }
}

#[test]
fn an_answer_quotes_the_best_passage_and_names_all_that_say_enough() {
    let found =
        [passage("VPN", "From home", 0.9), passage("Travel", "Travel", 0.6), passage("Pay", "Pay", 0.3)];
    let answer = answered(&found, Instant::now());
    assert_eq!(answer.kind, ReplyKind::Answer);
    assert_eq!(answer.text, "From “VPN: From home”:\n\nChoose *Connect*.\n\nSee also: “Travel”");
    let sources: Vec<(&str, f64)> =
        answer.origin.sources.iter().map(|source| (&*source.title, source.score)).collect();
    assert_eq!(sources, [("VPN", 0.9), ("Travel", 0.6)]);
}

#[test]
fn what_no_article_says_is_not_made_up() {
    for found in [vec![], vec![passage("Pay", "Pay", 0.4)]] {
        let answer = answered(&found, Instant::now());
        assert_eq!((answer.kind, &*answer.text), (ReplyKind::NoAnswer, NOTHING));
        assert_eq!(answer.origin.sources, []);
    }
}

#[test]
fn a_draft_greets_quotes_and_signs_or_asks() {
    let asked = Asked {
        title: "VPN does not connect".to_owned(),
        said: vec!["It shows an error.".to_owned()],
        requester: Some("ada".to_owned()),
        names: vec![],
        department: Some("Information Technology".to_owned()),
        priority: Priority::High,
    };
    let draft = written(&asked, &[passage("VPN", "VPN", 0.9)], None, Instant::now());
    assert_eq!(draft.query_type, QueryType::Troubleshooting);
    for part in ["Hello ada,", "urgent", "Choose *Connect*.", "our article “VPN”", "\nInformation Technology"]
    {
        assert!(draft.text.contains(part), "{part}: {}", draft.text);
    }
    let draft = written(&Asked { requester: None, department: None, ..asked }, &[], None, Instant::now());
    for part in ["Hello,", "please tell me", "The help desk"] {
        assert!(draft.text.contains(part), "{part}: {}", draft.text);
    }
    assert_eq!(draft.origin.sources, []);
}
