//! A place in the log that can prove which log it is a place in.
//!
//! As text a cursor is `<position>.<base64url>`. The bytes are: the number of the epoch that the position is
//! in (4), the first bytes of that epoch's id (4), the first bytes of the hash of the block that holds the
//! position (8), the position at which the epoch began (8), the first bytes of the hash of the block that ends
//! there (4), and the first bytes (4 each) of the hashes of the blocks that hold the position rounded down
//! to multiples of 16, 256, 4,096 … as long as that is above 0. A block's hash covers everything before it,
//! so one that matches proves the whole history up to it; those further back tell where another one parted.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

/// How many bytes a cursor has besides the locator.
const HEAD: usize = 28;

/// A place in the log that can prove which log it is a place in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The last position taken; 0 for none.
    pub position: i64,
    pub(super) epoch: i32,
    pub(super) epoch_id: [u8; 4],
    pub(super) block: [u8; 8],
    /// Where the epoch began, and the block that ends there.
    pub(super) start: (i64, [u8; 4]),
    /// The blocks at [`levels`], from the one nearest to the position on.
    pub(super) locator: Vec<[u8; 4]>,
}

/// Where a reader says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Behind this position of whatever log it was.
    Number(i64),
    /// Behind this position of this log.
    Proven(Cursor),
}

/// The text is neither a position nor a cursor.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a position of the log, or a cursor as an answer gave it")]
pub struct NotAPlace;

/// `position` rounded down to multiples of 16, 256, 4,096 …, as long as that is above 0.
pub(super) fn levels(position: i64) -> impl Iterator<Item = i64> {
    let steps = std::iter::successors(Some(16_i64), |step| step.checked_mul(16));
    steps.take_while(move |step| *step <= position).map(move |step| position / step * step)
}

/// The first bytes of `bytes`, filled up with zeros.
pub(super) fn prefix<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut prefix = [0; N];
    for (to, from) in prefix.iter_mut().zip(bytes) {
        *to = *from;
    }
    prefix
}

impl Place {
    /// The position.
    #[must_use]
    pub fn position(&self) -> i64 {
        match self {
            Self::Number(position) => *position,
            Self::Proven(cursor) => cursor.position,
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(HEAD + 4 * self.locator.len());
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.epoch_id);
        bytes.extend_from_slice(&self.block);
        bytes.extend_from_slice(&self.start.0.to_be_bytes());
        bytes.extend_from_slice(&self.start.1);
        bytes.extend(self.locator.iter().flatten());
        write!(f, "{}.{}", self.position, BASE64.encode(bytes))
    }
}

/// A position as it is written: digits, nothing else.
fn number(text: &str) -> Result<i64, NotAPlace> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotAPlace);
    }
    text.parse().map_err(|_| NotAPlace)
}

impl FromStr for Cursor {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let (position, proof) = text.split_once('.').ok_or(NotAPlace)?;
        let position = number(position)?;
        let bytes = BASE64.decode(proof).map_err(|_| NotAPlace)?;
        let (head, locator) = bytes.split_at_checked(HEAD).ok_or(NotAPlace)?;
        let start = i64::from_be_bytes(prefix(&head[16..24]));
        if locator.len() != 4 * levels(position).count() || !(0..=position).contains(&start) {
            return Err(NotAPlace);
        }
        Ok(Self {
            position,
            epoch: i32::from_be_bytes(prefix(&head[..4])),
            epoch_id: prefix(&head[4..8]),
            block: prefix(&head[8..16]),
            start: (start, prefix(&head[24..])),
            locator: locator.chunks_exact(4).map(prefix).collect(),
        })
    }
}

impl FromStr for Place {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        if text.contains('.') { text.parse().map(Self::Proven) } else { number(text).map(Self::Number) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cursor(position: i64, fill: u8) -> Cursor {
        Cursor {
            position,
            epoch: i32::from(fill),
            epoch_id: [fill; 4],
            block: [fill; 8],
            start: (position / 2, [fill; 4]),
            locator: levels(position).map(|_| [fill; 4]).collect(),
        }
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back_as_it_was_written(position in 0..=i64::MAX, fill in any::<u8>()) {
            let cursor = cursor(position, fill);
            prop_assert_eq!(cursor.to_string().parse::<Place>(), Ok(Place::Proven(cursor)));
        }

        #[test]
        fn any_text_is_read_or_refused_without_panic(text in ".{0,80}") {
            let _ = text.parse::<Place>();
        }
    }

    #[test]
    fn a_locator_has_a_level_for_each_power_of_sixteen() {
        assert_eq!(levels(0).count(), 0);
        assert_eq!(levels(15).count(), 0);
        assert_eq!(levels(16).collect::<Vec<_>>(), [16]);
        assert_eq!(levels(70_001).collect::<Vec<_>>(), [70_000, 69_888, 69_632, 65_536]);
        assert_eq!(levels(i64::MAX).count(), 15);
    }

    #[test]
    fn what_is_no_place_is_refused() {
        let fits = cursor(5, 1).to_string();
        let cases = ["", "-1", "+1", "1.5", "x", "5.", ".AAAA", "99999999999999999999", "5 ", "5.====", "٣"];
        for bad in
            cases.into_iter().map(str::to_owned).chain([format!("16{}", &fits[1..]), format!("{fits}AA")])
        {
            assert_eq!(bad.parse::<Place>(), Err(NotAPlace), "{bad}");
        }
        assert_eq!("7".parse::<Place>(), Ok(Place::Number(7)));
    }
}
