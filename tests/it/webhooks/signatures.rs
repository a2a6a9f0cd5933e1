//! Signatures, as the public package `standardwebhooks` of another language checks them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

use super::receiver::Received;
use super::{Added, Scene};

/// What the package says of each message when it has that secret.
fn verified(messages: &[(&str, Received)]) -> Vec<String> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = tests.join("../target/webhooks/bin/python3");
    let python = std::env::var_os("LEDGERDESK_WEBHOOKS_PYTHON").unwrap_or_else(|| place.into());
    let mut process = Command::new(python)
        .arg(tests.join("webhooks/verify.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a Python with standardwebhooks, which scripts/setup.sh test installs");
    let mut input = process.stdin.take().expect("an input");
    for (secret, message) in messages {
        let headers = json!({
            "Webhook-Id": message.id, "Webhook-Timestamp": message.timestamp,
            "Webhook-Signature": message.signature,
        });
        let line = json!({ "secret": secret, "headers": headers, "body": message.body });
        writeln!(input, "{line}").expect("written");
    }
    drop(input);
    let output = process.wait_with_output().expect("an end");
    assert!(output.status.success(), "{:?}", output.status);
    String::from_utf8(output.stdout).expect("a text").lines().map(str::to_owned).collect()
}

async fn rotated(scene: &Scene, webhook: &Added) -> String {
    let path = webhook.path("/rotate-secret");
    let answer = scene.desk.post(&scene.admin, &path, json!({})).await.expect(200);
    answer.body["secret"].as_str().expect("a secret").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_public_package_takes_our_messages_and_none_that_was_touched() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    let ticket = scene.ticket().await;
    scene.say(&ticket, "Ünïcödé 🖨, \"quotes\" and a line\nmore").await;
    let tested = scene.desk.post(&scene.admin, &webhook.path("/test"), json!({})).await.expect(200).body;
    assert_eq!(
        (&tested["delivered"], &tested["status"], &tested["error"]),
        (&json!(true), &json!(204), &Value::Null)
    );
    let count = scene.ids(&[ticket]).await.len() + 1;
    let received = scene.receiver.wait_for(count).await;
    let secret = webhook.secret.as_str();
    let good = verified(&received.iter().map(|message| (secret, message.clone())).collect::<Vec<_>>());
    assert_eq!(good, vec!["good"; count]);
    let test =
        received.iter().find(|message| message.json()["type"] == "WebhookTest").expect("a test message");
    assert_eq!(test.json()["data"]["webhook_id"], webhook.id.as_str());

    let of = |change: &dyn Fn(&mut Received)| {
        let mut message = received[0].clone();
        change(&mut message);
        message
    };
    let moved = |seconds: i64| {
        of(&|message| {
            let timestamp: i64 = message.timestamp.parse().expect("seconds");
            message.timestamp = (timestamp + seconds).to_string();
        })
    };
    let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let touched = verified(&[
        (secret, of(&|message| message.body.push(' '))),
        (secret, of(&|message| message.id.push('0'))),
        (secret, of(&|message| message.signature = message.signature.replacen("v1,", "v1a,", 1))),
        (secret, moved(1)),
        (secret, moved(-360)),
        (secret, moved(360)),
        (other, received[0].clone()),
    ]);
    let no_match = "No matching signature found";
    let (old, new) = ("Message timestamp too old", "Message timestamp too new");
    assert_eq!(touched, [no_match, no_match, no_match, no_match, old, new, no_match]);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_a_day_after_a_rotation_both_secrets_sign() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    let second = rotated(&scene, &webhook).await;
    assert_ne!(second, webhook.secret);
    assert!(scene.shown(&webhook).await["former_secret_until"].is_string());
    let ticket = scene.ticket().await;
    let message = scene.receiver.wait_for(1).await[0].clone();
    assert_eq!(message.signature.split(' ').count(), 2, "{}", message.signature);
    let both = [(webhook.secret.as_str(), message.clone()), (second.as_str(), message)];
    assert_eq!(verified(&both), ["good", "good"]);

    // Another one: the first signs no more. The test message is signed as all are.
    let third = rotated(&scene, &webhook).await;
    let before = scene.receiver.received().len();
    let tested = scene.desk.post(&scene.admin, &webhook.path("/test"), json!({})).await.expect(200).body;
    assert_eq!(tested["delivered"], true, "{tested}");
    let message = scene.receiver.wait_for(before + 1).await.last().expect("one").clone();
    let all =
        [webhook.secret.as_str(), second.as_str(), third.as_str()].map(|secret| (secret, message.clone()));
    assert_eq!(verified(&all), ["No matching signature found", "good", "good"]);

    // A day passes.
    sqlx::query("update read.webhooks set former_until = former_until - interval '1 day'")
        .execute(&mut scene.desk.database.owner().await)
        .await
        .expect("updated");
    scene.say(&ticket, "The day after").await;
    let received = scene.receiver.wait_for(before + 2).await;
    let message = received.iter().find(|message| message.body.contains("The day after")).expect("it").clone();
    assert_eq!(message.signature.split(' ').count(), 1, "{}", message.signature);
    assert_eq!(verified(&[(third.as_str(), message)]), ["good"]);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_sent_again_is_answered_with_the_same_secret() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let path = webhook.path("/rotate-secret");
        let request = scene.desk.request(Some(&scene.admin), Method::POST, &path);
        let request = request.header("Idempotency-Key", "once").json(&json!({}));
        secrets.push(scene.desk.send(request).await.expect(200).body["secret"].clone());
    }
    assert_eq!(secrets[0], secrets[1]);
    scene.desk.close().await;
}
