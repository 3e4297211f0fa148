//! Invitation tokens (R31, R36): a kind of their own, stored hashed.
//!
//! A token is derived from the invitation's id with a server key instead of being random: a request that is sent again with its
//! Idempotency-Key gets the same link, and still nothing but the hash is stored. Without the key it is as unguessable as 256 random bits.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};

use crate::ids::InvitationId;

const PREFIX: &str = "bci_";

pub struct InvitationToken(SecretString);

impl InvitationToken {
    pub fn derive(key: &SecretSlice<u8>, invitation: InvitationId) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret())
            .expect("HMAC takes a key of any length");
        // The key has other uses; each begins with a word of its own.
        mac.update(b"invitation:");
        mac.update(invitation.0.as_bytes());
        Self(SecretString::from(format!(
            "{PREFIX}{}",
            hex::encode(mac.finalize().into_bytes())
        )))
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

    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.expose_secret().as_bytes()).to_vec()
    }

    /// Behind `#`, which browsers do not send: the token stands in no server's log (R36).
    pub fn link(&self, public_base_url: &str) -> String {
        format!("{public_base_url}/invite#token={}", self.0.expose_secret())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::refresh::RefreshToken;

    #[test]
    fn each_invitation_has_its_own_token_and_the_same_one_again() {
        let key: SecretSlice<u8> = vec![1; 32].into();
        let (one, other) = (InvitationId::new(), InvitationId::new());
        assert_eq!(
            InvitationToken::derive(&key, one).hash(),
            InvitationToken::derive(&key, one).hash()
        );
        assert_ne!(
            InvitationToken::derive(&key, one).hash(),
            InvitationToken::derive(&key, other).hash()
        );
        assert_ne!(
            InvitationToken::derive(&key, one).hash(),
            InvitationToken::derive(&vec![2; 32].into(), one).hash()
        );
    }

    /// R31: one kind of token cannot stand for another.
    #[test]
    fn a_refresh_token_is_no_invitation() {
        let link = InvitationToken::derive(&vec![1; 32].into(), InvitationId::new())
            .link("https://chat.example.com");
        let token = link
            .strip_prefix("https://chat.example.com/invite#token=")
            .unwrap();
        assert!(InvitationToken::parse(token).is_some() && RefreshToken::parse(token).is_none());
        assert!(InvitationToken::parse(RefreshToken::random().expose()).is_none());
    }
}
