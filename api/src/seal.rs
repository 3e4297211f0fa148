//! Secrets at rest: AES-256-GCM, one random nonce per value, bound to the place where the value stands (R61).
//!
//! Layout: version byte 1, length of the key id, key id, 12 bytes nonce, ciphertext with tag. The place (table, column,
//! organization, row) is associated data: a sealed value copied to another row does not open there.

use aes_gcm::aead::{Aead, Generate, KeyInit, Nonce, Payload};
use aes_gcm::{Aes256Gcm, Key};
use secrecy::{ExposeSecret, SecretSlice, SecretString};

const VERSION: u8 = 1;
const NONCE_LEN: usize = 12;

/// Where a sealed value stands.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub table: &'a str,
    pub column: &'a str,
    pub organization: crate::ids::OrganizationId,
    /// The row within the organization: an id, or the platform's name.
    pub row: &'a str,
}

impl Place<'_> {
    fn associated_data(&self) -> Vec<u8> {
        format!(
            "{}|{}|{}|{}",
            self.table, self.column, self.organization, self.row
        )
        .into_bytes()
    }
}

/// The installation's keys: the first one writes, all of them read (R64).
#[derive(Clone)]
pub struct Sealer {
    keys: std::sync::Arc<[(String, SecretSlice<u8>)]>,
}

/// A sealed value does not open: another place, an unknown key, or damage. Which one is for the log only.
#[derive(Debug, thiserror::Error)]
#[error("a stored secret cannot be opened: {0}")]
pub struct SealError(&'static str);

impl Sealer {
    /// `keys`: (key id, 32 bytes); at least one, ids of 1 to 255 bytes. Checked by the settings.
    pub fn new(keys: Vec<(String, SecretSlice<u8>)>) -> Self {
        Self { keys: keys.into() }
    }

    pub fn seal(&self, place: Place<'_>, secret: &SecretString) -> Result<Vec<u8>, SealError> {
        let (id, key) = self.keys.first().ok_or(SealError("no encryption key"))?;
        let cipher = cipher(key)?;
        let nonce = Nonce::<Aes256Gcm>::generate();
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: &place.associated_data(),
        };
        let ciphertext = cipher
            .encrypt(&nonce, payload)
            .map_err(|_| SealError("encryption failed"))?;
        let id_len = u8::try_from(id.len()).map_err(|_| SealError("key id too long"))?;
        let mut sealed = vec![VERSION, id_len];
        sealed.extend_from_slice(id.as_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    /// What values begin with that the first key sealed; by it a rotation finds the others.
    pub fn first_key_mark(&self) -> Vec<u8> {
        let id = self.keys.first().map_or("", |(id, _)| id.as_str());
        let mut mark = vec![VERSION, u8::try_from(id.len()).unwrap_or(u8::MAX)];
        mark.extend_from_slice(id.as_bytes());
        mark
    }

    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<SecretString, SealError> {
        let damaged = SealError("damaged value");
        let [VERSION, id_len, rest @ ..] = sealed else {
            return Err(damaged);
        };
        let (id, rest) = rest
            .split_at_checked(usize::from(*id_len))
            .ok_or(SealError("damaged value"))?;
        let (nonce, ciphertext) = rest
            .split_at_checked(NONCE_LEN)
            .ok_or(SealError("damaged value"))?;
        let (_, key) = self
            .keys
            .iter()
            .find(|(known, _)| known.as_bytes() == id)
            .ok_or(SealError("unknown key id"))?;
        let nonce = Nonce::<Aes256Gcm>::try_from(nonce).map_err(|_| SealError("damaged value"))?;
        let payload = Payload {
            msg: ciphertext,
            aad: &place.associated_data(),
        };
        let plain = cipher(key)?
            .decrypt(&nonce, payload)
            .map_err(|_| SealError("wrong place or key"))?;
        String::from_utf8(plain)
            .map(SecretString::from)
            .map_err(|_| damaged)
    }
}

fn cipher(key: &SecretSlice<u8>) -> Result<Aes256Gcm, SealError> {
    let key = Key::<Aes256Gcm>::try_from(key.expose_secret())
        .map_err(|_| SealError("the key has not 32 bytes"))?;
    Ok(Aes256Gcm::new(&key))
}

/// What may be shown of a secret (R60): its last four characters, and nothing of a short one.
pub fn last4(secret: &SecretString) -> String {
    let secret = secret.expose_secret();
    if secret.chars().count() < 12 {
        return String::new();
    }
    let skip = secret.chars().count() - 4;
    secret.chars().skip(skip).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrganizationId;

    fn sealer(ids: &[(&str, u8)]) -> Sealer {
        Sealer::new(
            ids.iter()
                .map(|(id, byte)| ((*id).to_owned(), vec![*byte; 32].into()))
                .collect(),
        )
    }

    fn place(organization: OrganizationId) -> Place<'static> {
        Place {
            table: "social_accounts",
            column: "token_sealed",
            organization,
            row: "row",
        }
    }

    #[test]
    fn a_sealed_secret_opens_only_in_its_place() {
        let (here, elsewhere) = (OrganizationId::new(), OrganizationId::new());
        let sealer = sealer(&[("a", 1)]);
        let sealed = sealer.seal(place(here), &"EAAtoken".into()).unwrap();
        assert_eq!(
            sealer.open(place(here), &sealed).unwrap().expose_secret(),
            "EAAtoken"
        );
        assert!(sealer.open(place(elsewhere), &sealed).is_err());
        assert!(!sealed.windows(8).any(|window| window == b"EAAtoken"));
    }

    #[test]
    fn an_old_key_still_opens_after_rotation_and_a_lost_one_does_not() {
        let here = OrganizationId::new();
        let old = sealer(&[("a", 1)])
            .seal(place(here), &"secret".into())
            .unwrap();
        assert!(
            sealer(&[("b", 2), ("a", 1)])
                .open(place(here), &old)
                .is_ok()
        );
        assert!(sealer(&[("b", 2)]).open(place(here), &old).is_err());
    }

    #[test]
    fn only_what_the_first_key_sealed_bears_its_mark() {
        let here = OrganizationId::new();
        let old = sealer(&[("a", 1)])
            .seal(place(here), &"secret".into())
            .unwrap();
        let longer = sealer(&[("ab", 1)])
            .seal(place(here), &"secret".into())
            .unwrap();
        assert!(old.starts_with(&sealer(&[("a", 1), ("b", 2)]).first_key_mark()));
        assert!(!old.starts_with(&sealer(&[("b", 2), ("a", 1)]).first_key_mark()));
        assert!(!longer.starts_with(&sealer(&[("a", 1)]).first_key_mark()));
    }

    #[test]
    fn damaged_values_are_errors_not_panics() {
        let sealer = sealer(&[("a", 1)]);
        for damaged in [&[][..], &[1], &[1, 9, 1], &[1, 1, b'a', 0, 0], &[2, 0]] {
            assert!(sealer.open(place(OrganizationId::new()), damaged).is_err());
        }
    }
}
