//! Everything stored about a person as one JSON document, written while the log is read: however much there is,
//! little of it is in memory.

mod parts;

use std::sync::Arc;

use anyhow::Context as _;
use application::ledger::Ledger as _;
use chrono::Utc;
use domain::event::Recorded;
use domain::id::{TicketId, UserId};
use futures::Stream;
use infrastructure::log::PgLog;
use serde::Serialize;
use sqlx::PgPool;
use tokio::sync::mpsc;
use uuid::Uuid;

pub use self::parts::{Act, ExportedEvent, ExportedTicket, PersonalData, SignIn};
use crate::drafts;

/// How many positions of the log are looked through at a time.
const WINDOW: i64 = 50_000;
/// How many pieces wait for a slow reader; then reading waits, too.
const AHEAD: usize = 16;

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What the person may read: not what staff wrote to each other.
    Public,
    /// All of it.
    Everything,
}

/// The document about `user` ([`PersonalData`]), piece by piece. An error is the last piece.
pub fn stream(
    log: Arc<PgLog>,
    pool: PgPool,
    user: UserId,
    extent: Extent,
) -> impl Stream<Item = anyhow::Result<String>> + Send + 'static {
    let (pieces, reading) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let document = Document { log, pool, user, extent, pieces: pieces.clone() };
        if let Err(error) = document.write().await {
            // Nobody is told if nobody reads any more.
            let _ = pieces.send(Err(error)).await;
        }
    });
    futures::stream::unfold(reading, async |mut reading| Some((reading.recv().await?, reading)))
}

struct Document {
    log: Arc<PgLog>,
    pool: PgPool,
    user: UserId,
    extent: Extent,
    pieces: mpsc::Sender<anyhow::Result<String>>,
}

impl Document {
    async fn write(&self) -> anyhow::Result<()> {
        let head = self.log.head().await?;
        let now = serde_json::to_string(&Utc::now())?;
        self.piece(format!("{{\"user_id\":\"{}\",\"exported_at\":{now},\"head\":{head}", self.user)).await?;
        self.piece(",\"account\":[".to_owned()).await?;
        self.events(&[(self.user.0, 0)], head).await?;
        self.piece("],\"sign_ins\":".to_owned()).await?;
        self.piece(serde_json::to_string(&parts::sign_ins(&self.pool, self.user).await?)?).await?;
        let tokens = parts::api_tokens(&self.pool, self.log.keys(), self.user).await?;
        self.piece(format!(",\"api_tokens\":{}", serde_json::to_string(&tokens)?)).await?;
        self.piece(",\"activity\":[".to_owned()).await?;
        self.activity(head).await?;
        self.piece("]".to_owned()).await?;
        let attachments = projections::attachments::uploaded_by(&self.pool, self.user.0).await?;
        self.piece(format!(",\"attachments\":{}", serde_json::to_string(&attachments)?)).await?;
        let notifications = parts::notifications(&self.pool, self.user).await?;
        self.piece(format!(",\"notifications\":{}", serde_json::to_string(&notifications)?)).await?;
        let votes = projections::articles::votes::of_person(&self.pool, self.user).await?;
        self.piece(format!(",\"article_votes\":{}", serde_json::to_string(&votes)?)).await?;
        // What administrators made of them is not theirs to read, as what staff wrote to each other is not.
        let reports = match self.extent {
            Extent::Public => vec![],
            Extent::Everything => projections::misuse_reports::of_person(&self.pool, self.user).await?,
        };
        self.piece(format!(",\"misuse_reports\":{}", serde_json::to_string(&reports)?)).await?;
        let kept = parts::kept_answers(&self.pool, self.user).await?;
        let mails = parts::waiting_mails(&self.pool, self.user).await?;
        self.piece(format!(",\"kept_answers\":{kept},\"waiting_mails\":{mails}")).await?;
        let browsers = parts::push_subscriptions(&self.pool, self.log.keys(), self.user).await?;
        let told = parts::waiting_push_messages(&self.pool, self.user).await?;
        let browsers = serde_json::to_string(&browsers)?;
        self.piece(format!(",\"push_subscriptions\":{browsers},\"waiting_push_messages\":{told}")).await?;
        let drafts = drafts::of(&self.pool, self.log.keys(), self.user).await?;
        self.piece(format!(",\"drafts\":{},\"acts\":[", serde_json::to_string(&drafts)?)).await?;
        let tickets = self.acts(head).await?;
        self.piece("],\"tickets\":[".to_owned()).await?;
        for (index, (ticket, number)) in tickets.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let ticket = TicketId::of_stream(ticket);
            self.piece(format!("{comma}{{\"ticket_id\":\"{ticket}\",\"number\":{number},\"events\":["))
                .await?;
            self.events(&[(ticket.stream(), 0), (ticket.conversation(), 0)], head).await?;
            self.piece("]}".to_owned()).await?;
        }
        self.piece("]}\n".to_owned()).await
    }

    /// What they did, in order; gives the tickets that are theirs, with their numbers.
    async fn acts(&self, head: i64) -> anyhow::Result<Vec<(Uuid, i64)>> {
        let (mut tickets, mut after, mut is_first) = (Vec::new(), 0, true);
        while after < head {
            let to = head.min(after + WINDOW);
            for trace in self.log.traces(self.user, after, to).await? {
                if trace.begins_ticket {
                    tickets.push((trace.stream_id, trace.position));
                }
                if trace.is_act {
                    self.item(&Act::of(trace), &mut is_first).await?;
                }
            }
            after = to;
        }
        Ok(tickets)
    }

    /// What is noted about them up to `head`, as far as the read models show it.
    async fn activity(&self, head: i64) -> anyhow::Result<()> {
        let mut is_first = true;
        for position in projections::activity::about(&self.pool, self.user).await? {
            for recorded in self.log.read_range(position, position).await? {
                if recorded.position <= head {
                    self.item(&ExportedEvent::of(&recorded, &recorded.event)?, &mut is_first).await?;
                }
            }
        }
        Ok(())
    }

    /// The events of some streams up to `head`, in the order in which they were recorded.
    async fn events(&self, streams: &[(Uuid, i32)], head: i64) -> anyhow::Result<()> {
        let mut events = self.log.read_streams(streams).await?;
        events.sort_by_key(|recorded| recorded.position);
        let mut is_first = true;
        for recorded in events.iter().filter(|recorded| recorded.position <= head) {
            if let Some(event) = self.shown(recorded)? {
                self.item(&event, &mut is_first).await?;
            }
        }
        Ok(())
    }

    /// The event as far as it is exported.
    fn shown(&self, recorded: &Recorded) -> anyhow::Result<Option<ExportedEvent>> {
        Ok(match self.extent {
            Extent::Everything => Some(ExportedEvent::of(recorded, &recorded.event)?),
            Extent::Public => match recorded.event.public_part() {
                Some(public) => Some(ExportedEvent::of(recorded, &public)?),
                None => None,
            },
        })
    }

    async fn item(&self, item: &impl Serialize, is_first: &mut bool) -> anyhow::Result<()> {
        let comma = if std::mem::take(is_first) { "" } else { "," };
        self.piece(format!("{comma}{}", serde_json::to_string(item)?)).await
    }

    async fn piece(&self, piece: String) -> anyhow::Result<()> {
        self.pieces.send(Ok(piece)).await.ok().context("nobody reads the export any more")
    }
}
