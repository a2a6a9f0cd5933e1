//! How a file is sealed: in chunks, each by itself, so that a part can be read without the rest, and none can be changed,
//! moved, left out or cut off without that being seen.
//!
//! A chunk is AES-256-GCM under the file's own key, which seals nothing else. Its nonce is the chunk's number and whether
//! it is the last one; the additional data is the file's identity. So a chunk opens in its one place, and a file that
//! ends early has no last chunk.

use ring::aead::{Aad, LessSafeKey, Nonce};
use uuid::Uuid;

/// How many bytes of the content a chunk has; the last one has what is left.
pub(super) const CHUNK: usize = 64 * 1024;
/// How many more a sealed chunk has.
const TAG: usize = 16;
/// How many a sealed chunk has at most.
pub(super) const SEALED: usize = CHUNK + TAG;

/// The key of one file.
pub(super) struct FileKey {
    pub(super) id: Uuid,
    pub(super) key: LessSafeKey,
}

/// A chunk is not what was written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored content is damaged")]
pub struct Damaged;

impl FileKey {
    /// Appends `chunk` sealed, which is number `number`, to `sealed`.
    pub(super) fn seal(&self, number: u64, is_last: bool, chunk: &[u8], sealed: &mut Vec<u8>) {
        let mut text = chunk.to_vec();
        self.key
            .seal_in_place_append_tag(nonce(number, is_last), Aad::from(self.id.as_bytes()), &mut text)
            .expect("a chunk is short enough to be sealed");
        sealed.append(&mut text);
    }

    /// The content of the sealed chunk that is number `number`.
    pub(super) fn open<'a>(
        &self,
        number: u64,
        is_last: bool,
        sealed: &'a mut [u8],
    ) -> Result<&'a [u8], Damaged> {
        let opened = self.key.open_in_place(nonce(number, is_last), Aad::from(self.id.as_bytes()), sealed);
        opened.map(|plain| &*plain).map_err(|_| Damaged)
    }
}

fn nonce(number: u64, is_last: bool) -> Nonce {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[11] = u8::from(is_last);
    Nonce::assume_unique_for_key(bytes)
}

/// How many chunks a content of `size` bytes has: one at least.
pub(super) fn chunks(size: u64) -> u64 {
    size.div_ceil(CHUNK as u64).max(1)
}

/// How many bytes a content of `size` has when it is sealed.
pub(super) fn sealed_size(size: u64) -> u64 {
    size + chunks(size) * TAG as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::aead::{AES_256_GCM, UnboundKey};

    use super::*;

    fn key(id: u128, byte: u8) -> FileKey {
        let key = UnboundKey::new(&AES_256_GCM, &[byte; 32]).expect("32 bytes");
        FileKey { id: Uuid::from_u128(id), key: LessSafeKey::new(key) }
    }

    fn sealed(number: u64, is_last: bool) -> Vec<u8> {
        let mut sealed = Vec::new();
        key(1, 7).seal(number, is_last, b"hello", &mut sealed);
        sealed
    }

    #[test]
    fn a_chunk_opens_in_its_one_place() {
        let open = |key: &FileKey, number, is_last| {
            key.open(number, is_last, &mut sealed(3, false)).map(<[u8]>::to_vec)
        };
        assert_eq!(open(&key(1, 7), 3, false).as_deref(), Ok(&b"hello"[..]));
        for (key, number, is_last) in
            [(key(1, 7), 2, false), (key(1, 7), 3, true), (key(2, 7), 3, false), (key(1, 8), 3, false)]
        {
            assert_eq!(open(&key, number, is_last), Err(Damaged));
        }
    }

    #[test]
    fn sizes_count_every_tag() {
        let chunk = CHUNK as u64;
        let sizes: Vec<u64> = [0, 1, chunk, chunk + 1, 3 * chunk].map(sealed_size).into();
        assert_eq!(sizes, [16, 17, chunk + 16, chunk + 33, 3 * chunk + 48]);
    }

    proptest! {
        #[test]
        fn whatever_byte_is_changed_it_does_not_open(at in 0usize..21, change in 1u8..) {
            let mut bytes = sealed(0, true);
            bytes[at] ^= change;
            prop_assert_eq!(key(1, 7).open(0, true, &mut bytes), Err(Damaged));
        }
    }
}
