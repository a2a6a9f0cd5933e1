//! Who gets an account, and whose account is whose: an identity is issuer and subject, and nothing else.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::oidc::Browser;

use super::{Scene, holder, of_example_com};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_of_an_allowed_domain_gets_an_account_once_and_signs_in_to_it_again() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let first = scene.sign_in(&mut Browser::default(), "corp").await;
    assert_eq!(first.status, 200, "{first:?}");
    let user = &first.body["user"];
    assert_eq!(
        (&user["username"], &user["email"], &user["role"]),
        (&"ada".into(), &"ada@example.com".into(), &"user".into())
    );
    let _ = scene.desk.get(&holder(&first.body), "/api/v1/auth/me").await.expect(200);
    let renewed = json!({ "refresh_token": first.body["refresh_token"] });
    let renewed = scene.desk.request(None, reqwest::Method::POST, "/api/v1/auth/refresh").json(&renewed);
    let _ = scene.desk.send(renewed).await.expect(200);

    // The address has changed at the provider, and so has the name: it is the same person.
    scene.corp.knows(json!({ "sub": "ada", "email": "a.l@example.org", "email_verified": true }));
    let second = scene.sign_in(&mut Browser::default(), "corp").await;
    assert_eq!(second.body["user"]["id"], user["id"], "{second:?}");
    assert_eq!(second.body["user"]["email"], "ada@example.com");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_sign_the_same_person_up_at_once_all_get_one_account() {
    let scene = Scene::set().await;
    scene.corp.knows(of_example_com("ada"));
    let all = (0..8).map(|_| async {
        let mut browser = Browser::default();
        scene.sign_in(&mut browser, "corp").await
    });
    let pages = join_all(all).await;
    assert!(pages.iter().all(|page| page.status == 200), "{pages:?}");
    assert!(pages.iter().all(|page| page.body["user"]["id"] == pages[0].body["user"]["id"]));
    scene.close().await;
}

/// The classic takeover: a provider lets anybody say that an address is theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_not_verified_gets_no_account_and_nobody_s() {
    let scene = Scene::set().await;
    let _ = scene.person("victim").await;
    for unverified in [json!(false), Value::Null, json!("true"), json!(1)] {
        let claims = json!({ "sub": "eve", "email": "victim@example.com", "email_verified": unverified });
        scene.corp.knows(claims);
        let page = scene.sign_in(&mut Browser::default(), "corp").await;
        assert!(page.status == 403 || page.status == 401, "{unverified}: {page:?}");
        assert!(page.body["access_token"].is_null());
    }
    scene.close().await;
}

/// However much the provider has verified: linking takes who one is here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_an_account_has_is_never_linked_by_itself() {
    let scene = Scene::set().await;
    let victim = scene.person("victim").await;
    for address in ["victim@example.com", "Victim@Example.COM"] {
        scene.corp.knows(json!({ "sub": "eve", "email": address, "email_verified": true }));
        let page = scene.sign_in(&mut Browser::default(), "corp").await;
        assert_eq!((page.status, page.code()), (409, "OIDC_EMAIL_TAKEN"), "{page:?}");
        let message = page.body["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains("/auth/oidc/corp/link"), "{message}");
    }
    for twin in ["victim+x@example.com", "víctim@example.com", "victim@example.com.evil.example"] {
        scene.corp.knows(json!({ "sub": "eve", "email": twin, "email_verified": true }));
        let page = scene.sign_in(&mut Browser::default(), "corp").await;
        assert_ne!(page.body["user"]["id"], victim.id.to_string(), "{twin}");
    }
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_subject_and_address_at_another_issuer_is_somebody_else() {
    let scene = Scene::with(&[("OIDC_GOOGLE_DOMAINS", "example.com"), ("OIDC_GOOGLE_SIGN_UP", "true")]).await;
    scene.corp.knows(of_example_com("ada"));
    let ada = scene.sign_in(&mut Browser::default(), "corp").await;
    assert_eq!(ada.status, 200, "{ada:?}");
    let mut twin = of_example_com("ada");
    twin["hd"] = "example.com".into();
    scene.google.knows(twin);
    let page = scene.sign_in(&mut Browser::default(), "google").await;
    assert_eq!((page.status, page.code()), (409, "OIDC_EMAIL_TAKEN"), "{page:?}");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_people_of_the_allowed_domains_come_in() {
    let scene = Scene::with(&[("OIDC_GOOGLE_DOMAINS", "example.com"), ("OIDC_GOOGLE_SIGN_UP", "true")]).await;
    for address in
        ["ada@evil.example", "ada@sub.example.com", "ada@example.com.evil.example", "ada@evilexample.com"]
    {
        scene.corp.knows(json!({ "sub": "ada", "email": address, "email_verified": true }));
        let page = scene.sign_in(&mut Browser::default(), "corp").await;
        assert_eq!((page.status, page.code()), (403, "OIDC_DOMAIN_REFUSED"), "{address}: {page:?}");
    }
    // At Google anybody can have an account with an address of the domain; `hd` says whose account it is.
    for hd in [Value::Null, json!("evil.example"), json!("")] {
        let mut claims = of_example_com("ada");
        claims["hd"] = hd;
        scene.google.knows(claims);
        let page = scene.sign_in(&mut Browser::default(), "google").await;
        assert_eq!((page.status, page.code()), (403, "OIDC_DOMAIN_REFUSED"), "{page:?}");
    }
    let mut claims = of_example_com("ada");
    claims["hd"] = "example.com".into();
    scene.google.knows(claims);
    assert_eq!(scene.sign_in(&mut Browser::default(), "google").await.status, 200);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_signs_nobody_up_says_how_to_link() {
    let scene = Scene::set().await;
    scene.google.knows(of_example_com("ada"));
    let page = scene.sign_in(&mut Browser::default(), "google").await;
    assert_eq!((page.status, page.code()), (403, "OIDC_NOT_LINKED"), "{page:?}");
    let _ = scene.person("ada").await;
    let same = scene.sign_in(&mut Browser::default(), "google").await;
    assert_eq!(
        same.body["error"]["message"], page.body["error"]["message"],
        "whether or not there is such an account"
    );
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_gives_a_new_account_its_role_and_a_claim_named_role_gives_none() {
    let scene = Scene::set().await;
    let cases = [
        ("a1", json!({ "groups": ["it-people", "others"] }), "it_agent"),
        ("a2", json!({ "groups": ["it-people", "desk-admins"] }), "admin"),
        ("a3", json!({ "groups": ["others"] }), "user"),
        ("a4", json!({ "groups": "desk-admins" }), "user"),
        ("a5", json!({ "role": "admin", "roles": ["admin"] }), "user"),
    ];
    for (sub, more, role) in cases {
        let mut claims = of_example_com(sub);
        for (name, value) in more.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        scene.corp.knows(claims);
        let page = scene.sign_in(&mut Browser::default(), "corp").await;
        assert_eq!(page.body["user"]["role"], role, "{more}: {page:?}");
    }
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_name_is_no_obstacle() {
    let scene = Scene::set().await;
    scene.corp.knows(json!({
        "sub": "other", "email": "other@example.com", "email_verified": true, "preferred_username": "ada",
    }));
    let other = scene.sign_in(&mut Browser::default(), "corp").await;
    assert_eq!(other.body["user"]["username"], "ada", "{other:?}");
    scene.corp.knows(of_example_com("ada"));
    let ada = scene.sign_in(&mut Browser::default(), "corp").await;
    let name = ada.body["user"]["username"].as_str().expect("a name");
    assert!(name.starts_with("ada-"), "{name}");
    scene.close().await;
}
