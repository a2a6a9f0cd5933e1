//! The rules of articles and of votes on them, as given, when, then.

use chrono::DateTime;
use proptest::prelude::*;
use uuid::Uuid;

use super::reception::{Ballot, ReceptionEvent, Vote};
use super::values::{ArticleCategory, ArticleTag, parse_content, parse_title};
use super::*;
use crate::access::{Reach, Role};
use crate::change::Change;
use crate::id::{ArticleId, UserId};
use crate::refusal::Refusal as _;

const DESK: Caller = Caller::System("test");
const THIS: ArticleId = ArticleId(Uuid::from_u128(1));
const ADA: UserId = UserId(Uuid::from_u128(2));

fn person(role: Role) -> Caller {
    Caller::Person { id: ADA, role, departments: vec![], reach: Reach::default() }
}

fn tags(words: &[&str]) -> Vec<ArticleTag> {
    words.iter().map(|word| word.parse().expect("a tag")).collect()
}

fn written() -> Written {
    Written {
        document_id: "VPN".parse().expect("an id"),
        title: "The VPN".to_owned(),
        content: "Start it.".to_owned(),
        filing: Filing {
            category: ArticleCategory::It,
            department: None,
            tags: tags(&["vpn", "Travel", "vpn"]),
            visibility: Visibility::Public,
        },
    }
}

fn when(article: &Article, by: Caller, command: ArticleCommand) -> Decision {
    article.decide(Issued::new(by, DateTime::UNIX_EPOCH, command))
}

/// The article after all of `commands`.
fn given(commands: impl IntoIterator<Item = ArticleCommand>) -> Article {
    let mut article = Article::default();
    for command in commands {
        for event in when(&article, DESK, command).expect("allowed") {
            article.apply(event);
        }
    }
    article
}

fn draft() -> Article {
    given([ArticleCommand::Write(written())])
}

fn status(article: &Article) -> ArticleStatus {
    article.kept().expect("written").status
}

#[test]
fn an_article_begins_as_a_draft_with_each_tag_once() {
    let article = draft();
    let kept = article.kept().expect("written");
    assert_eq!((kept.document_id.as_str(), kept.status), ("vpn", ArticleStatus::Draft));
    assert_eq!(kept.filing.tags, tags(&["travel", "vpn"]));
    assert_eq!(when(&article, DESK, ArticleCommand::Write(written())), Err(ArticleError::AlreadyExists));
}

#[test]
fn only_staff_write() {
    for command in [ArticleCommand::Write(written()), ArticleCommand::Publish, ArticleCommand::Archive] {
        assert_eq!(when(&draft(), person(Role::User), command), Err(ArticleError::Forbidden));
    }
    let write = || ArticleCommand::Write(written());
    for role in [Role::ItAgent, Role::HrAgent, Role::Agent, Role::Admin] {
        assert!(when(&Article::default(), person(role), write()).is_ok(), "{role:?}");
    }
}

#[test]
fn an_article_is_published_archived_and_published_again() {
    let published = given([ArticleCommand::Write(written()), ArticleCommand::Publish]);
    assert_eq!(status(&published), ArticleStatus::Published);
    let steps = [ArticleCommand::Write(written()), ArticleCommand::Archive];
    assert_eq!(status(&given(steps.clone())), ArticleStatus::Archived);
    let again = given(steps.into_iter().chain([ArticleCommand::Publish]));
    assert_eq!(status(&again), ArticleStatus::Published);
    for command in [ArticleCommand::Publish, ArticleCommand::Archive] {
        assert_eq!(when(&Article::default(), DESK, command), Err(ArticleError::NotFound));
    }
}

#[test]
fn a_revision_says_only_what_is_different() {
    let revise = |changes| when(&draft(), DESK, ArticleCommand::Revise(changes)).expect("allowed");
    let same = ArticleChanges {
        title: Some("The VPN".to_owned()),
        content: Some("Start it.".to_owned()),
        tags: Some(tags(&["vpn", "travel"])),
        department: Change::Clear,
        ..ArticleChanges::default()
    };
    assert_eq!(revise(same), []);
    let content = Some("Start it again.".to_owned());
    let events = revise(ArticleChanges { content: content.clone(), ..ArticleChanges::default() });
    assert_eq!(events, [ArticleEvent::ArticleRevised { title: None, content, filing: None }]);
    let events =
        revise(ArticleChanges { visibility: Some(Visibility::Internal), ..ArticleChanges::default() });
    let [ArticleEvent::ArticleRevised { filing: Some(filing), title: None, content: None }] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!((filing.visibility, &filing.tags[..]), (Visibility::Internal, &tags(&["travel", "vpn"])[..]));
}

#[test]
fn an_article_has_at_most_twenty_tags() {
    let many = |count: usize| (0..count).map(|number| number.to_string().parse().expect("a tag")).collect();
    let with = |count| ArticleChanges { tags: Some(many(count)), ..ArticleChanges::default() };
    assert!(when(&draft(), DESK, ArticleCommand::Revise(with(20))).is_ok());
    let refused = when(&draft(), DESK, ArticleCommand::Revise(with(21))).expect_err("too many");
    assert_eq!(refused, ArticleError::TooManyTags);
    assert_eq!(refused.details().expect("details")["errors"][0]["field"], "tags");
}

