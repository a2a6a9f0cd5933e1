//! Notifications as their reader sees them now: the texts are looked for when they are shown, with the reader's own sight.

use std::collections::HashMap;
use std::str::FromStr as _;

use chrono::{DateTime, Utc};
use domain::access::Sight;
use domain::id::{NotificationId, TicketId, UserId};
use domain::notification::values::Kind;
use projections::messages::{self, Message};
use projections::misuse_reports::{self, ShownReport};
use projections::notifications::{self, Notified, TicketInBrief};
use projections::user_directory::names;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::EXCERPT;
use super::words::{self, Known, OUT_OF_SIGHT, excerpt};
use crate::desk::Desk;
use crate::problem::Answer;

/// A notification; as it is, part of a response body.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ShownNotification {
    /// Its id.
    #[schema(example = "NOT-1763700000000-4K9XQ2D7M0ZR")]
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) user_id: UserId,
    /// What it is about.
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    /// What happened, in a line.
    #[schema(example = "ivan wrote on “Printer on fire”")]
    pub(crate) title: String,
    /// More of it, such as the beginning of the message; empty if there is no more, or it is not the reader's to read.
    pub(crate) message: String,
    /// Whether it was read.
    pub(crate) read: bool,
    /// When.
    pub(crate) read_at: Option<DateTime<Utc>>,
    /// When it was raised.
    pub(crate) created_at: DateTime<Utc>,
    /// What it refers to.
    pub(crate) data: Refers,
}

/// What a notification refers to. Of a ticket that the reader does not see any more there is the id alone.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub(crate) struct Refers {
    /// The ticket.
    #[schema(example = "TKT-1763700000000-4K9XQ2")]
    pub(crate) ticket_id: Option<String>,
    /// Its number.
    pub(crate) ticket_number: Option<i64>,
    /// The message.
    pub(crate) message_id: Option<Uuid>,
    /// Who did it; none for the desk itself.
    pub(crate) actor_id: Option<Uuid>,
    /// What they are called.
    pub(crate) actor_username: Option<String>,
    /// To whom the ticket was assigned.
    pub(crate) assignee_id: Option<Uuid>,
    /// Where the ticket stood from then on.
    pub(crate) status: Option<String>,
    /// What a system alert says: `token_reused`, `webhook_disabled`.
    pub(crate) alert: Option<String>,
    /// The report of misuse.
    pub(crate) report_id: Option<Uuid>,
}

/// A notification with what only mails say.
pub(crate) struct Full {
    /// Its stream.
    pub(crate) id: Uuid,
    pub(crate) shown: ShownNotification,
    /// The ticket's id and title, if the reader sees it.
    pub(crate) ticket: Option<(String, String)>,
    /// All that the message says, if the reader may read it.
    pub(crate) content: Option<String>,
    /// Whether its reader does not see any more what it is about.
    pub(crate) is_out_of_sight: bool,
    /// Whose texts are in it: the requester's, the message's, and the names of who is named.
    pub(crate) quotes: Vec<Uuid>,
}

/// What is known beside the rows.
struct Found {
    tickets: HashMap<Uuid, TicketInBrief>,
    messages: HashMap<Uuid, Message>,
    names: HashMap<Uuid, String>,
    reports: HashMap<Uuid, ShownReport>,
}

impl Desk {
    /// `rows` as somebody sees them who sees as far as `sight`.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn show_notifications(
        &self,
        sight: &Sight,
        rows: Vec<Notified>,
    ) -> Answer<Vec<ShownNotification>> {
        Ok(self.full_notifications(sight, rows).await?.into_iter().map(|full| full.shown).collect())
    }

    /// The same with what mails say besides.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn full_notifications(&self, sight: &Sight, rows: Vec<Notified>) -> Answer<Vec<Full>> {
        if rows.is_empty() {
            return Ok(vec![]);
        }
        let pool = self.pool();
        let of = |column: fn(&Notified) -> Option<Uuid>| rows.iter().filter_map(column).collect::<Vec<_>>();
        let tickets = notifications::tickets(pool, sight, &of(|row| row.ticket)).await?;
        let messages = messages::by_ids(pool, &of(|row| row.message)).await?;
        let reports = match sight {
            Sight::Everything => misuse_reports::by_ids(pool, &of(|row| row.report)).await?,
            _ => vec![],
        };
        let people = [of(|row| row.by_id), of(|row| row.assignee)].concat();
        let found = Found {
            tickets,
            messages: messages.into_iter().map(|message| (message.id, message)).collect(),
            names: names(pool, &people).await?,
            reports: reports.into_iter().map(|report| (report.id.0, report)).collect(),
        };
        Ok(rows.iter().map(|row| found.full(sight, row)).collect())
    }
}

