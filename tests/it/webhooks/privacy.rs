//! What a webhook is told and what not, and where its secrets are not.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::TestDesk;
use tests::postgres::TestDatabase;

use super::receiver::{Manner, Receiver};
use super::{Added, SETTINGS, Scene, WEBHOOKS};

const CANARY: &str = "canary-for-colleagues";

/// All rows of all tables of the desk, as text.
async fn dump(desk: &TestDesk) -> String {
    let mut owner = desk.database.owner().await;
    let tables: Vec<(String, String)> = sqlx::query_as(
        "select table_schema::text, table_name::text from information_schema.tables
          where table_schema in ('desk', 'ledger', 'read') and table_type = 'BASE TABLE'",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the tables");
    let mut dump = String::new();
    for (schema, table) in tables {
        let rows = format!("select coalesce(string_agg(t::text, E'\\n'), '') from {schema}.{table} t");
        let rows: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_one(&mut owner).await.expect("rows");
        dump += &rows;
    }
    dump
}

async fn vault(scene: &Scene) -> i64 {
    scene.count("select count(*) from desk.webhook_vault").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_for_staff_is_told_only_where_an_administrator_chose_so() {
    let scene = Scene::set().await;
    let inside = Receiver::start().await;
    let public = scene.webhook(json!({})).await;
    let internal = scene.webhook(json!({ "url": inside.url(), "internal": true })).await;
    let agent = scene.desk.it_agent().await;
    let ticket = scene.ticket().await;
    let path = format!("/api/v1/tickets/{ticket}");
    let note = json!({ "content": format!("Between us: {CANARY}"), "is_internal": true });
    let _ = scene.desk.post(&agent, &format!("{path}/messages"), note).await.expect(201);
    let moved = json!({ "department": "HR", "note": format!("Yours, I think: {CANARY}") });
    let _ = scene.desk.post(&agent, &format!("{path}/transfer"), moved).await.expect(200);
    scene.say(&ticket, "The last word").await;

    let is_last = |scene: &Scene| scene.receiver.taken().iter().any(|one| one.body.contains("The last word"));
    let started = std::time::Instant::now();
    while !is_last(&scene) || !inside.taken().iter().any(|one| one.body.contains("The last word")) {
        assert!(started.elapsed() < super::PATIENCE, "the last word does not come");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let taken = scene.receiver.taken();
    assert!(taken.iter().all(|one| !one.body.contains(CANARY)), "{taken:?}");
    let kinds = |messages: Vec<super::Received>| {
        let mut kinds: Vec<String> = messages
            .iter()
            .map(|one| one.json()["data"]["stream_type"].as_str().unwrap_or_default().to_owned())
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    };
    assert_eq!(kinds(taken.clone()), ["conversation", "ticket"], "nothing about accounts");
    let transferred = taken.iter().find(|one| one.json()["type"] == "TicketTransferred").expect("it is told");
    assert!(transferred.json()["data"]["data"]["note"].is_null(), "{}", transferred.body);
    // Who may read everything is told of both notes and of the accounts.
    assert_eq!(inside.taken().iter().filter(|one| one.body.contains(CANARY)).count(), 2);
    assert!(kinds(inside.taken()).contains(&"user".to_owned()));
    // A message is what the stream of events shows of it.
    let events = scene.desk.get(&scene.user, &format!("{path}/events")).await.expect(200).body;
    assert!(events["events"].as_array().is_some_and(|events| !events.is_empty()), "{events}");
    assert!(
        !scene.deliveries(&public, "").await.is_empty() && !scene.deliveries(&internal, "").await.is_empty()
    );
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_is_told_as_what_everybody_may_know_of_it() {
    let scene = Scene::set().await;
    let inside = Receiver::start().await;
    let _ = scene.webhook(json!({ "events": ["TicketClosed"] })).await;
    let _ = scene.webhook(json!({ "url": inside.url(), "events": ["TicketMerged"], "internal": true })).await;
    let unheard = Receiver::start().await;
    let _ = scene.webhook(json!({ "url": unheard.url(), "events": ["TicketMerged"] })).await;
    let agent = scene.desk.it_agent().await;
    let (source, target) = (scene.ticket().await, scene.ticket().await);
    let merge = json!({ "into": target });
    let _ = scene.desk.post(&agent, &format!("/api/v1/tickets/{source}/merge"), merge).await.expect(200);

    let started = std::time::Instant::now();
    while scene.receiver.taken().is_empty() || inside.taken().is_empty() {
        assert!(started.elapsed() < super::PATIENCE, "the merge is not told");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let (told, inside) = (scene.receiver.taken(), inside.taken());
    assert!(told.iter().all(|one| one.json()["type"] == "TicketClosed"), "{told:?}");
    assert!(told.iter().all(|one| one.json()["data"]["type"] == "TicketClosed"), "{told:?}");
    // The target is named by its stream.
    let named = inside[0].json()["data"]["data"]["into"].as_str().expect("a stream").to_owned();
    assert!(told.iter().all(|one| !one.body.contains(&named) && !one.body.contains(&target)), "{told:?}");
    scene.until("select count(*) from desk.webhook_deliveries", |rows| rows == 2).await;
    assert!(unheard.taken().is_empty());
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_not_told_once_it_may_not_be() {
    let scene = Scene::with(Receiver::start().await).await;
    scene.receiver.behaves(Manner::Answers(500));
    let webhook = scene.webhook(json!({ "internal": true })).await;
    let (agent, ticket) = (scene.desk.it_agent().await, scene.ticket().await);
    let path = format!("/api/v1/tickets/{ticket}/messages");
    let note = json!({ "content": CANARY, "is_internal": true });
    let _ = scene.desk.post(&agent, &path, note).await.expect(201);
    scene.say(&ticket, "For everybody").await;
    let noted = "select count(*) from desk.webhook_deliveries where event_type = 'MessagePosted'";
    scene.until(noted, |rows| rows == 2).await;
    let _ = scene.patch(&webhook, json!({ "internal": false })).await.expect(200);
    scene.receiver.behaves(Manner::Takes);
    scene.waiting("next_attempt_at = now()").await;
    scene
        .until("select count(*) from desk.webhook_deliveries where state = 'pending'", |rows| rows == 0)
        .await;
    let taken = scene.receiver.taken();
    assert!(taken.iter().any(|one| one.body.contains("For everybody")));
    assert!(
        !scene.receiver.received().iter().any(|one| one.body.contains(CANARY)),
        "the note was never tried"
    );
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_in_no_answer_but_the_first_and_nowhere_in_the_database() {
    let scene = Scene::set().await;
    let url = format!("{}/a-word-that-is-a-secret?token=hush-hush", scene.receiver.url());
    let request =
        scene.desk.request(Some(&scene.admin), Method::POST, WEBHOOKS).header("Idempotency-Key", "once");
    let added = scene.desk.send(request.json(&json!({ "url": url }))).await.expect(201).body;
    let webhook = Added {
        id: added["webhook"]["id"].as_str().expect("an id").to_owned(),
        secret: added["secret"].as_str().expect("a secret").to_owned(),
    };
    let rotated =
        scene.desk.post(&scene.admin, &webhook.path("/rotate-secret"), json!({})).await.expect(200).body;
    let secrets = [&webhook.secret, rotated["secret"].as_str().expect("a secret")]
        .map(|secret| secret.strip_prefix("whsec_").expect("a prefix").to_owned());
    scene.ticket().await;
    scene.receiver.wait_for_taken(1).await;
    let _ = scene.desk.post(&scene.admin, &webhook.path("/test"), json!({})).await.expect(200);
    let _ = scene.patch(&webhook, json!({ "internal": true })).await.expect(200);
    for path in [
        WEBHOOKS.to_owned(),
        webhook.path(""),
        webhook.path("/deliveries"),
        "/api/v1/admin/audit".to_owned(),
        "/api/v1/events?limit=1000".to_owned(),
        "/health/ready".to_owned(),
        "/api/v1/audit/export".to_owned(),
    ] {
        let answer =
            scene.desk.request(Some(&scene.admin), Method::GET, &path).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}");
        let text = answer.text().await.expect("a text");
        assert!(secrets.iter().all(|secret| !text.contains(secret)) && !text.contains("whsec_"), "{path}");
        // The address is shown to administrators where it is theirs to change, and nowhere else.
        assert_eq!(text.contains("hush-hush"), path == WEBHOOKS || path == webhook.path(""), "{path}");
    }
    let dump = dump(&scene.desk).await;
    assert!(dump.contains("WebhookAdded") && dump.contains("127.0.0.1"), "the host is no secret");
    for hushed in secrets.iter().map(String::as_str).chain(["whsec_", "hush-hush", "a-word-that-is-a-secret"])
    {
        assert!(!dump.contains(hushed), "{hushed} is in the database");
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_row_opens_in_its_own_place_only() {
    let scene = Scene::set().await;
    let (one, two) = (scene.webhook(json!({})).await, scene.webhook(json!({})).await);
    // Whoever can write the table gives each webhook what is the other's, kind for kind.
    sqlx::query(
        "update desk.webhook_vault v set sealed = other.sealed
           from desk.webhook_vault other, read.webhooks w, read.webhooks o
          where w.id = v.webhook and o.id = other.webhook and w.id <> o.id
            and ((v.id = w.url_id and other.id = o.url_id) or (v.id = w.secret_id and other.id = o.secret_id))",
    )
    .execute(scene.desk.desk.pool())
    .await
    .expect("swapped");
    scene.ticket().await;
    for webhook in [&one, &two] {
        let failed = scene.newest(webhook, |delivery| !delivery["error"].is_null()).await;
        assert_eq!(failed["error"], "not_made");
        assert_eq!(scene.desk.get(&scene.admin, &webhook.path("")).await.status.as_u16(), 500);
    }
    assert!(scene.receiver.received().is_empty());
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_erased_while_a_message_waits_is_not_told_of() {
    let mut scene = Scene::with(Receiver::down()).await;
    scene.webhook(json!({})).await;
    let ticket = scene.ticket().await;
    scene.say(&ticket, "My flugelhorn is stuck").await;
    let waiting = "select count(*) from desk.webhook_deliveries where state = 'pending'";
    scene.until(waiting, |rows| rows == 2).await;
    let rows: Vec<String> = sqlx::query_scalar("select row_to_json(d)::text from desk.webhook_deliveries d")
        .fetch_all(scene.desk.desk.pool())
        .await
        .expect("rows");
    assert!(!rows.join(" ").contains("flugelhorn"), "what waits has no text");
    let path = format!("/api/v1/users/{}/erase", scene.user.id);
    let asked = scene.desk.post(&scene.admin, &path, json!({ "reason": "legal" })).await.expect(200).body;
    let sure = json!({ "reason": "legal", "confirmation_token": asked["confirmation_token"] });
    let _ = scene.desk.post(&scene.admin, &path, sure).await.expect(202);
    let erased = format!("/api/v1/users/{}/erasure", scene.user.id);
    let started = std::time::Instant::now();
    while scene.desk.get(&scene.admin, &erased).await.body["state"] != "done" {
        assert!(started.elapsed() < super::PATIENCE, "the erasure is not done");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    scene.receiver.up().await;
    scene.waiting("next_attempt_at = now()").await;
    let taken = scene.receiver.wait_for_taken(2).await;
    for message in &taken {
        assert!(
            !message.body.contains("flugelhorn") && !message.body.contains("printer"),
            "{}",
            message.body
        );
    }
    assert!(taken[1].body.contains("[erased]"), "{}", taken[1].body);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_webhook_needs_is_thrown_away_and_nothing_else() {
    let scene = Scene::set().await;
    let (kept, removed) = (scene.webhook(json!({})).await, scene.webhook(json!({})).await);
    let _ = scene.desk.post(&scene.admin, &kept.path("/rotate-secret"), json!({})).await.expect(200);
    assert_eq!(vault(&scene).await, 5);
    let remove = |webhook: &Added| scene.desk.request(Some(&scene.admin), Method::DELETE, &webhook.path(""));
    let _ = scene.desk.send(remove(&removed)).await.expect(204);
    assert_eq!(vault(&scene).await, 3, "a removed webhook's address and secret are gone at once");
    let _ = scene.desk.send(remove(&removed)).await.expect(404);
    // Refused after it was kept, and three secrets later.
    let stale = scene.desk.request(Some(&scene.admin), Method::POST, &kept.path("/rotate-secret"));
    let _ = scene.desk.send(stale.header("If-Match", "\"v1\"").json(&json!({}))).await.expect(412);
    for _ in 0..2 {
        let _ = scene.desk.post(&scene.admin, &kept.path("/rotate-secret"), json!({})).await.expect(200);
    }
    assert_eq!(vault(&scene).await, 6);
    sqlx::query("update desk.webhook_vault set created_at = now() - interval '2 hours'")
        .execute(scene.desk.desk.pool())
        .await
        .expect("updated");
    let Scene { desk, admin, user, receiver } = scene;
    let desk = TestDesk::with(desk.close().await, &SETTINGS).await;
    let scene = Scene { desk, admin, user, receiver };
    scene.until("select count(*) from desk.webhook_vault", |rows| rows <= 3).await;
    assert_eq!(vault(&scene).await, 3, "the address, the secret, and the one before");
    let tested = scene.desk.post(&scene.admin, &kept.path("/test"), json!({})).await.expect(200).body;
    assert_eq!(tested["delivered"], true, "{tested}");
    let message = scene.receiver.wait_for(1).await[0].clone();
    assert_eq!(message.signature.split(' ').count(), 2);
    let listed = scene.desk.get(&scene.admin, WEBHOOKS).await.expect(200).body;
    assert_eq!(
        (&listed["total_count"], &listed["webhooks"][0]["id"]),
        (&json!(1), &Value::from(kept.id.as_str()))
    );
    scene.desk.close().await;
}

/// A desk that starts on an older database finds its webhooks again from the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_read_model_equals_a_fold_of_the_log() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({ "events": ["TicketCreated"] })).await;
    let _ = scene.desk.post(&scene.admin, &webhook.path("/rotate-secret"), json!({})).await.expect(200);
    let _ =
        scene.desk.post(&scene.admin, &webhook.path("/replay"), json!({ "from_pos": 1 })).await.expect(202);
    let _ = scene.patch(&webhook, json!({ "enabled": false, "internal": true })).await.expect(200);
    let removed = scene.webhook(json!({})).await;
    let remove = scene.desk.request(Some(&scene.admin), Method::DELETE, &removed.path(""));
    let _ = scene.desk.send(remove).await.expect(204);
    scene.desk.assert_sound().await;
    let database: TestDatabase = scene.desk.close().await;
    drop(database);
}
