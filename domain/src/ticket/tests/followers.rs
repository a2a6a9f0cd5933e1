//! Who may follow, and whom one may name.

use super::testing::*;
use crate::access::Caller;
use crate::id::UserId;
use crate::ticket::values::Status;
use crate::ticket::{MOST_FOLLOWERS, TicketCommand, TicketError, TicketEvent};

const STAFF: TicketError = TicketError::Forbidden("staff");

fn follow(reader: Caller) -> TicketCommand {
    TicketCommand::Follow { user: reader.person().expect("a person"), reader: Some(reader) }
}

fn unfollow(user: UserId) -> TicketCommand {
    TicketCommand::Unfollow { user }
}

fn followed(user: UserId) -> TicketEvent {
    TicketEvent::TicketFollowed { user }
}

fn many() -> Vec<TicketEvent> {
    let others = (100..).take(MOST_FOLLOWERS).map(|n| followed(UserId(uuid::Uuid::from_u128(n))));
    ticket_and(Status::Open, others)
}

#[test]
fn everybody_follows_what_they_see() {
    for by in [ada(), ivan(), root()] {
        let user = by.person().expect("a person");
        when(ticket(Status::Open), by.clone(), follow(by.clone())).then_expect_events(vec![followed(user)]);
        let again = ticket_and(Status::Open, [followed(user)]);
        when(again.clone(), by.clone(), follow(by.clone())).then_expect_events(vec![]);
        when(again, by.clone(), unfollow(user))
            .then_expect_events(vec![TicketEvent::TicketUnfollowed { user }]);
        when(ticket(Status::Open), by, unfollow(user)).then_expect_events(vec![]);
    }
    assert_eq!(refusal(ticket(Status::Open), hugo(), follow(hugo())), TicketError::NotFound);
}

#[test]
fn staff_name_others_who_see_it_and_requesters_nobody() {
    when(ticket(Status::Open), ivan(), follow(ada())).then_expect_events(vec![followed(ADA)]);
    for other in [ivan(), hugo(), eve()] {
        assert_eq!(refusal(ticket(Status::Open), ada(), follow(other)), STAFF);
    }
    assert_eq!(refusal(ticket_and(Status::Open, [followed(IVAN)]), ada(), unfollow(IVAN)), STAFF);
    for hidden in [hugo(), eve()] {
        assert_eq!(refusal(ticket(Status::Open), ivan(), follow(hidden)), TicketError::NotAReader);
    }
    let nobody = TicketCommand::Follow { user: EVE, reader: None };
    assert_eq!(refusal(ticket(Status::Open), ivan(), nobody), TicketError::NotAReader);
    let another = TicketCommand::Follow { user: EVE, reader: Some(ada()) };
    assert_eq!(refusal(ticket(Status::Open), ivan(), another), TicketError::NotAReader);
}

#[test]
fn whom_a_message_speaks_to_follows_as_far_as_there_is_room() {
    let mentioned = TicketCommand::FollowMentioned { users: vec![ADA, IVAN] };
    when(ticket_and(Status::Open, [followed(IVAN)]), ada(), mentioned.clone())
        .then_expect_events(vec![followed(ADA)]);
    when(many(), ivan(), mentioned.clone()).then_expect_events(vec![]);
    let almost = many()
        .into_iter()
        .chain([TicketEvent::TicketUnfollowed { user: UserId(uuid::Uuid::from_u128(100)) }]);
    when(almost.collect(), ivan(), mentioned).then_expect_events(vec![followed(ADA)]);
    assert_eq!(refusal(many(), ivan(), follow(ivan())), TicketError::TooManyFollowers);
}
