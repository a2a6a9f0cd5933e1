use chrono::DateTime;

use super::values::{Outcome, QueryType, distance};
use super::*;
use crate::access::{Caller, Reach, Role};
use crate::id::UserId;

fn after(
    suggestion: &mut Suggestion,
    role: Role,
    command: SuggestionCommand,
) -> Result<Vec<SuggestionEvent>, SuggestionError> {
    let caller = Caller::Person { id: UserId::default(), role, departments: vec![], reach: Reach::default() };
    let events = suggestion.decide(Issued::new(caller, DateTime::UNIX_EPOCH, command))?;
    for event in &events {
        suggestion.apply(event.clone());
    }
    Ok(events)
}

fn judge(outcome: Outcome, sent: Option<&str>) -> SuggestionCommand {
    SuggestionCommand::Judge { outcome, sent: sent.map(str::to_owned) }
}

#[test]
fn staff_judge_what_was_suggested_and_may_think_better_of_it() {
    let mut suggestion = Suggestion::default();
    let suggest = SuggestionCommand::Suggest {
        ticket: TicketId::default(),
        reply: Sealed::new(UserId::default(), "Turn it off and on again."),
        query_type: QueryType::Troubleshooting,
        origin: Origin {
            sources: vec![],
            confidence: 0.0,
            model: "local-retrieval/1".to_owned(),
            took_us: 1,
        },
    };
    let sent = judge(Outcome::Sent, None);
    assert_eq!(after(&mut suggestion, Role::Agent, sent.clone()), Err(SuggestionError::NotFound));
    assert_eq!(after(&mut suggestion, Role::User, suggest.clone()), Err(SuggestionError::Forbidden));
    assert_eq!(after(&mut suggestion, Role::Agent, suggest.clone()).map(|events| events.len()), Ok(1));
    assert_eq!(after(&mut suggestion, Role::Agent, suggest), Err(SuggestionError::AlreadyExists));
    assert_eq!(after(&mut suggestion, Role::User, sent.clone()), Err(SuggestionError::Forbidden));
    assert_eq!(
        after(&mut suggestion, Role::Agent, judge(Outcome::Edited, None)),
        Err(SuggestionError::NothingSent)
    );
    assert_eq!(after(&mut suggestion, Role::Agent, sent.clone()).map(|events| events.len()), Ok(1));
    assert_eq!(after(&mut suggestion, Role::Agent, sent), Ok(vec![]));
    let edited = after(&mut suggestion, Role::Agent, judge(Outcome::Edited, Some("Turn it off and wait.")));
    let judged = SuggestionEvent::SuggestionJudged { outcome: Outcome::Edited, distance: Some(0.333) };
    assert_eq!(edited, Ok(vec![judged]));
}

#[test]
fn a_distance_is_the_share_of_words_that_differ() {
    for (suggested, sent, away) in [
        ("", "", 0.0),
        ("one two three", "one two three", 0.0),
        ("one  two\nthree", "one two three", 0.0),
        ("one two three four", "one two three", 0.25),
        ("one two three four", "zero one two three four", 0.2),
        ("one two", "three four", 1.0),
        ("one two", "", 1.0),
    ] {
        assert!((distance(suggested, sent) - away).abs() < 1e-9, "{suggested:?} {sent:?}");
    }
}

#[test]
fn the_kind_of_a_problem_is_read_from_its_words() {
    for (text, kind) in [
        ("I forgot my password and the account is locked", QueryType::Access),
        ("The printer shows error 52 and does not work", QueryType::Troubleshooting),
        ("Please install Photoshop on my new laptop", QueryType::Setup),
        ("How many vacation days am I entitled to?", QueryType::Policy),
        ("Where is the canteen?", QueryType::General),
        ("", QueryType::General),
    ] {
        assert_eq!(QueryType::of(text), kind, "{text}");
    }
}
