//! Files that people attach: what they may be, and what they are called.

mod kind;
mod name;

pub use self::kind::Kind;
pub use self::name::{LONGEST_NAME, clean};
use crate::id::{AttachmentId, UserId};

/// A file that was uploaded whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// Its identity.
    pub id: AttachmentId,
    /// Who uploaded it.
    pub uploader: UserId,
    /// What it is called: see [`clean`].
    pub name: String,
    /// How many bytes it has.
    pub size: i64,
    /// What it is by its content: see [`Kind::mime`].
    pub mime: String,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
}
