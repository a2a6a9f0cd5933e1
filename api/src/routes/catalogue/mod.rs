//! Catalogues: departments, buildings, categories, teams, organizations and tags, which are one resource under six
//! names. It is written once, as `entries`, and told of each catalogue in its own words.

mod add;
mod change;
mod list;
mod remove;
mod sent;
mod show;

use axum::Extension;
use domain::catalogue::values::EntryKind;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::desk::Desk;

/// The schema that names its catalogue; all others are shared.
const LIST: &str = "ListOfEntries";

pub(super) fn routes() -> OpenApiRouter<Desk> {
    EntryKind::all().fold(OpenApiRouter::new(), |routes, kind| {
        routes
            .routes(of(kind, routes!(list::list, add::add)))
            .routes(of(kind, routes!(show::show, change::change, remove::remove)))
    })
}

/// The routes of the catalogue of `kind`.
fn of(kind: EntryKind, written: UtoipaMethodRouter<Desk>) -> UtoipaMethodRouter<Desk> {
    let (mut schemas, paths, methods) = written;
    for named in schemas.iter_mut().filter(|(name, _)| name == LIST) {
        *named = told_of(kind, named);
    }
    (schemas, told_of(kind, &paths), methods.layer(Extension(kind)))
}

/// `document` in the words of the catalogue of `kind`.
fn told_of<T: Serialize + DeserializeOwned>(kind: EntryKind, document: &T) -> T {
    let text = serde_json::to_string(document).expect("a document is JSON");
    let mut of_kind = kind.plural().to_owned();
    of_kind[..1].make_ascii_uppercase();
    let text = text
        .replace(LIST, &format!("ListOf{of_kind}"))
        .replace("entries", kind.plural())
        .replace("entry", kind.as_str());
    serde_json::from_str(&text).expect("other words make the same document")
}
