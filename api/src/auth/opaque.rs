//! Opaque tokens of 256 random bits: API keys and reset links (R31, R36). Each kind has a prefix of its own and cannot stand for another;
//! only hashes are stored.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::random;

/// What begins the tokens of one kind, underscore included.
pub trait Kind {
    const PREFIX: &str;
}

/// `bck_...`
pub struct ApiKey;
impl Kind for ApiKey {
    const PREFIX: &str = "bck_";
}

/// `bcp_...`
pub struct Reset;
impl Kind for Reset {
    const PREFIX: &str = "bcp_";
}

/// A token in clear: just made, or just shown.
pub struct Opaque<K> {
    text: SecretString,
    _kind: std::marker::PhantomData<K>,
}

pub type ApiKeyToken = Opaque<ApiKey>;
pub type ResetToken = Opaque<Reset>;

impl<K: Kind> Opaque<K> {
    pub fn random() -> Self {
        let digits = hex::encode(random::bytes::<32>().expose_secret());
        Self::of(format!("{}{digits}", K::PREFIX))
    }

    /// `None` for what cannot be one of this kind.
    pub fn parse(text: &str) -> Option<Self> {
        is_token(text, K::PREFIX).then(|| Self::of(text.to_owned()))
    }

    /// What is stored. The token has 256 bits of its own, so that a plain hash is enough.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.expose().as_bytes()).to_vec()
    }

    /// For showing which one it was.
    pub fn last4(&self) -> &str {
        let text = self.expose();
        &text[text.len() - 4..]
    }

    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    fn of(text: String) -> Self {
        Self {
            text: text.into(),
            _kind: std::marker::PhantomData,
        }
    }
}

impl ResetToken {
    /// Behind `#`, which browsers do not send: the token stands in no server's log (R36). From settings, never from a Host header (R37).
    pub fn link(&self, public_base_url: &str) -> String {
        format!("{public_base_url}/reset#token={}", self.expose())
    }
}

fn is_token(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|digits| digits.len() == 64 && digits.bytes().all(is_hex))
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

/// Whether a query string carries one of our secrets of any kind: addresses are logged everywhere (R36).
pub fn stands_in(query: &str) -> bool {
    ["bck_", "bcp_", "bcr_", "bci_"].iter().any(|prefix| {
        query
            .match_indices(prefix)
            .filter_map(|(at, _)| query.get(at..at + prefix.len() + 64))
            .any(|text| is_token(text, prefix))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_one_kind_is_none_of_another() {
        let key = ApiKeyToken::random();
        assert!(ApiKeyToken::parse(key.expose()).is_some());
        assert!(ResetToken::parse(key.expose()).is_none());
        assert!(ApiKeyToken::parse(&key.expose().to_uppercase()).is_none());
        assert!(ApiKeyToken::parse(&key.expose()[..67]).is_none());
        assert!(key.expose().ends_with(key.last4()) && key.last4().len() == 4);
    }

    #[test]
    fn secrets_in_queries_are_found_and_other_texts_are_not() {
        let key = ApiKeyToken::random();
        assert!(stands_in(&format!("a=b&api_key={}", key.expose())));
        assert!(stands_in(key.expose()));
        for harmless in ["", "q=bck_", "q=bck_%E0%A6%95", "q=bci_0011", "cursor=00"] {
            assert!(!stands_in(harmless), "{harmless}");
        }
    }
}
