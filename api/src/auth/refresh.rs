//! Refresh tokens (R32, R36): opaque, single use, in families. Only hashes are stored; a successor is derived from its predecessor with
//! a server key, so that an old token shown again for an honest reason can get the same successor.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};

use super::random;

const PREFIX: &str = "bcr_";
/// A family that nobody used for so long is over.
pub const IDLE: TimeDelta = TimeDelta::days(30);
/// A family ends after so long, used or not.
pub const ABSOLUTE: TimeDelta = TimeDelta::days(90);
/// Two tabs, a double click: the same successor.
const SAME_MOMENT: TimeDelta = TimeDelta::seconds(10);
/// The answer was lost, or the server died after the commit: the same successor, while nobody has used it.
const LOST_ANSWER: TimeDelta = TimeDelta::minutes(2);

/// A token in clear: just made, or just shown.
pub struct RefreshToken(SecretString);

impl RefreshToken {
    /// The first of a family: 256 random bits.
    pub fn random() -> Self {
        Self::of(random::bytes::<32>().expose_secret())
    }

    /// `None` for what cannot be one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let is_token = digits.len() == 64
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        is_token.then(|| Self(SecretString::from(text)))
    }

    /// The only one that may follow.
    pub fn successor(&self, key: &SecretSlice<u8>) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret())
            .expect("HMAC takes a key of any length");
        mac.update(b"refresh:");
        mac.update(self.expose().as_bytes());
        Self::of(&mac.finalize().into_bytes())
    }

    /// What is stored. The token has 256 bits of its own, so that a plain hash is enough.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.expose().as_bytes()).to_vec()
    }

    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn of(bytes: &[u8]) -> Self {
        Self(SecretString::from(format!(
            "{PREFIX}{}",
            hex::encode(bytes)
        )))
    }
}

/// What it means that a known token of a living family is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Showing {
    /// The first use: rotate.
    First,
    /// Used before, for an honest reason: the same successor again.
    Again,
    /// Used before, and somebody else may have it: the family ends.
    Reuse,
}

/// The rule of R32. `used_at`: when the token was used first; `successor_used`: whether its successor was.
pub fn judge(used_at: Option<DateTime<Utc>>, successor_used: bool, now: DateTime<Utc>) -> Showing {
    match used_at.map(|used_at| now - used_at) {
        None => Showing::First,
        Some(ago) if ago <= SAME_MOMENT => Showing::Again,
        Some(ago) if ago <= LOST_ANSWER && !successor_used => Showing::Again,
        Some(_) => Showing::Reuse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_token_is_parsed() {
        let token = RefreshToken::random();
        assert_eq!(
            RefreshToken::parse(token.expose()).unwrap().hash(),
            token.hash()
        );
        let upper = token.expose().to_uppercase();
        for text in [
            "",
            "bcr_",
            &token.expose()[4..],
            &token.expose()[..67],
            upper.as_str(),
            &format!("{}0", token.expose()),
        ] {
            assert!(RefreshToken::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_successor_depends_on_the_token_and_the_key_alone() {
        let (key, other): (SecretSlice<u8>, SecretSlice<u8>) =
            (vec![1; 32].into(), vec![2; 32].into());
        let token = RefreshToken::random();
        assert_eq!(
            token.successor(&key).expose(),
            token.successor(&key).expose()
        );
        assert_ne!(
            token.successor(&key).expose(),
            token.successor(&other).expose()
        );
        assert_ne!(
            token.successor(&key).expose(),
            RefreshToken::random().successor(&key).expose()
        );
    }

    /// R32, at its borders.
    #[test]
    fn an_old_token_is_honest_for_ten_seconds_or_until_its_successor_is_used() {
        let now = crate::clock::Clock::default().now();
        let ago = |seconds| Some(now - TimeDelta::seconds(seconds));
        assert_eq!(judge(None, false, now), Showing::First);
        assert_eq!(judge(ago(10), true, now), Showing::Again);
        assert_eq!(judge(ago(11), true, now), Showing::Reuse);
        assert_eq!(judge(ago(120), false, now), Showing::Again);
        assert_eq!(judge(ago(121), false, now), Showing::Reuse);
    }
}
