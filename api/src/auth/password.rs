//! Passwords (R30): argon2id in a pool of its own (R29), and one function that verifies. What a new password must be is in
//! [`strength`].
//!
//! A password is compared in NFC: the same word typed on another keyboard gives the same bytes. Nothing is truncated.

mod pool;
pub mod strength;

pub use pool::{POOL, Slot};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params};
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use crate::error::ApiError;

const MEMORY_KIB: u32 = 38 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Costs as much as a real hash of today's parameters and fits no password: for users that do not exist.
const DUMMY_HASH: &str = "$argon2id$v=19$m=38912,t=2,p=1$YmFuZ2xhY2hhdC1kdW1teQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password as it is hashed and judged: in NFC.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    pub fn new(typed: &SecretString) -> Self {
        Self(SecretString::from(
            typed.expose_secret().nfc().collect::<String>(),
        ))
    }

    fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Right {
        /// The stored hash is weaker than what is made today: store a new one.
        outdated: bool,
    },
    Wrong,
}

/// The hash to store, as a PHC string. Slow on purpose: call it in the pool.
fn hash(password: &Password) -> Result<String, ApiError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| ApiError::internal(error.to_string()))?;
    let hashed = Argon2::from(params).hash_password(password.bytes());
    hashed
        .map(|hash| hash.to_string())
        .map_err(|error| ApiError::internal(error.to_string()))
}

/// The only check of a password. No stored hash (no such user) takes as long as a wrong password and is one.
fn verify(stored: Option<&str>, password: &Password) -> Result<Verdict, ApiError> {
    let unreadable = |error: Error| {
        ApiError::internal(format!("a stored password hash cannot be read: {error}"))
    };
    let parsed = PasswordHash::new(stored.unwrap_or(DUMMY_HASH))
        .map_err(|error| unreadable(error.into()))?;
    match Argon2::default().verify_password(password.bytes(), &parsed) {
        Ok(()) if stored.is_some() => Ok(Verdict::Right {
            outdated: is_outdated(&parsed),
        }),
        Ok(()) | Err(Error::PasswordInvalid) => Ok(Verdict::Wrong),
        Err(error) => Err(unreadable(error)),
    }
}

fn is_outdated(hash: &PasswordHash) -> bool {
    let weaker = |params: Params| {
        params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES || params.p_cost() < LANES
    };
    hash.algorithm.as_str() != "argon2id" || Params::try_from(hash).is_ok_and(weaker)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(&text.into())
    }

    #[test]
    fn only_the_same_password_verifies_however_it_was_typed() {
        // The same word composed and decomposed.
        let stored = hash(&password("caf\u{e9} by the river")).unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=38912,t=2,p=1$"),
            "{stored}"
        );
        let right = Verdict::Right { outdated: false };
        assert_eq!(
            verify(Some(&stored), &password("cafe\u{301} by the river")).unwrap(),
            right
        );
        assert_eq!(
            verify(Some(&stored), &password("cafe by the river")).unwrap(),
            Verdict::Wrong
        );
    }

    #[test]
    fn no_user_is_a_wrong_password_and_damage_is_an_error() {
        assert_eq!(
            verify(None, &password("anything at all")).unwrap(),
            Verdict::Wrong
        );
        assert!(verify(Some("not a hash"), &password("anything at all")).is_err());
    }

    #[test]
    fn a_hash_of_weaker_parameters_is_outdated() {
        let weak = Argon2::from(Params::new(19 * 1024, 2, 1, None).unwrap());
        let stored = weak.hash_password(b"anything at all").unwrap().to_string();
        assert_eq!(
            verify(Some(&stored), &password("anything at all")).unwrap(),
            Verdict::Right { outdated: true }
        );
    }

    /// R33: the dummy must cost what today's hashes cost.
    #[test]
    fn the_dummy_has_todays_parameters() {
        assert!(!is_outdated(&PasswordHash::new(DUMMY_HASH).unwrap()));
        let params = Params::try_from(&PasswordHash::new(DUMMY_HASH).unwrap()).unwrap();
        assert_eq!(
            (params.m_cost(), params.t_cost(), params.p_cost()),
            (MEMORY_KIB, PASSES, LANES)
        );
    }
}
