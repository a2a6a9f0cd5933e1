//! Gemini: `POST …/v1beta/models/<model>:generateContent` with a schema for the answer.

use http::{HeaderMap, HeaderName};
use openidconnect::url::Url;
use serde::Deserialize;
use serde_json::{Value, json};

use super::asking::repairing;
use super::{Prompt, Provider, Said, Trouble, hidden};
use crate::secrets::Secret;

/// What shows that it is the desk; in a header, since addresses are written into logs.
const KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

pub(super) struct Gemini {
    url: String,
    headers: HeaderMap,
}

/// An answer, as far as it is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Generated {
    #[serde(default)]
    candidates: Vec<Candidate>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<Usage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    content: Option<Content>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
    /// Whether it is what the model thought on the way.
    #[serde(default)]
    thought: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    total_token_count: Option<u64>,
}

impl Gemini {
    pub(super) fn new(url: &Url, key: &Secret, model: &str) -> Self {
        let headers = HeaderMap::from_iter([(KEY, hidden(key.expose()))]);
        let base = url.as_str().trim_end_matches('/');
        Self { url: format!("{base}/v1beta/models/{model}:generateContent"), headers }
    }
}

impl Provider for Gemini {
    fn url(&self) -> &str {
        &self.url
    }

    fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn body(&self, prompt: &Prompt<'_>) -> Value {
        let repair = prompt.repair.map(repairing);
        let instructions = [Some(prompt.instructions), repair.as_deref()];
        let parts: Vec<Value> =
            instructions.into_iter().flatten().map(|text| json!({ "text": text })).collect();
        json!({
            "systemInstruction": { "parts": parts },
            "contents": [{ "role": "user", "parts": [{ "text": prompt.data }] }],
            "generationConfig": {
                "candidateCount": 1,
                "maxOutputTokens": prompt.longest,
                "responseMimeType": "application/json",
                "responseSchema": prompt.schema.gemini(),
            },
        })
    }

    fn read(&self, body: &[u8]) -> Result<Said, Trouble> {
        let answer: Generated = serde_json::from_slice(body).map_err(|_| Trouble::Garbled)?;
        if answer.prompt_feedback.is_some_and(|feedback| feedback.block_reason.is_some()) {
            return Err(Trouble::Refused);
        }
        let candidate = answer.candidates.into_iter().next().ok_or(Trouble::Garbled)?;
        match candidate.finish_reason.as_deref() {
            None | Some("STOP") => {}
            Some("MAX_TOKENS") => return Err(Trouble::CutOff),
            Some(_) => return Err(Trouble::Refused),
        }
        let parts = candidate.content.map(|content| content.parts).unwrap_or_default();
        let text: String =
            parts.into_iter().filter(|part| !part.thought).filter_map(|part| part.text).collect();
        if text.is_empty() {
            return Err(Trouble::Garbled);
        }
        Ok(Said { text, tokens: answer.usage_metadata.and_then(|usage| usage.total_token_count) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language_model::{Field, Kind, Schema};

    fn gemini() -> Gemini {
        let url = "https://example.org/".parse().expect("an address");
        Gemini::new(&url, &Secret::new("hush".to_owned()), "gemini-2.5-flash")
    }

    #[test]
    fn the_key_is_in_a_header_that_is_not_shown() {
        let gemini = gemini();
        assert_eq!(gemini.url(), "https://example.org/v1beta/models/gemini-2.5-flash:generateContent");
        assert!(!format!("{:?}", gemini.headers()).contains("hush"));
        let schema = Schema::new(vec![Field { name: "x", meaning: "why", kind: Kind::Text { longest: 5 } }]);
        let prompt = Prompt { instructions: "do", repair: None, data: "<data>", schema: &schema, longest: 9 };
        let body = gemini.body(&prompt);
        assert_eq!(body["systemInstruction"]["parts"], json!([{ "text": "do" }]));
        assert_eq!(body["contents"][0]["parts"][0]["text"], "<data>");
        assert_eq!(body["generationConfig"]["responseSchema"]["properties"]["x"]["type"], "STRING");
    }

    #[test]
    fn what_is_no_answer_is_told_apart() {
        let read = |body: &Value| gemini().read(body.to_string().as_bytes());
        let said = |parts: &Value, end: &str| {
            json!({ "candidates": [{ "content": { "parts": parts, "role": "model" }, "finishReason": end }],
                    "usageMetadata": { "totalTokenCount": 7 } })
        };
        let thinking = json!([{ "text": "hm", "thought": true }, { "text": "{" }, { "text": "}" }]);
        assert_eq!(read(&said(&thinking, "STOP")), Ok(Said { text: "{}".to_owned(), tokens: Some(7) }));
        for (body, trouble) in [
            (said(&json!([{ "text": "{" }]), "MAX_TOKENS"), Trouble::CutOff),
            (said(&json!([]), "SAFETY"), Trouble::Refused),
            (json!({ "promptFeedback": { "blockReason": "SAFETY" } }), Trouble::Refused),
            (said(&json!([]), "STOP"), Trouble::Garbled),
            (json!({}), Trouble::Garbled),
            (json!([]), Trouble::Garbled),
        ] {
            assert_eq!(read(&body), Err(trouble), "{body}");
        }
    }
}
