//! Tickets: requesters' problems, from creation to closing.

mod answer;
mod assign;
mod columns;
mod create;
mod edit;
mod events;
mod feedback;
mod filter;
mod followers;
mod history;
mod link;
mod links;
mod list;
mod merge;
mod misuse;
mod past;
mod proof;
mod reference;
mod show;
mod split;
mod status;
mod transfer;
mod why;
mod words;

use axum::routing::{post, put};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use self::answer::{Acted, Part, or_missed};
pub(super) use self::create::entropy;
pub(super) use self::filter::{Which, entries};
pub(super) use self::link::link;
pub(super) use self::list::{ListOfTickets, page_of};
pub(super) use self::past::{moment, past};
pub(super) use self::reference::{OfTicket, find_id, seen};
pub(super) use self::words::{given, optional, word};
use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show, edit::edit))
        .route("/tickets/{id}", put(edit::edit))
        .routes(routes!(status::set_status))
        .route("/tickets/{id}/set-status", post(status::set_status))
        .routes(routes!(status::resolve))
        .routes(routes!(status::close))
        .routes(routes!(status::reopen))
        .routes(routes!(assign::assign))
        .routes(routes!(assign::claim))
        .routes(routes!(assign::unassign))
        .routes(routes!(transfer::transfer))
        .routes(routes!(merge::merge))
        .routes(routes!(merge::unmerge))
        .routes(routes!(misuse::flag))
        .routes(routes!(misuse::clear_flag))
        .routes(routes!(misuse::confirm_misuse))
        .routes(routes!(split::split))
        .routes(routes!(split::unsplit))
        .routes(routes!(links::list, links::link))
        .routes(routes!(links::unlink))
        .routes(routes!(feedback::give))
        .routes(routes!(followers::follow, followers::unfollow))
        .routes(routes!(history::history))
        .routes(routes!(events::events))
        .routes(routes!(why::why))
        .routes(routes!(proof::prove))
}
