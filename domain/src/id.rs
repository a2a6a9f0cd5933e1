//! Identities: streams in the log, and how people write them.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A user's identity; also the id of the user's stream and of the key their personal data is sealed with.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, Default,
)]
#[serde(transparent)]
pub struct UserId(pub Uuid);

impl UserId {
    /// The stream of what is assigned to the user: the neighbour of their own in every index.
    #[must_use]
    pub fn workload(self) -> Uuid {
        Uuid::from_u128(self.0.as_u128() ^ 1)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The identity of an entry of a catalogue; also the id of its stream.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, Default,
)]
#[serde(transparent)]
pub struct EntryId(pub Uuid);

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An article's identity; also the id of its stream.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, Default,
)]
#[serde(transparent)]
pub struct ArticleId(pub Uuid);

impl ArticleId {
    /// The stream of what `reader` says of the article: one for each reader, so that they never wait for each other.
    #[must_use]
    pub fn reception_of(self, reader: UserId) -> Uuid {
        Uuid::new_v5(&self.0, reader.0.as_bytes())
    }
}

impl fmt::Display for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A message's identity.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, Default,
)]
#[serde(transparent)]
pub struct MessageId(pub Uuid);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The identity of a link between tickets, or of a ticket with an address.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, Default,
)]
#[serde(transparent)]
pub struct LinkId(pub Uuid);

/// An attachment's identity; also the name of its object, and of the key that its content and its name can be destroyed by.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, Default,
)]
#[serde(transparent)]
pub struct AttachmentId(pub Uuid);

impl fmt::Display for AttachmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A ticket's identity: its stream in the log, written `TKT-<unix ms>-<6 base32>` for people.
///
/// Both forms hold the same bits: the stream's UUID (version 7, so new streams sort last in every index)
/// is the millisecond of creation and thirty random bits, and nothing else.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, Default,
)]
#[serde(transparent)]
pub struct TicketId(Uuid);

/// How many digits the code of a ticket has.
const TICKET_CODE: u32 = 6;

impl TicketId {
    /// The ticket created at `at` with the random code `entropy` (its low thirty bits are used).
    #[must_use]
    pub fn new(at: DateTime<Utc>, entropy: u32) -> Self {
        Self(coded(at, u64::from(entropy), TICKET_CODE))
    }

    /// The ticket whose stream or conversation stream is `stream`.
    #[must_use]
    pub fn of_stream(stream: Uuid) -> Self {
        Self(Uuid::from_u128(stream.as_u128() & !1))
    }

    /// The ticket's stream.
    #[must_use]
    pub fn stream(self) -> Uuid {
        self.0
    }

    /// The stream of the ticket's conversation: the neighbour of its own in every index.
    #[must_use]
    pub fn conversation(self) -> Uuid {
        Uuid::from_u128(self.0.as_u128() | 1)
    }

    /// When the ticket was created, to the millisecond, as its id tells.
    #[must_use]
    pub fn created_at(self) -> DateTime<Utc> {
        let ms = i64::try_from(self.0.as_u128() >> 80).unwrap_or_default();
        Utc.timestamp_millis_opt(ms).single().unwrap_or_default()
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        spell(f, "TKT", self.0, TICKET_CODE)
    }
}

/// The text is not a ticket id.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a ticket id: expected TKT-<milliseconds>-<6 characters>")]
pub struct NotATicketId;

impl FromStr for TicketId {
    type Err = NotATicketId;

    /// Reads `TKT-…` in any case; the letters O, I and L count as 0, 1 and 1.
    fn from_str(text: &str) -> Result<Self, NotATicketId> {
        read("TKT-", TICKET_CODE, text).map(Self).ok_or(NotATicketId)
    }
}

/// A notification's identity: its stream in the log, written `NOT-<unix ms>-<12 base32>` for people, in the way of a ticket's.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, Default,
)]
#[serde(transparent)]
pub struct NotificationId(Uuid);

/// How many digits the code of a notification has: it follows from what it is about, so two never share one by chance.
const NOTIFICATION_CODE: u32 = 12;

impl NotificationId {
    /// The notification raised at `at` with the code `entropy` (its low sixty bits are used).
    #[must_use]
    pub fn new(at: DateTime<Utc>, entropy: u64) -> Self {
        Self(coded(at, entropy, NOTIFICATION_CODE))
    }

    /// The notification whose stream is `stream`.
    #[must_use]
    pub fn of_stream(stream: Uuid) -> Self {
        Self(stream)
    }

