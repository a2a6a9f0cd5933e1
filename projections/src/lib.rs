//! Read models: what front ends query. Each is a pure fold of the log's events into rows, and can be dropped
//! and built again at any time.
//!
//! | module | what it answers |
//! |---|---|
//! | [`ticket_list`] | which tickets there are, filtered, sorted, a page at a time; how many |
//! | [`ticket_past`] | the same as of a moment |
//! | [`ticket_page`] | one ticket in full, its messages and its attachments |
//! | [`merges`] | which tickets live on in which |
//! | [`links`] | what tickets are linked with |
//! | [`followers`] | who follows a ticket, and how far they see |
//! | [`ticket_history`] | who did what to a ticket, and when |
//! | [`past`] | one ticket as it was, and why it is as it is: folded from its events, without a table |
//! | [`user_directory`] | who has an account, and as what |
//! | [`catalogue`] | departments, buildings, categories, teams, organizations, tags |
//! | [`settings`] | what administrators set, who and when |
//! | [`activity`] | who did what besides working on tickets |
//! | [`webhooks`] | whom outside the desk tells of events |
//! | [`notifications`] | who was told of what, and what they have not read |
//! | [`articles`] | the knowledge base: which articles there are, what is in them, what readers make of them |
//! | [`questions`] | what was asked of the desk itself, and whether an article answered |
//! | [`misuse_reports`] | who seems to misuse the desk, and what administrators did about it |
//! | [`trends`] | how many new tickets there are, of which day, from where and about what |
//! | [`agent_load`] | how many tickets each agent has |
//! | [`standing`] | where tickets and agents stand, for whoever is told of events as they happen |
//! | [`holdings`] | how much there is about a person |
//!
//! What a reader may see is part of every query over tickets: see [`sight`].

pub mod activity;
pub mod agent_load;
pub mod articles;
pub mod attachments;
pub mod catalogue;
pub mod corrections;
pub mod cursor;
mod everybody;
mod facts;
pub mod followers;
pub mod holdings;
mod in_column;
mod labels;
pub mod links;
pub mod merges;
pub mod messages;
pub mod misuse_reports;
pub mod notifications;
pub mod other_ticket;
pub mod past;
mod person;
pub mod questions;
pub mod settings;
pub mod sight;
pub mod standing;
pub mod ticket_history;
pub mod ticket_list;
pub mod ticket_page;
pub mod ticket_past;
pub mod ticket_search;
pub mod trends;
pub mod user_directory;
pub mod waiting;
pub mod webhooks;

use infrastructure::projection::ReadModel;

/// Every read model, once.
#[must_use]
pub fn all() -> Vec<ReadModel> {
    vec![
        ReadModel::new("ticket_list").with::<ticket_list::TicketList>(),
        ReadModel::new("ticket_past").with::<ticket_past::TicketPast>(),
        ReadModel::new("ticket_page")
            .with::<ticket_page::TicketPage>()
            .with::<messages::Messages>()
            .with::<attachments::TicketAttachments>()
            .with::<merges::Merges>()
            .with::<links::Links>(),
        ReadModel::new("ticket_history").with::<ticket_history::TicketHistory>(),
        ReadModel::new("user_directory").with::<user_directory::UserDirectory>(),
        ReadModel::new("catalogue").with::<catalogue::Catalogue>(),
        ReadModel::new("settings").with::<settings::SettingsTable>(),
        ReadModel::new("activity").with::<activity::Activity>(),
        ReadModel::new("webhooks").with::<webhooks::Webhooks>(),
        ReadModel::new("notifications").with::<notifications::Notifications>(),
        ReadModel::new("articles")
            .with::<articles::Articles>()
            .with::<articles::votes::Votes>()
            .with::<articles::uses::Uses>(),
        ReadModel::new("questions").with::<questions::Questions>(),
        ReadModel::new("misuse_reports").with::<misuse_reports::MisuseReports>(),
        ReadModel::new("trends").with::<trends::CountedTickets>(),
        ReadModel::new("agent_load").with::<agent_load::AssignedTickets>().with::<agent_load::Workloads>(),
    ]
}
