//! Push services that refuse, hang, are full, away or gone.

use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use serde_json::json;
use tests::canary::Canary;

use super::receiver::{Manner, Receiver};
use super::{Scene, notice};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_is_gone_is_removed_with_what_waits_for_it() {
    let scene = Scene::set().await;
    for status in [404, 410] {
        scene.browser(&scene.ada, "one").await;
        scene.service.behaves(Manner::Asks(503, 600));
        scene.tell(&scene.ada, &notice("First")).await;
        scene.until(|queue| queue.last_error.is_some()).await;
        scene.tell(&scene.ada, &notice("Second")).await;
        let before = scene.service.received().len();
        scene.service.behaves(Manner::Answers(status));
        scene.hurry().await;
        let queue = scene.until(|queue| queue.subscriptions == 0).await;
        assert_eq!((queue.waiting, queue.given_up), (0, 0));
        assert_eq!(scene.service.received().len(), before + 1, "{status}: one was enough");
        assert!(scene.browsers(&scene.ada).await.is_empty());
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_asks_to_be_left_alone_is_left_alone() {
    let scene = Scene::set().await;
    scene.browser(&scene.ada, "one").await;
    scene.service.behaves(Manner::Asks(429, 1_800));
    scene.tell(&scene.ada, &notice("First")).await;
    scene.until(|queue| queue.last_error.is_some()).await;
    let wait =
        "select ceil(extract(epoch from max(next_attempt_at) - now()))::bigint from desk.outgoing_push";
    assert!((1_780..=1_800).contains(&scene.count(wait).await), "as long as it asked");
    scene.service.behaves(Manner::Answers(201));
    // What comes besides waits as well.
    scene.tell(&scene.ada, &notice("Second")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((scene.service.received().len(), scene.until(|_| true).await.waiting), (1, 2));
    // Another browser does not.
    let eve = scene.desk.user().await;
    scene.browser(&eve, "two").await;
    scene.tell(&eve, &notice("Elsewhere")).await;
    scene.service.wait_for(2).await;
    scene.hurry().await;
    scene.until(|queue| queue.waiting == 0).await;
    assert_eq!(scene.service.received().len(), 4);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_while_a_push_service_was_away_arrives_once_when_it_is_back() {
    let mut scene = Scene::with(Receiver::down()).await;
    scene.browser(&scene.ada, "one").await;
    scene.tell(&scene.ada, &notice("Hello")).await;
    let queue = scene.until(|queue| queue.last_error.is_some()).await;
    assert_eq!((queue.waiting, queue.last_error.as_deref()), (1, Some("the connection failed")));
    scene.service.behaves(Manner::Answers(500));
    scene.service.up().await;
    scene.hurry().await;
    let queue = scene.until(|queue| queue.last_error.as_deref() != Some("the connection failed")).await;
    assert_eq!(queue.last_error.as_deref(), Some("the push service answered 500"));
    scene.service.behaves(Manner::Answers(201));
    scene.hurry().await;
    scene.until(|queue| queue.waiting == 0).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(scene.service.received().len(), 2, "refused once, taken once");
    assert_eq!(scene.count("select count(*) from desk.outgoing_push where state = 'taken'").await, 1);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_push_service_will_take_is_given_up_and_counted() {
    let scene = Scene::set().await;
    scene.browser(&scene.ada, "one").await;
    for (count, status) in (1..).zip([400, 401, 403, 413]) {
        scene.service.behaves(Manner::Answers(status));
        scene.tell(&scene.ada, &notice("Hello")).await;
        let queue = scene.until(|queue| queue.given_up == count).await;
        assert_eq!(queue.last_error, Some(format!("the push service answered {status}")));
    }
    // What nobody took in time is, too.
    let mut late = notice("Too late");
    late.good_until = Utc::now() - TimeDelta::seconds(1);
    scene.tell(&scene.ada, &late).await;
    let queue = scene.until(|queue| queue.given_up == 5).await;
    assert_eq!(queue.last_error.as_deref(), Some("not taken in time; at last: no try"));
    assert_eq!((scene.service.received().len(), queue.subscriptions), (4, 1), "the browser stays");

    let admin = scene.desk.admin().await;
    let ready = scene.desk.get(&admin, "/health/ready").await.expect(200).body;
    assert_eq!((&ready["push"]["given_up"], &ready["push"]["subscriptions"]), (&json!(5), &json!(1)));
    let metrics =
        reqwest::get(scene.desk.url("/metrics")).await.expect("metrics").text().await.expect("a text");
    for line in ["ledgerdesk_push_given_up ", "ledgerdesk_push_waiting ", "ledgerdesk_push_given_up_total "] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_hangs_holds_up_neither_other_people_nor_the_desk() {
    let scene = Scene::set().await;
    let eve = scene.desk.user().await;
    for number in 0..8 {
        scene.browser(&scene.ada, &format!("hangs-{number}")).await;
    }
    scene.browser(&eve, "two").await;
    scene.service.behaves(Manner::HangsAt("hangs"));
    scene.tell(&scene.ada, &notice("Hello")).await;
    scene.service.wait_for(4).await;
    scene.tell(&eve, &notice("Hello")).await;
    let received = scene.service.wait_for(5).await;
    assert!(received[4].path.ends_with("/two"), "four of one person are under way at a time");
    // It stops at once all the same.
    let began = Instant::now();
    scene.desk.close().await;
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_followed_to_another_address() {
    let scene = Scene::set().await;
    let canary = Canary::listen().await;
    scene.browser(&scene.ada, "one").await;
    scene.service.behaves(Manner::SendsTo(format!("http://127.0.0.1:{}/", canary.port)));
    scene.tell(&scene.ada, &notice("Hello")).await;
    let queue = scene.until(|queue| queue.given_up == 1).await;
    assert_eq!(queue.last_error.as_deref(), Some("the push service answered 307"));
    assert_eq!((canary.knocks(), scene.service.received().len()), (0, 1));
    scene.desk.close().await;
}
