//! The log as a stream for other programs: pages, server-sent events, durable consumers, forks.

mod bad_input;
pub(crate) mod client;
mod consumers;
mod endings;
mod fork;
mod live;
mod pages;
mod restore;
mod slow;
mod storm;
mod versions;
mod visibility;
mod volume;
mod wire;

use domain::access::Caller;
use domain::id::UserId;
use domain::ticket::TicketEvent;
use domain::user::UserCommand;
use infrastructure::log::PgLog;
use serde_json::Value;
use tests::appends::{accepted, append, created, new_stream, on, unassigned};
use tests::desk::{Somebody, TestDesk};
use tests::postgres::the_desk;
use uuid::Uuid;

const EVENTS: &str = "/api/v1/events";
const STREAM: &str = "/api/v1/events/stream";

/// Appends `count` events about a new ticket, each in a block of its own.
async fn write(log: &PgLog, count: usize) {
    let stream = new_stream();
    for (version, event) in (0..).zip(story(count)) {
        accepted(log, append(vec![on(stream, version, vec![event])])).await;
    }
}

/// Appends `count` events about a new ticket in one block.
async fn write_block(log: &PgLog, count: usize) {
    accepted(log, append(vec![on(new_stream(), 0, story(count))])).await;
}

/// What happens to a ticket: it is filed, and nothing much after that.
fn story(count: usize) -> Vec<TicketEvent> {
    let filed = std::iter::once_with(|| created(UserId(Uuid::now_v7())));
    filed.chain(std::iter::repeat_with(unassigned)).take(count).collect()
}

/// What `admin` reads at `EVENTS` with `query`.
async fn page(desk: &TestDesk, admin: &Somebody, query: &str) -> Value {
    desk.get(admin, &format!("{EVENTS}?{query}")).await.expect(200).body
}

/// The positions of a page.
fn positions(page: &Value) -> Vec<i64> {
    let events = page["events"].as_array().expect("events");
    events.iter().map(|event| event["pos"].as_i64().expect("a position")).collect()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} in {value}"))
}

/// Lets the desk itself do `command` to an account.
async fn do_to(desk: &TestDesk, user: UserId, command: UserCommand) {
    let by: Caller = the_desk();
    let request = application::Request::once(by, chrono::Utc::now(), "test", Uuid::now_v7());
    desk.desk.commands.user(&request, user, command).await.expect("done");
}
