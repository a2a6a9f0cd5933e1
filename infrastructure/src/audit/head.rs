//! Signed heads: what the desk vouches for, and the key it does so with.
//!
//! The bytes that are signed: the text `ledgerdesk head v1` and a line feed, then size (8 bytes, big-endian), root
//! (32), hash of the block that ends at size (32), time of signing (8: microseconds since 1970).

use chrono::{DateTime, SubsecRound as _, Utc};
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::text::{from_hex, hex, time, to_hex};
use crate::log::Hash;

const PREFIX: &[u8] = b"ledgerdesk head v1\n";

/// A signed statement about the log's first `size` events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// How many events it covers, from the first on.
    pub size: i64,
    /// The root of the tree over their leaf hashes.
    #[serde(with = "hex")]
    pub root: Hash,
    /// The hash of the block that ends with the last of them.
    #[serde(with = "hex")]
    pub block_hash: Hash,
    /// When it was signed, by the clock of whoever signed.
    #[serde(with = "time")]
    pub at: DateTime<Utc>,
    /// Which key signed it.
    pub key_id: String,
    /// The signature.
    #[serde(with = "hex")]
    pub signature: [u8; 64],
}

impl SignedHead {
    /// What the signature covers.
    fn statement(&self) -> Vec<u8> {
        let mut statement = Vec::with_capacity(PREFIX.len() + 80);
        statement.extend_from_slice(PREFIX);
        statement.extend_from_slice(&self.size.to_be_bytes());
        statement.extend_from_slice(&self.root);
        statement.extend_from_slice(&self.block_hash);
        statement.extend_from_slice(&self.at.timestamp_micros().to_be_bytes());
        statement
    }
}

/// The key that signs heads.
pub struct HeadKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl HeadKey {
    /// The key that follows from `seed`.
    ///
    /// # Panics
    /// If the seed has not 32 bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("a seed of 32 bytes");
        let public = PublicKey(pair.public_key().as_ref().try_into().expect("a public key of 32 bytes"));
        Self { pair, public }
    }

    /// What signatures are checked with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs that the log's first `size` events have `root` and end with the block of `block_hash`.
    #[must_use]
    pub fn sign(&self, size: i64, root: Hash, block_hash: Hash, at: DateTime<Utc>) -> SignedHead {
        // The database keeps microseconds; what is signed must not know more than it.
        let (at, key_id) = (at.trunc_subsecs(6), self.public.id());
        let mut head = SignedHead { size, root, block_hash, at, key_id, signature: [0; 64] };
        let signature = self.pair.sign(&head.statement());
        head.signature.copy_from_slice(signature.as_ref());
        head
    }
}

/// The public key that heads are checked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The key in `text`: 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        from_hex(text.trim())?.try_into().ok().map(Self)
    }

    /// What heads call it: the first eight bytes of its SHA-256, in hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> String {
        to_hex(&digest(&SHA256, &self.0).as_ref()[..8])
    }

    /// Whether this key signed `head`.
    #[must_use]
    pub fn signed(&self, head: &SignedHead) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(&head.statement(), &head.signature).is_ok()
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_good_under_its_key_and_only_as_it_was_signed() {
        let key = HeadKey::from_seed(&[1; 32]);
        let head = key.sign(7, [2; 32], [3; 32], DateTime::default());
        let public = key.public();
        assert!(public.signed(&head) && head.key_id == public.id());
        assert_eq!(PublicKey::parse(&public.to_string()), Some(public));
        assert!(!HeadKey::from_seed(&[2; 32]).public().signed(&head));
        for altered in [
            SignedHead { size: 8, ..head.clone() },
            SignedHead { root: [4; 32], ..head.clone() },
            SignedHead { block_hash: [4; 32], ..head.clone() },
            SignedHead { at: DateTime::from_timestamp_micros(1).expect("a time"), ..head.clone() },
        ] {
            assert!(!public.signed(&altered), "{altered:?}");
        }
    }

    #[test]
    fn a_head_reads_back_as_it_was_written() {
        let head = HeadKey::from_seed(&[1; 32]).sign(7, [2; 32], [3; 32], Utc::now());
        let text = serde_json::to_string(&head).expect("JSON");
        assert_eq!(serde_json::from_str::<SignedHead>(&text).expect("a head"), head);
    }
}
