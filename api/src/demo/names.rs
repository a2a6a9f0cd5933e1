//! Names that last: every id and command of the demo follows from one, so that a repetition has the same.

use domain::id::UserId;
use ring::digest::{SHA256, digest};
use uuid::Uuid;

/// Of all ids that follow from names here.
const DEMO: Uuid = Uuid::from_u128(0x8c1f_3d52_6b0e_4a7d_9e21_5f40_77aa_c3b6);

/// The id that follows from `name`.
pub(crate) fn id(name: &str) -> Uuid {
    Uuid::new_v5(&DEMO, name.as_bytes())
}

/// The id of the user called `username`.
pub(crate) fn user(username: &str) -> UserId {
    UserId(id(&format!("user:{username}")))
}

/// Thirty bits that follow from `name`, for the id of a ticket.
pub(crate) fn entropy(name: &str) -> u32 {
    let [a, b, c, d, ..] = sha256(name.as_bytes());
    u32::from_be_bytes([a, b, c, d])
}

/// The hash of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_the_same_ids_in_every_version_of_the_program() {
        assert_eq!(user("ada").to_string(), "a04f140f-bcb1-59bd-8daf-1a64d0ff6bad");
        assert_eq!(entropy("story:0"), 0xf958_665c);
    }
}
