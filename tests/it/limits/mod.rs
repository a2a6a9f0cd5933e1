//! How much anybody may ask for, and what every answer is protected by.

mod addresses;
mod headers;
mod nodes;
mod requests;

use domain::access::Role;
use reqwest::Method;
use tests::desk::{Answer, Somebody, TestDesk};
use tests::postgres::TestDatabase;

/// What needs a token, and no more than one.
const ME: &str = "/api/v1/auth/me";

/// A desk on which `most` requests are allowed, and staff twice as many.
async fn desk(most: u32) -> TestDesk {
    let (most, most_of_staff) = (most.to_string(), (2 * most).to_string());
    let settings = [
        ("RATE_LIMIT_MAX_REQUESTS", most.as_str()),
        ("RATE_LIMIT_MAX_REQUESTS_STAFF", most_of_staff.as_str()),
    ];
    TestDesk::with(TestDatabase::create().await, &settings).await
}

/// What nobody gets at `path`, having sent `headers`.
async fn ask(desk: &TestDesk, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = desk.request(None, Method::GET, path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    desk.send(request).await
}

/// A token that somebody made up.
fn forger() -> Somebody {
    Somebody { id: domain::id::UserId::default(), role: Role::Admin, token: "e30.e30.c2ln".to_owned() }
}
