//! Signing in with an OpenID Connect provider: a real one on a port of its own, and a browser between.

mod browsers;
mod faults;
mod google;
mod linking;
mod recorded;
mod returning;
mod sign_up;
mod tokens;

use domain::access::Role;
use domain::id::UserId;
use serde_json::{Value, json};
use tests::desk::{PASSWORD, Somebody, TestDesk};
use tests::oidc::{Browser, OidcProvider, Page};
use tests::postgres::TestDatabase;

/// A desk with two providers: `corp`, which signs up people of example.com, and `google`, which signs nobody up.
struct Scene {
    desk: TestDesk,
    corp: OidcProvider,
    google: OidcProvider,
}

impl Scene {
    async fn set() -> Self {
        Self::with(&[]).await
    }

    /// The same with more settings.
    async fn with(more: &[(&str, &str)]) -> Self {
        let (corp, google) = (OidcProvider::start().await, OidcProvider::start().await);
        let mut settings = [corp.settings("corp"), google.settings("google")].concat();
        let fixed = [
            ("OIDC_PROVIDERS", "corp,google"),
            ("OIDC_ALLOW_LOOPBACK", "true"),
            ("OIDC_CORP_DOMAINS", "example.com,example.org"),
            ("OIDC_CORP_SIGN_UP", "true"),
            ("OIDC_CORP_ROLE_GROUPS", "desk-admins:admin,it-people:it_agent"),
        ];
        let fixed = fixed.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        settings.extend(fixed.chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let settings: Vec<(&str, &str)> =
            settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let desk = TestDesk::with(TestDatabase::create().await, &settings).await;
        corp.registers(&desk.url("/api/v1/auth/oidc/corp/callback"));
        google.registers(&desk.url("/api/v1/auth/oidc/google/callback"));
        Self { desk, corp, google }
    }

    /// The address where a browser begins to sign in at `provider`.
    fn start(&self, provider: &str) -> String {
        self.desk.url(&format!("/api/v1/auth/oidc/{provider}/start"))
    }

    /// What `browser` gets when it signs in at `provider`.
    async fn sign_in(&self, browser: &mut Browser, provider: &str) -> Page {
        browser.follow(&self.start(provider), |_| false).await
    }

    /// The address of the callback that `browser` would be sent to next, having signed in at `provider`.
    async fn callback(&self, browser: &mut Browser, provider: &str) -> String {
        let page = browser.follow(&self.start(provider), |url| url.path().ends_with("/callback")).await;
        page.location.as_ref().unwrap_or_else(|| panic!("{page:?}")).to_string()
    }

    /// Somebody with an account on the desk and a password, signed in.
    async fn person(&self, name: &str) -> Somebody {
        let admin = self.desk.admin().await;
        let body = json!({
            "username": name, "email": format!("{name}@example.com"), "role": "user", "password": PASSWORD,
        });
        let _ = self.desk.post(&admin, "/api/v1/users", body).await.expect(201);
        let login = json!({ "username": name, "password": PASSWORD });
        let request = self.desk.request(None, reqwest::Method::POST, "/api/v1/auth/login").json(&login);
        holder(&self.desk.send(request).await.expect(200).body)
    }

    /// Links `who` to whoever `provider` knows.
    async fn link(&self, who: &Somebody, provider: &str) -> Page {
        let mut browser = Browser::default();
        let begun = self.begin_link(&mut browser, who, provider, json!({ "password": PASSWORD })).await;
        let next = begun.body["authorization_url"].as_str().unwrap_or_else(|| panic!("{begun:?}")).to_owned();
        browser.follow(&next, |_| false).await
    }

    async fn begin_link(&self, browser: &mut Browser, who: &Somebody, provider: &str, body: Value) -> Page {
        let url = self.desk.url(&format!("/api/v1/auth/oidc/{provider}/link"));
        browser.post(&url, &body, Some(&who.token)).await
    }

    async fn close(self) {
        self.desk.close().await;
    }
}

/// Whoever the pair of tokens signs in.
fn holder(pair: &Value) -> Somebody {
    let token = pair["access_token"].as_str().unwrap_or_else(|| panic!("{pair}")).to_owned();
    let id = pair["user"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    Somebody { id: UserId(id), role: Role::User, token }
}

/// Claims of somebody whose address at example.com the provider has verified.
fn of_example_com(sub: &str) -> Value {
    json!({ "sub": sub, "email": format!("{sub}@example.com"), "email_verified": true, "preferred_username": sub })
}
