//! The hashes themselves: argon2id today, bcrypt from the systems people come from.

use argon2::password_hash::{Error, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

use super::{PasswordError, Verified};

/// 46 MiB, one pass, one lane: one of the choices OWASP approves.
const MEMORY_KIB: u32 = 47_104;
const PASSES: u32 = 1;
const LANES: u32 = 1;

/// A hash nobody has the password of, as expensive as those made today.
const NOBODY: &str =
    "$argon2id$v=19$m=47104,t=1,p=1$bm9ib2R5IGlzIGhlcmU$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// bcrypt looks at this many bytes and ignores the rest.
const BCRYPT_LONGEST: usize = 72;
/// More rounds would keep a core busy for seconds.
const BCRYPT_DEAREST: u32 = 15;

pub(super) fn hash(password: &str) -> Result<String, PasswordError> {
    let hash: PasswordHash =
        today()?.hash_password(password.as_bytes()).map_err(|_| PasswordError::Failed)?;
    Ok(hash.to_string())
}

pub(super) fn verify(password: &str, stored: Option<&str>) -> Result<Verified, PasswordError> {
    let Some(stored) = stored else {
        let _ = verify_argon2(password, NOBODY)?;
        return Ok(Verified::Wrong);
    };
    let verified = if is_bcrypt(stored) {
        verify_bcrypt(password, stored)?.then_some(true)
    } else {
        verify_argon2(password, stored)?
    };
    Ok(match verified {
        None => Verified::Wrong,
        Some(false) => Verified::Right { upgrade: None },
        Some(true) => Verified::Right { upgrade: Some(hash(password)?) },
    })
}

fn today() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| PasswordError::Failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// None when the password is wrong, otherwise whether its hash is weaker than those made today.
fn verify_argon2(password: &str, stored: &str) -> Result<Option<bool>, PasswordError> {
    let hash = PasswordHash::new(stored).map_err(|_| PasswordError::UnreadableHash)?;
    let params = Params::try_from(&hash).map_err(|_| PasswordError::UnreadableHash)?;
    match today()?.verify_password(password.as_bytes(), &hash) {
        Ok(()) => Ok(Some(is_weaker(&hash, &params))),
        Err(Error::PasswordInvalid) => Ok(None),
        Err(Error::OutOfMemory) => Err(PasswordError::Failed),
        Err(_) => Err(PasswordError::UnreadableHash),
    }
}

fn is_weaker(hash: &PasswordHash, params: &Params) -> bool {
    hash.algorithm.as_str() != Algorithm::Argon2id.as_str()
        || hash.version != Some(Version::V0x13.into())
        || params.m_cost() < MEMORY_KIB
        || params.t_cost() < PASSES
}

fn is_bcrypt(stored: &str) -> bool {
    ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| stored.starts_with(prefix))
}

