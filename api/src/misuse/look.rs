//! What somebody filed, with what screening found in it.

use application::Error;
use application::ledger::Ledger as _;
use chrono::{DateTime, Utc};
use domain::event::{Event, Recorded};
use domain::id::{TicketId, UserId};
use domain::misuse::pattern::{Found, Looked};
use domain::sealed::Sealed;
use domain::setting::Flag;
use domain::ticket::TicketEvent;
use domain::ticket::values::{Finding, Harm};
use projections::misuse_reports::filed_by;

use crate::desk::Desk;
use crate::triage::judge;

/// How many tickets of one person are looked at: whoever filed more is reported for that.
const MOST: i64 = 200;

/// The tickets that `user` filed themselves within `window`. What was filed for them says nothing of them, and what is gone
/// says nothing at all.
pub(super) async fn own(
    desk: &Desk,
    user: UserId,
    window: (DateTime<Utc>, DateTime<Utc>),
) -> anyhow::Result<Vec<Looked>> {
    let tickets = filed_by(desk.pool(), user, window, MOST).await?;
    let all = looked(desk, &tickets).await?;
    Ok(all.into_iter().filter(|(filer, _)| *filer == Some(user)).map(|(_, looked)| looked).collect())
}

/// One ticket, and whose it is; none if it is not there or its texts are gone.
pub(super) async fn ticket(desk: &Desk, ticket: TicketId) -> anyhow::Result<Option<(UserId, Looked)>> {
    let loaded = desk.commands.load_ticket(ticket).await?;
    let Some(requester) = loaded.state.live().map(domain::ticket::Live::requester) else { return Ok(None) };
    Ok(looked(desk, &[ticket]).await?.pop().map(|(_, looked)| (requester, looked)))
}

/// `tickets` as they read now, each with who filed it.
async fn looked(desk: &Desk, tickets: &[TicketId]) -> anyhow::Result<Vec<(Option<UserId>, Looked)>> {
    if tickets.is_empty() {
        return Ok(vec![]);
    }
    let streams: Vec<_> = tickets.iter().map(|ticket| (ticket.stream(), 0)).collect();
    let events = desk.log.read_streams(&streams).await.map_err(Error::from)?;
    let screens = desk.is_on(Flag::Screening).await.map_err(|problem| problem.of_handler())?;
    // Models compute: on a thread of their own they hold up nobody.
    let look = move || {
        let by_ticket = events.chunk_by(|one, other| one.stream == other.stream);
        by_ticket.filter_map(|events| Some((filer(events)?, as_it_reads(events, screens)?))).collect()
    };
    Ok(tokio::task::spawn_blocking(look).await?)
}

/// Who filed it; none if that was the desk itself.
#[expect(clippy::option_option, reason = "there may be no ticket, or nobody who filed it")]
fn filer(events: &[Recorded]) -> Option<Option<UserId>> {
    events.first().map(|created| created.actor.id.map(UserId))
}

/// What became of screening a ticket.
enum Screened {
    /// Nobody was asked, or of another text.
    NotYet,
    /// A model said this.
    By(Option<Found>),
}

/// A ticket as its events leave it. A conclusion is about the text that it was drawn from: who edits a ticket is looked at
/// again. A suspicion that an administrator dropped is none.
fn as_it_reads(events: &[Recorded], screens: bool) -> Option<Looked> {
    let (mut texts, mut screened, mut is_cleared) = (None, Screened::NotYet, false);
    for recorded in events {
        let Event::Ticket(event) = &recorded.event else { continue };
        match event {
            TicketEvent::TicketCreated { title, description, .. } => texts = Some((title, description)),
            TicketEvent::TicketDetailsEdited { title, description } => {
                let (old_title, old_description) = texts?;
                texts = Some((
                    title.as_ref().unwrap_or(old_title),
                    description.as_ref().unwrap_or(old_description),
                ));
                screened = Screened::NotYet;
            }
            TicketEvent::TicketScreened { found, harm, model, confidence, reasons, .. } => {
                let reasons = reasons.as_ref().and_then(Sealed::text).map(str::to_owned);
                let by = (model.clone(), *confidence, reasons);
                screened =
                    Screened::By(harm.filter(|_| *found == Finding::Harmful).map(|harm| finding(harm, by)));
            }
            TicketEvent::FlagCleared {} => is_cleared = true,
            TicketEvent::TicketFlagged { .. } => is_cleared = false,
            _ => {}
        }
    }
    let (title, description) = texts?;
    let (title, description) = (title.text()?, description.text()?);
    let found = match screened {
        _ if is_cleared => None,
        Screened::By(found) => found,
        Screened::NotYet if screens => screen(title, description),
        Screened::NotYet => None,
    };
    let ticket = TicketId::of_stream(events.first()?.stream);
    Some(Looked { ticket, title: title.to_owned(), description: description.to_owned(), found })
}

/// What the local engine is sure of.
fn screen(title: &str, description: &str) -> Option<Found> {
    let screening = judge::screen(title, description);
    let by = (screening.by.model, screening.by.confidence, screening.by.reasons);
    screening.harm.filter(|_| screening.found == Finding::Harmful).map(|harm| finding(harm, by))
}

fn finding(harm: Harm, (model, confidence, reasons): (String, f64, Option<String>)) -> Found {
    Found { harm, model, confidence, reasons }
}
