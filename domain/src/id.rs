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

/// Crockford's base 32: no I, L, O or U, so that an id survives being read out over the phone.
const BASE32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_BITS: u32 = 30;
const VERSION_7: u128 = 0x7 << 76;
const VARIANT: u128 = 0b10 << 62;

impl TicketId {
    /// The ticket created at `at` with the random code `entropy` (its low thirty bits are used).
    #[must_use]
    pub fn new(at: DateTime<Utc>, entropy: u32) -> Self {
        let ms = u128::from(at.timestamp_millis().unsigned_abs()) & 0xFFFF_FFFF_FFFF;
        let code = u128::from(entropy & ((1 << CODE_BITS) - 1));
        // The code stands left of the last bit, which tells a ticket (0) from its conversation (1).
        Self(Uuid::from_u128((ms << 80) | VERSION_7 | VARIANT | (code << 1)))
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
        let bits = self.0.as_u128();
        let code = (bits >> 1) & ((1 << CODE_BITS) - 1);
        write!(f, "TKT-{}-", bits >> 80)?;
        for digit in (0..6).rev() {
            let index = usize::try_from((code >> (5 * digit)) & 31).unwrap_or_default();
            write!(f, "{}", char::from(BASE32[index]))?;
        }
        Ok(())
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
        let upper = text.trim().to_ascii_uppercase();
        let (ms, code) =
            upper.strip_prefix("TKT-").and_then(|rest| rest.split_once('-')).ok_or(NotATicketId)?;
        if code.len() != 6 || !ms.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotATicketId);
        }
        let ms: u64 = ms.parse().map_err(|_| NotATicketId)?;
        let at = i64::try_from(ms)
            .ok()
            .filter(|ms| *ms < 1 << 48)
            .and_then(|ms| Utc.timestamp_millis_opt(ms).single())
            .ok_or(NotATicketId)?;
        let mut entropy = 0u32;
        for byte in code.bytes() {
            let byte = match byte {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let value = BASE32.iter().position(|b| *b == byte).ok_or(NotATicketId)?;
            entropy = (entropy << 5) | u32::try_from(value).map_err(|_| NotATicketId)?;
        }
        Ok(Self::new(at, entropy))
    }
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
        fn any_text_is_read_or_refused_without_panic(text in ".{0,60}") {
            let _ = text.parse::<TicketId>();
        }
    }

    #[test]
    fn later_tickets_sort_after_earlier_ones() {
        let at = |ms| Utc.timestamp_millis_opt(ms).single().unwrap_or_default();
        assert!(TicketId::new(at(1), u32::MAX) < TicketId::new(at(2), 0));
    }
}
