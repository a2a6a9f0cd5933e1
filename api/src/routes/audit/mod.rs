//! Proof for auditors: signed heads of the log, proofs against them, and exports. docs/audit.md has all formats.

mod consistency;
mod export;
mod head;
mod inclusion;
mod shown;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::routes) use self::shown::{Head, StoredEvent, hexed};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::{Answer, Problem};

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(head::key))
        .routes(routes!(head::head))
        .routes(routes!(head::checkpoints))
        .routes(routes!(inclusion::proof))
        .routes(routes!(consistency::consistency))
        .routes(routes!(export::export))
}

/// Nothing can be said of a log without events.
fn empty() -> Problem {
    Problem::not_found("the log is empty: there is nothing to prove")
}

/// How many events the newest head covers; one is signed if there is none.
async fn covered(desk: &Desk) -> Answer<i64> {
    let audit = desk.log.audit();
    match audit.heads(i64::MAX, 1).await?.pop() {
        Some(head) => Ok(head.size),
        None => Ok(audit.seal().await?.ok_or_else(empty)?.size),
    }
}

/// Notes that `value` of the parameter `name` is not between `least` and `most`.
fn within(errors: &mut ValidationErrors, name: &str, value: i64, least: i64, most: i64) {
    if !(least..=most).contains(&value) {
        errors.add(name, "out_of_range", format!("must be {least} to {most}"));
    }
}