#[test]
fn what_is_not_published_for_all_is_there_for_staff_alone() {
    use ArticleStatus as S;
    for (status, visibility) in [
        (S::Draft, Visibility::Public),
        (S::Archived, Visibility::Public),
        (S::Published, Visibility::Internal),
    ] {
        assert!(Readership::Staff.reads(status, visibility));
        assert!(!Readership::Everybody.reads(status, visibility), "{status:?} {visibility:?}");
    }
    assert!(Readership::Everybody.reads(S::Published, Visibility::Public));
    assert_eq!(Readership::of(None), Readership::Everybody);
    assert_eq!(Readership::of(Some(&person(Role::User))), Readership::Everybody);
    assert_eq!(Readership::of(Some(&person(Role::HrAgent))), Readership::Staff);
}

#[test]
fn a_name_is_made_of_the_title() {
    for (title, name) in [
        ("Connect from home: the VPN!", "connect-from-home-the-vpn"),
        ("  --  ", "article"),
        ("Größe & Länge", "gr-e-l-nge"),
        ("日本語", "article"),
    ] {
        assert_eq!(DocumentId::of_title(title).as_str(), name, "{title}");
    }
    let vpn = DocumentId::of_title("VPN");
    assert_eq!([1, 2].map(|number| vpn.numbered(number).to_string()), ["vpn", "vpn-2"]);
    for bad in ["", " ", "-vpn", "/vpn", "a b", "a,b", "größe", "a\0", &"a".repeat(201)] {
        assert!(bad.parse::<DocumentId>().is_err(), "{bad:?}");
    }
    for bad in ["", "a,b", "a\nb", &"a".repeat(41)] {
        assert!(bad.parse::<ArticleTag>().is_err(), "{bad:?}");
    }
    assert!(parse_title(&"a".repeat(201)).is_err() && parse_title("a\nb").is_err());
    assert!(parse_content(&"a".repeat(65_536)).is_ok() && parse_content(&"a".repeat(65_537)).is_err());
}

fn vote(status: Option<ArticleStatus>, helpful: bool, comment: Option<&str>) -> Vote {
    Vote { article: THIS, status, helpful, comment: comment.map(str::to_owned) }
}

fn cast(ballot: &Ballot, by: Caller, vote: Vote) -> Result<Vec<ReceptionEvent>, ArticleError> {
    ballot.decide(Issued::new(by, DateTime::UNIX_EPOCH, vote))
}

#[test]
fn the_last_vote_of_a_person_counts_and_a_repetition_is_none() {
    let published = Some(ArticleStatus::Published);
    let mut ballot = Ballot::default();
    let events = cast(&ballot, person(Role::User), vote(published, true, Some("Clear."))).expect("allowed");
    assert_eq!(events.len(), 1);
    for event in events {
        ballot.apply(event);
    }
    let again = cast(&ballot, person(Role::User), vote(published, true, Some("Clear.")));
    assert_eq!(again, Ok(vec![]));
    for other in [vote(published, true, None), vote(published, false, Some("Clear."))] {
        assert_eq!(cast(&ballot, person(Role::User), other).map(|events| events.len()), Ok(1));
    }
}

#[test]
fn only_people_vote_and_only_on_what_is_published_for_them() {
    let ballot = Ballot::default();
    let by = |by, status| cast(&ballot, by, vote(status, true, None)).expect_err("refused");
    assert_eq!(by(DESK, Some(ArticleStatus::Published)), ArticleError::NobodyVotes);
    assert_eq!(by(person(Role::User), None), ArticleError::NotFound);
    for status in [ArticleStatus::Draft, ArticleStatus::Archived] {
        assert_eq!(by(person(Role::Admin), Some(status)), ArticleError::NotPublished);
    }
}

#[test]
fn every_reader_has_a_stream_of_their_own_for_each_article() {
    let ids = |count: u128| (1..=count).map(|number| Uuid::from_u128(number << 64 | number));
    let mut streams: Vec<Uuid> = ids(20)
        .flat_map(|article| ids(20).map(move |user| ArticleId(article).reception_of(UserId(user))))
        .collect();
    streams.sort_unstable();
    streams.dedup();
    assert_eq!(streams.len(), 400);
}

proptest! {
    #[test]
    fn whatever_is_asked_repeating_it_adds_nothing(steps in prop::collection::vec(0..5usize, 1..12)) {
        let mut article = draft();
        for step in steps {
            let command = match step {
                0 => ArticleCommand::Publish,
                1 => ArticleCommand::Archive,
                2 => ArticleCommand::Revise(ArticleChanges::default()),
                3 => ArticleCommand::Revise(ArticleChanges {
                    title: Some("Another".to_owned()), ..ArticleChanges::default()
                }),
                _ => ArticleCommand::Revise(ArticleChanges {
                    visibility: Some(Visibility::Internal), tags: Some(vec![]), ..ArticleChanges::default()
                }),
            };
            for event in when(&article, DESK, command.clone()).expect("allowed") {
                article.apply(event);
            }
            prop_assert_eq!(when(&article, DESK, command), Ok(vec![]));
        }
    }

    #[test]
    fn any_text_is_a_name_or_refused_without_panic(text in ".{0,60}") {
        let _ = (text.parse::<DocumentId>(), text.parse::<ArticleTag>());
        let name = DocumentId::of_title(&text);
        prop_assert_eq!(name.as_str().parse::<DocumentId>(), Ok(name.clone()));
    }
}
