//! A language model's server on this machine that speaks both protocols, and can be slow, wrong, hostile or gone.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The key it wants.
pub const KEY: &str = "sk-test-of-the-language-model";
/// The model it has.
pub const MODEL: &str = "canned-1";
/// How many tokens it says that an answer took, unless it is told otherwise.
pub const TOKENS: u64 = 321;

/// How the server answers.
#[derive(Debug, Clone)]
pub enum Manner {
    /// With these values, as far as it is asked for them.
    Answers(Value),
    /// With these words, whatever it is asked for.
    Says(String),
    /// With this status, and asks to be left alone for so many seconds.
    Status(u16, Option<u64>),
    /// With something that is no answer in its protocol.
    Garbage,
    /// With ten megabytes.
    Huge,
    /// A byte at a time, for ever.
    Drips,
    /// Not at all.
    Hangs,
    /// By saying that it does not answer such things.
    Refuses,
    /// By sending whoever asks to another address.
    SendsTo(String),
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Where.
    pub path: String,
    /// All of it that was written by the desk or by people, headers included.
    pub text: String,
    /// The body.
    pub body: Value,
}

impl Asked {
    /// Whether it only asks whether somebody is there.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.schema()["properties"]["there"].is_object()
    }

    /// What the answer has to be.
    #[must_use]
    pub fn schema(&self) -> &Value {
        let openai = &self.body["response_format"]["json_schema"]["schema"];
        if openai.is_null() { &self.body["generationConfig"]["responseSchema"] } else { openai }
    }

    /// What was sent as data.
    ///
    /// # Panics
    /// If it is not between its marks.
    #[must_use]
    pub fn data(&self) -> Value {
        let openai = &self.body["messages"][1]["content"];
        let said = if openai.is_null() { &self.body["contents"][0]["parts"][0]["text"] } else { openai };
        let said = said.as_str().expect("a text");
        let json = said.strip_prefix("<data>\n").and_then(|said| said.strip_suffix("\n</data>"));
        serde_json::from_str(json.expect("marks")).expect("JSON")
    }

    /// What it was told to do.
    #[must_use]
    pub fn instructions(&self) -> &str {
        let openai = &self.body["messages"][0]["content"];
        let said =
            if openai.is_null() { &self.body["systemInstruction"]["parts"][0]["text"] } else { openai };
        said.as_str().unwrap_or_default()
    }
}

struct Shared {
    manner: Manner,
    tokens: u64,
    asked: Vec<Asked>,
    /// What is in the questions that are never answered.
    hangs_at: Option<String>,
}

/// The server; it ends with the test.
pub struct LanguageServer {
    port: u16,
    shared: Arc<Mutex<Shared>>,
    serving: JoinHandle<()>,
}

impl LanguageServer {
    /// One that answers with `values`.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn start(values: Value) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let shared =
            Shared { manner: Manner::Answers(values), tokens: TOKENS, asked: Vec::new(), hangs_at: None };
        let shared = Arc::new(Mutex::new(shared));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { port, shared, serving }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it answers like that.
    pub fn behaves(&self, manner: Manner) {
        self.shared().manner = manner;
    }

    /// It never answers questions with this in their data.
    pub fn hangs_at(&self, part: &str) {
        self.shared().hangs_at = Some(part.to_owned());
    }

    /// From now on an answer takes so many tokens, it says.
    pub fn takes(&self, tokens: u64) {
        self.shared().tokens = tokens;
    }

    /// What makes a desk ask it as `OpenAI` is asked.
    #[must_use]
    pub fn as_openai(&self) -> Vec<(&'static str, String)> {
        let url = format!("http://127.0.0.1:{}/v1", self.port);
        vec![("LLM_URL", url), ("LLM_MODEL", MODEL.to_owned()), ("LLM_API_KEY", KEY.to_owned())]
    }

    /// What makes a desk ask it as Gemini is asked.
    #[must_use]
    pub fn as_gemini(&self) -> Vec<(&'static str, String)> {
        let url = format!("http://127.0.0.1:{}", self.port);
        vec![("GEMINI_URL", url), ("LLM_MODEL", MODEL.to_owned()), ("GEMINI_API_KEY", KEY.to_owned())]
    }

