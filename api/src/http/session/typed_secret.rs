//! A password or token as somebody typed it.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;
use validator::ValidationError;

/// Kept exactly as typed: white space is part of a password. Shows as `***` wherever it might be printed (R63).
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
pub struct TypedSecret(SecretString);

impl TypedSecret {
    pub fn get(&self) -> &SecretString {
        &self.0
    }
}

impl Serialize for TypedSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

/// Only bounded here; judged where it is compared.
pub fn is_typed_secret(secret: &TypedSecret) -> Result<(), ValidationError> {
    if (1..=1024).contains(&secret.0.expose_secret().chars().count()) {
        return Ok(());
    }
    Err(ValidationError::new("length").with_message("must have 1 to 1024 characters".into()))
}
