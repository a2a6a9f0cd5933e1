//! Where nothing is sent: into the desk's own house, however it is written.

use serde_json::{Value, json};
use tests::canary::Canary;
use tests::desk::{Somebody, TestDesk};

use super::receiver::Receiver;
use super::{NETWORKS, Scene, WEBHOOKS};

/// What somebody is told who adds a webhook to `url`: the code of what is wrong with it.
async fn told(desk: &TestDesk, admin: &Somebody, url: &str) -> String {
    let answer = desk.post(admin, WEBHOOKS, json!({ "url": url })).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (422, "VALIDATION_ERROR"), "{url}: {}", answer.body);
    let errors = &answer.body["error"]["details"]["errors"];
    assert_eq!(errors[0]["field"], "url", "{url}: {errors}");
    errors[0]["code"].as_str().expect("a code").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_within_are_refused_when_a_webhook_is_added_or_changed() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let canary = Canary::listen().await;
    let port = canary.port;
    let written = |address: &str| format!("https://{address}/hook");
    let hosts = [
        "127.0.0.1",
        "127.1",
        "0",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "2130706433",
        "127.0.0.1.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fd00:ec2::254]",
        "169.254.169.254",
        "100.64.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "localhost",
        "localhost.",
        "LOCALHOST:8443",
        "①②⑦.0.0.1",
        "1.1.1.1@127.0.0.1",
        "a:b@127.0.0.1",
        "127.0.0.1:8443",
    ];
    let mut addresses: Vec<String> = hosts.iter().map(|host| written(host)).collect();
    for own in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"] {
        addresses.push(format!("https://{own}:{port}/hook"));
        addresses.push(format!("http://{own}:{port}/hook"));
    }
    addresses
        .extend(["http://1.1.1.1/", "https://1.1.1.1:22/", "https://1.1.1.1/#@127.0.0.1"].map(str::to_owned));
    for address in &addresses {
        assert_eq!(told(&desk, &admin, address).await, "address_not_allowed", "{address}");
    }
    for unreadable in
        ["", "hook", "//1.1.1.1/", "gopher://1.1.1.1/", "file:///etc/passwd", "https://[fe80::1%25lo]/"]
    {
        assert_eq!(told(&desk, &admin, unreadable).await, "invalid", "{unreadable}");
    }
    assert_eq!(told(&desk, &admin, "https://nobody.invalid/").await, "address_not_allowed");

    let outside = json!({ "url": "https://1.1.1.1/hook", "events": ["WebhookReplayed"] });
    let added = desk.post(&admin, WEBHOOKS, outside).await.expect(201).body;
    let path = format!("{WEBHOOKS}/{}", added["webhook"]["id"].as_str().expect("an id"));
    let change = desk.request(Some(&admin), reqwest::Method::PATCH, &path);
    let answer = desk.send(change.json(&json!({ "url": "https://169.254.169.254/" }))).await.expect(422);
    assert_eq!(
        answer.body["error"]["details"]["errors"][0]["code"], "address_not_allowed",
        "{}",
        answer.body
    );
    assert_eq!(desk.get(&admin, &path).await.body["url"], "https://1.1.1.1/hook");
    assert_eq!(canary.knocks(), 0);
    desk.close().await;
}

/// A webhook may be older than what is allowed, and a name may lead elsewhere today: what counts is the address that is
/// connected to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_within_are_refused_when_something_is_sent() {
    let scene = Scene::with(Receiver::down()).await;
    let canary = Canary::listen().await;
    let mut webhooks = Vec::new();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/hook", canary.port);
        webhooks.push((host, scene.webhook(json!({ "url": url })).await));
    }
    let Scene { desk, admin, user, receiver } = scene;
    let database = desk.close().await;

    // Another loopback address is allowed now, so that plain http to any port is no fault by itself.
    let desk = TestDesk::with(database, &[(NETWORKS, "127.0.0.2")]).await;
    let scene = Scene { desk, admin, user, receiver };
    scene.ticket().await;
    for (host, webhook) in &webhooks {
        let failed = scene.newest(webhook, |delivery| !delivery["error"].is_null()).await;
        assert_eq!(
            (&failed["error"], &failed["status"]),
            (&json!("address_not_allowed"), &Value::Null),
            "{host}"
        );
        let tested = scene.desk.post(&scene.admin, &webhook.path("/test"), json!({})).await.expect(200).body;
        assert_eq!(
            (&tested["delivered"], &tested["error"]),
            (&json!(false), &json!("address_not_allowed")),
            "{host}"
        );
    }
    assert_eq!(canary.knocks(), 0, "nobody knocked");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_allowed_is_said_by_the_operator() {
    let scene = Scene::with(Receiver::start().await).await;
    let webhook = scene.webhook(json!({})).await;
    let tested = scene.desk.post(&scene.admin, &webhook.path("/test"), json!({})).await.expect(200).body;
    assert_eq!(tested["delivered"], true, "{tested}");
    let database = scene.desk.close().await;
    let refused = TestDesk::with(database, &[(NETWORKS, "10.0.0.0/8")]).await;
    assert_eq!(told(&refused, &scene.admin, &scene.receiver.url()).await, "address_not_allowed");
    refused.close().await;
}
