//! No line of the log has a secret in it, or anything about a person, whatever goes right or wrong.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tests::log_lines::{ADMIN_PASSWORD, Hush, Talkative};

const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";

/// Somebody from an address that must not be in the log.
fn caller(hush: &mut Hush, address: &str, device: &str) -> Client {
    let local: IpAddr = hush.never(address).parse().expect("an address");
    let client = Client::builder().local_address(local).user_agent(hush.never(device).to_owned());
    client.build().expect("a client")
}

fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_else(|| panic!("{field}: {body}")).to_owned()
}

/// Wrong names and passwords in every way.
async fn refusals(server: &mut Talkative, client: &Client) {
    for (name, password) in [
        ("zebulon", "a wrong guess of zebulon's"),
        ("zebulon@secret-firm.example", "another wrong guess"),
        ("nobody-of-that-name", "guess at nobody"),
        ("no name\u{1b}[31m at all", "with colours\u{1b}[0m"),
    ] {
        let body = json!({ "username": server.hush.never(name), "password": server.hush.never(password) });
        let (status, _) = server.ask((client, None), Method::POST, LOGIN, Some(body)).await;
        assert_eq!(status, 401);
    }
    let smuggled = json!({ "username": "zebulon", "password": "pass-with-extra", "role": "smuggled-role" });
    for hushed in ["pass-with-extra", "smuggled-role"] {
        server.hush.never(hushed);
    }
    assert_eq!(server.ask((client, None), Method::POST, LOGIN, Some(smuggled)).await.0, 422);
    let endless = "y".repeat(2_000);
    server.hush.never(&endless[..40]);
    let body = json!({ "username": "zebulon", "password": endless });
    assert_eq!(server.ask((client, None), Method::POST, LOGIN, Some(body)).await.0, 401);
    let token = server.hush.never("eyJhbGciOiJIUzI1NiJ9.bm90aGluZw.bm90aGluZw").to_owned();
    assert_eq!(server.ask((client, Some(&token)), Method::GET, "/api/v1/auth/me", None).await.0, 401);
    let query =
        format!("/api/v1/auth/me?token={token}&email={}", server.hush.never("in.query@secret-firm.example"));
    assert_eq!(server.ask((client, None), Method::GET, &query, None).await.0, 401);
    for way in [format!("/ws?token={token}"), format!("/ws/tickets/1?a=1&token={token}")] {
        assert_eq!(server.ask((client, None), Method::GET, &way, None).await.0, 401);
    }
    let path = format!("/api/v1/{}", server.hush.never("path-with-a-name-zebulon"));
    assert_eq!(server.ask((client, None), Method::GET, &path, None).await.0, 404);
    let broken = client.post(server.url(LOGIN)).header("content-type", "application/json");
    let broken =
        broken.body(format!("{{\"username\":\"x\",\"password\":\"{}\"", server.hush.never("in broken JSON")));
    assert_eq!(broken.send().await.expect("an answer").status().as_u16(), 400);
}

/// What a requester does with a sign-in.
async fn a_requester(server: &mut Talkative, client: &Client, password: &str) -> Value {
    let login = json!({ "username": "zebulon", "password": password });
    let (status, pair) = server.ask((client, None), Method::POST, LOGIN, Some(login)).await;
    assert_eq!(status, 200);
    let token = text(&pair, "access_token");
    let ticket = json!({
        "title": server.hush.never("My flugelhorn is stuck"),
        "description": server.hush.never("Since I dropped it on my toe."),
    });
    let (status, ticket) =
        server.ask((client, Some(&token)), Method::POST, "/api/v1/tickets", Some(ticket)).await;
    assert_eq!(status, 201);
    let path = format!("/api/v1/tickets/{}/messages", text(&ticket, "ticket_id"));
    let said = json!({ "content": server.hush.never("Please hurry, says Zebulon") });
    assert_eq!(server.ask((client, Some(&token)), Method::POST, &path, Some(said)).await.0, 201);
    assert_eq!(server.ask((client, Some(&token)), Method::GET, "/api/v1/users", None).await.0, 403);
    let search = format!("/api/v1/tickets?q={}", server.hush.never("flugelhorn"));
    server.ask((client, Some(&token)), Method::GET, &search, None).await;
    let refresh = json!({ "refresh_token": pair["refresh_token"] });
    let (status, next) = server.ask((client, None), Method::POST, REFRESH, Some(refresh.clone())).await;
    assert_eq!(status, 200);
    let token = text(&next, "access_token");
    let sessions = server.ask((client, Some(&token)), Method::GET, "/api/v1/auth/sessions", None).await;
    assert_eq!(sessions.0, 200);
    // Reuse, which is warned of.
    assert_eq!(server.ask((client, None), Method::POST, REFRESH, Some(refresh)).await.0, 401);
    pair["user"].clone()
}

