//! What somebody wants who writes to the chatbot, by the words of a few phrases.

/// What a message wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// To talk to a person.
    Person,
    /// Nothing: it greets.
    Greeting,
    /// Nothing: it thanks.
    Thanks,
    /// An answer.
    Question,
}

/// Phrases by which people ask for people, as words in their order.
const PERSON: &[&str] = &[
    "talk to a human",
    "talk to a person",
    "talk to an agent",
    "talk to someone",
    "talk to somebody",
    "speak to a human",
    "speak to a person",
    "speak to an agent",
    "speak to someone",
    "speak with a human",
    "speak with a person",
    "speak with an agent",
    "speak with someone",
    "chat with a human",
    "chat with a person",
    "chat with an agent",
    "real person",
    "real human",
    "human please",
    "human agent",
    "live agent",
    "agent please",
    "contact support",
    "create a ticket",
    "open a ticket",
    "file a ticket",
    "mit einem menschen",
    "mit jemandem sprechen",
    "mit einem mitarbeiter",
    "echten menschen",
    "ticket erstellen",
];
/// Messages that are nothing but these ask for people, too.
const PERSON_ALONE: &[&str] =
    &["human", "agent", "person", "operator", "representative", "mensch", "mitarbeiter"];
const GREETINGS: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "good morning",
    "good afternoon",
    "good evening",
    "hallo",
    "guten morgen",
    "guten tag",
    "moin",
];
const THANKS: &[&str] = &[
    "thanks",
    "thank you",
    "thank you very much",
    "thanks a lot",
    "many thanks",
    "great thanks",
    "that helped",
    "that helped thanks",
    "danke",
    "vielen dank",
    "danke schön",
];
/// Words that may stand beside a greeting or a thank without making it a question.
const BESIDE: &[&str] =
    &["there", "all", "everybody", "everyone", "team", "bot", "so", "much", "very", "again"];

/// What `message` wants. Whoever asks for a person is heard whatever else they say, unless they say that they do not.
#[must_use]
pub fn intent(message: &str) -> Intent {
    let words = words(message);
    let text = format!(" {} ", words.join(" "));
    let says = |phrase: &&str| text.contains(&format!(" {phrase} "));
    let refuses =
        [" not ", " don t ", " never ", " without ", " kein ", " nicht "].iter().any(|no| text.contains(no));
    if PERSON_ALONE.contains(&text.trim()) || (!refuses && PERSON.iter().any(says)) {
        return Intent::Person;
    }
    let rest: Vec<&str> = words.iter().map(String::as_str).filter(|word| !BESIDE.contains(word)).collect();
    let rest = rest.join(" ");
    if GREETINGS.contains(&&*rest) {
        Intent::Greeting
    } else if THANKS.contains(&&*rest) || THANKS.contains(&text.trim()) {
        Intent::Thanks
    } else {
        Intent::Question
    }
}

/// The words of `text` in lower case; whatever stands between them is gone.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}
