//! Names and addresses when they change: unique in every spelling, and free again when given up.

use std::collections::BTreeMap;

use futures::future::{join, join_all};
use serde_json::{Value, json};
use tests::desk::{PASSWORD, TestDesk};

use super::{USERS, of, patch};

fn new(name: &str, email: &str) -> Value {
    json!({ "username": name, "email": email, "role": "user", "password": PASSWORD })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_has_no_twin_in_case_or_unicode() {
    let desk = TestDesk::open().await;
    let (admin, eve) = (desk.admin().await, desk.user().await);
    let _ = desk.post(&admin, USERS, new("ada", "Ada@Example.com")).await.expect(201);
    for (number, twin) in [
        "ada@example.com",
        "ADA@EXAMPLE.COM",
        "\u{ff21}\u{ff44}\u{ff41}@example.com",
        "ada\u{ff20}example\u{ff0e}com",
        " ada@example.com\u{3000}",
    ]
    .into_iter()
    .enumerate()
    {
        let refused = desk.post(&admin, USERS, new(&format!("twin-{number}"), twin)).await.expect(409);
        assert_eq!(
            (refused.code(), &refused.body["error"]["details"]["field"]),
            ("DUPLICATE", &json!("email"))
        );
        let refused = patch(&desk, &admin, &of(&eve, ""), json!({ "email": twin })).await.expect(409);
        assert_eq!(refused.body["error"]["details"]["field"], "email", "{twin:?}");
        let login = json!({ "email": twin, "password": PASSWORD });
        let _ = desk.post(&eve, "/api/v1/auth/login", login).await.expect(200);
    }
    for other in ["\u{430}da@example.com", "ad\u{e0}@example.com", "\u{131}da@example.com"] {
        let _ = desk.post(&admin, USERS, new("other", other)).await.expect(422);
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_and_an_address_that_are_given_up_are_free_again() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let ada = desk.post(&admin, USERS, new("ada", "ada@example.com")).await.expect(201).body["id"].clone();
    let path = format!("{USERS}/{}", ada.as_str().expect("an id"));
    let body = json!({ "username": "countess", "email": "countess@example.com" });
    let _ = patch(&desk, &admin, &path, body).await.expect(200);
    let sign_in = async |name: &str| {
        let login = json!({ "username": name, "password": PASSWORD });
        desk.post(&admin, "/api/v1/auth/login", login).await.status.as_u16()
    };
    assert_eq!((sign_in("ada").await, sign_in("countess").await), (401, 200));
    assert_eq!((sign_in("ada@example.com").await, sign_in("Countess@example.com").await), (401, 200));
    let _ = desk.post(&admin, USERS, new("ada", "ada@example.com")).await.expect(201);
    let back = patch(&desk, &admin, &path, json!({ "username": "ada" })).await.expect(409);
    assert_eq!(back.body["error"]["details"]["field"], "username");
    assert_eq!(sign_in("countess").await, 200, "what is refused changes nothing");
    desk.assert_sound().await;
    desk.close().await;
}

/// Whatever the interleaving, one value has one holder, and what is given up is not lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_one_address_one_gets_it() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let mut people = Vec::new();
    for _ in 0..6 {
        people.push(desk.user().await);
    }
    for round in 0..8 {
        let wanted = [format!("Wanted{round}@x.example"), format!("\u{ff37}anted{round}@x.example")];
        let asked = people.iter().enumerate().map(|(n, somebody)| {
            let (desk, admin, body) = (&desk, &admin, json!({ "email": wanted[n % 2] }));
            async move { patch(desk, admin, &of(somebody, ""), body).await }
        });
        let mut tally = BTreeMap::<_, usize>::new();
        for answer in join_all(asked).await {
            *tally.entry((answer.status.as_u16(), answer.code().to_owned())).or_default() += 1;
        }
        let one = (200, String::new());
        let others = (409, "DUPLICATE".to_owned());
        assert_eq!(tally, BTreeMap::from([(one, 1), (others, people.len() - 1)]), "round {round}");
        let given_up =
            new(&format!("heir-{round}"), &format!("wanted{}@x.example", round - i32::from(round > 0)));
        let expected = if round > 0 { vec![201, 409] } else { vec![409] };
        let status = desk.post(&admin, USERS, given_up).await.status.as_u16();
        assert!(expected.contains(&status), "round {round}: {status}");
    }
    desk.assert_sound().await;
    desk.close().await;
}

/// One account that is given two addresses at once has one of them, and the other is nobody's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_changes_of_one_account_at_once_both_count_in_some_order() {
    let desk = TestDesk::open().await;
    let (admin, ada) = (desk.admin().await, desk.user().await);
    for round in 0..10 {
        let emails = [format!("a{round}@x.example"), format!("b{round}@x.example")];
        let path = of(&ada, "");
        let (one, other) = join(
            patch(&desk, &admin, &path, json!({ "email": emails[0] })),
            patch(&desk, &admin, &path, json!({ "email": emails[1] })),
        )
        .await;
        let _ = (one.expect(200), other.expect(200));
        let has = desk.get(&admin, &path).await.expect(200).body["email"].as_str().expect("one").to_owned();
        let free = emails.iter().find(|email| **email != has).expect("the other");
        let _ = desk.post(&admin, USERS, new(&format!("other-{round}"), free)).await.expect(201);
        let _ = desk.post(&admin, USERS, new(&format!("twin-{round}"), &has)).await.expect(409);
    }
    desk.close().await;
}
