//! Whoever speaks as `OpenAI` does: `POST …/chat/completions` with a JSON schema for the answer.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use openidconnect::url::Url;
use serde::Deserialize;
use serde_json::{Value, json};

use super::asking::repairing;
use super::{Prompt, Provider, Said, Trouble, hidden};
use crate::secrets::Secret;

/// The one who takes the limit of an answer's length under a newer name only; others know only the older one.
const NEWER: &str = "api.openai.com";

pub(super) struct OpenAi {
    url: String,
    headers: HeaderMap,
    model: String,
    /// What the limit of an answer's length is called.
    limit: &'static str,
}

/// An answer, as far as it is looked at.
#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    total_tokens: Option<u64>,
}

impl OpenAi {
    pub(super) fn new(url: &Url, key: Option<&Secret>, model: String) -> Self {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            headers.insert(AUTHORIZATION, hidden(&format!("Bearer {}", key.expose())));
        }
        let limit = if url.host_str() == Some(NEWER) { "max_completion_tokens" } else { "max_tokens" };
        let url = format!("{}/chat/completions", url.as_str().trim_end_matches('/'));
        Self { url, headers, model, limit }
    }
}

impl Provider for OpenAi {
    fn url(&self) -> &str {
        &self.url
    }

    fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn body(&self, prompt: &Prompt<'_>) -> Value {
        let said = |role: &str, content: &str| json!({ "role": role, "content": content });
        let mut messages = vec![said("system", prompt.instructions), said("user", prompt.data)];
        if let Some(misfit) = prompt.repair {
            messages.push(said("system", &repairing(misfit)));
        }
        let schema = json!({ "name": "answer", "strict": true, "schema": prompt.schema.json() });
        let mut body = json!({
            "model": self.model,
            "messages": messages,
            "response_format": { "type": "json_schema", "json_schema": schema },
        });
        body[self.limit] = prompt.longest.into();
        body
    }

    fn read(&self, body: &[u8]) -> Result<Said, Trouble> {
        let Completion { mut choices, usage } = serde_json::from_slice(body).map_err(|_| Trouble::Garbled)?;
        let Choice { message, finish_reason } = choices.drain(..).next().ok_or(Trouble::Garbled)?;
        match finish_reason.as_deref() {
            Some("length") => return Err(Trouble::CutOff),
            Some("content_filter") => return Err(Trouble::Refused),
            _ if message.refusal.is_some_and(|refusal| !refusal.is_empty()) => return Err(Trouble::Refused),
            _ => {}
        }
        let text = message.content.ok_or(Trouble::Garbled)?;
        Ok(Said { text, tokens: usage.and_then(|usage| usage.total_tokens) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language_model::{Field, Kind, Schema};

    fn openai(url: &str) -> OpenAi {
        OpenAi::new(&url.parse().expect("an address"), Some(&Secret::new("hush".to_owned())), "m".to_owned())
    }

    #[test]
    fn instructions_and_data_are_sent_apart_and_the_key_is_not_shown() {
        let kind = Kind::OneOf(vec!["a".to_owned()]);
        let schema = Schema::new(vec![Field { name: "x", meaning: "which", kind }]);
        let prompt = Prompt {
            instructions: "do",
            repair: Some("it is no JSON"),
            data: "<data>",
            schema: &schema,
            longest: 9,
        };
        let local = openai("http://127.0.0.1:1/v1");
        assert_eq!(local.url(), "http://127.0.0.1:1/v1/chat/completions");
        assert!(!format!("{:?}", local.headers()).contains("hush"));
        let body = local.body(&prompt);
        let roles: Vec<&str> = body["messages"]
            .as_array()
            .expect("messages")
            .iter()
            .filter_map(|one| one["role"].as_str())
            .collect();
        assert_eq!(roles, ["system", "user", "system"]);
        assert_eq!((&body["messages"][1]["content"], &body["max_tokens"]), (&json!("<data>"), &json!(9)));
        let schema = &body["response_format"]["json_schema"]["schema"];
        assert_eq!(schema["properties"]["x"]["enum"], json!(["a"]));
        let theirs = openai("https://api.openai.com/v1").body(&prompt);
        assert_eq!((&theirs["max_completion_tokens"], &theirs["max_tokens"]), (&json!(9), &Value::Null));
    }

    #[test]
    fn what_is_no_answer_is_told_apart() {
        let read = |body: &Value| openai("http://127.0.0.1:1").read(body.to_string().as_bytes());
        let choice =
            |message: &Value, end: &str| json!({ "choices": [{ "message": message, "finish_reason": end }] });
        let mut good = choice(&json!({ "content": "{}", "refusal": null }), "stop");
        good["usage"] = json!({ "total_tokens": 7 });
        assert_eq!(read(&good), Ok(Said { text: "{}".to_owned(), tokens: Some(7) }));
        for (body, trouble) in [
            (choice(&json!({ "content": "{" }), "length"), Trouble::CutOff),
            (choice(&json!({ "content": "" }), "content_filter"), Trouble::Refused),
            (choice(&json!({ "content": null, "refusal": "No." }), "stop"), Trouble::Refused),
            (choice(&json!({ "content": null }), "stop"), Trouble::Garbled),
            (json!({ "choices": [] }), Trouble::Garbled),
            (json!("hello"), Trouble::Garbled),
        ] {
            assert_eq!(read(&body), Err(trouble), "{body}");
        }
    }
}
