//! Every plan is accepted by the rules as it stands, without a database.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::change::Change;
use domain::conversation::{Conversation, ConversationCommand};
use domain::ticket::values::Status;
use domain::ticket::{Assignee, Room, Ticket, TicketCommand};
use domain::user::values::{EmailAddress, Username};
use domain::{Decide, Issued};

use super::people;
use super::plan::{Act, DESK, Life, Step};
use super::sample::{self, Row};
use super::stories;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
}

/// Decides and applies; what follows must be something.
fn decide<A: Decide>(aggregate: &mut A, issued: A::Command) -> usize {
    let events = aggregate.decide(issued).unwrap_or_else(|refusal| panic!("refused: {refusal}"));
    let count = events.len();
    for event in events {
        aggregate.apply(event);
    }
    count
}

fn rehearse(life: &Life) -> Status {
    let mut ticket = Ticket::default();
    let mut conversation = Conversation::default();
    let create = TicketCommand::Create(Box::new(life.report()));
    decide(&mut ticket, Issued::new(DESK, life.filed_at, create));
    for (number, step) in (1..).zip(&life.steps) {
        let events = rehearse_step(&mut ticket, &mut conversation, life, number, step);
        assert!(events > 0, "{}: step {number} changes nothing: {step:?}", life.name);
    }
    ticket.live().expect("created").status()
}

fn rehearse_step(
    ticket: &mut Ticket,
    conversation: &mut Conversation,
    life: &Life,
    number: usize,
    step: &Step,
) -> usize {
    let Step { at, by, act } = step.clone();
    let mut on_ticket = |command| decide(ticket, Issued::new(by.clone(), at, command));
    match act {
        Act::Do(command) => on_ticket(command),
        Act::Assign(agent) => on_ticket(TicketCommand::Assign {
            agent: Some(Assignee {
                id: agent.id(),
                role: agent.role,
                departments: agent.departments(),
                is_active: true,
                room: Room::Forced,
            }),
            team: Change::Keep,
        }),
        Act::Say { content, is_internal } => {
            on_ticket(TicketCommand::Answer { is_internal });
            let post = ConversationCommand::Post {
                message_id: life.message(number),
                requester: life.requester.id(),
                content,
                is_internal,
                is_ai: false,
                client_msg_id: None,
                mentions: vec![],
                attachments: vec![],
            };
            decide(conversation, Issued::new(by, at, post))
        }
    }
}

/// The steps follow each other, after the filing and before `now`.
fn check_times(life: &Life) {
    let times: Vec<_> = std::iter::once(life.filed_at).chain(life.steps.iter().map(|step| step.at)).collect();
    assert!(times.is_sorted(), "{}: {times:?}", life.name);
    assert!(times.last().is_some_and(|last| *last <= now()), "{}: ends in the future", life.name);
}

#[test]
fn every_step_of_every_story_is_accepted_by_the_rules() {
    let mut outcomes = BTreeSet::new();
    let stories = stories::all().expect("readable");
    assert_eq!(stories.len(), 40);
    for (number, story) in stories.iter().enumerate() {
        let life = story.life(number, now()).expect("a life");
        check_times(&life);
        outcomes.insert(rehearse(&life).as_str());
        assert!(people::on_stage().contains(&life.requester), "{}", life.requester.username);
        assert_eq!(story.told_at(life.ticket_id()), now());
    }
    assert_eq!(outcomes.len(), 6, "every status occurs: {outcomes:?}");
}

fn rows(count: usize) -> Vec<Row> {
    let labels = ["HR Support", "Hardware", "Access", "Purchase"];
    (0..count)
        .map(|n| Row { text: format!("please help with matter {n}"), label: labels[n % 4].to_owned() })
        .collect()
}

#[test]
fn every_step_of_every_sample_ticket_is_accepted_by_the_rules() {
    let rows = rows(1_000);
    let mut outcomes = BTreeMap::<&str, usize>::new();
    for number in 0..3_000 {
        let life = sample::life(&rows, number, now()).expect("a life");
        check_times(&life);
        assert!(now() - life.filed_at <= TimeDelta::days(60), "{} is too old", life.filed_at);
        *outcomes.entry(rehearse(&life).as_str()).or_default() += 1;
    }
    let about = |status: Status, percent: usize| {
        let share = outcomes.get(status.as_str()).copied().unwrap_or_default() * 100 / 3_000;
        assert!(share.abs_diff(percent) <= 2, "{status:?}: {share} %, wanted {percent}");
    };
    about(Status::Open, 12);
    about(Status::Assigned, 10);
    about(Status::InProgress, 18);
    about(Status::WaitingOnCustomer, 8);
    about(Status::Resolved, 17);
    about(Status::Closed, 35);
}

#[test]
fn a_repetition_plans_the_same_and_a_larger_one_only_more() {
    let rows = rows(20);
    let first = sample::life(&rows, 0, now()).expect("a life");
    assert_eq!(sample::taken_at(first.ticket_id()), now());
    let mut filings = BTreeSet::new();
    for number in 0..100 {
        let life = sample::life(&rows, number, now()).expect("a life");
        let again = sample::life(&rows, number, sample::taken_at(first.ticket_id())).expect("a life");
        assert_eq!(format!("{life:?}"), format!("{again:?}"));
        assert_eq!(life.ticket_id(), again.ticket_id());
        assert!(filings.insert((life.description, life.requester.username)), "twice by the same person");
    }
}

#[test]
fn a_title_is_the_first_words_of_the_text() {
    let life = |text: &str| {
        let rows = [Row { text: text.to_owned(), label: "Access".to_owned() }];
        sample::life(&rows, 0, now()).expect("a life").title
    };
    assert_eq!(life("password  reset\nhello"), "Password reset hello");
    assert_eq!(life(&"word ".repeat(40)).len(), 69);
    assert_eq!(life(&"x".repeat(300)).len(), 70);
}

#[test]
fn a_file_of_another_kind_is_refused_with_the_reason() {
    let read = |file: &str| sample::rows(file.as_bytes()).map_err(|error| format!("{error:#}"));
    let two = read("text,label\n\"hello, world\",Access\nannual leave,HR Support\n").expect("rows");
    assert_eq!(two[0], Row { text: "hello, world".to_owned(), label: "Access".to_owned() });
    assert!(read("a,b\n1,2\n").is_err_and(|error| error.contains("columns text and label")));
    assert!(read("text,label\n").is_err_and(|error| error.contains("no rows")));
    let short = read("text,label\nlong enough,Access\nno,Access\n").expect_err("too short");
    assert!(short.contains("row 2") && short.contains("3 characters or more"), "{short}");
}

#[test]
fn everybody_has_a_name_and_an_address_of_their_own() {
    let people: Vec<_> = people::on_stage().into_iter().chain(people::in_the_sample()).collect();
    assert_eq!(people.len(), 9 + 208);
    for person in &people {
        assert_eq!(Username::parse(&person.username).as_ref().map(Username::as_str), Ok(&*person.username));
        EmailAddress::parse(&person.email()).expect("an address");
    }
    let ids: BTreeSet<_> = people.iter().map(people::Person::id).collect();
    assert_eq!(ids.len(), people.len());
}
