//! What comes by itself: over sockets, as server-sent events, to webhooks, by mail.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::requests::{Got, Request};
use super::scene::{PATIENCE, Reader, Scene, text};
use crate::realtime::client::Socket;
use crate::stream::client::Follower;
use crate::webhooks::receiver::Receiver;

/// How long nothing comes when nothing more will.
const SILENCE: Duration = Duration::from_millis(400);

fn got(what: &str, text: String) -> Got {
    Got { request: Request { operation: what.to_owned(), path: what.to_owned() }, status: 200, text }
}

/// Everything that happened in all rooms that are theirs, and what happens next.
pub(super) async fn rooms(scene: &Scene, reader: &Reader<'_>) -> Vec<Got> {
    let mut socket = Socket::open(&scene.desk, &reader.who).await;
    let tickets = reader.stage.tickets().map(|ticket| format!("ticket_{ticket}"));
    let mut rooms: Vec<&str> =
        tickets.iter().map(String::as_str).chain(["user_me", "agents_IT", "admin_alerts"]).collect();
    rooms.reverse();
    socket.send(json!({ "type": "subscribe", "rooms": rooms, "since": 0 })).await;
    let ending = scene.stir(reader.stage).await;
    vec![got("rooms", heard(&mut socket, &ending).await)]
}

/// What happens next on the tickets, heard at the addresses of each.
pub(super) async fn chat(scene: &Scene, reader: &Reader<'_>) -> Vec<Got> {
    let mut all = Vec::new();
    for path in ["/ws/chat", "/ws/tickets"] {
        let path = format!("{path}/{}", reader.stage.ticket);
        let mut socket = Socket::at(&scene.desk, &reader.who, &path).await;
        let entered = socket.next().await;
        assert_eq!(entered["type"], "subscribed", "{entered}");
        let ending = scene.stir(reader.stage).await;
        all.push(got(&path, heard(&mut socket, &ending).await));
    }
    all
}

/// All frames until the ending, and what comes after it.
async fn heard(socket: &mut Socket, ending: &str) -> String {
    let (mut all, mut is_over) = (String::new(), false);
    loop {
        let next = socket.next();
        let frame = if is_over {
            let Ok(frame) = tokio::time::timeout(SILENCE, next).await else { return all };
            frame
        } else {
            next.await
        };
        all.push_str(&frame.to_string());
        is_over |= all.contains(ending);
    }
}

/// The stream of events from the first one on, in each of its shapes.
pub(super) async fn stream(scene: &Scene, reader: &Reader<'_>) -> Vec<Got> {
    let mut all = Vec::new();
    let streams = reader.stage.tickets().map(String::as_str).join(",");
    for query in
        ["after=0".to_owned(), "after=0&format=cloudevents".to_owned(), format!("after=0&streams={streams}")]
    {
        let path = format!("/api/v1/events/stream?{query}");
        let request = scene.request(reader, Method::GET, &path).timeout(PATIENCE);
        let answer = request.send().await.expect("an answer");
        if answer.status() != 200 {
            all.push(got(&path, answer.text().await.expect("a text")));
            continue;
        }
        let (mut follower, ending) = (Follower::of(answer), scene.stir(reader.stage).await);
        let mut told = String::new();
        while !told.contains(&ending) {
            let frame = follower.next().await.expect("the stream goes on");
            told.push_str(&frame.data.expect("data").to_string());
        }
        all.push(got(&path, told));
    }
    all
}

/// What webhooks are told: that which is for staff only for whoever may read everything.
pub(super) async fn webhooks(scene: &Scene, reader: &Reader<'_>) -> Vec<Got> {
    let ending = scene.stir(reader.stage).await;
    let receiver: &Receiver = if reader.is_control { &scene.inside } else { &scene.outside };
    // There are two for everybody, which are told by themselves.
    let wanted = if reader.is_control { 1 } else { 2 };
    let started = Instant::now();
    let told = loop {
        let told = receiver.taken();
        if told.iter().filter(|one| one.body.contains(&ending)).count() >= wanted {
            break told;
        }
        assert!(started.elapsed() < PATIENCE, "the webhooks are not told of {ending}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let told = told.into_iter().map(|one| format!("{} {}\n", one.id, one.body));
    vec![got("webhooks", told.collect())]
}

/// All mails to the person, of whatever kind; a mail that was asked for is among them.
pub(super) async fn mails(scene: &Scene, reader: &Reader<'_>) -> Vec<Got> {
    let person = format!("/api/v1/users/{}", reader.person());
    let address = text(&scene.desk.get(&scene.admin, &person).await.expect(200).body["email"]);
    scene.stir(reader.stage).await;
    let forgot = json!({ "email": address });
    let _ = scene.ask(reader, Method::POST, "/api/v1/auth/password/forgot", &forgot).await.expect(202);
    let waiting = "select (select count(*) from desk.outgoing_mail where dead_at is null)
                        + (select count(*) from desk.notification_deliveries)";
    let started = Instant::now();
    loop {
        let mails = scene.desk.mails_to(&address, 1).await;
        let waiting: i64 =
            sqlx::query_scalar(waiting).fetch_one(scene.desk.desk.pool()).await.expect("a count");
        if waiting == 0 {
            return mails
                .into_iter()
                .map(|mail| got("mails", format!("{}\n{}", mail.raw, mail.text)))
                .collect();
        }
        assert!(started.elapsed() < PATIENCE, "{waiting} mails wait");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
