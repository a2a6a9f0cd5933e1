//! The features that can be switched off.

use strum::IntoEnumIterator as _;

/// A feature that can be switched off. To add one: a variant and its meaning here, and the question
/// [`is_on`](super::Settings::is_on) where the feature is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumString, strum::EnumIter,
)]
#[strum(serialize_all = "snake_case")]
pub enum Flag {
    /// The API's description and its pages.
    ApiDocs,
    /// Tickets being handed to agents.
    AutoAssignment,
    /// The stream of events for people who are no staff.
    EventStreamForRequesters,
    /// The language model that the operator configured being asked.
    LanguageModel,
    /// Tickets being routed by what they say.
    Routing,
    /// Replies being suggested to agents.
    ReplySuggestions,
    /// Tickets being looked at for misuse.
    Screening,
    /// Questions being answered from the knowledge base, by themselves or in a chat.
    SelfServe,
}

impl Flag {
    /// Every flag.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// Its name, such as `api_docs`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether it is on as long as nobody switched it.
    #[must_use]
    pub fn default(self) -> bool {
        match self {
            Self::ApiDocs
            | Self::AutoAssignment
            | Self::EventStreamForRequesters
            | Self::ReplySuggestions
            | Self::LanguageModel
            | Self::Routing
            | Self::Screening
            | Self::SelfServe => true,
        }
    }

    /// What being on means.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::ApiDocs => "the pages at /docs and the documents they show are served",
            Self::AutoAssignment => {
                "tickets go to the agent of their department who has least to do and has room"
            }
            Self::LanguageModel => {
                "what tickets say is sent, redacted, to the language model that is configured, if one is, where the \
                 desk's own models are in doubt"
            }
            Self::Routing => "new tickets that name no department go to the one that they read like",
            Self::ReplySuggestions => "agents may have replies to tickets suggested to them",
            Self::SelfServe => "questions are answered from the knowledge base, at once or in a chat",
            Self::Screening => "new tickets that read like misuse are held back for an administrator",
            Self::EventStreamForRequesters => "requesters may follow their own tickets at /events/stream",
        }
    }
}
