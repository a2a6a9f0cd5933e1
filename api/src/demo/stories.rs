//! The forty tickets of the demo, with their stories.

use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Department;
use domain::conversation::values::parse_content;
use domain::id::TicketId;
use domain::ticket::values::{Impact, Status, Urgency, parse_description, parse_title};
use domain::ticket::{Changes, TicketCommand};
use serde::Deserialize;

use super::people::{Person, it};
use super::plan::{Act, DESK, Life, Step};

/// How long after its filing an untouched ticket is judged, if the story says how.
const JUDGED: TimeDelta = TimeDelta::minutes(5);

/// A ticket as it is told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Story {
    title: String,
    description: String,
    urgency: Urgency,
    impact: Option<Impact>,
    requester: String,
    department: Option<Department>,
    age_hours: f64,
    #[serde(rename = "story")]
    turns: Vec<Turn>,
}

/// One turn of a story.
#[derive(Debug, Clone, Deserialize)]
struct Turn {
    /// How long after the turn before, or after the filing.
    after_minutes: f64,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum What {
    Assign,
    Transfer { department: Department, note: Option<String> },
    Message { by: By, text: String, internal: bool },
    Status { to: Status, reason: Option<String> },
    Resolve { by: By, resolution: Option<String>, code: Option<String> },
    Reopen { by: By, reason: Option<String> },
    Feedback { rating: Option<u8>, comment: Option<String> },
    Close,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum By {
    Agent,
    Requester,
}

/// All stories, the newest ticket first.
///
/// # Errors
/// The stories are not in the form expected.
pub(crate) fn all() -> anyhow::Result<Vec<Story>> {
    #[derive(Deserialize)]
    struct File {
        tickets: Vec<Story>,
    }
    let file: File =
        serde_json::from_str(include_str!("tickets.json")).context("the stories cannot be read")?;
    Ok(file.tickets)
}

impl Story {
    /// The life of the story of this number, told at `now`.
    ///
    /// # Errors
    /// A text breaks the rules.
    pub(crate) fn life(&self, number: usize, now: DateTime<Utc>) -> anyhow::Result<Life> {
        let filed_at = now - self.age();
        let requester = Person::requester(&self.requester);
        let mut telling = Telling {
            at: filed_at,
            requester: requester.clone(),
            department: self.department.clone(),
            impact: self.impact,
            steps: Vec::new(),
        };
        for turn in &self.turns {
            telling.at += span(turn.after_minutes * 60.0);
            telling.turn(&turn.what)?;
        }
        if telling.impact.is_some() {
            telling.at += JUDGED;
            telling.judge();
        }
        Ok(Life {
            name: format!("story:{number}"),
            filed_at,
            requester,
            title: parse_title(&self.title)?,
            description: parse_description(&self.description)?,
            urgency: self.urgency,
            department: self.department.clone(),
            steps: telling.steps,
        })
    }

    /// When the story was told, as the id of its ticket remembers it.
    pub(crate) fn told_at(&self, ticket: TicketId) -> DateTime<Utc> {
        ticket.created_at() + self.age()
    }

    fn age(&self) -> TimeDelta {
        span(self.age_hours * 3600.0)
    }
}

/// So many seconds, to the millisecond, as ids remember time.
fn span(seconds: f64) -> TimeDelta {
    let exact = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    TimeDelta::milliseconds(i64::try_from(exact.as_millis()).unwrap_or_default())
}

/// A story half told.
struct Telling {
    at: DateTime<Utc>,
    requester: Person,
    department: Option<Department>,
    /// Not judged yet.
    impact: Option<Impact>,
    steps: Vec<Step>,
}

impl Telling {
    fn turn(&mut self, what: &What) -> anyhow::Result<()> {
        let by = match what {
            What::Message { by, .. } | What::Resolve { by, .. } | What::Reopen { by, .. } => *by,
            What::Feedback { .. } => By::Requester,
            What::Assign | What::Transfer { .. } | What::Status { .. } | What::Close => By::Agent,
        };
        if by == By::Agent {
            self.sort();
            self.judge();
        }
        let act = match what.clone() {
            What::Assign => Act::Do(TicketCommand::Claim),
            What::Transfer { department, note } => Act::Do(TicketCommand::Transfer { department, note }),
            What::Message { text, internal, .. } => {
                Act::Say { content: parse_content(&text)?, is_internal: internal }
            }
            What::Status { to, reason } => Act::Do(TicketCommand::SetStatus { to, reason }),
            What::Resolve { resolution, code, .. } => {
                Act::Do(TicketCommand::Resolve { resolution, resolution_code: code })
            }
            What::Reopen { reason, .. } => Act::Do(TicketCommand::Reopen { reason }),
            What::Feedback { rating, comment } => Act::Do(TicketCommand::GiveFeedback { rating, comment }),
            What::Close => Act::Do(TicketCommand::Close),
        };
        self.step(by, act);
        if let What::Transfer { department, .. } = what {
            self.department = Some(department.clone());
        }
        Ok(())
    }

    /// Sends a ticket that belongs to no department to IT, before staff takes it up.
    fn sort(&mut self) {
        if self.department.is_none() {
            let act = Act::Do(TicketCommand::Transfer { department: it(), note: None });
            self.steps.push(Step { at: self.at, by: DESK, act });
            self.department = Some(it());
        }
    }

    /// Judges the impact, if the story says how and nobody did.
    fn judge(&mut self) {
        if let Some(impact) = self.impact.take() {
            self.step(By::Agent, Act::Do(judgement(impact)));
        }
    }

    fn step(&mut self, by: By, act: Act) {
        let by = match by {
            By::Requester => self.requester.caller(),
            By::Agent => self.department.as_ref().map_or(DESK, |at| Person::agent_of(at).caller()),
        };
        self.steps.push(Step { at: self.at, by, act });
    }
}

/// The command that judges the impact.
pub(crate) fn judgement(impact: Impact) -> TicketCommand {
    TicketCommand::Edit(Box::new(Changes { impact: Some(impact), ..Changes::default() }))
}
