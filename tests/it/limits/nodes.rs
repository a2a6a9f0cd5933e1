//! Several nodes share one count.

use futures::future::join_all;
use tests::desk::{Somebody, TestDesk};
use tests::postgres::TestDatabase;

use super::ME;

const LIMIT: usize = 100;
/// What a node may have taken and not used: a twentieth.
const PORTION: usize = LIMIT / 20;

/// Two nodes on one database, and somebody with a token that both take.
async fn nodes() -> ([TestDesk; 2], Somebody) {
    let first = TestDesk::with(TestDatabase::create().await, &[("RATE_LIMIT_MAX_REQUESTS", "100")]).await;
    let same = TestDatabase::at(first.database.options.clone());
    let second = TestDesk::with(same, &[("RATE_LIMIT_MAX_REQUESTS", "100")]).await;
    let ada = first.user().await;
    ([first, second], ada)
}

async fn is_admitted(node: &TestDesk, somebody: &Somebody) -> bool {
    match node.get(somebody, ME).await.status.as_u16() {
        200 => true,
        429 => false,
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_two_nodes_in_turn_gains_nothing() {
    let (nodes, ada) = nodes().await;
    let mut admitted = 0;
    for _ in 0..LIMIT {
        for node in &nodes {
            admitted += usize::from(is_admitted(node, &ada).await);
        }
    }
    assert!((LIMIT - PORTION..=LIMIT).contains(&admitted), "{admitted}");
    let remaining = nodes[0].get(&ada, ME).await.expect(429);
    assert_eq!(remaining.header("x-ratelimit-remaining"), "0");
    let takes: i64 = sqlx::query_scalar("select granted::bigint from desk.rate_limits where caller = $1")
        .bind(ada.id.0)
        .fetch_one(&mut nodes[0].database.owner().await)
        .await
        .expect("a row");
    assert_eq!(takes, 100, "counted before it is used");
    let [first, second] = nodes;
    let _database = second.close().await;
    first.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_two_nodes_at_once_gains_nothing() {
    let (nodes, ada) = nodes().await;
    let asked = (0..3 * LIMIT).map(|n| is_admitted(&nodes[n % 2], &ada));
    let admitted = join_all(asked).await.into_iter().filter(|admitted| *admitted).count();
    assert!((LIMIT - PORTION..=LIMIT).contains(&admitted), "{admitted}");
    // A node that starts now remembers nothing, and the count does.
    let same = TestDatabase::at(nodes[0].database.options.clone());
    let third = TestDesk::with(same, &[("RATE_LIMIT_MAX_REQUESTS", "100")]).await;
    assert!(!is_admitted(&third, &ada).await);
    let [first, second] = nodes;
    let _third = third.close().await;
    let _database = second.close().await;
    first.close().await;
}
