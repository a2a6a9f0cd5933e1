//! The language model that is asked, and how much.

use std::net::IpAddr;
use std::time::Duration;

use openidconnect::url::{Host, Url};

use super::reader::Reader;
use crate::outbound::is_public;
use crate::secrets::Secret;

/// Which of Gemini's models is asked, and where, unless something else is set.
const GEMINI_MODEL: &str = "gemini-2.5-flash";
const GEMINI_URL: &str = "https://generativelanguage.googleapis.com";
/// How long the model may take. A breaker opens when that is over, so it is below ten seconds.
const TIMEOUT: Duration = Duration::from_secs(8);
const DAILY_TOKENS: u64 = 500_000;
const REQUESTS_PER_MINUTE: u32 = 60;

/// The language model that is asked, and how much.
#[derive(Debug, Clone)]
pub struct LanguageModel {
    /// Who has it.
    pub provider: Provider,
    /// `LLM_MODEL`: its name there.
    pub model: String,
    /// `LLM_TIMEOUT`: how long an answer may take, with everything that is tried again.
    pub timeout: Duration,
    /// `LLM_DAILY_TOKENS`: how many tokens are spent in a day (UTC), by all nodes together.
    pub daily_tokens: u64,
    /// `LLM_REQUESTS_PER_MINUTE`: how many requests are made in a minute, by all nodes together.
    pub requests_per_minute: u32,
}

/// Who has the language model, and how they are spoken to.
#[derive(Debug, Clone)]
pub enum Provider {
    /// Whoever speaks as `OpenAI` does.
    OpenAi {
        /// `LLM_URL`: the address before `/chat/completions`.
        url: Url,
        /// `LLM_API_KEY`: what shows that it is the desk; none for a server that asks nobody.
        key: Option<Secret>,
    },
    /// Gemini.
    Gemini {
        /// `GEMINI_URL`: the address before `/v1beta`.
        url: Url,
        /// `GEMINI_API_KEY`.
        key: Secret,
    },
}

impl LanguageModel {
    /// What is set; none without `LLM_URL` and `GEMINI_API_KEY`.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let allowed = "an https:// address, or an http:// address on this machine or in a private network, without \
                       user name and query";
        let of_openai = reader.parsed("LLM_URL", allowed, address);
        let key = reader.secret("LLM_API_KEY", None, "the key that the provider gave", key);
        let of_gemini = reader.parsed("GEMINI_URL", allowed, address);
        let gemini = reader.secret("GEMINI_API_KEY", None, "the key that Google gave", self::key);
        let model = reader.parsed("LLM_MODEL", "the model's name, up to 128 characters without spaces", name);
        let timeout = reader.parsed("LLM_TIMEOUT", "a whole number of seconds from 1 to 120", |text| {
            text.parse().ok().filter(|seconds| (1..=120).contains(seconds)).map(Duration::from_secs)
        });
        let tokens =
            reader.parsed("LLM_DAILY_TOKENS", "a whole number from 10000 to 1000000000000", |text| {
                text.parse().ok().filter(|tokens| (10_000..=1_000_000_000_000).contains(tokens))
            });
        let pace = reader.parsed("LLM_REQUESTS_PER_MINUTE", "a whole number from 1 to 100000", |text| {
            text.parse().ok().filter(|requests| (1..=100_000).contains(requests))
        });
        let is_openai = of_openai.is_some() || reader.is_refused("LLM_URL");
        let is_gemini = gemini.is_some() || reader.is_refused("GEMINI_API_KEY");
        contradictions(reader, (is_openai, is_gemini), (key.is_some(), of_gemini.is_some(), model.is_some()));
        let default_model = is_gemini.then(|| GEMINI_MODEL.to_owned());
        let provider = match (of_openai, gemini) {
            (Some(url), _) => Provider::OpenAi { url, key },
            (None, Some(key)) => {
                let url = of_gemini.or_else(|| Url::parse(GEMINI_URL).ok())?;
                Provider::Gemini { url, key }
            }
            (None, None) => return None,
        };
        Some(Self {
            provider,
            model: model.or(default_model)?,
            timeout: timeout.unwrap_or(TIMEOUT),
            daily_tokens: tokens.unwrap_or(DAILY_TOKENS),
            requests_per_minute: pace.unwrap_or(REQUESTS_PER_MINUTE),
        })
    }
}

/// Says what of it does not go together.
fn contradictions(
    reader: &mut Reader<'_>,
    (is_openai, is_gemini): (bool, bool),
    (has_key, has_gemini_url, has_model): (bool, bool, bool),
) {
    if is_openai && is_gemini {
        reader.refuse("GEMINI_API_KEY", "***", "nothing while LLM_URL is set: one language model is asked");
    }
    if is_openai && !has_model && !reader.is_refused("LLM_MODEL") {
        reader.missing("LLM_MODEL", "the name of a model of that server, as LLM_URL is set");
    }
    if !is_openai && has_key {
        reader.refuse("LLM_API_KEY", "***", "nothing unless LLM_URL is set, or GEMINI_API_KEY for Gemini");
    }
    if !is_gemini && has_gemini_url {
        reader.refuse("GEMINI_URL", "set", "nothing unless GEMINI_API_KEY is set");
    }
    if !is_openai && !is_gemini && has_model {
        reader.refuse("LLM_MODEL", "set", "nothing unless LLM_URL or GEMINI_API_KEY is set");
    }
}

