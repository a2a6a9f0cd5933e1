//! AES-256-GCM: a nonce, the ciphertext and its tag, one behind the other.

use std::cell::RefCell;

use base64::Engine as _;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::BASE64;

/// The key that `bytes` are, of which there are 32.
pub(crate) fn aes_key(bytes: &[u8]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).expect("a key of 256 bits"))
}

/// What `sealed` holds under `key`, bound to `context`; none if it is not authentic.
pub(super) fn open_in_place<'a>(key: &LessSafeKey, context: &[u8], sealed: &'a mut [u8]) -> Option<&'a [u8]> {
    let (nonce, text) = sealed.split_first_chunk_mut::<NONCE_LEN>()?;
    let nonce = Nonce::assume_unique_for_key(*nonce);
    key.open_in_place(nonce, Aad::from(context), text).ok().map(|plain| &*plain)
}

/// The text that `sealed` is under `key`.
pub(crate) fn decrypt<T: for<'t> From<&'t str>>(
    key: &LessSafeKey,
    context: &[u8],
    sealed: &str,
) -> Result<T, String> {
    thread_local! {
        static BYTES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    BYTES.with_borrow_mut(|bytes| {
        bytes.clear();
        BASE64.decode_vec(sealed, bytes).map_err(|_| "the ciphertext is damaged".to_owned())?;
        let plain = open_in_place(key, context, bytes).ok_or("the ciphertext is not authentic")?;
        std::str::from_utf8(plain).map(T::from).map_err(|_| "the sealed text is not UTF-8".to_owned())
    })
}
