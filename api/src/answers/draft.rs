//! A reply to a ticket, for an agent to send, change or drop: as they would write it, from what its requester may read.

use std::time::Instant;

use domain::chat::values::Origin;
use domain::knowledge::Readership;
use domain::suggestion::values::QueryType;
use domain::ticket::values::Priority;

use super::shelf::Passage;
use super::worded::Worded;
use super::{enough, origin};
use crate::desk::Desk;
use crate::problem::Answer;

/// What a reply is to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    /// The ticket's title.
    pub(crate) title: String,
    /// What its requester says: the description, and what they wrote since, the newest last.
    pub(crate) said: Vec<String>,
    /// The name that its requester is greeted by, if it is known.
    pub(crate) requester: Option<String>,
    /// What says who its requester is, where a text repeats it: it leaves the desk in nothing.
    pub(crate) names: Vec<String>,
    /// What the department is called whose work it is, if it is one's.
    pub(crate) department: Option<String>,
    /// How important it is.
    pub(crate) priority: Priority,
}

/// A reply that nobody has sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    /// What it says.
    pub(crate) text: String,
    /// What kind of a problem it is about.
    pub(crate) query_type: QueryType,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

/// How much of what somebody said last is looked up, in characters: they may paste a whole log.
const LOOKED_UP: usize = 2_000;
/// Who signs for a ticket that is no department's yet.
const NOBODY_S: &str = "The help desk";

impl Desk {
    /// A reply to what is `asked`. It quotes only what every reader of the knowledge base may read, since a requester is to get it.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn draft(&self, asked: &Asked) -> Answer<Draft> {
        let began = Instant::now();
        // What was said last is asked most likely; the title says what all is about, in a few words.
        let last = asked.said.last().map(String::as_str).unwrap_or_default();
        let questions =
            [cut(last), asked.title.as_str(), asked.said.first().map(|said| cut(said)).unwrap_or_default()];
        let mut best: Vec<Passage> = Vec::new();
        for question in questions {
            let found = self.passages(question, Readership::Everybody).await?;
            let covers = |found: &[Passage]| found.first().map_or(0.0, |first| first.covers);
            if covers(&found) > covers(&best) {
                best = found;
            }
        }
        let worded = self.worded(asked, &enough(&best)).await?;
        Ok(written(asked, &best, worded, began))
    }
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(LOOKED_UP).map_or(text, |(end, _)| &text[..end])
}

/// The reply that `found` gives.
pub(super) fn written(asked: &Asked, found: &[Passage], worded: Option<Worded>, began: Instant) -> Draft {
    let query_type = QueryType::of(&format!("{} {}", asked.title, asked.said.join(" ")));
    let enough = enough(found);
    let confidence = found.first().map_or(0.0, |best| best.covers);
    let mut origin = origin(&enough, confidence, began);
    let mut parts = vec![greeting(asked.requester.as_deref())];
    match (worded, enough.first()) {
        (Some(Worded { text, model }), Some(best)) => {
            parts.extend([text, format!("You find more about this in our article “{}”.", best.title)]);
            origin.model = model;
        }
        (None, Some(best)) => {
            parts.extend([opening(query_type, asked.priority), best.text.clone()]);
            parts.push(format!("You find this in our article “{}”. {}", best.title, next_step(query_type)));
        }
        (_, None) => {
            parts.extend([opening(query_type, asked.priority), questions(query_type).to_owned()]);
        }
    }
    parts.push(format!("Kind regards\n{}", asked.department.as_deref().unwrap_or(NOBODY_S)));
    Draft { text: parts.join("\n\n"), query_type, origin }
}

fn greeting(requester: Option<&str>) -> String {
    requester.map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"))
}

fn opening(query_type: QueryType, priority: Priority) -> String {
    let begins = match query_type {
        QueryType::Troubleshooting => {
            "thank you for telling us. I am sorry that this does not work as it should."
        }
        QueryType::Policy => "thank you for asking.",
        QueryType::Access => "thank you for writing. I understand that you cannot get to what you need.",
        QueryType::Setup => "thank you for your request.",
        QueryType::General => "thank you for writing to us.",
    };
    match priority {
        Priority::High | Priority::Critical => format!("{begins} I see that this is urgent for you."),
        Priority::Low | Priority::Medium => begins.to_owned(),
    }
}

/// What follows what an article says.
fn next_step(query_type: QueryType) -> &'static str {
    match query_type {
        QueryType::Troubleshooting => {
            "Please tell me whether it works then; if not, the exact wording of any message helps me most."
        }
        QueryType::Access => "Please tell me whether you can get in now.",
        QueryType::Setup => "Please tell me at which step you are if anything is not as described.",
        QueryType::Policy | QueryType::General => "Please tell me if that leaves anything open.",
    }
}

/// What is asked where no article says enough.
fn questions(query_type: QueryType) -> &'static str {
    match query_type {
        QueryType::Troubleshooting => {
            "So that I can find out what is wrong, please tell me:\n\n- what exactly you did, and what happened then\n\
             - the wording of any message that you see\n- since when this happens, and what was changed before"
        }
        QueryType::Access => {
            "So that I can help, please tell me:\n\n- what you want to get to, and with which account name\n\
             - the wording of any message that you see\n- whether it worked before\n\nNever send me a password."
        }
        QueryType::Setup => {
            "So that I can prepare this, please tell me:\n\n- what exactly you need, and on which device\n- by when\n\
             - who approves it, if somebody has to"
        }
        QueryType::Policy => {
            "I want to give you an answer that holds, so I am checking this. Please tell me whether there is anything special \
             about your case, and by when you need to know."
        }
        QueryType::General => {
            "So that I can help, please tell me a little more about what you need, and by when."
        }
    }
}