/// A webhook to an address that is a secret, where nobody answers.
async fn a_webhook(server: &mut Talkative, client: &Client, admin: &str) {
    let caller = (client, Some(admin));
    let path = server.hush.never("a-path-that-is-a-secret").to_owned();
    let url =
        json!({ "url": format!("http://127.0.0.1:9/{path}?token={}", server.hush.never("hush-hush-hush")) });
    let (status, added) = server.ask(caller, Method::POST, "/api/v1/webhooks", Some(url)).await;
    assert_eq!(status, 201, "{added}");
    server.hush.never("whsec_");
    server.hush.never(text(&added, "secret").trim_start_matches("whsec_"));
    let path = format!("/api/v1/webhooks/{}", text(&added["webhook"], "id"));
    let (status, rotated) = server.ask(caller, Method::POST, &format!("{path}/rotate-secret"), None).await;
    assert_eq!(status, 200);
    server.hush.never(text(&rotated, "secret").trim_start_matches("whsec_"));
    let (status, tested) = server.ask(caller, Method::POST, &format!("{path}/test"), None).await;
    assert_eq!((status, &tested["error"]), (200, &json!("not_reached")));
}

/// A browser at an address that is a secret, where nobody answers.
async fn a_browser(server: &mut Talkative, client: &Client, token: &str) {
    let caller = (client, Some(token));
    let endpoint = format!("http://127.0.0.1:9/{}", server.hush.never("an-address-of-a-browser"));
    let keys = json!({
        "p256dh": server.hush.never("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        "auth": server.hush.never("BTBZMqHH6r4Tts7J_aSIgg"),
    });
    let path = "/api/v1/notifications/push-subscriptions";
    let body = json!({ "endpoint": endpoint, "expirationTime": null, "keys": keys });
    let (status, added) = server.ask(caller, Method::POST, path, Some(body)).await;
    assert_eq!(status, 201, "{added}");
    let wrong =
        json!({ "endpoint": format!("{endpoint}#x"), "keys": { "p256dh": "x", "auth": keys["auth"] } });
    assert_eq!(server.ask(caller, Method::POST, path, Some(wrong)).await.0, 422);
    let test = format!("{path}/{}/test", text(&added, "id"));
    for hushed in ["reach this device", "vapid t="] {
        server.hush.never(hushed);
    }
    assert_eq!(server.ask(caller, Method::POST, &test, None).await.0, 202);
    let started = Instant::now();
    while server.ask((client, None), Method::GET, "/health/ready", None).await.1["push"]["last_error"]
        .is_null()
    {
        assert!(started.elapsed() < Duration::from_secs(30), "it is not tried");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let remove = json!({ "endpoint": endpoint });
    assert_eq!(server.ask(caller, Method::DELETE, path, Some(remove)).await.0, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_run_of_a_server_writes_no_secret_and_nobody_s_name() {
    let mut server = Talkative::start().await;
    let client = caller(&mut server.hush, "127.0.77.7", "Hushed-Browser/9.9");
    let login = json!({ "username": "admin", "password": ADMIN_PASSWORD });
    let (status, pair) = server.ask((&client, None), Method::POST, LOGIN, Some(login)).await;
    assert_eq!(status, 200);
    let admin = text(&pair, "access_token");

    let password = server.hush.never("tangerine wheelbarrow 77").to_owned();
    let new = json!({
        "username": server.hush.never("zebulon"), "email": server.hush.never("zebulon@secret-firm.example"),
        "role": "user", "password": password,
    });
    let create = Some(new.clone());
    assert_eq!(server.ask((&client, Some(&admin)), Method::POST, "/api/v1/users", create).await.0, 201);
    assert_eq!(server.ask((&client, Some(&admin)), Method::POST, "/api/v1/users", Some(new)).await.0, 409);
    a_webhook(&mut server, &client, &admin).await;
    a_browser(&mut server, &client, &admin).await;
    let user = a_requester(&mut server, &client, &password).await;
    let elsewhere = caller(&mut server.hush, "127.0.88.8", "Guesser/1.0");
    refusals(&mut server, &elsewhere).await;
    for _ in 0..6 {
        let body = json!({ "username": "zebulon", "password": "a wrong guess of zebulon's" });
        server.ask((&elsewhere, None), Method::POST, LOGIN, Some(body)).await;
    }
    let id = text(&user, "id");
    for path in [
        format!("/api/v1/users/{id}/activity"),
        format!("/api/v1/users/{id}/export"),
        "/api/v1/admin/audit".to_owned(),
        "/api/v1/audit/export".to_owned(),
        format!("/api/v1/users?q={}", server.hush.never("zebulo")),
    ] {
        assert_eq!(server.ask((&client, Some(&admin)), Method::GET, &path, None).await.0, 200, "{path}");
    }
    assert_eq!(server.ask((&client, Some(&admin)), Method::POST, "/api/v1/auth/logout", None).await.0, 200);
    let lines = server.stop();
    assert!(lines >= 30, "{lines} lines");
}

#[test]
fn a_log_with_a_secret_in_it_is_found_out() {
    let folder = tests::process::scratch("hush");
    let path = folder.path().join("log");
    let mut hush = Hush::default();
    hush.never("Tangerine");
    std::fs::write(&path, "{\"message\":\"all quiet\"}\n").expect("written");
    assert_eq!(hush.check(&path), 1);
    std::fs::write(&path, "{\"message\":\"it was tangerine\"}\n").expect("written");
    assert!(std::panic::catch_unwind(|| hush.check(&path)).is_err());
}
