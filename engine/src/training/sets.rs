//! The data that the shipped models are trained from; its texts never enter a model or a file of ours.

/// A text with its label.
#[derive(Debug, Clone, Default)]
pub struct Labelled {
    /// The text.
    pub text: String,
    /// Its label.
    pub label: String,
    /// What else its set says of it: the domain of an intent, the category of an attack; else empty.
    pub kind: String,
}

/// Every set, in the columns of its origin.
#[derive(Debug, Clone, Default)]
pub struct Sets {
    /// Tickets of a service desk, by topic.
    pub tickets: Vec<Labelled>,
    /// Short questions by intent, their domain as the kind.
    pub intents: Vec<Labelled>,
    /// Posts: offensive, hate or neither.
    pub posts: Vec<Labelled>,
    /// Messages: ham or spam.
    pub messages: Vec<Labelled>,
    /// Orders to models: 1 is an attack; its category as the kind.
    pub attacks: Vec<Labelled>,
}
