//! Trying a few passwords on many accounts, from many addresses.

use futures::future::join_all;
use tests::desk::{PASSWORD, TestDesk};

use super::{Caller, account};

/// Longer than any password: wrong without being hashed, so that many can be tried.
fn endless() -> String {
    "x".repeat(1_100)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_was_wrong_fifty_times_has_to_wait_and_no_other() {
    let desk = TestDesk::open().await;
    account(&desk, "ada").await;
    account(&desk, "ivan").await;
    let _ = Caller::at("127.0.1.77").sign_in(&desk, "ivan", PASSWORD).await.expect(200);
    let password = endless();
    for number in 0..50 {
        let caller = Caller::at(&format!("127.0.1.{}", number % 5 + 1));
        let name = format!("somebody-{number}");
        let _ = caller.sign_in(&desk, &name, &password).await.expect(401);
    }
    for address in ["127.0.1.1", "127.0.1.99"] {
        let refused = Caller::at(address).sign_in(&desk, "ada", PASSWORD).await.expect(429);
        assert!(!refused.header("retry-after").is_empty());
    }
    let _ = Caller::at("127.0.2.1").sign_in(&desk, "ada", PASSWORD).await.expect(200);
    let _ = Caller::at("127.0.1.78").sign_in(&desk, "ivan", PASSWORD).await.expect(200);
    desk.close().await;
}

/// From so many networks that none is noticed; at two nodes at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spraying_from_many_networks_ends_and_people_at_home_still_come_in() {
    let desk = TestDesk::open().await;
    let other = desk.another_node().await;
    account(&desk, "ada").await;
    let _ = Caller::at("127.0.200.1").sign_in(&desk, "ada", PASSWORD).await.expect(200);
    let password = &endless();
    let mut statuses = Vec::new();
    for network in 1..=40 {
        let attempts = (0..8).map(|number| {
            let node = if number % 2 == 0 { &desk } else { &other };
            let caller = Caller::at(&format!("127.0.{network}.{}", number + 1));
            async move {
                let name = format!("person-{network}-{number}");
                caller.sign_in(node, &name, password).await.status.as_u16()
            }
        });
        statuses.extend(join_all(attempts).await);
    }
    let looked_at = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!(looked_at, 300, "of {} attempts", statuses.len());
    // Of the eight at once among whom it was reached, any may have been too late.
    assert!(statuses[304..].iter().all(|status| *status == 429), "{statuses:?}");
    for node in [&desk, &other] {
        let _ = Caller::at("127.0.201.1").sign_in(node, "ada", PASSWORD).await.expect(429);
        let _ = Caller::at("127.0.200.9").sign_in(node, "ada", PASSWORD).await.expect(200);
    }
    other.close().await;
    desk.close().await;
}
