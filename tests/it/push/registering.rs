//! Whose a browser is, how many there are, and what is none.

use chrono::Utc;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AUTH, P256DH, PATH, Scene, notice, registration};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_told_so_and_registers_nothing() {
    let scene = Scene::set().await;
    let good = registration(&scene.service.url("one"));
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        body
    };
    let keys = |name: &'static str, value: Value| with(&|body| body["keys"][name] = value.clone());
    let past = Utc::now().timestamp_millis() - 1;
    // A point beside the curve, a compressed one, and one with something behind it.
    let beside = format!("{}5", &P256DH[..P256DH.len() - 1]);
    let cases = [
        (keys("p256dh", json!(beside)), vec!["keys.p256dh"]),
        (keys("p256dh", json!("AiVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx")), vec!["keys.p256dh"]),
        (keys("p256dh", json!(format!("{P256DH}AA"))), vec!["keys.p256dh"]),
        (keys("p256dh", json!("")), vec!["keys.p256dh"]),
        (keys("p256dh", json!(5)), vec!["keys.p256dh"]),
        (keys("p256dh", Value::Null), vec!["keys.p256dh"]),
        (keys("auth", json!("BTBZMqHH6r4Tts7J_aSI")), vec!["keys.auth"]),
        (keys("auth", json!(format!("{AUTH}AA"))), vec!["keys.auth"]),
        (keys("auth", json!("BTBZMqHH6r4Tts7J/aSIgg==")), vec!["keys.auth"]),
        (keys("more", json!("")), vec!["keys.more"]),
        (with(&|body| body["keys"] = json!({ "p256dh": P256DH })), vec!["keys.auth"]),
        (with(&|body| body["keys"] = json!({ "auth": AUTH })), vec!["keys.p256dh"]),
        (json!({ "endpoint": good["endpoint"] }), vec!["keys"]),
        (json!({ "keys": good["keys"] }), vec!["endpoint"]),
        (with(&|body| body["endpoint"] = json!(7)), vec!["endpoint"]),
        (with(&|body| body["user_id"] = json!(Uuid::nil())), vec!["user_id"]),
        (with(&|body| body["expiration_time"] = json!(null)), vec!["expiration_time"]),
        (with(&|body| body["expirationTime"] = json!(past)), vec!["expirationTime"]),
        (with(&|body| body["expirationTime"] = json!("soon")), vec!["expirationTime"]),
        (json!([good["endpoint"], null, good["keys"]]), vec!["body"]),
        (
            json!({ "endpoint": "https://127.0.0.1@x/", "expirationTime": -1, "keys": { "p256dh": "x", "auth": "y" } }),
            vec!["endpoint", "keys.p256dh", "keys.auth", "expirationTime"],
        ),
    ];
    for (body, fields) in cases {
        let answer = scene.desk.post(&scene.ada, PATH, body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (422, "VALIDATION_ERROR"),
            "{body}: {}",
            answer.body
        );
        let errors = answer.body["error"]["details"]["errors"].as_array().expect("errors").clone();
        let named: Vec<&str> = errors.iter().map(|error| error["field"].as_str().expect("a field")).collect();
        assert_eq!(named, fields, "{body}");
        // What was sent is not repeated: it is a secret.
        assert!(!answer.body.to_string().contains(AUTH), "{}", answer.body);
    }
    for (body, field) in [(json!({}), "endpoint"), (json!({ "endpoint": "x", "id": 1 }), "id")] {
        let request = scene.desk.request(Some(&scene.ada), Method::DELETE, PATH).json(&body);
        let answer = scene.desk.send(request).await.expect(422);
        assert_eq!(answer.body["error"]["details"]["errors"][0]["field"], field, "{}", answer.body);
    }
    let unread = scene.desk.request(Some(&scene.ada), Method::DELETE, PATH);
    let _ = scene.desk.send(unread).await.expect(415);
    assert_eq!(scene.count("select count(*) from desk.push_subscriptions").await, 0);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_registers_again_stays_one_and_is_whoever_s_uses_it_now() {
    let scene = Scene::set().await;
    let eve = scene.desk.user().await;
    let one = scene.browser(&scene.ada, "one").await;
    scene.service.behaves(super::receiver::Manner::Asks(503, 600));
    scene.tell(&scene.ada, &notice("For Ada")).await;
    scene.until(|queue| queue.last_error.is_some()).await;
    assert_eq!(scene.browser(&scene.ada, "one").await, one, "the same, and what waits for it waits on");
    assert_eq!((scene.browsers(&scene.ada).await.len(), scene.until(|_| true).await.waiting), (1, 1));
    // Eve signs in on the same browser: from now on it shows nothing of Ada's.
    let hers = scene.browser(&eve, "one").await;
    assert_ne!(hers, one);
    assert_eq!((scene.browsers(&scene.ada).await.len(), scene.browsers(&eve).await.len()), (0, 1));
    assert_eq!(scene.until(|_| true).await.waiting, 0, "what waited for Ada there is gone");
    scene.service.behaves(super::receiver::Manner::Answers(201));
    let before = scene.service.received().len();
    scene.tell(&scene.ada, &notice("For Ada")).await;
    scene.tell(&eve, &notice("For Eve")).await;
    scene.service.wait_for(before + 1).await;
    scene.until(|queue| queue.waiting == 0).await;
    assert_eq!(scene.service.received().len(), before + 1);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_browsers_the_newest_twenty_stay_also_of_those_that_register_at_once() {
    let scene = Scene::set().await;
    let oldest = scene.browser(&scene.ada, "oldest").await;
    for number in 0..18 {
        scene.browser(&scene.ada, &format!("browser-{number}")).await;
    }
    let at_once = (0..6).map(|number| {
        let (scene, name) = (&scene, format!("at-once-{number}"));
        async move { scene.browser(&scene.ada, &name).await }
    });
    let newest = futures::future::join_all(at_once).await;
    let browsers = scene.browsers(&scene.ada).await;
    let ids: Vec<&str> = browsers.iter().map(|browser| browser["id"].as_str().expect("an id")).collect();
    assert_eq!(ids.len(), 20);
    assert!(newest.iter().all(|id| ids.contains(&id.to_string().as_str())), "{ids:?}");
    assert!(!ids.contains(&oldest.to_string().as_str()));
    // Many at one address are one.
    let same = (0..6).map(|_| scene.browser(&scene.ada, "at-once-0"));
    let same = futures::future::join_all(same).await;
    assert!(same.iter().all(|id| *id == same[0]), "{same:?}");
    assert_eq!(scene.browsers(&scene.ada).await.len(), 20);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_a_browser_removes_it_and_nobody_else() {
    let scene = Scene::set().await;
    let eve = scene.desk.user().await;
    let admin = scene.desk.admin().await;
    let (one, _) = (scene.browser(&scene.ada, "one").await, scene.browser(&scene.ada, "two").await);
    let by_id = format!("{PATH}/{one}");
    let at = json!({ "endpoint": scene.service.url("two") });
    let remove = |who, path: &str| scene.desk.request(Some(who), Method::DELETE, path);
    for other in [&eve, &admin] {
        let _ = scene.desk.send(remove(other, &by_id)).await.expect(404);
        let _ = scene.desk.send(remove(other, PATH).json(&at)).await.expect(404);
        assert!(scene.browsers(other).await.is_empty());
    }
    assert_eq!(scene.browsers(&scene.ada).await.len(), 2);
    for (request, again) in [
        (remove(&scene.ada, &by_id), remove(&scene.ada, &by_id)),
        (remove(&scene.ada, PATH).json(&at), remove(&scene.ada, PATH).json(&at)),
    ] {
        let _ = scene.desk.send(request).await.expect(204);
        let _ = scene.desk.send(again).await.expect(404);
    }
    assert!(scene.browsers(&scene.ada).await.is_empty());
    scene.tell(&scene.ada, &notice("To nobody")).await;
    assert_eq!(scene.count("select count(*) from desk.outgoing_push").await, 0);
    scene.desk.close().await;
}