    /// Everything that came.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.shared().asked.clone()
    }

    /// What came, besides probes.
    #[must_use]
    pub fn questions(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| !asked.is_probe()).collect()
    }

    /// Waits until so many questions came.
    ///
    /// # Panics
    /// If that takes half a minute.
    pub async fn until_asked(&self, count: usize) -> Vec<Asked> {
        let started = Instant::now();
        loop {
            let questions = self.questions();
            if questions.len() >= count {
                return questions;
            }
            let waited = started.elapsed();
            assert!(waited < Duration::from_secs(30), "{} of {count} questions came", questions.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for LanguageServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(
    State(shared): State<Arc<Mutex<Shared>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().to_owned();
    let is_gemini = path == format!("/v1beta/models/{MODEL}:generateContent");
    let is_openai = path == "/v1/chat/completions";
    let shown = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let text = format!("{uri} {headers:?} {}", String::from_utf8_lossy(&body));
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let asked = Asked { path, text, body };
    let (manner, tokens) = {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.asked.push(asked.clone());
        let hangs = shared.hangs_at.as_ref().is_some_and(|part| asked.text.contains(part));
        (if hangs { Manner::Hangs } else { shared.manner.clone() }, shared.tokens)
    };
    let key = if is_gemini { shown("x-goog-api-key") } else { shown(AUTHORIZATION.as_str()) };
    if key.trim_start_matches("Bearer ") != KEY {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let is_whole = (is_openai && asked.body["model"] == MODEL && asked.body["max_tokens"].is_u64())
        || (is_gemini && asked.body["generationConfig"]["responseMimeType"] == "application/json");
    if method != Method::POST || !is_whole {
        return StatusCode::NOT_FOUND.into_response();
    }
    let said = match &manner {
        Manner::Answers(values) => values_of(&asked, values).to_string(),
        Manner::Says(words) => words.clone(),
        other => return misbehaved(other, is_gemini).await,
    };
    completed(is_gemini, &said, tokens)
}

/// Those of `values` that the schema asks for.
fn values_of(asked: &Asked, values: &Value) -> Value {
    let fields = asked.schema()["required"].as_array().cloned().unwrap_or_default();
    let value = |name: &str| match (name, &values[name]) {
        ("there", _) => json!("yes"),
        ("confidence", Value::Null) => json!(0.9),
        ("reason", Value::Null) => json!("It says so."),
        (_, Value::Null) => json!("undecided"),
        (_, given) => given.clone(),
    };
    let values = fields.iter().filter_map(Value::as_str).map(|name| (name.to_owned(), value(name)));
    Value::from(values.collect::<Map<_, _>>())
}

fn completed(is_gemini: bool, said: &str, tokens: u64) -> Response {
    let body = if is_gemini {
        json!({
            "candidates": [{ "content": { "role": "model", "parts": [{ "text": said }] }, "finishReason": "STOP" }],
            "usageMetadata": { "totalTokenCount": tokens },
        })
    } else {
        json!({
            "choices": [{ "index": 0, "finish_reason": "stop",
                          "message": { "role": "assistant", "content": said, "refusal": null } }],
            "usage": { "prompt_tokens": 0, "completion_tokens": tokens, "total_tokens": tokens },
        })
    };
    axum::Json(body).into_response()
}

async fn misbehaved(manner: &Manner, is_gemini: bool) -> Response {
    match manner {
        Manner::Answers(_) | Manner::Says(_) => StatusCode::OK.into_response(),
        Manner::Status(code, wait) => {
            let status = StatusCode::from_u16(*code).expect("a status");
            match wait {
                Some(seconds) => (status, [(RETRY_AFTER, seconds.to_string())]).into_response(),
                None => status.into_response(),
            }
        }
        Manner::Garbage => "<html>It works!</html>".into_response(),
        Manner::Huge => {
            format!("{{\"choices\":[{{\"message\":{{\"content\":\"{}\"}}}}]}}", "a".repeat(10 << 20))
                .into_response()
        }
        Manner::Drips => {
            let drop = |()| async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), ()))
            };
            Body::from_stream(stream::unfold((), drop)).into_response()
        }
        Manner::Hangs => std::future::pending().await,
        Manner::Refuses if is_gemini => {
            axum::Json(json!({ "promptFeedback": { "blockReason": "SAFETY" } })).into_response()
        }
        Manner::Refuses => {
            let message =
                json!({ "role": "assistant", "content": null, "refusal": "I cannot help with that." });
            axum::Json(json!({ "choices": [{ "index": 0, "finish_reason": "stop", "message": message }] }))
                .into_response()
        }
        Manner::SendsTo(place) => {
            (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, place.clone())]).into_response()
        }
    }
}
