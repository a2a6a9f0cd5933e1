//! Making what a message says unreadable, all of it or parts.

use std::ops::Range;

use uuid::Uuid;

use super::{Conversation, ConversationError, ConversationEvent, Decision};
use crate::access::Caller;
use crate::id::{MessageId, UserId};
use crate::sealed::{REDACTED, Sealed};
use crate::text::{BadText, Lines, parse_text};

/// How many parts of a message are redacted at once at most.
pub const MOST_SPANS: usize = 100;

/// Why a message is redacted: 1 to 500 characters.
///
/// # Errors
/// The rule it breaks.
pub fn parse_reason(raw: &str) -> Result<String, BadText> {
    parse_text(raw, 1, 500, Lines::Many)
}

/// What is left of `text` without the characters in `spans`, each counted from 0 and without its end: `[redacted]` stands
/// for each, and once for those that touch or overlap.
///
/// # Errors
/// A span that is empty or not within the text.
pub fn without(text: &str, spans: &[Range<usize>]) -> Result<String, ConversationError> {
    let length = text.chars().count();
    if spans.iter().any(|span| span.start >= span.end || span.end > length) {
        return Err(ConversationError::NoSuchSpan(length));
    }
    let mut left = String::with_capacity(text.len());
    let mut was_redacted = false;
    for (n, c) in text.chars().enumerate() {
        let is_redacted = spans.iter().any(|span| span.contains(&n));
        match (was_redacted, is_redacted) {
            (false, true) => left.push_str(REDACTED),
            (_, false) => left.push(c),
            (true, true) => {}
        }
        was_redacted = is_redacted;
    }
    Ok(left)
}

impl Conversation {
    pub(super) fn redact(
        &self,
        by: &Caller,
        message_id: MessageId,
        requester: UserId,
        seen: Option<Uuid>,
        left: Option<(Uuid, String)>,
        reason: String,
    ) -> Decision {
        if !by.is_admin() {
            return Err(ConversationError::Forbidden("administrators"));
        }
        let message = self.message(&message_id).ok_or(ConversationError::NotFound)?;
        if message.is_moved {
            return Err(ConversationError::MovedAway);
        }
        if message.is_gone || left.as_ref().is_some_and(|(key, _)| message.key == Some(*key)) {
            return Ok(vec![]);
        }
        let destroyed_key = message.key.ok_or(ConversationError::NotRedactable)?;
        if seen != Some(destroyed_key) {
            return Err(ConversationError::RedactedMeanwhile);
        }
        let gone = if left.is_none() { self.without_attachments_of(message_id) } else { vec![] };
        let redacted = ConversationEvent::MessageRedacted {
            message_id,
            is_internal: message.is_internal,
            destroyed_key,
            left: left.map(|(key, text)| Sealed::with_own_key(requester, key, text)),
            reason: Some(Sealed::new(requester, reason)),
        };
        Ok([vec![redacted], gone].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_counted_in_characters_and_merged() {
        let left = |spans: &[Range<usize>]| without("größe: 42 €", spans);
        assert_eq!(left(&[0..2, 2..5]).as_deref(), Ok("[redacted]: 42 €"));
        assert_eq!(left(&[7..9, 10..11, 8..10]).as_deref(), Ok("größe: [redacted]"));
        assert_eq!(left(&[0..1, 2..3]).as_deref(), Ok("[redacted]r[redacted]ße: 42 €"));
        #[expect(clippy::reversed_empty_ranges, reason = "what is refused")]
        for bad in [0..0, 3..2, 0..12, 11..12] {
            assert_eq!(left(&[bad]), Err(ConversationError::NoSuchSpan(11)));
        }
    }
}
