//! Where a page ended: what the next one continues from, as an opaque text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The last row of a page: its sort values and its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The order the page was in; a cursor fits no other.
    pub order: String,
    /// The values it was sorted by, as numbers.
    pub values: Vec<i64>,
    /// The row.
    pub id: Uuid,
}

impl Cursor {
    /// As it is handed out.
    #[must_use]
    pub fn encode(&self) -> String {
        BASE64.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// As it comes back, if it is one of ours for `order` with `keys` sort values.
    #[must_use]
    pub fn decode(text: &str, order: &str, keys: usize) -> Option<Self> {
        if text.len() > 1_024 {
            return None;
        }
        let cursor: Self = serde_json::from_slice(&BASE64.decode(text).ok()?).ok()?;
        (cursor.order == order && cursor.values.len() == keys).then_some(cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_fits_only_the_order_it_came_from() {
        let cursor = Cursor { order: "-created_at".to_owned(), values: vec![7], id: Uuid::nil() };
        assert_eq!(Cursor::decode(&cursor.encode(), "-created_at", 1), Some(cursor.clone()));
        assert_eq!(Cursor::decode(&cursor.encode(), "created_at", 1), None);
        assert_eq!(Cursor::decode("nonsense", "-created_at", 1), None);
        assert_eq!(Cursor::decode(&"A".repeat(9_999), "-created_at", 1), None);
    }
}
