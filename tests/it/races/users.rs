//! Names and addresses are unique.

use std::collections::BTreeMap;

use futures::future::join;
use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::tally;

const USERS: &str = "/api/v1/users";

fn user(name: &str, email: &str) -> Value {
    json!({ "username": name, "email": email, "role": "user" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_accounts_with_one_address_or_name_one_is_created() {
    let desk = TestDesk::for_crowds().await;
    let admin = desk.admin().await;
    let expected = BTreeMap::from([((200, ""), 1), ((409, "DUPLICATE"), 1)]);
    for round in 0..20 {
        let email = format!("ada-{round}@example.com");
        let names = [format!("ada-{round}"), format!("other-{round}")];
        let pair = join(
            desk.post(&admin, USERS, user(&names[0], &email)),
            desk.post(&admin, USERS, user(&names[1], &email.to_uppercase())),
        );
        let (one, other) = pair.await;
        let refused = if one.status == 409 { &one } else { &other };
        assert_eq!(refused.body["error"]["details"], json!({ "field": "email" }), "{}", refused.body);
        assert_eq!(tally(&[one, other]), expected, "address, round {round}");

        let name = format!("ivan-{round}");
        let pair = join(
            desk.post(&admin, USERS, user(&name, &format!("a-{round}@example.com"))),
            desk.post(&admin, USERS, user(&name.to_uppercase(), &format!("b-{round}@example.com"))),
        );
        let (one, other) = pair.await;
        assert_eq!(tally(&[one, other]), expected, "name, round {round}");
    }
    let list = desk.get(&admin, &format!("{USERS}?role=user")).await.expect(200);
    assert_eq!(list.body["total_count"], 40);
    desk.assert_sound().await;
    desk.close().await;
}

/// The password of the account that is refused is nobody's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_account_leaves_no_password() {
    let desk = TestDesk::for_crowds().await;
    let admin = desk.admin().await;
    let account = |name: &str, password: &str| json!({ "username": name, "email": "ada@example.com", "role": "user", "password": password });
    let _ = desk.post(&admin, USERS, account("ada", "correct horse battery")).await.expect(201);
    let _ = desk.post(&admin, USERS, account("eve", "another horse battery")).await.expect(409);
    let stored: i64 = sqlx::query_scalar("select count(*) from desk.credentials")
        .fetch_one(&mut desk.database.owner().await)
        .await
        .expect("a number");
    assert_eq!(stored, 1);
    desk.close().await;
}
