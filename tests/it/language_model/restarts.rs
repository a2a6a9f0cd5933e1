//! A desk that is killed while it asks, or after it was answered, concludes each ticket once.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::language_server::{LanguageServer, Manner};
use tests::node::Node;
use tests::process::scratch;

use super::{NOBODYS, PATIENCE, Scene};

/// How often the language model's conclusion on a ticket is in the log.
async fn times(pool: &sqlx::PgPool, ticket: &Value) -> i64 {
    sqlx::query_scalar(
        "select count(*)
           from ledger.events e
           join read.ticket_list t on t.id = e.stream_id
          where e.via = 'second_opinion' and t.number = $1",
    )
    .bind(ticket["number"].as_i64())
    .fetch_one(pool)
    .await
    .expect("a count")
}

async fn until_concluded(pool: &sqlx::PgPool, ticket: &Value) {
    let started = Instant::now();
    while times(pool, ticket).await == 0 {
        assert!(started.elapsed() < PATIENCE, "nothing is concluded");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_asks_it_asks_again_and_killed_after_the_answer_it_does_not() {
    let server = LanguageServer::start(json!({ "harm": "none", "department": "IT" })).await;
    server.behaves(Manner::Hangs);
    let settings = server.as_openai();
    let scene = Scene::with(server, settings.clone()).await;
    let (one, two) = (scene.file(NOBODYS).await, scene.file(NOBODYS).await);
    scene.server.until_asked(1).await;
    let Scene { desk, server, .. } = scene;
    let database = desk.close().await;
    let pool = database.database.pool().clone();

    // The first node dies while it asks, the second one after it was answered.
    let folder = scratch("second-opinion");
    let mut node = Node::start(&database, &folder, &settings).await;
    server.until_asked(2).await;
    node.kill();
    assert_eq!((times(&pool, &one).await, times(&pool, &two).await), (0, 0));
    // It cannot tell, either: the tickets stay where they were, and are not asked about again.
    server.behaves(Manner::Answers(json!({ "department": "undecided" })));
    let before = server.questions().len();
    let mut node = Node::start(&database, &folder, &settings).await;
    until_concluded(&pool, &one).await;
    until_concluded(&pool, &two).await;
    node.kill();
    // As if it had died before it noted how far it had come.
    sqlx::query("update desk.handlers set position = 0 where name = 'second_opinion'")
        .execute(&mut database.owner().await)
        .await
        .expect("updated");
    let _node = Node::start(&database, &folder, &settings).await;
    let started = Instant::now();
    while sqlx::query_scalar::<_, bool>(
        "select position < (select max(last_position) from ledger.blocks) from desk.handlers where name = 'second_opinion'",
    )
    .fetch_one(&pool)
    .await
    .expect("a position")
    {
        assert!(started.elapsed() < PATIENCE, "it does not catch up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((times(&pool, &one).await, times(&pool, &two).await), (1, 1), "each is concluded once");
    assert_eq!(server.questions().len() - before, 2, "and asked about once");
}
