//! The words of an account: the name to sign in with and the address.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use utoipa::ToSchema;

use crate::id::UserId;
use crate::text::{Lines, parse_text};

/// Why a person is erased: one of these words and no other, since a text of one's own could be personal.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ErasureReason {
    /// The person asked for it.
    RequestOfPerson,
    /// The time for which their data may be kept is over.
    Retention,
    /// A court or an authority ordered it.
    Legal,
}

/// How a password came to be another one.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PasswordChange {
    /// Its owner knew the former one.
    Change,
    /// Its owner had forgotten it, and proved their address.
    Reset,
    /// An administrator chose it.
    Admin,
}

/// The name somebody signs in with: 2 to 64 letters, digits, `.`, `-` or `_`, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Reads a name; case does not matter.
    ///
    /// # Errors
    /// What a name must look like.
    pub fn parse(raw: &str) -> Result<Self, &'static str> {
        const RULE: &str =
            "must have 2 to 64 letters, digits, '.', '-' or '_', and start with a letter or digit";
        let name = raw.trim().to_ascii_lowercase();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        let starts_well = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if !starts_well || !(2..=64).contains(&name.len()) || !name.bytes().all(allowed) {
            return Err(RULE);
        }
        Ok(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An e-mail address in the one spelling under which it is unique: two spellings of one mailbox are one address.
///
/// Compatible characters are unified (NFKC) and case is folded, so full-width letters, ligatures and the Kelvin sign
/// are the letters they look like. What is not ASCII after that is refused: few servers deliver to it, and letters
/// of another alphabet would let an address pass for somebody else's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// What an address must look like.
    pub fn parse(raw: &str) -> Result<Self, &'static str> {
        const RULE: &str = "must be an e-mail address, such as name@example.com";
        const ASCII: &str = "must be an e-mail address in Latin letters without accents; write the domain as \
                             xn--… if it has others";
        let written = parse_text(raw, 3, 254, Lines::One).map_err(|_| RULE)?;
        // The few letters of other alphabets that NFKC makes ASCII have one lower case, as all of ASCII.
        let address = written.nfkc().collect::<String>().to_lowercase();
        if !address.is_ascii() {
            return Err(ASCII);
        }
        let address = parse_text(&address, 3, 254, Lines::One).map_err(|_| RULE)?;
        let (local, host) = address.rsplit_once('@').ok_or(RULE)?;
        let local_ok = !local.is_empty()
            && local.len() <= 64
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&b))
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if !local_ok || !host.contains('.') || !host.split('.').all(label_ok) {
            return Err(RULE);
        }
        Ok(Self(address))
    }

    /// What stands for the address of `user`, who has none: nobody else has it, and no mail reaches it (RFC 2606).
    #[must_use]
    pub fn nowhere(user: UserId) -> Self {
        Self(format!("{user}@no-address.invalid"))
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who somebody is at a provider: the issuer and the subject it gave them. Two issuers may give the same subject,
/// and an e-mail address is no identity: it can be given to somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity(String);

impl Identity {
    /// Reads an identity; the issuer is a URL, the subject at most 255 printable ASCII characters.
    ///
    /// # Errors
    /// What an identity must look like.
    pub fn parse(issuer: &str, subject: &str) -> Result<Self, &'static str> {
        let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        if !is_word(issuer) {
            return Err("the issuer must be a URL");
        }
        let allowed = |b: u8| b.is_ascii_graphic() || b == b' ';
        if subject.is_empty() || subject.len() > 255 || !subject.bytes().all(allowed) {
            return Err("the subject must have 1 to 255 printable ASCII characters");
        }
        Ok(Self(format!("{issuer} {subject}")))
    }

    /// Issuer and subject, with a space between.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one_name() {
        assert_eq!(Username::parse(" Ada "), Username::parse("ada"));
        assert_eq!(EmailAddress::parse("Ada@Example.com"), EmailAddress::parse("ada@example.com"));
    }

    /// Whatever a keyboard or an attacker makes of one mailbox.
    #[test]
    fn twins_in_case_and_unicode_are_one_address() {
        for twin in [
            "Ada@Example.com",
            "\u{ff21}\u{ff44}\u{ff41}@example.com",
            "ada\u{ff20}example.com",
            "ada@example\u{ff0e}com",
            " ada@example.com ",
            "ada@e\u{2179}ample.com",
        ] {
            assert_eq!(EmailAddress::parse(twin), EmailAddress::parse("ada@example.com"), "{twin:?}");
        }
        assert_eq!(EmailAddress::parse("\u{212a}im@x.y"), EmailAddress::parse("kim@x.y"), "the Kelvin sign");
        assert_eq!(EmailAddress::parse("\u{fb01}n@x.y"), EmailAddress::parse("fin@x.y"), "a ligature");
    }

    /// Letters that fold to ASCII in some case mapping and not in another would make two accounts, or none, of one.
    #[test]
    fn letters_of_other_alphabets_are_refused() {
        for bad in
            ["m\u{131}ke@x.y", "m\u{130}ke@x.y", "stra\u{df}e@x.y", "a\u{e4}@x.y", "ada@m\u{fc}ller.de"]
        {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
        assert!(EmailAddress::parse("ada@xn--mller-kva.de").is_ok());
    }

    #[test]
    fn who_has_no_address_has_one_that_can_be_read_again() {
        let user = UserId(uuid::Uuid::from_u128(7));
        let nowhere = EmailAddress::nowhere(user);
        assert_eq!(EmailAddress::parse(nowhere.as_str()), Ok(nowhere.clone()));
        assert_ne!(nowhere, EmailAddress::nowhere(UserId(uuid::Uuid::from_u128(8))));
    }

    #[test]
    fn an_identity_is_issuer_and_subject_to_the_letter() {
        let identity = |issuer, subject| Identity::parse(issuer, subject).expect("an identity");
        assert_ne!(identity("https://a.example", "1"), identity("https://b.example", "1"));
        assert_ne!(identity("https://a.example", "ada"), identity("https://a.example", "Ada"));
        for (issuer, subject) in
            [("", "1"), ("https://a b", "1"), ("https://a", ""), ("https://a", "é"), ("https://a", "1\n")]
        {
            assert!(Identity::parse(issuer, subject).is_err(), "{issuer} {subject}");
        }
        assert!(Identity::parse("https://a", &"1".repeat(256)).is_err());
    }

    #[test]
    fn lookalikes_and_nonsense_are_refused() {
        for bad in ["", "a", ".ada", "a b", "аda", "a\0b"] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
        for bad in [
            "",
            "ada",
            "@x.y",
            "a@b",
            "a@b..c",
            "a b@c.d",
            "a@-b.c",
            "a..b@c.d",
            "а@b.c",
            "a@b.c\r\nBcc: x@y.z",
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
    }
}
