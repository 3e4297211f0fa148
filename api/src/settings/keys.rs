//! The installation's keys: access tokens, stored secrets, refresh tokens.
//!
//! Production is given them. In development a missing one is made once and kept in the data folder, readable by its owner only,
//! so that a newcomer sets nothing and a restart signs nobody out.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use secrecy::{ExposeSecret, SecretSlice};

use super::parse::{Reader, problem};
use super::{Profile, SettingsError};

/// One key that signs or checks access tokens, chosen by `kid`.
#[derive(Clone)]
pub struct JwtKey {
    pub kid: String,
    pub secret: SecretSlice<u8>,
}

/// Lists begin with the key that writes; the others only read (R64).
#[derive(Clone)]
pub struct Keys {
    pub jwt: Vec<JwtKey>,
    /// (key id, 32 bytes)
    pub encryption: Vec<(String, SecretSlice<u8>)>,
    /// Derives the successor of a refresh token (R32).
    pub refresh: SecretSlice<u8>,
}

const EXAMPLE: &str = "k1:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

impl Keys {
    pub(super) fn read(
        reader: &Reader<'_>,
        profile: Profile,
        data_dir: &Path,
    ) -> Result<Self, SettingsError> {
        let jwt = named_keys(reader, "JWT_KEYS", profile, data_dir)?;
        let encryption = named_keys(reader, "ENCRYPTION_KEYS", profile, data_dir)?;
        let refresh = named_keys(reader, "REFRESH_TOKEN_KEY", profile, data_dir)?
            .remove(0)
            .1;
        let jwt = jwt
            .into_iter()
            .map(|(kid, secret)| JwtKey { kid, secret })
            .collect();
        Ok(Self {
            jwt,
            encryption,
            refresh,
        })
    }
}

/// `id:hex,id:hex`; each key has 32 bytes.
fn named_keys(
    reader: &Reader<'_>,
    name: &'static str,
    profile: Profile,
    data_dir: &Path,
) -> Result<Vec<(String, SecretSlice<u8>)>, SettingsError> {
    let entries = reader.list(name);
    if entries.is_empty() {
        if profile == Profile::Production {
            return Err(problem(
                name,
                "is missing; make one with `openssl rand -hex 32` and give it an id",
                EXAMPLE,
            ));
        }
        return Ok(vec![("dev".to_owned(), development_key(data_dir, name)?)]);
    }
    entries.iter().map(|entry| named_key(name, entry)).collect()
}

fn named_key(name: &'static str, entry: &str) -> Result<(String, SecretSlice<u8>), SettingsError> {
    let wrong = || {
        problem(
            name,
            "expected id:key with 64 hex digits each, separated by commas",
            EXAMPLE,
        )
    };
    let (id, key) = entry.split_once(':').ok_or_else(wrong)?;
    let id_is_plain = !id.is_empty()
        && id.len() <= 32
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let key = hex::decode(key)
        .ok()
        .filter(|key| key.len() == 32)
        .ok_or_else(wrong)?;
    if id_is_plain {
        Ok((id.to_owned(), key.into()))
    } else {
        Err(wrong())
    }
}

fn development_key(data_dir: &Path, name: &'static str) -> Result<SecretSlice<u8>, SettingsError> {
    let folder = data_dir.join("keys");
    let file = folder.join(name.to_ascii_lowercase());
    let failed = |error: std::io::Error| {
        problem(
            name,
            format!(
                "cannot keep a development key in {}: {error}",
                folder.display()
            ),
            EXAMPLE,
        )
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    // Two processes that start together must end with one key: only one of them can link its file to the name.
    let fresh = folder.join(format!(
        "{}.{}",
        name.to_ascii_lowercase(),
        std::process::id()
    ));
    let key = crate::auth::random::bytes::<32>();
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)
        .map_err(failed)?;
    out.write_all(hex::encode(key.expose_secret()).as_bytes())
        .map_err(failed)?;
    let linked = std::fs::hard_link(&fresh, &file);
    std::fs::remove_file(&fresh).map_err(failed)?;
    if let Err(error) = linked
        && error.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(failed(error));
    }
    let text = std::fs::read_to_string(&file).map_err(failed)?;
    hex::decode(text.trim())
        .map(SecretSlice::from)
        .map_err(|_| problem(name, "the kept development key is damaged", EXAMPLE))
}