/// The operator says where the model is: in plain text only as far as it stays in the house. A name that leads elsewhere is
/// found out when it is connected to.
fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim_end_matches('/')).ok()?;
    let is_bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let is_inside = match url.host()? {
        Host::Ipv4(v4) => !is_public(IpAddr::V4(v4)),
        Host::Ipv6(v6) => !is_public(IpAddr::V6(v6)),
        Host::Domain(_) => true,
    };
    let may = url.scheme() == "https" || (url.scheme() == "http" && is_inside);
    (is_bare && may).then_some(url)
}

fn key(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())).then(|| text.to_owned())
}

fn name(text: &str) -> Option<String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-_:/@+".contains(&b);
    (text.len() <= 128 && text.bytes().all(allowed) && !text.contains("..")).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::config::{Config, Overrides};

    fn read(env: &[(&str, &str)]) -> Result<Option<LanguageModel>, String> {
        let env: HashMap<_, _> = env.iter().copied().collect();
        let lookup = |name: &str| env.get(name).map(|value| (*value).to_owned());
        let config = Config::read(&lookup, None, Overrides::default());
        config.map(|config| config.language_model).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn one_is_set_by_its_address_or_by_a_key_for_gemini() {
        assert!(read(&[]).expect("valid").is_none());
        let local = [("LLM_URL", "http://127.0.0.1:11434/v1/"), ("LLM_MODEL", "llama3.1:8b")];
        let local = read(&local).expect("valid").expect("a model");
        assert_eq!((&*local.model, local.timeout, local.daily_tokens), ("llama3.1:8b", TIMEOUT, 500_000));
        assert_eq!(local.requests_per_minute, 60);
        assert!(matches!(local.provider, Provider::OpenAi { url, key: None } if url.path() == "/v1"));
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("key");
        std::fs::write(&path, "hush\n").expect("written");
        let gemini = [("GEMINI_API_KEY_FILE", path.to_str().expect("text")), ("LLM_DAILY_TOKENS", "10000")];
        let gemini = read(&gemini).expect("valid").expect("a model");
        assert_eq!((&*gemini.model, gemini.daily_tokens), (GEMINI_MODEL, 10_000));
        assert!(!format!("{gemini:?}").contains("hush"));
        assert!(matches!(gemini.provider, Provider::Gemini { key, .. } if key.expose() == "hush"));
    }

    #[test]
    fn plain_http_stays_in_the_house() {
        let url = |url: &str| read(&[("LLM_URL", url), ("LLM_MODEL", "m")]).map(drop);
        for inside in [
            "http://localhost:1",
            "http://10.1.2.3/v1",
            "http://[::1]:1",
            "http://[fd00::1]",
            "http://ollama",
        ] {
            assert_eq!(url(inside), Ok(()), "{inside}");
        }
        assert_eq!(url("https://api.example.org/v1"), Ok(()));
        for wrong in
            ["http://1.1.1.1/v1", "http://[2606:4700::1111]/", "https://a:b@example.org", "ftp://10.0.0.1"]
        {
            assert!(url(wrong).is_err_and(|said| said.starts_with("LLM_URL is ")), "{wrong}");
        }
        assert!(url("https://example.org/v1?key=hush").is_err());
    }

    #[test]
    fn what_does_not_go_together_is_said_with_what_is_allowed() {
        let hush = ("LLM_API_KEY", "hush hush");
        for (env, variable) in [
            (vec![("LLM_URL", "https://example.org")], "LLM_MODEL is not set"),
            (vec![("LLM_MODEL", "m")], "LLM_MODEL is set"),
            (vec![("LLM_API_KEY", "hush")], "LLM_API_KEY is ***"),
            (vec![("GEMINI_URL", "https://example.org")], "GEMINI_URL is set"),
            (
                vec![("LLM_URL", "https://example.org"), ("LLM_MODEL", "m"), ("GEMINI_API_KEY", "hush")],
                "GEMINI_API_KEY is ***",
            ),
            (vec![("LLM_URL", "https://example.org"), ("LLM_MODEL", "m"), hush], "LLM_API_KEY is ***"),
            (vec![("GEMINI_API_KEY", "hush"), ("LLM_MODEL", "../m")], "LLM_MODEL is \"../m\""),
            (vec![("GEMINI_API_KEY", "hush"), ("LLM_TIMEOUT", "0")], "LLM_TIMEOUT is \"0\""),
            (vec![("GEMINI_API_KEY", "hush"), ("LLM_DAILY_TOKENS", "many")], "LLM_DAILY_TOKENS is \"many\""),
            (
                vec![("GEMINI_API_KEY", "hush"), ("LLM_REQUESTS_PER_MINUTE", "0")],
                "LLM_REQUESTS_PER_MINUTE is \"0\"",
            ),
        ] {
            let said = read(&env).expect_err("refused");
            assert!(said.lines().count() == 1 && said.starts_with(variable), "{said}");
            assert!(said.contains("; allowed: ") && !said.contains("hush"), "{said}");
        }
    }
}
