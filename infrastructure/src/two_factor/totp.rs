//! Codes of six digits that change every half minute (RFC 6238), as every authenticator app makes them.

use std::fmt;

use totp_rs::{Builder, Secret, Totp};

/// How long a code is shown, in seconds; those shown before and after are accepted, too.
pub const STEP: u64 = 30;
const DIGITS: usize = 6;
const ISSUER: &str = "Ledgerdesk";

/// What an app and the desk share: 160 random bits.
#[derive(Clone)]
pub struct TotpSecret(Totp);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(***)")
    }
}

impl TotpSecret {
    /// One that nobody has seen.
    #[must_use]
    pub fn generate() -> Self {
        Self::of(Secret::generate())
    }

    /// Reads what [`TotpSecret::reveal`] wrote; none for every other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let secret = Secret::try_from_base32(text).ok()?;
        (secret.as_bytes().len() >= 20).then(|| Self::of(secret))
    }

    fn of(secret: Secret) -> Self {
        Self(builder().with_secret(secret).build_noncompliant())
    }

    /// The secret in base32, for its owner to type.
    #[must_use]
    pub fn reveal(&self) -> String {
        self.0.secret().to_base32()
    }

    /// The same as a link that apps read from a QR code: `otpauth://totp/Ledgerdesk:ada?secret=…`.
    #[must_use]
    pub fn url(&self, account: &str) -> String {
        let named = builder().with_secret(self.0.secret().as_bytes().to_vec()).with_account_name(account);
        named.with_issuer(Some(ISSUER)).build_noncompliant().to_url().unwrap_or_default()
    }

    /// The step in which the app shows `code`: that of `at` (in seconds since 1970) or one beside it. None if it
    /// shows it in none of them. A code is good once: whoever accepts it remembers the step and accepts none up to
    /// it any more.
    #[must_use]
    pub fn step_of(&self, code: &str, at: i64) -> Option<i64> {
        let is_code = code.len() == DIGITS && code.bytes().all(|b| b.is_ascii_digit());
        let step = is_code.then(|| self.0.check(code, u64::try_from(at).ok()?)).flatten()?;
        i64::try_from(step).ok()
    }

    /// The code that the app shows at `at`, in seconds since 1970.
    #[must_use]
    pub fn code_at(&self, at: i64) -> String {
        self.0.generate(u64::try_from(at).unwrap_or_default()).to_string()
    }
}

fn builder() -> Builder {
    Builder::new().with_digits(6).with_skew(1).with_step_duration(STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, in six digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let secret = TotpSecret::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").expect("a secret");
        for (at, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")] {
            assert_eq!(secret.code_at(at), code);
            assert_eq!(secret.step_of(code, at), Some(at / 30));
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_one_step_late() {
        let secret = TotpSecret::generate();
        let now = 1_700_000_010;
        let code = secret.code_at(now);
        for (at, step) in
            [(now - 30, true), (now, true), (now + 30, true), (now - 60, false), (now + 60, false)]
        {
            assert_eq!(secret.step_of(&code, at), step.then_some(now / 30), "{at}");
        }
        for no_code in ["", "12345", "1234567", "12345a", "１２３４５６", " 123456", "123 456"] {
            assert_eq!(secret.step_of(no_code, now), None, "{no_code}");
        }
    }

    #[test]
    fn a_secret_is_read_as_it_was_revealed_and_never_printed() {
        let secret = TotpSecret::generate();
        let again = TotpSecret::parse(&secret.reveal()).expect("a secret");
        assert_eq!(secret.code_at(1_700_000_000), again.code_at(1_700_000_000));
        assert_ne!(secret.reveal(), TotpSecret::generate().reveal());
        assert!(!format!("{secret:?}").contains(&secret.reveal()));
        assert!(TotpSecret::parse("short").is_none() && TotpSecret::parse("not base32!").is_none());
    }

    #[test]
    fn an_app_reads_the_link() {
        let secret = TotpSecret::generate();
        let url = secret.url("ada");
        assert!(url.starts_with("otpauth://totp/Ledgerdesk:ada?"), "{url}");
        assert!(
            url.contains(&format!("secret={}", secret.reveal())) && url.contains("issuer=Ledgerdesk"),
            "{url}"
        );
    }
}
