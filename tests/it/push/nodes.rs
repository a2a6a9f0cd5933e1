//! Several nodes: one key, and one sender.

use std::collections::BTreeSet;

use tests::desk::TestDesk;
use tests::postgres::TestDatabase;

use super::{PATH, SETTINGS, Scene, notice, tell, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_at_once_have_one_key_and_keep_it() {
    let first = TestDatabase::create().await;
    let starting = (0..4).map(|_| TestDesk::on(TestDatabase::at(first.options.clone())));
    let nodes = futures::future::join_all(starting).await;
    let ada = nodes[0].user().await;
    let (mut keys, mut closed) = (BTreeSet::new(), Vec::new());
    for node in nodes {
        let key = node.get(&ada, PATH).await.expect(200).body["public_key"].clone();
        keys.insert(key.as_str().expect("a key").to_owned());
        closed.push(node.close().await);
    }
    assert_eq!(keys.len(), 1, "{keys:?}");
    let again = TestDesk::on(first).await;
    let key = again.get(&ada, PATH).await.expect(200).body["public_key"].clone();
    assert_eq!(Some(key.as_str().expect("a key")), keys.first().map(String::as_str));
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_nodes_one_sends_and_another_takes_over() {
    let scene = Scene::set().await;
    let other = TestDesk::with(TestDatabase::at(scene.desk.database.options.clone()), &SETTINGS).await;
    for name in ["one", "two", "three"] {
        scene.browser(&scene.ada, name).await;
    }
    for number in 0..6 {
        let node = if number % 2 == 0 { &scene.desk } else { &other };
        tell(node, &scene.ada, &notice(&format!("Number {number}"))).await;
    }
    scene.service.wait_for(18).await;
    scene.until(|queue| queue.waiting == 0).await;
    let owner = "select count(*) from desk.push_sender where lease_owner is not null and lease_until > now()";
    assert_eq!(scene.count(owner).await, 1);
    assert_eq!(scene.service.received().len(), 18, "once each");
    let Scene { desk, ada, service } = scene;
    let database = desk.close().await;
    tell(&other, &ada, &notice("By the other one")).await;
    service.wait_for(21).await;
    until(&other, |queue| queue.waiting == 0).await;
    assert_eq!(service.received().len(), 21);
    other.close().await;
    drop(database);
}
