//! What readers make of articles: their votes, and where an article was quoted to somebody.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ArticleError;
use super::values::ArticleStatus;
use crate::event::{Event, StoredEvent, StreamType, version_of};
use crate::id::{ArticleId, UserId};
use crate::sealed::Sealed;
use crate::{Decide, Issued};

/// What quoted an article to somebody.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum UsedBy {
    /// An answer that a requester got before they wrote.
    SelfServe,
    /// A draft for an agent.
    Draft,
    /// The chatbot.
    Chatbot,
}

/// What readers can have made of an article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum ReceptionEvent {
    /// Somebody says whether it helped them; what they said before counts no more.
    ArticleVoted {
        /// The article.
        article: ArticleId,
        /// Who.
        user: UserId,
        /// Whether it helped.
        helpful: bool,
        /// What they say of it.
        comment: Option<Sealed>,
    },
    /// It was quoted to somebody.
    ArticleUsed {
        /// The article.
        article: ArticleId,
        /// By what.
        by: UsedBy,
    },
}

/// One person's vote on one article, as far as the next one needs to remember it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Ballot {
    vote: Option<(bool, Option<Sealed>)>,
}

/// A vote that somebody gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// On which article.
    pub article: ArticleId,
    /// Where the article stands; none if it is not there for them.
    pub status: Option<ArticleStatus>,
    /// Whether it helped.
    pub helpful: bool,
    /// What they say of it.
    pub comment: Option<String>,
}

impl Decide for Ballot {
    fn decide(&self, issued: Issued<Vote>) -> Result<Vec<ReceptionEvent>, ArticleError> {
        let Issued { by, command: Vote { article, status, helpful, comment }, .. } = issued;
        let user = by.person().ok_or(ArticleError::NobodyVotes)?;
        match status {
            None => return Err(ArticleError::NotFound),
            Some(ArticleStatus::Draft | ArticleStatus::Archived) => return Err(ArticleError::NotPublished),
            Some(ArticleStatus::Published) => {}
        }
        let comment = comment.map(|comment| Sealed::new(user, comment));
        if self.vote.as_ref().is_some_and(|(was, said)| *was == helpful && *said == comment) {
            return Ok(vec![]);
        }
        Ok(vec![ReceptionEvent::ArticleVoted { article, user, helpful, comment }])
    }
}

impl Aggregate for Ballot {
    const TYPE: &'static str = "reception";
    type Command = Issued<Vote>;
    type Event = ReceptionEvent;
    type Error = ArticleError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), ArticleError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: ReceptionEvent) {
        if let ReceptionEvent::ArticleVoted { helpful, comment, .. } = event {
            self.vote = Some((helpful, comment));
        }
    }
}

impl From<ReceptionEvent> for Event {
    fn from(event: ReceptionEvent) -> Self {
        Self::Reception(event)
    }
}

impl StoredEvent for ReceptionEvent {
    const STREAM: StreamType = StreamType::Reception;
    const TYPES: &'static [(&'static str, i16)] = &[("ArticleVoted", 1), ("ArticleUsed", 1)];

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::Reception(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for ReceptionEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
