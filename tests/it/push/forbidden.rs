//! Where nothing is sent: into the desk's own house, however it is written.

use serde_json::Value;
use tests::canary::Canary;
use tests::desk::{Somebody, TestDesk};

use super::receiver::Receiver;
use super::{PATH, Scene, notice, register};

/// What somebody is told who registers a browser at `endpoint`: the code of what is wrong with it.
async fn told(desk: &TestDesk, ada: &Somebody, endpoint: &str) -> String {
    let answer = register(desk, ada, endpoint).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (422, "VALIDATION_ERROR"),
        "{endpoint}: {}",
        answer.body
    );
    let errors = &answer.body["error"]["details"]["errors"];
    assert_eq!(errors[0]["field"], "endpoint", "{endpoint}: {errors}");
    errors[0]["code"].as_str().expect("a code").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_within_are_refused_when_a_browser_registers() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let canary = Canary::listen().await;
    let port = canary.port;
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "169.254.169.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "localhost",
        "LOCALHOST:8443",
        "1.1.1.1@127.0.0.1",
        "a:b@1.1.1.1",
        "1.1.1.1:22",
        "nobody.invalid",
    ] {
        assert_eq!(told(&desk, &ada, &format!("https://{host}/push")).await, "address_not_allowed", "{host}");
    }
    for endpoint in [format!("http://127.0.0.1:{port}/"), format!("https://localhost:{port}/")] {
        assert_eq!(told(&desk, &ada, &endpoint).await, "address_not_allowed", "{endpoint}");
    }
    assert_eq!(told(&desk, &ada, "http://1.1.1.1/push").await, "address_not_allowed");
    let long = format!("https://1.1.1.1/{}", "x".repeat(2_000));
    for unreadable in ["", "push", "//1.1.1.1/", "gopher://1.1.1.1/", "file:///etc/passwd", &long] {
        assert_eq!(told(&desk, &ada, unreadable).await, "invalid", "{unreadable}");
    }
    assert_eq!(canary.knocks(), 0);
    desk.close().await;
}

/// A browser may be older than what is allowed, and a name may lead elsewhere today: what counts is the address that is
/// connected to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_within_are_refused_when_something_is_sent() {
    let scene = Scene::with(Receiver::down()).await;
    let canary = Canary::listen().await;
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let endpoint = format!("http://{host}:{}/push", canary.port);
        let _ = register(&scene.desk, &scene.ada, &endpoint).await.expect(201);
    }
    let Scene { desk, ada, service } = scene;
    let database = desk.close().await;

    // Another loopback address is allowed now, so that plain http to any port is no fault by itself.
    let desk = TestDesk::with(
        database,
        &[("PUSH_ALLOWED_NETWORKS", "127.0.0.2"), ("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.1, ::1")],
    )
    .await;
    let scene = Scene { desk, ada, service };
    scene.tell(&scene.ada, &notice("Hello")).await;
    scene.until(|queue| queue.given_up == 3).await;
    let errors: Vec<String> = sqlx::query_scalar("select distinct error from desk.outgoing_push")
        .fetch_all(scene.desk.desk.pool())
        .await
        .expect("errors");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].starts_with("the address is not allowed: it must lead to a public address"),
        "{errors:?}"
    );
    assert_eq!(canary.knocks(), 0, "nobody knocked");
    let listed: Value = scene.desk.get(&scene.ada, PATH).await.expect(200).body;
    assert_eq!(listed["subscriptions"].as_array().map(Vec::len), Some(3));
    scene.desk.close().await;
}
