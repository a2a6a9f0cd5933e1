use chrono::DateTime;
use uuid::Uuid;

use super::intent::{Intent, intent};
use super::values::{MOST_TURNS, Origin, ReplyKind, parse_question};
use super::*;
use crate::access::{Caller, Reach, Role};

fn person(number: u128) -> Caller {
    let id = UserId(Uuid::from_u128(number));
    Caller::Person { id, role: Role::User, departments: vec![], reach: Reach::default() }
}

fn turn(caller: &Caller, kind: ReplyKind) -> ChatCommand {
    let subject = caller.person().unwrap_or_default();
    let text = |text: &str| Sealed::new(subject, text);
    let origin =
        Origin { sources: vec![], confidence: 0.0, model: "local-retrieval/1".to_owned(), took_us: 1 };
    ChatCommand::Answer(Turn {
        at: UsedBy::Chatbot,
        question: text("How?"),
        kind,
        answer: text("So."),
        origin,
    })
}

fn after(chat: &mut Chat, by: &Caller, command: ChatCommand) -> Result<usize, ChatError> {
    let events = chat.decide(Issued::new(by.clone(), DateTime::UNIX_EPOCH, command))?;
    let count = events.len();
    for event in events {
        chat.apply(event);
    }
    Ok(count)
}

#[test]
fn a_chat_is_its_owner_s_alone() {
    let (ada, bob, nobody) = (person(1), person(2), Caller::System("anonymous"));
    for (owner, others) in [(&ada, [&bob, &nobody]), (&nobody, [&ada, &bob])] {
        let mut chat = Chat::default();
        assert_eq!(chat.admit(owner.person(), false), Err(ChatError::NotFound));
        assert_eq!(after(&mut chat, owner, turn(owner, ReplyKind::NoAnswer)), Ok(1));
        assert_eq!(after(&mut chat, owner, turn(owner, ReplyKind::Answer)), Ok(1));
        for other in others {
            assert_eq!(after(&mut chat, other, turn(other, ReplyKind::Answer)), Err(ChatError::NotFound));
            let file = ChatCommand::File { ticket: TicketId::default() };
            assert_eq!(after(&mut chat, other, file), Err(ChatError::NotFound));
        }
    }
}

#[test]
fn a_chat_becomes_one_ticket_and_has_an_end() {
    let (ada, mut chat) = (person(1), Chat::default());
    let (one, other) = (TicketId::new(DateTime::UNIX_EPOCH, 1), TicketId::new(DateTime::UNIX_EPOCH, 2));
    assert_eq!(after(&mut chat, &ada, turn(&ada, ReplyKind::Courtesy)), Ok(1));
    assert_eq!((chat.has_problem(), chat.asked_for_problem()), (false, false));
    assert_eq!(after(&mut chat, &ada, turn(&ada, ReplyKind::AskedForProblem)), Ok(1));
    assert_eq!((chat.has_problem(), chat.asked_for_problem()), (false, true));
    assert_eq!(after(&mut chat, &ada, turn(&ada, ReplyKind::HandedOver)), Ok(1));
    assert_eq!((chat.has_problem(), chat.asked_for_problem()), (true, false));
    assert_eq!(after(&mut chat, &ada, ChatCommand::File { ticket: one }), Ok(1));
    assert_eq!(after(&mut chat, &ada, ChatCommand::File { ticket: one }), Ok(0));
    assert_eq!(after(&mut chat, &ada, ChatCommand::File { ticket: other }), Err(ChatError::Filed(one)));
    for _ in 3..MOST_TURNS {
        assert_eq!(after(&mut chat, &ada, turn(&ada, ReplyKind::Answer)), Ok(1));
    }
    assert_eq!(after(&mut chat, &ada, turn(&ada, ReplyKind::Answer)), Err(ChatError::Full));
}

#[test]
fn what_a_message_wants_is_read_from_its_words() {
    for (message, wanted) in [
        ("I want to TALK to a human!", Intent::Person),
        ("agent", Intent::Person),
        ("This is no help. Can I speak with someone, please?", Intent::Person),
        ("Ich möchte mit einem Menschen sprechen", Intent::Person),
        ("Please open a ticket", Intent::Person),
        ("I do not want to talk to a human", Intent::Question),
        ("Which agent software runs on my laptop?", Intent::Question),
        ("How do I open a ticketing account?", Intent::Question),
        ("Hi there!", Intent::Greeting),
        ("Guten Morgen", Intent::Greeting),
        ("Hi, my printer is on fire", Intent::Question),
        ("Thank you so much", Intent::Thanks),
        ("Thanks, but it still does not work", Intent::Question),
        ("?", Intent::Question),
    ] {
        assert_eq!(intent(message), wanted, "{message}");
    }
}

#[test]
fn a_question_has_words() {
    assert!(parse_question(" a ", 3).is_err());
    assert!(parse_question(&"x".repeat(2_001), 3).is_err());
    assert_eq!(parse_question(" vpn ", 3).as_deref(), Ok("vpn"));
}
