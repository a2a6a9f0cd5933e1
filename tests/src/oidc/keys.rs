//! The keys that the test provider signs with, and forgeries.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair};
use serde_json::{Value, json};

/// Made for these tests, and used nowhere else: making one takes too long.
const RSA: &[u8] = include_bytes!("test-only-rsa.der");

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// As most providers do.
    Rs256,
    /// With an elliptic curve.
    Es256,
    /// With a key that is not the provider's, under the name of one that is.
    ForeignKey,
    /// Not at all, and saying so.
    None,
    /// With the public key as if it were a shared secret.
    PublicKeyAsSecret,
    /// With the client's secret.
    ClientSecret,
}

/// A provider's keys.
pub(super) struct Keys {
    curve: Vec<u8>,
    foreign: Vec<u8>,
    /// How often they were replaced.
    pub(super) generation: u32,
}

fn curve_key() -> Vec<u8> {
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    key.expect("a key").as_ref().to_vec()
}

fn modulus() -> Vec<u8> {
    let key = RsaKeyPair::from_der(RSA).expect("a key");
    PublicKeyComponents::<Vec<u8>>::from(key.public()).n
}

impl Keys {
    pub(super) fn new() -> Self {
        Self { curve: curve_key(), foreign: curve_key(), generation: 0 }
    }

    /// Other keys under other names from now on.
    pub(super) fn rotate(&mut self) {
        *self = Self { curve: curve_key(), generation: self.generation + 1, ..Self::new() };
    }

    /// The public halves.
    pub(super) fn public(&self) -> Value {
        let curve =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.curve, &SystemRandom::new());
        let curve = curve.expect("a key");
        let (x, y) = curve.public_key().as_ref()[1..].split_at(32);
        json!({ "keys": [
            { "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.name("rsa"), "n": BASE64.encode(modulus()), "e": "AQAB" },
            { "kty": "EC", "use": "sig", "alg": "ES256", "kid": self.name("ec"), "crv": "P-256",
              "x": BASE64.encode(x), "y": BASE64.encode(y) },
        ] })
    }

    fn name(&self, kind: &str) -> String {
        format!("{kind}-{}", self.generation)
    }

    /// `claims` as a token.
    pub(super) fn sign(&self, signing: Signing, claims: &Value, client_secret: &str) -> String {
        let named = |algorithm, kind: &str| {
            let mut header = Header::new(algorithm);
            header.kid = Some(self.name(kind));
            header
        };
        let signed = |header: &Header, key: &EncodingKey| encode(header, claims, key).expect("a token");
        match signing {
            Signing::Rs256 => signed(&named(Algorithm::RS256, "rsa"), &EncodingKey::from_rsa_der(RSA)),
            Signing::Es256 => signed(&named(Algorithm::ES256, "ec"), &EncodingKey::from_ec_der(&self.curve)),
            Signing::ForeignKey => {
                signed(&named(Algorithm::ES256, "ec"), &EncodingKey::from_ec_der(&self.foreign))
            }
            Signing::None => {
                let header = json!({ "alg": "none", "typ": "JWT", "kid": self.name("rsa") }).to_string();
                format!("{}.{}.", BASE64.encode(header), BASE64.encode(claims.to_string()))
            }
            Signing::PublicKeyAsSecret => {
                signed(&named(Algorithm::HS256, "rsa"), &EncodingKey::from_secret(&modulus()))
            }
            Signing::ClientSecret => {
                signed(&Header::new(Algorithm::HS256), &EncodingKey::from_secret(client_secret.as_bytes()))
            }
        }
    }
}
