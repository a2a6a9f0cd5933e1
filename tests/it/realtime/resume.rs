//! A client that is cut off again and again ends with everything once and in order.

use std::time::Duration;

use serde_json::Value;
use tests::desk::{Somebody, TestDesk};

use super::client::Socket;
use super::{note, room_of, say};

const CUTS: usize = 500;
const WRITERS: usize = 4;
const EACH: usize = 500;
const MARKER: &str = "That was all.";

/// Numbers that look random, the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Follows `room` until the marker, cut off wherever it is; gives what was said, and how often it was cut off.
async fn follow(desk: &TestDesk, who: &Somebody, room: &str, seed: u64) -> (Vec<(i64, String)>, usize) {
    let (mut said, mut place, mut cuts, mut chance) = (Vec::new(), 0, 0, Chance(seed));
    loop {
        let mut socket = Socket::open(desk, who).await;
        socket.enter(&[room], Some(place)).await;
        // Cut in the middle of whatever comes, often before anything does.
        for _ in 0..chance.below(16) {
            let next = tokio::time::timeout(Duration::from_millis(chance.below(60)), socket.next()).await;
            let Ok(frame) = next else { break };
            let content = frame["message"]["content"].as_str();
            match content {
                Some(MARKER) if cuts >= CUTS => return (said, cuts),
                // Whoever was not cut off often enough hears the end again.
                Some(MARKER) => break,
                _ => {}
            }
            place = frame["pos"].as_i64().expect("a position");
            said.extend(content.map(|content| (place, content.to_owned())));
        }
        cuts += 1;
    }
}

/// What is in the log, as `who` reads it.
async fn written(desk: &TestDesk, who: &Somebody, ticket: &Value) -> Vec<(i64, String)> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let path = format!("/api/v1/tickets/{}/messages?limit=100&after_pos={after}", super::id_of(ticket));
        let page = desk.get(who, &path).await.expect(200).body;
        let messages = page["messages"].as_array().expect("messages").clone();
        if messages.is_empty() {
            return all;
        }
        for message in messages {
            after = message["position"].as_i64().expect("a position");
            let content = message["content"].as_str().expect("a text").to_owned();
            if content != MARKER {
                all.push((after, content));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_cut_off_five_hundred_times_misses_nothing_and_hears_nothing_twice() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let room = room_of(&ticket);
    let writing = async {
        let writer = async |writer: usize| {
            for turn in 0..EACH {
                let text = format!("{writer} says {turn}");
                // Every fourth is a note.
                if turn % 4 == 3 {
                    note(&desk, &ivan, &ticket, &text).await;
                } else {
                    say(&desk, if writer.is_multiple_of(2) { &ada } else { &ivan }, &ticket, &text).await;
                }
            }
        };
        futures::future::join_all((0..WRITERS).map(writer)).await;
        say(&desk, &ivan, &ticket, MARKER).await;
    };
    let readers = [follow(&desk, &ada, &room, 1), follow(&desk, &ivan, &room, 2)];
    let ((), heard) = futures::join!(writing, futures::future::join_all(readers));
    for ((who, (said, cuts)), count) in [&ada, &ivan].into_iter().zip(heard).zip([1500, 2000]) {
        eprintln!("{:?} was cut off {cuts} times", who.role);
        assert!(cuts >= CUTS, "{cuts}");
        assert_eq!(said.len(), count);
        assert!(said == written(&desk, who, &ticket).await, "as the log has it");
    }
    desk.assert_sound().await;
    desk.close().await;
}
