//! When it is not asked: switched off, spent, and by whatever only reads the log.

use std::process::Command;

use base64::Engine as _;
use infrastructure::language_model::{Field, Kind, NoAnswer, Question, Schema};
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::JWT_SECRET;
use tests::language_server::LanguageServer;
use tests::node::Node;
use tests::postgres::{MASTER_KEY, url};
use tests::process::{Binary, scratch};

use super::{DOUBTFUL, NOBODYS, Scene, path, types};

async fn switch(scene: &Scene, on: bool) {
    let request = scene.desk.request(Some(&scene.admin), Method::PATCH, "/api/v1/admin/feature-flags");
    let _ = scene.desk.send(request.json(&json!({ "language_model": on }))).await.expect(200);
}

/// That a ticket is where the desk's own models left it, and nobody but they said anything.
async fn is_left(scene: &Scene, ticket: &Value) {
    let shown = scene.shown(ticket).await;
    assert_eq!((&shown["status"], &shown["department"]), (&json!("open"), &json!(null)), "{shown}");
    assert!(scene.events(ticket).await.iter().all(|(_, via, _)| via != "second_opinion"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_spent_or_switched_off_asks_nothing() {
    let server = LanguageServer::start(json!({ "harm": "none", "department": "IT" })).await;
    let mut settings = server.as_openai();
    settings.push(("LLM_DAILY_TOKENS", "20000".to_owned()));
    let scene = Scene::with(server, settings).await;
    switch(&scene, false).await;
    let unasked = scene.file(NOBODYS).await;
    scene.quiet().await;
    is_left(&scene, &unasked).await;
    switch(&scene, true).await;

    scene.server.takes(19_000);
    let asked = scene.file(NOBODYS).await;
    assert_eq!(types(&scene.concluded(&asked).await)[0], "TicketRouted");
    for text in [DOUBTFUL, NOBODYS] {
        let left = scene.file(text).await;
        scene.quiet().await;
        is_left(&scene, &left).await;
    }
    let status = scene.status().await;
    assert_eq!(
        (&status["tokens_today"], &status["tokens_per_day"]),
        (&json!(19_000), &json!(20_000)),
        "{status}"
    );
    assert_eq!((scene.server.asked().len(), &status["is_spent"]), (1, &json!(true)));

    // Another node has the same budget, and yesterday's is not today's.
    let spent = "update desk.language_model_usage set day = day - 1";
    sqlx::query(spent).execute(scene.desk.desk.pool()).await.expect("updated");
    let tomorrow = scene.file(NOBODYS).await;
    scene.concluded(&tomorrow).await;
    assert_eq!(scene.server.asked().len(), 2);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_the_log_again_asks_nobody() {
    let scene = Scene::set(json!({ "harm": "none", "department": "IT" })).await;
    let (doubtful, nobodys) = (scene.file(DOUBTFUL).await, scene.file(NOBODYS).await);
    scene.concluded(&doubtful).await;
    scene.concluded(&nobodys).await;
    scene.quiet().await;
    let asked = scene.server.asked().len();
    assert_eq!(asked, 2);
    let ticket = nobodys["ticket_id"].as_str().expect("an id");
    let openai = scene.server.as_openai();
    for arguments in [
        &["projections", "rebuild", "ticket_list"][..],
        &["projections", "verify"],
        &["replay", ticket, "--output", "json"],
    ] {
        let output = Command::new(Binary::path())
            .args(arguments)
            .args(["--database-url", &url(&scene.desk.database.options)])
            .env("MASTER_KEY", base64::engine::general_purpose::STANDARD.encode(MASTER_KEY))
            .env("JWT_SECRET", JWT_SECRET)
            .envs(openai.iter().map(|(name, value)| (*name, value)))
            .output()
            .expect("the binary runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let then = scene.desk.get(&scene.admin, &format!("{}?as_of=1", path(&nobodys))).await.expect(200).body;
    assert_eq!(then["department"], json!(null));
    scene.quiet().await;
    scene.desk.assert_sound().await;
    assert_eq!(scene.server.asked().len(), asked);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_as_a_minute_may_have_are_asked_and_the_rest_in_the_next() {
    let server = LanguageServer::start(json!({ "harm": "none", "department": "IT" })).await;
    let mut settings = server.as_openai();
    settings.push(("LLM_REQUESTS_PER_MINUTE", "2".to_owned()));
    let scene = Scene::with(server, settings.clone()).await;
    for _ in 0..2 {
        let asked = scene.file(NOBODYS).await;
        assert_eq!(types(&scene.concluded(&asked).await)[0], "TicketRouted");
    }
    let waits = scene.file(NOBODYS).await;
    let kind = Kind::OneOf(vec!["yes".to_owned()]);
    let question = Question {
        instructions: "Say yes.".to_owned(),
        data: json!({}),
        schema: Schema::new(vec![Field { name: "said", meaning: "yes", kind }]),
        longest: 10,
    };
    let model = scene.desk.desk.language_model.as_ref().expect("a language model");
    assert!(matches!(model.ask(&question).await, Err(NoAnswer::TooFast)));
    assert_eq!((scene.server.asked().len(), &scene.status().await["requests_per_minute"]), (2, &json!(2)));
    is_left(&scene, &waits).await;

    // A minute later it has its turn, whoever asks by then.
    let Scene { desk, server, .. } = scene;
    let database = desk.close().await;
    let over = "update desk.rate_limits set ends_at = now() where granted > 0";
    sqlx::query(over).execute(&mut database.owner().await).await.expect("updated");
    let folder = scratch("language-model-pace");
    let _node = Node::start(&database, &folder, &settings).await;
    server.until_asked(3).await;
}
