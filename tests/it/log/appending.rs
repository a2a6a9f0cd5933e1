//! Appends one after the other: outcomes, command ids, claims, allowances.

use application::ledger::{AppendError, Claim, ClaimKind, Ledger, Quota};
use chrono::{TimeDelta, Utc};
use domain::id::UserId;
use tests::appends::{append, created, new_stream, on, unassigned};
use tests::postgres::TestDatabase;
use uuid::Uuid;

#[tokio::test]
async fn positions_start_at_one_and_have_no_holes() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let stream = new_stream();
    let requester = UserId(Uuid::now_v7());
    let first = log.append(append(vec![on(stream, 0, vec![created(requester), unassigned()])])).await;
    let first = first.expect("accepted");
    assert_eq!((first.first, first.last, first.repeated), (1, 2, false));
    let second = log.append(append(vec![on(stream, 2, vec![unassigned()])])).await.expect("accepted");
    assert_eq!((second.first, second.last), (3, 3));

    let events = log.read_streams(&[(stream, 0)]).await.expect("readable");
    assert_eq!(
        events.iter().map(|event| (event.position, event.version)).collect::<Vec<_>>(),
        [(1, 1), (2, 2), (3, 3)]
    );
    assert_eq!(events[0].event, created(requester).into(), "what was sealed opens again");
}

#[tokio::test]
async fn what_is_read_back_equals_what_the_tail_keeps() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let sent = append(vec![on(new_stream(), 0, vec![created(UserId(Uuid::now_v7()))])]);
    log.append(sent).await.expect("accepted");
    let kept = log.tail_after(0, 10).expect("at hand");
    let stored = log.read_range(1, 1).await.expect("readable");
    assert_eq!(*kept[0], stored[0]);
}

/// T3: the same command id before, during and after the first commit has one outcome.
#[tokio::test]
async fn a_command_sent_again_has_the_outcome_it_had() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let once = append(vec![on(new_stream(), 0, vec![created(UserId(Uuid::now_v7()))])]);
    let sending: Vec<_> = (0..20).map(|_| log.append(once.clone())).collect();
    let outcomes: Vec<_> =
        futures::future::join_all(sending).await.into_iter().map(|o| o.expect("accepted")).collect();
    assert_eq!(outcomes.iter().filter(|outcome| !outcome.repeated).count(), 1);
    assert!(outcomes.iter().all(|outcome| (outcome.first, outcome.last) == (1, 1)));
    let again = log.append(once).await.expect("accepted");
    assert_eq!((again.first, again.repeated), (1, true));
    assert_eq!(log.head().await.expect("a head"), 1);
}

/// T4: a command id with another body is refused.
#[tokio::test]
async fn a_command_id_belongs_to_one_command() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let mut first = append(vec![on(new_stream(), 0, vec![unassigned()])]);
    first.fingerprint = Some([1; 32]);
    let mut other = append(vec![on(new_stream(), 0, vec![unassigned()])]);
    other.command_id = first.command_id;
    other.fingerprint = Some([2; 32]);
    log.append(first.clone()).await.expect("accepted");
    assert_eq!(log.append(other).await, Err(AppendError::CommandReused));
    let outcome = log.outcome(first.command_id).await.expect("readable").expect("known");
    assert_eq!(outcome.fingerprint, Some([1; 32]));
    assert_eq!(log.outcome(Uuid::now_v7()).await.expect("readable"), None);
}

/// T5: of conflicting expectations in one batch only the loser fails.
#[tokio::test]
async fn a_conflict_fails_alone() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let known = new_stream();
    log.append(append(vec![on(known, 0, vec![unassigned()])])).await.expect("accepted");
    let sending = (0..50).map(|number| {
        let stale = number % 10 == 0;
        let part =
            if stale { on(known, 0, vec![unassigned()]) } else { on(new_stream(), 0, vec![unassigned()]) };
        log.append(append(vec![part]))
    });
    let outcomes = futures::future::join_all(sending).await;
    for (number, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_ok(), number % 10 != 0, "{number}: {outcome:?}");
    }
    assert_eq!(log.head().await.expect("a head"), 46);
}

