//! The rules of API tokens, as given/when/then.

use chrono::{DateTime, TimeDelta};
use cqrs_es::Aggregate;

use super::tests::testing::*;
use super::token::{ApiToken, MOST_TOKENS, TokenError};
use super::{User, UserCommand, UserError, UserEvent};
use crate::access::Role;
use crate::scope::Scope;

/// The event that `token` was issued.
fn was_issued(token: ApiToken) -> UserEvent {
    let ApiToken { id: token_id, scopes, expires_at, max_requests } = token;
    UserEvent::ApiTokenIssued { token_id, scopes, expires_at, max_requests }
}

/// Ada's account, a program's.
fn service(role: Role) -> Vec<UserEvent> {
    vec![created(role, &[]), UserEvent::ServiceAccountDeclared {}]
}

#[test]
fn people_issue_their_own_tokens_and_administrators_those_of_service_accounts() {
    let own = || token(7, &[Scope::TicketsWrite, Scope::TicketsRead, Scope::TicketsRead], 1);
    let sorted = was_issued(token(7, &[Scope::TicketsRead, Scope::TicketsWrite], 1));
    let person_s = || vec![created(Role::User, &[])];
    let ada = || person(ADA, Role::User);
    when(person_s(), ada(), UserCommand::IssueToken(own())).then_expect_events(vec![sorted.clone()]);
    when(service(Role::User), root(), UserCommand::IssueToken(own())).then_expect_events(vec![sorted]);
    let others = || UserError::from(TokenError::OfOthers);
    when(person_s(), root(), UserCommand::IssueToken(own())).then_expect_error(others());
    when(service(Role::User), ada(), UserCommand::IssueToken(own())).then_expect_error(others());
    let somebody = person(ROOT, Role::User);
    when(person_s(), somebody, UserCommand::IssueToken(own())).then_expect_error(UserError::Forbidden);
}

#[test]
fn only_administrators_give_the_scopes_of_administrators() {
    for scope in [
        Scope::EventsRead,
        Scope::AuditRead,
        Scope::UsersRead,
        Scope::UsersWrite,
        Scope::Impersonate,
        Scope::Admin,
        Scope::Internal,
    ] {
        let issue = || UserCommand::IssueToken(token(7, &[Scope::TicketsRead, scope], 1));
        for role in [Role::User, Role::ItAgent] {
            let given = vec![created(role, &[])];
            when(given, person(ADA, role), issue()).then_expect_error(TokenError::NotYours(scope).into());
        }
        let given = vec![created(Role::Admin, &[])];
        let issued = was_issued(token(7, &[Scope::TicketsRead, scope], 1));
        when(given, person(ADA, Role::Admin), issue()).then_expect_events(vec![issued.clone()]);
        when(service(Role::User), root(), issue()).then_expect_events(vec![issued]);
    }
}

#[test]
fn a_token_has_a_scope_an_end_in_time_and_may_make_a_request() {
    let refused = |token: ApiToken, error: TokenError| {
        let given = vec![created(Role::User, &[])];
        when(given, person(ADA, Role::User), UserCommand::IssueToken(token)).then_expect_error(error.into());
    };
    refused(token(7, &[], 1), TokenError::NoScope);
    refused(token(7, &[Scope::TicketsRead], 0), TokenError::Life);
    refused(token(7, &[Scope::TicketsRead], 367), TokenError::Life);
    let none = ApiToken { max_requests: Some(0), ..token(7, &[Scope::TicketsRead], 1) };
    refused(none, TokenError::NoRequests);
    let many = (1..=MOST_TOKENS as u128).map(|id| was_issued(token(id, &[Scope::TicketsRead], 1)));
    let given: Vec<_> = std::iter::once(created(Role::User, &[])).chain(many).collect();
    let one_more = UserCommand::IssueToken(token(999, &[Scope::TicketsRead], 1));
    when(given, person(ADA, Role::User), one_more).then_expect_error(TokenError::TooMany.into());
}

#[test]
fn a_token_is_taken_back_once_by_its_owner_or_an_administrator() {
    let id = uuid::Uuid::from_u128(7);
    let given = || vec![created(Role::User, &[]), was_issued(token(7, &[Scope::TicketsRead], 1))];
    for by in [root(), person(ADA, Role::User), SYSTEM] {
        let revoked = vec![UserEvent::ApiTokenRevoked { token_id: id }];
        when(given(), by, UserCommand::RevokeToken(id)).then_expect_events(revoked.clone());
        let given = given().into_iter().chain(revoked).collect();
        when(given, root(), UserCommand::RevokeToken(id)).then_expect_events(vec![]);
    }
    let eve = person(ROOT, Role::User);
    when(given(), eve, UserCommand::RevokeToken(id)).then_expect_error(UserError::Forbidden);
    let other = uuid::Uuid::from_u128(8);
    when(given(), root(), UserCommand::RevokeToken(other)).then_expect_error(TokenError::NotFound.into());
}

#[test]
fn a_token_is_good_while_its_owner_is_and_allows_what_they_may() {
    let (id, now) = (uuid::Uuid::from_u128(7), DateTime::UNIX_EPOCH);
    let fold = |events: Vec<UserEvent>| {
        let mut user = User::default();
        for event in events {
            user.apply(event);
        }
        user
    };
    let scopes = |user: &User, now| user.token(id, now).map(|token| token.scopes);
    let both = [Scope::TicketsRead, Scope::EventsRead];
    let issued = || was_issued(token(7, &both, 1));
    let mut admin = fold(vec![created(Role::Admin, &[]), issued()]);
    assert_eq!(scopes(&admin, now), Some(both.to_vec()));
    assert_eq!(scopes(&admin, now + TimeDelta::days(1)), None, "its time is over");
    admin.apply(became(Role::User, &[]));
    assert_eq!(scopes(&admin, now), Some(vec![Scope::TicketsRead]), "no administrator any more");
    admin.apply(UserEvent::UserDeactivated {});
    assert_eq!(scopes(&admin, now), None);
    admin.apply(UserEvent::UserActivated {});
    assert_eq!(scopes(&admin, now), None, "and it does not come back");
    let program = fold(service(Role::User).into_iter().chain([issued()]).collect());
    assert_eq!(scopes(&program, now), Some(both.to_vec()), "as an administrator gave it");
    assert!(program.is_active() && !program.may_sign_in());
    assert_eq!(scopes(&fold(vec![created(Role::Admin, &[]), issued(), erased()]), now), None);
}
