//! What arrives, as the public packages `http-ece` and `py-vapid` of another language read it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use infrastructure::push::Urgency;
use serde_json::{Value, json};

use super::receiver::Received;
use super::{AUTH, DEVICE, PATH, PRIVATE, Scene, notice};

/// What the packages say of each message when they have that secret of the browser's.
pub(super) fn read(messages: &[(&str, Received)]) -> Vec<Value> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = tests.join("../target/webhooks/bin/python3");
    let python = std::env::var_os("LEDGERDESK_WEBHOOKS_PYTHON").unwrap_or_else(|| place.into());
    let mut process = Command::new(python)
        .arg(tests.join("push/verify.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a Python with http-ece and py-vapid, which scripts/setup.sh test installs");
    let mut input = process.stdin.take().expect("an input");
    for (auth, message) in messages {
        let line = json!({
            "private": PRIVATE, "auth": auth, "authorization": message.header("authorization"),
            "body": URL_SAFE_NO_PAD.encode(&message.body),
        });
        writeln!(input, "{line}").expect("written");
    }
    drop(input);
    let output = process.wait_with_output().expect("an end");
    assert!(output.status.success(), "{:?}", output.status);
    let lines = String::from_utf8(output.stdout).expect("a text");
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The payload of a message.
pub(super) fn payload(said: &Value) -> Value {
    serde_json::from_str(said["payload"].as_str().expect("a payload")).expect("JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_public_packages_read_our_messages_and_none_that_was_touched() {
    let scene = Scene::set().await;
    scene.browser(&scene.ada, "one").await;
    scene.browser(&scene.ada, "two").await;
    let sent = notice("Ünïcödé 🖨, \"quotes\" and a line\nmore");
    scene.tell(&scene.ada, &sent).await;
    let received = scene.service.wait_for(2).await;
    let said = read(&received.iter().map(|message| (AUTH, message.clone())).collect::<Vec<_>>());
    let key = scene.desk.get(&scene.ada, PATH).await.expect(200).body["public_key"].clone();
    for (message, said) in received.iter().zip(&said) {
        let expected = json!({
            "id": sent.id, "title": sent.title, "body": sent.body, "tag": "TKT-1", "url": "/tickets/TKT-1",
            "data": { "number": 7 },
        });
        assert_eq!(payload(said), expected);
        assert_eq!(said["signed"], true, "{said}");
        let claims = &said["claims"];
        assert_eq!(claims["aud"], format!("http://127.0.0.1:{}", scene.service.port));
        assert_eq!(claims["sub"], scene.desk.url(""));
        let left = claims["exp"].as_i64().expect("a time") - Utc::now().timestamp();
        assert!((11 * 3_600..=12 * 3_600).contains(&left), "{left}");
        assert!(message.header("authorization").ends_with(&format!(", k={}", key.as_str().expect("a key"))));
        assert_eq!((message.header("content-encoding"), message.header("urgency")), ("aes128gcm", "high"));
        let ttl: i64 = message.header("ttl").parse().expect("seconds");
        assert!((3_590..=3_600).contains(&ttl), "{ttl}");
        assert_eq!(message.header("topic").len(), 32);
    }
    // A push service that serves both browsers is not told that they are told the same.
    assert_ne!(received[0].header("topic"), received[1].header("topic"));
    assert_ne!(received[0].body, received[1].body);

    let of = |change: &dyn Fn(&mut Received)| {
        let mut message = received[0].clone();
        change(&mut message);
        message
    };
    let flipped = |at: usize| {
        of(&|message| {
            let mut body = message.body.to_vec();
            body[at] ^= 1;
            message.body = body.into();
        })
    };
    let signature = of(&|message| {
        let header = message.header("authorization").to_owned();
        let (before, after) = header.rsplit_once(", ").expect("a key");
        let (claims, signature) = before.rsplit_once('.').expect("a signature");
        let other = if signature.starts_with('A') { 'B' } else { 'A' };
        let header = format!("{claims}.{other}{}, {after}", &signature[1..]);
        message.headers.insert("authorization", header.parse().expect("a header"));
    });
    let last = received[0].body.len() - 1;
    let other = "AAAAAAAAAAAAAAAAAAAAAA";
    let touched = read(&[
        (AUTH, flipped(0)),
        (AUTH, flipped(last)),
        (AUTH, flipped(100)),
        (other, received[0].clone()),
    ]);
    assert!(touched.iter().all(|said| said["payload"].is_null() && !said["error"].is_null()), "{touched:?}");
    assert_eq!(read(&[(AUTH, signature)])[0]["signed"], false);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_notice_is_cut_and_one_without_a_topic_says_so() {
    let scene = Scene::set().await;
    scene.browser(&scene.ada, "one").await;
    let mut sent = notice(&"größer 🖨 ".repeat(1_000));
    (sent.topic, sent.urgency) = (None, Urgency::VeryLow);
    scene.tell(&scene.ada, &sent).await;
    let message = scene.service.wait_for(1).await[0].clone();
    assert!(message.body.len() < 4_096, "{} bytes", message.body.len());
    assert_eq!((message.headers.get("topic"), message.header("urgency")), (None, "very-low"));
    let shown = payload(&read(&[(AUTH, message)])[0]);
    let shown = shown["body"].as_str().expect("a text");
    let kept = shown.strip_suffix('…').expect("cut");
    assert!(sent.body.starts_with(kept) && kept.len() > 2_700, "{} bytes", kept.len());
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_is_put_twice_is_sent_once_and_one_that_was_not_committed_not_at_all() {
    let scene = Scene::set().await;
    scene.browser(&scene.ada, "one").await;
    let sent = notice("Once");
    let prepared = scene.desk.desk.push.prepare(scene.ada.id, &sent).await.expect("prepared");
    assert!(!prepared.is_empty());
    let mut transaction = scene.desk.desk.pool().begin().await.expect("a transaction");
    prepared.put(&mut transaction).await.expect("put");
    transaction.rollback().await.expect("rolled back");
    for _ in 0..2 {
        scene.tell(&scene.ada, &sent).await;
        scene.until(|status| status.waiting == 0).await;
    }
    // Prepared before, and put after it was taken.
    prepared.put(&mut scene.desk.desk.pool().acquire().await.expect("a connection")).await.expect("put");
    scene.tell(&scene.ada, &notice("The next one")).await;
    scene.service.wait_for(2).await;
    scene.until(|status| status.waiting == 0).await;
    assert_eq!(scene.service.received().len(), 2);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_sees_whether_a_browser_is_reached() {
    let scene = Scene::set().await;
    let (one, _) = (scene.browser(&scene.ada, "one").await, scene.browser(&scene.ada, "two").await);
    let _ = scene.desk.post(&scene.ada, &format!("{PATH}/{one}/test"), json!({})).await.expect(202);
    let received = scene.service.wait_for(1).await;
    assert_eq!(received[0].path, "/push/one");
    let shown = payload(&read(&[(AUTH, received[0].clone())])[0]);
    assert_eq!((&shown["title"], &shown["tag"]), (&json!("Ledgerdesk"), &json!("test")));
    scene.until(|status| status.waiting == 0).await;
    let browsers = scene.browsers(&scene.ada).await;
    let used: Vec<bool> = browsers.iter().map(|browser| browser["last_used_at"].is_string()).collect();
    assert_eq!(used, [false, true], "the one that registered last first: {browsers:?}");
    assert_eq!((&browsers[1]["host"], &browsers[1]["device"]), (&json!("127.0.0.1"), &json!(DEVICE)));
    assert_eq!(browsers[1]["id"], one.to_string());
    // Nobody tests somebody else's.
    let eve = scene.desk.user().await;
    let _ = scene.desk.post(&eve, &format!("{PATH}/{one}/test"), json!({})).await.expect(404);
    assert_eq!(scene.service.received().len(), 1);
    scene.desk.close().await;
}
