//! A browser: it keeps the cookies of each site, and goes where it is sent.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Method, Url};
use serde_json::Value;

/// A browser with cookies of its own.
pub struct Browser {
    client: reqwest::Client,
    /// By site, then by name.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// A page that a browser was given.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it was asked for.
    pub url: Url,
    /// The status.
    pub status: u16,
    /// Where it sends the browser; none if it stays.
    pub location: Option<Url>,
    /// The `Set-Cookie` headers.
    pub cookies: Vec<String>,
    /// The body as JSON; null if it is none.
    pub body: Value,
}

impl Page {
    /// The code of the error in the body; empty without one.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// A parameter of the address where the page sends the browser; empty without it.
    #[must_use]
    pub fn parameter(&self, name: &str) -> String {
        let pairs = self.location.iter().flat_map(|url| url.query_pairs().into_owned().collect::<Vec<_>>());
        pairs.into_iter().find(|(named, _)| named == name).map(|(_, value)| value).unwrap_or_default()
    }
}

impl Default for Browser {
    fn default() -> Self {
        let client = reqwest::Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(30));
        Self { client: client.build().expect("a client"), cookies: BTreeMap::new() }
    }
}

fn site(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

impl Browser {
    /// Asks for a page, and stays there wherever it is sent.
    ///
    /// # Panics
    /// If nobody answers.
    pub async fn open(&mut self, url: &str) -> Page {
        self.send(Method::GET, url, None, None).await
    }

    /// Sends JSON as a page of the site would, signed in by `token`.
    ///
    /// # Panics
    /// If nobody answers.
    pub async fn post(&mut self, url: &str, body: &Value, token: Option<&str>) -> Page {
        self.send(Method::POST, url, Some(body), token).await
    }

    /// Asks for a page and goes where it is sent, until it stays, but no further than to an address for which `stop`
    /// is true.
    ///
    /// # Panics
    /// If it is sent on for ever.
    pub async fn follow(&mut self, url: &str, stop: impl Fn(&Url) -> bool) -> Page {
        let mut page = self.open(url).await;
        for _ in 0..10 {
            match page.location.clone().filter(|next| !stop(next)) {
                Some(next) => page = self.open(next.as_str()).await,
                None => return page,
            }
        }
        panic!("sent on for ever: {page:?}")
    }

    /// The cookies of the site of `url`, by name.
    ///
    /// # Panics
    /// If that is no address.
    pub fn cookies(&mut self, url: &str) -> &mut BTreeMap<String, String> {
        let url: Url = url.parse().expect("an address");
        self.cookies.entry(site(&url)).or_default()
    }

    async fn send(&mut self, method: Method, url: &str, body: Option<&Value>, token: Option<&str>) -> Page {
        let url: Url = url.parse().expect("an address");
        let kept = self.cookies.entry(site(&url)).or_default();
        let mut request = self.client.request(method, url.clone());
        if !kept.is_empty() {
            let all: Vec<String> = kept.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", all.join("; "));
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("an answer");
        let text = |name: &str| {
            let all = answer.headers().get_all(name).iter();
            all.map(|value| value.to_str().expect("text").to_owned()).collect::<Vec<_>>()
        };
        let cookies = text("set-cookie");
        for cookie in &cookies {
            let (pair, rest) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').expect("a name and a value");
            if rest.contains("Max-Age=0") {
                kept.remove(name);
            } else {
                kept.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = text("location").first().map(|next| url.join(next).expect("an address"));
        let status = answer.status().as_u16();
        let body = answer.text().await.unwrap_or_default();
        Page { url, status, location, cookies, body: serde_json::from_str(&body).unwrap_or(Value::Null) }
    }
}
