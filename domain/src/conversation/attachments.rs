//! Files on a ticket: with a message, or with the ticket itself.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Conversation, ConversationError, ConversationEvent, Decision};
use crate::access::Caller;
use crate::attachment::Uploaded;
use crate::id::{AttachmentId, MessageId, UserId};
use crate::sealed::Sealed;

/// How many files go with one message, or with the filing of a ticket, at most.
pub const MOST_ATTACHMENTS: usize = 10;
/// How long whoever uploaded a file may remove it.
const REMOVABLE_FOR: TimeDelta = TimeDelta::minutes(15);

/// What a conversation remembers of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attached {
    uploader: UserId,
    pub(super) message: Option<MessageId>,
    is_internal: bool,
    added_at: DateTime<Utc>,
}

impl Attached {
    /// Whether only staff may see it.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.is_internal
    }
}

/// Where files are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Whose ticket it is on.
    pub(super) requester: UserId,
    /// With which message; none with the ticket itself.
    pub(super) message: Option<MessageId>,
    /// Whether only staff may see them there.
    pub(super) is_internal: bool,
}

impl Conversation {
    /// The file of this id, unless it was removed.
    #[must_use]
    pub fn attachment(&self, id: AttachmentId) -> Option<&Attached> {
        self.attachments.get(&id)
    }

    /// Puts `files`, each of them the caller's own, where they are not yet.
    pub(super) fn attach(
        &self,
        by: &Caller,
        at: DateTime<Utc>,
        place: Place,
        files: Vec<Uploaded>,
    ) -> Decision {
        if place.is_internal && !by.is_staff() {
            return Err(ConversationError::Forbidden("staff"));
        }
        let mut events = Vec::new();
        for file in files {
            if !by.is(file.uploader) {
                return Err(ConversationError::NoSuchAttachment);
            }
            match self.attachment(file.id) {
                Some(_) if place.message.is_none() => {}
                Some(known) if known.message.is_some() => return Err(ConversationError::UsedAlready),
                Some(known) if known.is_internal != place.is_internal => {
                    return Err(ConversationError::OtherReaders);
                }
                _ => events.push(added(file, at, place)),
            }
        }
        Ok(events)
    }

    /// Whoever uploaded it removes it for a while, administrators at any time.
    pub(super) fn remove_attachment(&self, by: &Caller, at: DateTime<Utc>, id: AttachmentId) -> Decision {
        let known = self
            .attachment(id)
            .filter(|known| !known.is_internal || by.is_staff())
            .ok_or(ConversationError::AttachmentNotFound)?;
        let is_theirs = by.is(known.uploader) && at - known.added_at <= REMOVABLE_FOR;
        if !is_theirs && !by.is_admin() {
            return Err(ConversationError::Forbidden("administrators, and its uploader for 15 minutes,"));
        }
        Ok(vec![removed(id, known)])
    }

    /// The removal of all that goes with `message`.
    pub(super) fn without_attachments_of(&self, message: MessageId) -> Vec<ConversationEvent> {
        let of_it = self.attachments.iter().filter(|(_, known)| known.message == Some(message));
        of_it.map(|(id, known)| removed(*id, known)).collect()
    }

    pub(super) fn added(
        &mut self,
        id: AttachmentId,
        uploader: UserId,
        message: Option<MessageId>,
        (is_internal, added_at): (bool, DateTime<Utc>),
    ) {
        self.attachments.insert(id, Attached { uploader, message, is_internal, added_at });
    }
}

/// The name is sealed as everything on the ticket is, and can be destroyed with the file.
fn added(file: Uploaded, at: DateTime<Utc>, place: Place) -> ConversationEvent {
    let Uploaded { id, uploader, name, size, mime, sha256 } = file;
    let Place { requester, message, is_internal } = place;
    ConversationEvent::AttachmentAdded {
        attachment_id: id,
        message_id: message,
        uploader,
        name: Sealed::with_own_key(requester, id.0, name),
        size,
        mime,
        sha256,
        is_internal,
        at,
    }
}

