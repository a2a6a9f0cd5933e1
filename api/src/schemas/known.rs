//! The versions of events that a consumer knows, and events as it knows them.

use std::collections::BTreeMap;
use std::str::FromStr;

use domain::evolution::REGISTRY;
use serde::Deserialize;
use serde_json::Value;

/// The versions of event types that a consumer knows, written `TicketFlagged:1,TicketCreated:1`. A type that
/// is not named is wanted in its newest version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct KnownVersions(BTreeMap<&'static str, i16>);

/// The text does not say versions of event types.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVersions {
    /// Something that is no type with a version.
    #[error("must be event types with versions, such as TicketFlagged:1,TicketCreated:1")]
    Malformed,
    /// A type that there is not.
    #[error("there is no event type of this name; /schemas lists them")]
    UnknownType,
    /// A version that there is not.
    #[error("{0} has the versions 1 to {1}")]
    UnknownVersion(&'static str, i16),
    /// Two versions of one type.
    #[error("{0} is named twice")]
    Twice(&'static str),
}

impl FromStr for KnownVersions {
    type Err = NotVersions;

    fn from_str(text: &str) -> Result<Self, NotVersions> {
        let mut known = BTreeMap::new();
        for part in text.split(',') {
            let (name, version) = part.trim().split_once(':').ok_or(NotVersions::Malformed)?;
            let found = REGISTRY.types().find(|(_, event_type, _)| *event_type == name);
            let (_, event_type, newest) = found.ok_or(NotVersions::UnknownType)?;
            let version: i16 = version.parse().map_err(|_| NotVersions::Malformed)?;
            if !(1..=newest).contains(&version) {
                return Err(NotVersions::UnknownVersion(event_type, newest));
            }
            if known.insert(event_type, version).is_some() {
                return Err(NotVersions::Twice(event_type));
            }
        }
        Ok(Self(known))
    }
}

impl TryFrom<String> for KnownVersions {
    type Error = NotVersions;

    fn try_from(text: String) -> Result<Self, NotVersions> {
        text.parse()
    }
}

impl KnownVersions {
    /// The version of an event and its fields as the consumer knows them, given `fields` as `version` of
    /// `event_type`. What this version of the desk does not know stays as it is.
    #[must_use]
    pub fn cast(&self, event_type: &str, version: i16, fields: Value) -> (i16, Value) {
        let wanted = self.0.get(event_type).copied().unwrap_or(version);
        match REGISTRY.at_version(event_type, version, &fields, wanted) {
            Ok(cast) => (wanted, cast),
            Err(_) => (version, fields),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::FromRequestParts as _;
    use axum::http::Request;
    use axum::response::IntoResponse as _;
    use serde_json::json;

    use super::*;
    use crate::problem::tests::error_of;
    use crate::query::Query;

    #[test]
    fn types_are_named_with_their_versions() {
        let known: KnownVersions = " TicketFlagged:1, TicketCreated:1".parse().expect("versions");
        assert_eq!(known, KnownVersions([("TicketCreated", 1), ("TicketFlagged", 1)].into()));
        let read: KnownVersions = serde_json::from_value(json!("TicketFlagged:2")).expect("versions");
        assert_eq!(read, KnownVersions([("TicketFlagged", 2)].into()));
    }

    #[tokio::test]
    async fn a_request_names_them_in_its_query() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Asked {
            schema: Option<KnownVersions>,
        }
        let ask = async |query: &str| {
            let request = Request::get(format!("/events?{query}")).body(()).expect("a request");
            Query::<Asked>::from_request_parts(&mut request.into_parts().0, &())
                .await
                .map(|asked| asked.0.schema)
        };
        let both = "TicketFlagged:1,TicketCreated:1".parse().ok();
        assert_eq!(ask("schema=TicketFlagged:1&schema=TicketCreated:1").await.expect("versions"), both);
        assert_eq!(ask("schema=TicketFlagged:1,TicketCreated:1").await.expect("versions"), both);
        assert_eq!(ask("").await.expect("nothing"), None);
        let (status, error) =
            error_of(ask("schema=TicketFlagged:9").await.expect_err("wrong").into_response()).await;
        let wrong = &error["details"]["errors"][0];
        assert_eq!((status, &wrong["field"]), (422, &json!("schema")));
        assert_eq!(wrong["message"], "TicketFlagged has the versions 1 to 2");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_can() {
        use NotVersions as N;
        for (text, refusal) in [
            ("", N::Malformed),
            ("TicketFlagged", N::Malformed),
            ("TicketFlagged:", N::Malformed),
            ("TicketFlagged:one", N::Malformed),
            ("TicketFlagged:1,", N::Malformed),
            ("TicketFlagged:1:1", N::Malformed),
            ("TicketFlagged:99999", N::Malformed),
            ("ticketflagged:1", N::UnknownType),
            ("TicketTeleported:1", N::UnknownType),
            ("TicketFlagged:0", N::UnknownVersion("TicketFlagged", 2)),
            ("TicketFlagged:-1", N::UnknownVersion("TicketFlagged", 2)),
            ("TicketFlagged:3", N::UnknownVersion("TicketFlagged", 2)),
            ("TicketFlagged:1,TicketFlagged:2", N::Twice("TicketFlagged")),
        ] {
            assert_eq!(text.parse::<KnownVersions>(), Err(refusal), "{text:?}");
        }
    }

    #[test]
    fn a_consumer_sees_the_version_it_knows() {
        let known: KnownVersions = "TicketFlagged:1".parse().expect("versions");
        let newest = json!({ "reason": "spam", "by": "screening" });
        let older = json!({ "reason": "spam" });
        assert_eq!(known.cast("TicketFlagged", 2, newest.clone()), (1, older.clone()));
        assert_eq!(known.cast("TicketFlagged", 1, older.clone()), (1, older));
        assert_eq!(KnownVersions::default().cast("TicketFlagged", 2, newest.clone()), (2, newest));
    }

    #[test]
    fn what_is_not_known_stays_as_it_is() {
        let known: KnownVersions = "TicketFlagged:1".parse().expect("versions");
        let fields = json!({ "where": "Mars" });
        for (event_type, version) in [("TicketTeleported", 1), ("TicketFlagged", 99), ("TicketCreated", 2)] {
            assert_eq!(known.cast(event_type, version, fields.clone()), (version, fields.clone()));
        }
    }
}