#[tokio::test]
async fn streams_are_appended_together_or_not_at_all() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let (left, right) = (new_stream(), new_stream());
    log.append(append(vec![on(right, 0, vec![unassigned()])])).await.expect("accepted");
    let both = vec![on(left, 0, vec![unassigned()]), on(right, 0, vec![unassigned()])];
    assert_eq!(log.append(append(both)).await, Err(AppendError::Conflict));
    assert!(log.read_streams(&[(left, 0)]).await.expect("readable").is_empty());
    // A stream that is only read counts as well.
    let read_only = vec![on(left, 0, vec![unassigned()]), on(right, 7, Vec::new())];
    assert_eq!(log.append(append(read_only)).await, Err(AppendError::Conflict));
    let both = vec![on(left, 0, vec![unassigned()]), on(right, 1, vec![unassigned()])];
    let appended = log.append(append(both)).await.expect("accepted");
    assert_eq!((appended.first, appended.last), (2, 3));
}

/// T8: two users racing for one address.
#[tokio::test]
async fn a_value_is_claimed_once() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let claiming = |value: &str| {
        let stream = new_stream();
        let mut append = append(vec![on(stream, 0, vec![unassigned()])]);
        append.claims.push(Claim { kind: ClaimKind::Email, value: value.to_owned(), holder: stream });
        append
    };
    let outcomes = futures::future::join_all((0..20).map(|_| log.append(claiming("ada@example.com")))).await;
    let refused = outcomes.iter().filter(|o| **o == Err(AppendError::Claimed(ClaimKind::Email))).count();
    assert_eq!((outcomes.iter().filter(|outcome| outcome.is_ok()).count(), refused), (1, 19));
    log.append(claiming("ivan@example.com")).await.expect("another value is free");

    let holder = log.holder(ClaimKind::Email, "ada@example.com").await.expect("readable").expect("claimed");
    let mut release = append(vec![on(holder, 1, vec![unassigned()])]);
    release.releases.push(Claim { kind: ClaimKind::Email, value: "ada@example.com".to_owned(), holder });
    log.append(release).await.expect("accepted");
    log.append(claiming("ada@example.com")).await.expect("free again");
}

#[tokio::test]
async fn an_allowance_is_used_up_and_comes_back() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let key = Uuid::now_v7();
    let using = |window| {
        let mut append = append(vec![on(new_stream(), 0, vec![unassigned()])]);
        append.quota = Some(Quota { key, limit: 5, window });
        append
    };
    let day = TimeDelta::hours(24);
    let before = Utc::now();
    let outcomes = futures::future::join_all((0..20).map(|_| log.append(using(day)))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5);
    for outcome in outcomes.iter().filter(|outcome| outcome.is_err()) {
        let Err(AppendError::QuotaExceeded { limit: 5, retry_at }) = outcome else { panic!("{outcome:?}") };
        assert!(*retry_at > before + day && *retry_at < Utc::now() + day, "{retry_at}");
    }
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    log.append(using(TimeDelta::seconds(1))).await.expect("the window has passed");
}

#[tokio::test]
async fn a_payload_that_the_database_refuses_fails_alone() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let mut impossible = append(vec![on(new_stream(), 0, vec![unassigned()])]);
    impossible.envelope.via = "a\0b".into(); // PostgreSQL knows no such text
    let sending = futures::future::join_all([
        log.append(append(vec![on(new_stream(), 0, vec![unassigned()])])),
        log.append(impossible),
        log.append(append(vec![on(new_stream(), 0, vec![unassigned()])])),
    ]);
    let outcomes = sending.await;
    assert!(outcomes[0].is_ok() && outcomes[1].is_err() && outcomes[2].is_ok(), "{outcomes:?}");
}