/// A password of more than 72 bytes is wrong: bcrypt would accept it with any other ending as well.
fn verify_bcrypt(password: &str, stored: &str) -> Result<bool, PasswordError> {
    let parts: bcrypt::HashParts = stored.parse().map_err(|_| PasswordError::UnreadableHash)?;
    if parts.get_cost() > BCRYPT_DEAREST {
        return Err(PasswordError::UnreadableHash);
    }
    let right = bcrypt::verify(password, stored).map_err(|_| PasswordError::UnreadableHash)?;
    Ok(right && password.len() <= BCRYPT_LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argon2id(memory: u32, passes: u32) -> String {
        let params = Params::new(memory, passes, 1, None).expect("parameters");
        let hash: PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password(b"correct horse")
            .expect("hashed");
        hash.to_string()
    }

    /// The password storage cheat sheet of OWASP: each is as good as the other.
    #[test]
    fn the_parameters_are_at_or_above_what_owasp_asks_for() {
        let fresh = self::hash("correct horse").expect("hashed");
        let hash = PasswordHash::new(&fresh).expect("readable");
        let params = Params::try_from(&hash).expect("parameters");
        assert_eq!((hash.algorithm.as_str(), hash.version), ("argon2id", Some(19)));
        let mib = |mib: u32| mib * 1_024;
        let asked_for = [(mib(46), 1), (mib(19), 2)];
        let is_enough =
            |(memory, passes): &(u32, u32)| params.m_cost() >= *memory && params.t_cost() >= *passes;
        assert!(asked_for.iter().any(is_enough), "{params:?}");
        assert!(
            hash.salt.is_some_and(|salt| salt.len() >= 16) && hash.hash.is_some_and(|hash| hash.len() >= 32)
        );
    }

    #[test]
    fn nobody_s_hash_costs_what_a_hash_made_today_costs() {
        let hash = PasswordHash::new(NOBODY).expect("readable");
        let fresh = self::hash("correct horse").expect("hashed");
        let fresh = PasswordHash::new(&fresh).expect("readable");
        assert_eq!(hash.params, fresh.params);
        assert_eq!((hash.algorithm, hash.version), (fresh.algorithm, fresh.version));
        assert_eq!(hash.hash.map(|hash| hash.len()), fresh.hash.map(|hash| hash.len()));
        assert_eq!(verify("correct horse", None), Ok(Verified::Wrong));
    }

    #[test]
    fn a_weaker_argon2_hash_is_replaced_and_a_stronger_one_is_kept() {
        let weak = verify("correct horse", Some(&argon2id(19_456, 2))).expect("verified");
        let Verified::Right { upgrade: Some(hash) } = weak else { panic!("no upgrade") };
        assert!(hash.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{hash}");
        assert_eq!(verify("correct horse", Some(&hash)), Ok(Verified::Right { upgrade: None }));
        let strong = argon2id(47_105, 2);
        assert_eq!(verify("correct horse", Some(&strong)), Ok(Verified::Right { upgrade: None }));
        assert_eq!(verify("wrong horse", Some(&strong)), Ok(Verified::Wrong));
    }

    #[test]
    fn a_bcrypt_hash_of_any_prefix_is_accepted_and_replaced() {
        let parts = bcrypt::hash_with_result("correct horse", 4).expect("hashed");
        for version in [bcrypt::Version::TwoA, bcrypt::Version::TwoB, bcrypt::Version::TwoY] {
            let stored = parts.format_for_version(version);
            let right = verify("correct horse", Some(&stored)).expect("verified");
            let Verified::Right { upgrade: Some(hash) } = right else { panic!("no upgrade") };
            assert!(hash.starts_with("$argon2id$"), "{hash}");
            assert_eq!(verify("wrong horse", Some(&stored)), Ok(Verified::Wrong));
        }
    }

    #[test]
    fn a_hash_of_another_system_is_read() {
        // Of the OpenBSD test vectors, for the password "U*U*".
        let stored = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK";
        assert!(matches!(verify("U*U*", Some(stored)), Ok(Verified::Right { upgrade: Some(_) })));
    }

    #[test]
    fn bcrypt_s_silent_end_is_no_way_in() {
        let stored = bcrypt::hash("x".repeat(72), 4).expect("hashed");
        let right = verify(&"x".repeat(72), Some(&stored)).expect("verified");
        assert!(matches!(right, Verified::Right { upgrade: Some(_) }));
        assert_eq!(verify(&"x".repeat(73), Some(&stored)), Ok(Verified::Wrong));
        assert_eq!(verify(&"é".repeat(40), Some(&stored)), Ok(Verified::Wrong));
    }

    #[test]
    fn an_unreadable_hash_is_an_error_and_no_wrong_password() {
        let endless = format!("$2b$31${}", "C".repeat(53));
        for stored in ["", "plain", "$2b$", "$2b$12$é", "$argon2id$", "$1$abc$def", "$2x$04$", &endless] {
            assert_eq!(verify("correct horse", Some(stored)), Err(PasswordError::UnreadableHash), "{stored}");
        }
    }
}