impl Found {
    fn full(&self, sight: &Sight, row: &Notified) -> Full {
        let ticket = row.ticket.and_then(|id| self.tickets.get(&id));
        let report = row.report.and_then(|id| self.reports.get(&id));
        let (title, message, content, data) = self.said(sight, row, ticket, report);
        let named = ticket.zip(data.ticket_id.clone()).map(|(ticket, id)| (id, ticket.title.clone()));
        let named_in_it = row.message.into_iter().chain(row.by_id).chain(row.assignee);
        let reported = report.map(|report| report.user_id.0);
        let named_in_it = named_in_it.chain(reported);
        let quotes = ticket.map(|ticket| ticket.requester).into_iter().chain(named_in_it).collect();
        let is_out_of_sight =
            (row.ticket.is_some() && ticket.is_none()) || (row.report.is_some() && report.is_none());
        let shown = ShownNotification {
            id: NotificationId::of_stream(row.id).to_string(),
            user_id: UserId(row.user_id),
            kind: kind(row),
            title,
            message,
            read: row.is_read,
            read_at: row.read_at,
            created_at: row.created_at,
            data,
        };
        Full { id: row.id, shown, ticket: named, content, is_out_of_sight, quotes }
    }

    /// Title, excerpt, whole message and references of a notification, about a ticket or a report as far as the reader sees them.
    fn said(
        &self,
        sight: &Sight,
        row: &Notified,
        ticket: Option<&TicketInBrief>,
        report: Option<&ShownReport>,
    ) -> (String, String, Option<String>, Refers) {
        match (row.ticket, ticket) {
            _ if row.report.is_some() => of_report(report),
            (Some(_), Some(ticket)) => self.of_ticket(sight, row, kind(row), ticket),
            (Some(id), None) => {
                let ticket_id = Some(TicketId::of_stream(id).to_string());
                let data = Refers { ticket_id, ..Refers::default() };
                (OUT_OF_SIGHT.to_owned(), String::new(), None, data)
            }
            (None, _) => {
                let (title, message) = words::about_the_desk(row);
                let data = Refers { alert: row.alert.clone(), ..Refers::default() };
                (title.to_owned(), message.to_owned(), Some(message.to_owned()), data)
            }
        }
    }

    /// Title, excerpt, whole message and references of a notification about a ticket that the reader sees.
    fn of_ticket(
        &self,
        sight: &Sight,
        row: &Notified,
        kind: Kind,
        ticket: &TicketInBrief,
    ) -> (String, String, Option<String>, Refers) {
        let name = |id: Option<Uuid>| id.and_then(|id| self.names.get(&id)).map(String::as_str);
        let actor = name(row.by_id);
        let known = Known {
            title: &ticket.title,
            actor: actor.unwrap_or("The desk"),
            assignee: name(row.assignee).unwrap_or("an agent"),
        };
        let message = row.message.and_then(|id| self.messages.get(&id));
        let message = message.filter(|message| !message.is_internal || ticket.reads_internal(sight));
        let content = message.map(|message| message.content.clone());
        let data = Refers {
            ticket_id: row.ticket.map(|id| TicketId::of_stream(id).to_string()),
            ticket_number: Some(ticket.number),
            message_id: message.map(|message| message.id),
            actor_id: row.by_id,
            actor_username: actor.map(str::to_owned),
            assignee_id: row.assignee,
            status: row.status.clone(),
            alert: None,
            report_id: None,
        };
        let brief = content.as_deref().map(|content| excerpt(content, EXCERPT)).unwrap_or_default();
        (words::about_ticket(row, kind, &known), brief, content, data)
    }
}

/// What it is about. A kind that a later version of the desk raised is news of the desk to this one.
fn kind(row: &Notified) -> Kind {
    Kind::from_str(&row.kind).unwrap_or(Kind::SystemAlert)
}

/// Title, excerpt, whole message and references of a notification about a report of misuse; none if its reader is no
/// administrator any more.
fn of_report(report: Option<&ShownReport>) -> (String, String, Option<String>, Refers) {
    let Some(report) = report else {
        return (words::FOR_ADMINISTRATORS.to_owned(), String::new(), None, Refers::default());
    };
    let (title, message) = words::about_report(report);
    let data = Refers { report_id: Some(report.id.0), ..Refers::default() };
    (title, message.clone(), Some(message), data)
}