fn removed(id: AttachmentId, known: &Attached) -> ConversationEvent {
    ConversationEvent::AttachmentRemoved {
        attachment_id: id,
        message_id: known.message,
        is_internal: known.is_internal,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::access::{Reach, Role};
    use crate::conversation::ConversationCommand as C;
    use crate::{Decide as _, Issued};

    const ADA: UserId = UserId(Uuid::from_u128(1));
    const IVAN: UserId = UserId(Uuid::from_u128(2));

    fn person(id: UserId, role: Role) -> Caller {
        Caller::Person { id, role, departments: vec![], reach: Reach::default() }
    }

    fn ada() -> Caller {
        person(ADA, Role::User)
    }

    fn ivan() -> Caller {
        person(IVAN, Role::ItAgent)
    }

    fn root() -> Caller {
        person(UserId(Uuid::from_u128(3)), Role::Admin)
    }

    fn file(n: u128, uploader: UserId) -> Uploaded {
        let (name, mime) = ("a.txt".to_owned(), "text/plain".to_owned());
        Uploaded {
            id: AttachmentId(Uuid::from_u128(n)),
            uploader,
            name,
            size: 5,
            mime,
            sha256: "00".to_owned(),
        }
    }

    fn post(n: u128, is_internal: bool, attachments: Vec<Uploaded>) -> C {
        C::Post {
            message_id: MessageId(Uuid::from_u128(n)),
            requester: ADA,
            content: "hello".to_owned(),
            is_internal,
            is_ai: false,
            client_msg_id: None,
            mentions: vec![],
            attachments,
        }
    }

    fn attach(is_internal: bool, files: Vec<Uploaded>) -> C {
        C::Attach { requester: ADA, files, is_internal }
    }

    fn remove(n: u128) -> C {
        C::RemoveAttachment { attachment_id: AttachmentId(Uuid::from_u128(n)) }
    }

    /// Tells how many events followed.
    fn take(
        conversation: &mut Conversation,
        by: Caller,
        minute: i64,
        command: C,
    ) -> Result<usize, ConversationError> {
        let at = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let events = conversation.decide(Issued::new(by, at, command))?;
        let count = events.len();
        for event in events {
            cqrs_es::Aggregate::apply(conversation, event);
        }
        Ok(count)
    }

    #[test]
    fn files_are_one_s_own_and_in_one_message() {
        let mut conversation = Conversation::default();
        let with = |file: Uploaded| vec![file];
        let refused = take(&mut conversation, ada(), 0, post(1, false, with(file(9, IVAN))));
        assert_eq!(refused, Err(ConversationError::NoSuchAttachment));
        assert_eq!(take(&mut conversation, ada(), 0, post(1, false, with(file(9, ADA)))), Ok(2));
        assert_eq!(
            take(&mut conversation, ada(), 0, post(1, false, with(file(9, ADA)))),
            Ok(0),
            "the same again"
        );
        let refused = take(&mut conversation, ada(), 0, post(2, false, with(file(9, ADA))));
        assert_eq!(refused, Err(ConversationError::UsedAlready));
    }

    #[test]
    fn a_file_on_the_ticket_moves_among_the_same_readers() {
        let mut conversation = Conversation::default();
        let refused = take(&mut conversation, ada(), 0, attach(true, vec![file(9, ADA)]));
        assert_eq!(refused, Err(ConversationError::Forbidden("staff")));
        assert_eq!(take(&mut conversation, ivan(), 0, attach(true, vec![file(9, IVAN)])), Ok(1));
        assert_eq!(take(&mut conversation, ivan(), 0, attach(true, vec![file(9, IVAN)])), Ok(0));
        let refused = take(&mut conversation, ivan(), 0, post(1, false, vec![file(9, IVAN)]));
        assert_eq!(refused, Err(ConversationError::OtherReaders));
        assert_eq!(take(&mut conversation, ivan(), 0, post(1, true, vec![file(9, IVAN)])), Ok(2));
    }

    #[test]
    fn whoever_uploaded_a_file_removes_it_for_a_quarter_of_an_hour() {
        let mut conversation = Conversation::default();
        let only = ConversationError::Forbidden("administrators, and its uploader for 15 minutes,");
        assert_eq!(
            take(&mut conversation, ada(), 0, attach(false, [8, 9].map(|n| file(n, ADA)).to_vec())),
            Ok(2)
        );
        assert_eq!(take(&mut conversation, ivan(), 1, remove(9)), Err(only.clone()));
        assert_eq!(take(&mut conversation, ada(), 15, remove(9)), Ok(1));
        assert_eq!(take(&mut conversation, ada(), 15, remove(9)), Err(ConversationError::AttachmentNotFound));
        assert_eq!(take(&mut conversation, ada(), 16, remove(8)), Err(only));
        assert_eq!(take(&mut conversation, root(), 9_999, remove(8)), Ok(1));
        assert_eq!(take(&mut conversation, ivan(), 0, post(1, true, vec![file(7, IVAN)])), Ok(2));
        assert_eq!(take(&mut conversation, ada(), 1, remove(7)), Err(ConversationError::AttachmentNotFound));
    }

    #[test]
    fn redacting_all_of_a_message_takes_its_files_along() {
        let mut conversation = Conversation::default();
        assert_eq!(take(&mut conversation, ada(), 0, attach(false, vec![file(8, ADA)])), Ok(1));
        assert_eq!(take(&mut conversation, ada(), 0, post(1, false, vec![file(9, ADA)])), Ok(2));
        let redact = |seen: u128, left: Option<u128>| C::Redact {
            message_id: MessageId(Uuid::from_u128(1)),
            requester: ADA,
            seen: Some(Uuid::from_u128(seen)),
            left: left.map(|key| (Uuid::from_u128(key), "he".to_owned())),
            reason: "A number".to_owned(),
        };
        assert_eq!(take(&mut conversation, root(), 0, redact(1, Some(5))), Ok(1), "parts leave the files");
        assert_eq!(take(&mut conversation, root(), 0, redact(5, None)), Ok(2));
        assert!(conversation.attachment(AttachmentId(Uuid::from_u128(9))).is_none());
        assert!(conversation.attachment(AttachmentId(Uuid::from_u128(8))).is_some());
    }
}
