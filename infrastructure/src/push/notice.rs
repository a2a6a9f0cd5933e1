//! What a browser is told, and as how much of it there is room for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// How many bytes a payload has at most: push services take 4,096 of ciphertext, some a little less.
const LONGEST: usize = 3_000;
/// What stands for the rest of a body that is cut.
const CUT: char = '…';

/// What somebody's browsers are to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Which one: put twice, it is sent once.
    pub id: Uuid,
    /// What it is about, in a few words.
    pub title: String,
    /// What it says; cut where there is no room for all of it.
    pub body: String,
    /// Notices of one tag replace each other on the screen.
    pub tag: Option<String>,
    /// The page that it leads to, such as `/tickets/TKT-…`.
    pub url: Option<String>,
    /// What else the page has to know.
    pub data: Value,
    /// How urgent it is: push services wait with what is not, to save batteries.
    pub urgency: Urgency,
    /// Notices of one topic replace each other while a browser is not reached. Push services see a hash of it.
    pub topic: Option<String>,
    /// Until when it is worth showing.
    pub good_until: DateTime<Utc>,
    /// Whose texts it quotes, persons and messages with keys of their own: it goes when one of them is erased or redacted.
    pub quotes: Vec<Uuid>,
}

/// How urgent a notice is, as RFC 8030 has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Urgency {
    /// For a device on power and a network that costs nothing.
    VeryLow,
    /// For a device on either.
    Low,
    /// For any.
    Normal,
    /// Also for one whose battery is low.
    High,
}

/// A notice as the browser gets it.
#[derive(Serialize)]
struct Payload<'n> {
    id: Uuid,
    title: &'n str,
    body: &'n str,
    tag: Option<&'n str>,
    url: Option<&'n str>,
    data: &'n Value,
}

impl Notice {
    /// As JSON of at most 3,000 bytes; none if it is longer than that without its body.
    pub(super) fn payload(&self) -> Option<String> {
        let whole = self.with(&self.body);
        if whole.len() <= LONGEST {
            return Some(whole);
        }
        let mut left = LONGEST.checked_sub(self.with("").len() + CUT.len_utf8())?;
        let end = self.body.char_indices().find_map(|(at, c)| match left.checked_sub(written(c)) {
            Some(less) => {
                left = less;
                None
            }
            None => Some(at),
        });
        Some(self.with(&format!("{}{CUT}", &self.body[..end.unwrap_or(self.body.len())])))
    }

    fn with(&self, body: &str) -> String {
        let (tag, url) = (self.tag.as_deref(), self.url.as_deref());
        let payload = Payload { id: self.id, title: &self.title, body, tag, url, data: &self.data };
        serde_json::to_string(&payload).expect("texts and JSON")
    }
}

/// How many bytes `c` has in a JSON text.
fn written(c: char) -> usize {
    serde_json::to_string(&c).map_or(usize::MAX, |text| text.len() - 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn notice(title: &str, body: &str) -> Notice {
        Notice {
            id: Uuid::nil(),
            title: title.to_owned(),
            body: body.to_owned(),
            tag: Some("ticket".to_owned()),
            url: None,
            data: json!({ "number": 7 }),
            urgency: Urgency::VeryLow,
            topic: None,
            good_until: DateTime::UNIX_EPOCH,
            quotes: vec![],
        }
    }

    fn read(notice: &Notice) -> Value {
        serde_json::from_str(&notice.payload().expect("a payload")).expect("JSON")
    }

    #[test]
    fn a_notice_is_an_object_with_all_its_fields() {
        let expected = json!({
            "id": Uuid::nil(), "title": "New", "body": "Grüße", "tag": "ticket", "url": null, "data": { "number": 7 },
        });
        assert_eq!(read(&notice("New", "Grüße")), expected);
        assert_eq!(<&str>::from(Urgency::VeryLow), "very-low");
    }

    #[test]
    fn what_is_too_long_without_its_body_is_no_payload() {
        assert_eq!(notice(&"x".repeat(LONGEST), "").payload(), None);
        assert_eq!(notice(&"x".repeat(LONGEST), "a").payload(), None);
        let just = LONGEST - notice("", "").payload().expect("a payload").len();
        assert!(notice(&"x".repeat(just), "").payload().is_some_and(|payload| payload.len() == LONGEST));
    }

    proptest! {
        #[test]
        fn a_body_is_cut_where_a_character_ends_and_not_before_it_has_to_be(
            part in "[a-z\"\\\\\u{0}\n😀é€]{1,8}", times in 0..4_000usize
        ) {
            let body = part.repeat(times);
            let payload = notice("New", &body).payload().expect("a payload");
            prop_assert!(payload.len() <= LONGEST);
            let shown: Value = serde_json::from_str(&payload).expect("JSON");
            let shown = shown["body"].as_str().expect("a text");
            if shown != body {
                let kept = shown.strip_suffix(CUT).expect("cut");
                prop_assert!(body.starts_with(kept));
                prop_assert!(payload.len() > LONGEST - 6 - CUT.len_utf8(), "{} bytes", payload.len());
            }
        }
    }
}
