//! What was like a ticket.

use axum::extract::State;
use domain::chat::values::Source;
use domain::id::TicketId;
use domain::share::thousandths;
use engine::retrieval::{Document, Index};
use projections::ticket_page::TicketRef;
use projections::ticket_search::{Filter, ListedTicket, Page, Sort, SortBy, When, search};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

use crate::auth::Staff;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::declared::{Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};
use crate::routes::ticket::{OfTicket, seen};

/// How many tickets are looked through: those that were done last.
const LOOKED_THROUGH: i64 = 2_000;
/// How many are shown at most.
const SHOWN: usize = 5;
/// From how much of a ticket's words in another one's title on that one is like it.
const LIKE: f32 = 0.25;

/// What was like a ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct Similar {
    /// Tickets that are done, of those the caller sees: the most like it first.
    tickets: Vec<SimilarTicket>,
    /// Articles that may answer it, the best first.
    articles: Vec<Source>,
}

/// A ticket that was like another one.
#[derive(Serialize, ToSchema)]
pub(super) struct SimilarTicket {
    /// How much of what the other one says its title says, from 0 to 1.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.6)]
    score: f64,
    /// The ticket.
    #[serde(flatten)]
    #[schema(inline)]
    ticket: ListedTicket,
}

/// Find similar tickets
///
/// By the words of their titles, among the two thousand that were resolved or closed last and that the caller sees; with articles that
/// may answer it.
#[utoipa::path(
    get, path = "/tickets/{id}/similar", operation_id = "find_similar_tickets", tag = "ai", params(OfTicket),
    responses((status = 200, description = "What was like it.", body = Similar), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn similar(
    State(desk): State<Desk>,
    Staff(signed): Staff,
    Id(ticket): Id<TicketRef>,
) -> Answer<Json<Similar>> {
    let sight = signed.caller.sight();
    let ticket = seen(&desk, &sight, ticket).await?;
    let filter = Filter { status: vec!["resolved".to_owned(), "closed".to_owned()], ..Filter::default() };
    let order = vec![Sort { by: SortBy::UpdatedAt, descending: true }];
    let page = Page { order, limit: LOOKED_THROUGH, skip: 0, after: None };
    let done = search(desk.pool(), When::Now, &sight, &filter, &page).await?;
    let (itself, title) = (TicketId::of_stream(ticket.id), ticket.title.clone());
    // Computing for longer than others should wait for their turn.
    let ranked = tokio::task::spawn_blocking(move || alike(itself, &title, done));
    let tickets = ranked.await.map_err(|error| Problem::internal(&anyhow::Error::new(error)))?;
    let articles = desk.sources_for(&ticket.title, &signed.caller).await?;
    Ok(Json(Similar { tickets, articles }))
}

/// Those of `done` that are like the ticket `itself`, the most like it first.
fn alike(itself: TicketId, title: &str, done: Vec<ListedTicket>) -> Vec<SimilarTicket> {
    let others = done.into_iter().filter(|other| TicketId::of_stream(other.id) != itself);
    let mut others: HashMap<String, ListedTicket> =
        others.map(|other| (other.id.simple().to_string(), other)).collect();
    let mut documents: Vec<Document> = others
        .iter()
        .map(|(id, other)| Document { id: id.clone(), body: other.title.clone(), ..Document::default() })
        .collect();
    documents.sort_by(|one, other| one.id.cmp(&other.id));
    let hits = Index::build(documents.into_iter()).search(title, SHOWN, |_| true);
    let alike = hits.into_iter().filter(|hit| hit.covers >= LIKE);
    alike
        .filter_map(|hit| {
            let score = thousandths(hit.covers);
            Some(SimilarTicket { score, ticket: others.remove(&hit.id)? })
        })
        .collect()
}
