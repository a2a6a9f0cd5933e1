//! The language model that the operator configured: asked for values of a schema, briefly, within a budget, and not while it
//! is in trouble.
//!
//! [`LanguageModel::ask`] is all there is: instructions and data in, values that were checked out. What a model answers can be
//! nothing but that; it has no tools and is told of nothing else.

mod asking;
mod breaker;
mod budget;
mod gemini;
mod http;
mod openai;
mod schema;
mod status;
mod trouble;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value};
use sqlx::PgPool;

use self::breaker::Breaker;
use self::budget::Budget;
use self::gemini::Gemini;
use self::http::Http;
use self::openai::OpenAi;
pub use self::schema::{Field, Kind, Schema};
pub use self::status::{State, Status};
use self::trouble::Trouble;
use crate::config::{self, Provider as Configured};

/// The language model. Cheap to clone; all clones share one breaker.
#[derive(Clone)]
pub struct LanguageModel(Arc<Parts>);

struct Parts {
    provider: Box<dyn Provider>,
    http: Http,
    name: String,
    timeout: Duration,
    breaker: Mutex<Breaker>,
    budget: Budget,
}

/// What a language model is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// What it shall do: written by the desk alone.
    pub instructions: String,
    /// What it shall do it with: what people wrote, redacted. It is sent as JSON between marks that it cannot contain.
    pub data: Value,
    /// What it answers.
    pub schema: Schema,
    /// How many tokens the answer has at most.
    pub longest: u32,
}

/// What a language model answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The values, as the schema wants them.
    pub values: Map<String, Value>,
    /// How many tokens that took, with what was asked twice.
    pub tokens: u64,
    /// How long it took.
    pub took: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// It is left alone for a while, after trouble.
    #[error("the language model is left alone for a while, after trouble")]
    Resting,
    /// It is in trouble, or there is none: it was tried.
    #[error("the language model is away: {0}")]
    Away(&'static str),
    /// What may be spent today is spent.
    #[error("what may be spent on the language model today is spent")]
    Spent,
    /// As many requests as a minute may have were made.
    #[error("the language model is asked no more in this minute")]
    TooFast,
    /// It answered, and that cannot be used; to ask again would lead to the same.
    #[error("the language model gave no answer that can be used: {0}")]
    Unusable(&'static str),
    /// The budget cannot be looked at.
    #[error("the budget of the language model cannot be looked at")]
    Database(#[from] sqlx::Error),
}

/// What is sent, whoever it is sent to.
struct Prompt<'a> {
    instructions: &'a str,
    /// What is wrong with the answer before, if it is asked for once more.
    repair: Option<&'static str>,
    data: &'a str,
    schema: &'a Schema,
    longest: u32,
}

/// What a model said.
#[derive(Debug, PartialEq)]
struct Said {
    text: String,
    /// How many tokens the provider counted, if it said so.
    tokens: Option<u64>,
}

/// How a kind of provider is spoken to.
trait Provider: Send + Sync {
    /// Where it is asked.
    fn url(&self) -> &str;

    /// What shows that it is the desk that asks.
    fn headers(&self) -> &HeaderMap;

    /// The question in its words.
    fn body(&self, prompt: &Prompt<'_>) -> Value;

    /// What it said, out of its words.
    fn read(&self, body: &[u8]) -> Result<Said, Trouble>;
}

impl LanguageModel {
    /// The language model that is `configured`, with a budget in the database.
    #[must_use]
    pub fn new(configured: &config::LanguageModel, pool: PgPool) -> Self {
        let model = configured.model.clone();
        let (url, provider): (_, Box<dyn Provider>) = match &configured.provider {
            Configured::OpenAi { url, key } => (url, Box::new(OpenAi::new(url, key.as_ref(), model.clone()))),
            Configured::Gemini { url, key } => (url, Box::new(Gemini::new(url, key, &model))),
        };
        Self(Arc::new(Parts {
            http: Http::new(url.scheme() == "https"),
            provider,
            name: model,
            timeout: configured.timeout,
            breaker: Mutex::new(Breaker::new(configured.timeout)),
            budget: Budget::new(pool, configured.daily_tokens, configured.requests_per_minute),
        }))
    }

    /// What the provider calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How it is doing, as this process sees it.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn status(&self) -> sqlx::Result<Status> {
        let state = self.0.breaker().state();
        let budget = &self.0.budget;
        Ok(Status {
            state,
            tokens_today: budget.spent().await?,
            tokens_per_day: budget.limit(),
            is_spent: budget.is_spent(),
            requests_per_minute: budget.per_minute(),
        })
    }
}

impl Parts {
    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `text` as the value of a header that is shown nowhere.
fn hidden(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).expect("a key has only characters that a header can carry");
    value.set_sensitive(true);
    value
}
