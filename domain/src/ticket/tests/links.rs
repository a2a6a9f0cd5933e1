//! What tickets are to each other.

use uuid::Uuid;

use super::testing::*;
use crate::id::LinkId;
use crate::refusal::{Refusal as _, RefusalKind};
use crate::ticket::values::Status;
use crate::ticket::{
    BadUrl, Link, LinkKind, LinkTo, Live, MOST_LINKS, TicketCommand, TicketError, TicketEvent, parse_url,
};

const KINDS: &[LinkKind] = <LinkKind as strum::VariantArray>::VARIANTS;

fn id(n: u128) -> LinkId {
    LinkId(Uuid::from_u128(n))
}

fn link(n: u128, kind: LinkKind, to: u32) -> TicketCommand {
    let link = Link { id: id(n), kind, to: LinkTo::Ticket(ticket_id(to)) };
    TicketCommand::Link { ticket: ticket_id(1), link }
}

fn linked(n: u128, kind: LinkKind, to: u32) -> TicketEvent {
    TicketEvent::TicketLinked { link: id(n), kind, to: Some(ticket_id(to)), url: None }
}

#[test]
fn a_link_has_one_opposite() {
    for kind in KINDS {
        assert_eq!(kind.inverse().inverse(), *kind);
    }
}

#[test]
fn staff_link_a_ticket_once_whatever_its_status_and_remove_the_link() {
    for status in [Status::Open, Status::InProgress, Status::Resolved, Status::Closed] {
        when(ticket(status), ivan(), link(7, LinkKind::Blocks, 2)).then_expect_events(vec![linked(
            7,
            LinkKind::Blocks,
            2,
        )]);
        let given = ticket_and(status, [linked(7, LinkKind::Blocks, 2)]);
        when(given.clone(), ivan(), link(8, LinkKind::Blocks, 2)).then_expect_events(vec![]);
        let removed =
            TicketEvent::TicketUnlinked { link: id(7), kind: LinkKind::Blocks, to: Some(ticket_id(2)) };
        when(given, ivan(), TicketCommand::Unlink { link: id(7) }).then_expect_events(vec![removed.clone()]);
        let gone = folded(ticket_and(status, [linked(7, LinkKind::Blocks, 2), removed]));
        assert_eq!(gone.live().expect("it was created").links(), []);
    }
}

#[test]
fn links_are_for_staff_who_work_on_the_ticket() {
    let given = ticket_and(Status::Open, [linked(7, LinkKind::Blocks, 2)]);
    for command in [link(8, LinkKind::Blocks, 2), TicketCommand::Unlink { link: id(7) }] {
        assert_eq!(refusal(given.clone(), ada(), command.clone()), TicketError::Forbidden("staff"));
        assert_eq!(refusal(given.clone(), hugo(), command), TicketError::NotFound);
    }
    assert_eq!(refusal(given, ivan(), TicketCommand::Unlink { link: id(8) }), TicketError::LinkNotFound,);
}

#[test]
fn no_ticket_is_linked_with_itself_both_ways_or_with_two_parents() {
    for kind in KINDS {
        let refused = refusal(ticket(Status::Open), ivan(), link(7, *kind, 1));
        assert_eq!((refused.code(), refused.kind()), ("VALIDATION_ERROR", RefusalKind::Invalid));
        let given = ticket_and(Status::Open, [linked(7, *kind, 2)]);
        if kind.inverse() != *kind {
            let refused = refusal(given, ivan(), link(8, kind.inverse(), 2));
            assert_eq!(refused, TicketError::LinkContradicts);
        }
    }
    let given = ticket_and(Status::Open, [linked(7, LinkKind::Parent, 2)]);
    assert_eq!(folded(given.clone()).live().and_then(Live::parent), Some(ticket_id(2)));
    assert_eq!(refusal(given.clone(), ivan(), link(8, LinkKind::Parent, 3)), TicketError::HasParent);
    when(given, ivan(), link(8, LinkKind::Child, 3)).then_expect_events(vec![linked(8, LinkKind::Child, 3)]);
}

#[test]
fn a_ticket_has_so_many_links_at_most() {
    let most = (0..100).map(|n| linked(n, LinkKind::Relates, u32::try_from(n).expect("small") + 2));
    let given = ticket_and(Status::Open, most);
    assert_eq!(folded(given.clone()).live().map(|live| live.links().len()), Some(MOST_LINKS));
    assert_eq!(
        refusal(given.clone(), ivan(), link(1_000, LinkKind::Relates, 1_000)),
        TicketError::TooManyLinks
    );
    when(given, ivan(), link(1_000, LinkKind::Relates, 2)).then_expect_events(vec![]);
}

#[test]
fn a_merged_ticket_loses_links_with_their_other_end_only() {
    let given = ticket_and(Status::Open, [linked(7, LinkKind::Relates, 2), merged()]);
    let refused = refusal(given.clone(), ivan(), TicketCommand::Unlink { link: id(7) });
    assert_eq!(refused.kind(), RefusalKind::Locked);
    let lost = TicketEvent::TicketUnlinked { link: id(7), kind: LinkKind::Relates, to: Some(ticket_id(2)) };
    when(given, ivan(), TicketCommand::LoseLink { link: id(7) }).then_expect_events(vec![lost]);
}

#[test]
fn an_address_leads_to_a_host_over_http_and_shows_no_password() {
    for good in [
        "https://example.org",
        "HTTP://example.org:8080/a?b=c#d",
        "https://[2001:db8::1]/x",
        "https://größe.example/@ada",
        "  https://example.org/ ",
    ] {
        assert_eq!(parse_url(good).as_deref(), Ok(good.trim()), "{good}");
    }
    for bad in [
        "example.org",
        "//example.org",
        "javascript:alert(1)",
        "ftp://a",
        "https://",
        "https:///a",
        "http://:80",
        "https://a b",
    ] {
        assert_eq!(parse_url(bad), Err(BadUrl::NotHttp), "{bad}");
    }
    for secret in ["https://ada:x@example.org", "http://ada@example.org/", "https://a@b@example.org?x"] {
        assert_eq!(parse_url(secret), Err(BadUrl::Credentials), "{secret}");
    }
    for text in ["", "https://a\nb", "https://a/\u{202e}", &format!("https://a/{}", "x".repeat(2_000))] {
        assert!(matches!(parse_url(text), Err(BadUrl::Text(_))), "{text}");
    }
}