    /// The notification's stream.
    #[must_use]
    pub fn stream(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for NotificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        spell(f, "NOT", self.0, NOTIFICATION_CODE)
    }
}

/// The text is not a notification's id.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a notification id: expected NOT-<milliseconds>-<12 characters>")]
pub struct NotANotificationId;

impl FromStr for NotificationId {
    type Err = NotANotificationId;

    /// Reads `NOT-…` in any case; the letters O, I and L count as 0, 1 and 1.
    fn from_str(text: &str) -> Result<Self, NotANotificationId> {
        read("NOT-", NOTIFICATION_CODE, text).map(Self).ok_or(NotANotificationId)
    }
}

/// Crockford's base 32: no I, L, O or U, so that an id survives being read out over the phone.
const BASE32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const VERSION_7: u128 = 0x7 << 76;
const VARIANT: u128 = 0b10 << 62;

/// The bits that a code of `digits` digits holds.
fn code_mask(digits: u32) -> u64 {
    (1 << (5 * digits)) - 1
}

/// A UUID of version 7 made of a millisecond and a code of so many digits. The code stands left of the last bit, which
/// tells a ticket (0) from its conversation (1).
fn coded(at: DateTime<Utc>, code: u64, digits: u32) -> Uuid {
    let ms = u128::from(at.timestamp_millis().unsigned_abs()) & 0xFFFF_FFFF_FFFF;
    let code = u128::from(code & code_mask(digits));
    Uuid::from_u128((ms << 80) | VERSION_7 | VARIANT | (code << 1))
}

/// Writes such a UUID for people.
fn spell(f: &mut fmt::Formatter<'_>, prefix: &str, id: Uuid, digits: u32) -> fmt::Result {
    let bits = id.as_u128();
    let code = (bits >> 1) & u128::from(code_mask(digits));
    write!(f, "{prefix}-{}-", bits >> 80)?;
    for digit in (0..digits).rev() {
        let index = usize::try_from((code >> (5 * digit)) & 31).unwrap_or_default();
        write!(f, "{}", char::from(BASE32[index]))?;
    }
    Ok(())
}

/// Reads what [`spell`] wrote, in any case; the letters O, I and L count as 0, 1 and 1.
fn read(prefix: &str, digits: u32, text: &str) -> Option<Uuid> {
    let upper = text.trim().to_ascii_uppercase();
    let (ms, code) = upper.strip_prefix(prefix)?.split_once('-')?;
    if code.len() != usize::try_from(digits).ok()? || !ms.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let ms = i64::try_from(ms.parse::<u64>().ok().filter(|ms| *ms < 1 << 48)?).ok()?;
    let at = Utc.timestamp_millis_opt(ms).single()?;
    let mut entropy = 0u64;
    for byte in code.bytes() {
        let byte = match byte {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        };
        let value = BASE32.iter().position(|b| *b == byte)?;
        entropy = (entropy << 5) | u64::try_from(value).ok()?;
    }
    Some(coded(at, entropy, digits))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_ticket_id_reads_back_as_it_was_written(ms in 0i64..(1 << 48), entropy in any::<u32>()) {
            let at = Utc.timestamp_millis_opt(ms).single();
            prop_assume!(at.is_some());
            let id = TicketId::new(at.unwrap_or_default(), entropy);
            prop_assert_eq!(id.to_string().parse::<TicketId>(), Ok(id));
            prop_assert_eq!(id.to_string().to_lowercase().parse::<TicketId>(), Ok(id));
            prop_assert_eq!(TicketId::of_stream(id.conversation()), id);
            prop_assert_eq!(id.stream().get_version_num(), 7);
        }

        #[test]
        fn a_notification_id_reads_back_as_it_was_written(ms in 0i64..(1 << 48), entropy in any::<u64>()) {
            let at = Utc.timestamp_millis_opt(ms).single();
            prop_assume!(at.is_some());
            let id = NotificationId::new(at.unwrap_or_default(), entropy);
            prop_assert_eq!(id.to_string().to_lowercase().parse::<NotificationId>(), Ok(id));
            prop_assert_eq!(id.stream().get_version_num(), 7);
        }

        #[test]
        fn any_text_is_read_or_refused_without_panic(text in ".{0,60}") {
            let _ = (text.parse::<TicketId>(), text.parse::<NotificationId>());
        }
    }

    #[test]
    fn later_tickets_sort_after_earlier_ones() {
        let at = |ms| Utc.timestamp_millis_opt(ms).single().unwrap_or_default();
        assert!(TicketId::new(at(1), u32::MAX) < TicketId::new(at(2), 0));
    }
}
