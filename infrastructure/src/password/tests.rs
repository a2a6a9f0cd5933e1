//! How many are served at a time, and that every caller is answered alike.

use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use super::*;

#[tokio::test]
async fn a_password_is_verified_against_its_own_hash_only() {
    let passwords = Passwords::new(2);
    let stored = passwords.hash("correct horse").await.expect("hashed");
    assert_ne!(passwords.hash("correct horse").await, Ok(stored.clone()), "the salt differs");
    let verify = async |password| passwords.verify(password, Some(&stored)).await;
    assert_eq!(verify("correct horse").await, Ok(Verified::Right { upgrade: None }));
    assert_eq!(verify("correct horse ").await, Ok(Verified::Wrong));
    assert_eq!(verify("").await, Ok(Verified::Wrong));
    assert_eq!(verify("correct horse\0").await, Ok(Verified::Wrong));
    assert_eq!(passwords.verify("correct horse", Some("plain")).await, Err(PasswordError::UnreadableHash));
}

#[tokio::test]
async fn what_cannot_be_a_password_is_not_hashed() {
    let passwords = Passwords::new(2);
    assert_eq!(passwords.hash("correct\0horse").await, Err(PasswordError::Unusable));
    assert_eq!(passwords.hash(&"x".repeat(1025)).await, Err(PasswordError::Unusable));
    assert_eq!(passwords.verify(&"x".repeat(5 << 20), None).await, Ok(Verified::Wrong));
}

#[tokio::test]
async fn an_unknown_user_takes_as_long_as_a_known_one() {
    let passwords = Passwords::new(1);
    let stored = passwords.hash("correct horse").await.expect("hashed");
    let time = async |stored: Option<&str>| {
        let start = Instant::now();
        assert_eq!(passwords.verify("wrong horse", stored).await, Ok(Verified::Wrong));
        start.elapsed()
    };
    // The fastest of several, in turn: the machine may be busy.
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        known = known.min(time(Some(&stored)).await);
        unknown = unknown.min(time(None).await);
    }
    assert!(unknown > known / 2 && unknown < known * 2, "{known:?} {unknown:?}");
}

/// On the one thread of this test everything else goes on while a password is hashed or compared.
#[tokio::test]
async fn passwords_are_hashed_and_compared_off_the_async_threads() {
    let passwords = Passwords::new(1);
    let stored = passwords.hash("correct horse").await.expect("hashed");
    let working = [
        tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.hash("correct horse").await.is_ok() }
        }),
        tokio::spawn(async move { passwords.verify("wrong horse", Some(&stored)).await.is_ok() }),
    ];
    for work in working {
        let mut turns = 0;
        while !work.is_finished() {
            tokio::task::yield_now().await;
            turns += 1;
        }
        assert!(turns > 100, "{turns} turns");
        assert!(work.await.expect("no panic"));
    }
}

#[tokio::test]
async fn beyond_those_served_and_waiting_the_desk_is_busy() {
    let passwords = Passwords::new(2);
    let (release, wait) = mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    let attempts = (0..2 + QUEUE).map(|_| {
        let (passwords, wait) = (passwords.clone(), Arc::clone(&wait));
        let work = move || wait.lock().expect("not poisoned").recv().map_err(|_| PasswordError::Failed);
        tokio::spawn(async move { passwords.in_turn(work).await })
    });
    let attempts = attempts.collect::<Vec<_>>();
    while passwords.queue.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(passwords.places.available_permits(), 0);
    assert_eq!(passwords.verify("wrong horse", None).await, Err(PasswordError::Busy));
    assert_eq!(passwords.hash("correct horse").await, Err(PasswordError::Busy));
    for _ in &attempts {
        release.send(()).expect("at work");
    }
    for attempt in attempts {
        assert_eq!(attempt.await.expect("no panic"), Ok(()));
    }
    assert_eq!(passwords.verify("wrong horse", None).await, Ok(Verified::Wrong), "places are given back");
}

#[tokio::test]
async fn a_caller_who_leaves_gives_no_place_to_another_before_the_work_is_done() {
    let passwords = Passwords::new(1);
    let (release, wait) = mpsc::channel::<()>();
    let work = move || wait.recv().map_err(|_| PasswordError::Failed);
    let gone = tokio::time::timeout(Duration::from_millis(1), passwords.in_turn(work)).await;
    assert!(gone.is_err());
    assert_eq!(passwords.places.available_permits(), 0);
    release.send(()).expect("still at work");
    assert_eq!(passwords.verify("wrong horse", None).await, Ok(Verified::Wrong));
}
