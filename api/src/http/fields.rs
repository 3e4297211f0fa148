//! Types of single fields: texts in their normal form, secrets that only go in, and the three-valued fields of PATCH.

use std::borrow::Cow;
use std::marker::PhantomData;

use secrecy::{ExposeSecret, SecretString};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;
use validator::{ValidateLength, ValidationError};

/// A text in NFC, as all names and settings are stored (R75).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct Text(String);

impl Text {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.nfc().collect())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer).map(|text| Self::from(&*text))
    }
}

impl ValidateLength<u64> for Text {
    fn length(&self) -> Option<u64> {
        self.0.length()
    }
}

/// A name in NFC: one line of 1 to 100 characters, not only white space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(
    value_type = String, min_length = 1, max_length = 100, example = "Rahim Store",
    pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$",
)]
pub struct Name(Text);

impl Name {
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// For `#[validate(custom(function = is_name))]`.
pub fn is_name(name: &Name) -> Result<(), ValidationError> {
    if name.0.length().is_some_and(|length| length > 100) {
        return Err(error("length", "must have 1 to 100 characters"));
    }
    is_line(&name.0)
}

/// One line with something in it: for what ends up in headings, headers and logs.
pub fn is_line(text: &Text) -> Result<(), ValidationError> {
    if text.0.chars().any(char::is_control) {
        return Err(error(
            "control",
            "must not contain line breaks or other control characters",
        ));
    }
    is_not_blank(text)
}

/// Something besides white space.
pub fn is_not_blank(text: &Text) -> Result<(), ValidationError> {
    if text.0.trim().is_empty() {
        Err(error("blank", "must not be empty or only white space"))
    } else {
        Ok(())
    }
}

/// Digits and nothing else, as Meta's ids are.
pub fn is_digits(text: &Text) -> Result<(), ValidationError> {
    let digits = !text.0.is_empty() && text.0.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        Ok(())
    } else {
        Err(error(
            "digits",
            "must have digits only; copy it from Meta's dashboard",
        ))
    }
}

pub(super) fn error(code: &'static str, message: &'static str) -> ValidationError {
    ValidationError::new(code).with_message(Cow::Borrowed(message))
}

/// A secret that is entered and never shown again (R60). White space at its ends is dropped: it comes from copying.
#[derive(Debug, Clone, ToSchema)]
#[schema(value_type = String, format = Password, min_length = 8, max_length = 4096, pattern = "^[!-~]{8,4096}$")]
pub struct Secret(SecretString);

impl Secret {
    pub fn get(&self) -> &SecretString {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let secret = SecretString::deserialize(deserializer)?;
        Ok(Self(secret.expose_secret().trim().into()))
    }
}

/// As a digest, which is all that comparing two requests needs.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(Sha256::digest(
            self.0.expose_secret().as_bytes(),
        )))
    }
}

/// One line of visible characters of a length that a token can have: it travels in a header.
pub fn is_secret(secret: &Secret) -> Result<(), ValidationError> {
    let text = secret.0.expose_secret();
    if !(8..=4096).contains(&text.len()) {
        return Err(error("length", "must have 8 to 4096 characters"));
    }
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if visible {
        Ok(())
    } else {
        Err(error(
            "characters",
            "must have visible ASCII characters only; copy it again",
        ))
    }
}

/// What may be told of a stored secret (R60).
#[derive(Debug, Serialize, ToSchema)]
pub struct SecretView {
    pub configured: bool,
    /// The last four characters; null where there is no secret, or a short one.
    #[schema(example = "x9Qz")]
    pub last4: Option<String>,
}

impl SecretView {
    /// A stored secret with what is kept of it for showing.
    pub fn stored(last4: &str) -> Self {
        Self {
            configured: true,
            last4: Some(last4.to_owned()).filter(|last4| !last4.is_empty()),
        }
    }

    pub fn absent() -> Self {
        Self {
            configured: false,
            last4: None,
        }
    }
}

/// For `Option<T>` in a PATCH where null has no meaning: absent is `None` (with `#[serde(default)]`), null is refused.
pub fn not_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// For `Option<Option<T>>` in a PATCH: absent is `None` (with `#[serde(default)]`), null is `Some(None)`.
pub fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// For an `Option` of a struct inside of a body: an object or null. Serde alone would take a list for the struct's fields in order.
pub fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(deserializer)?.map(|object| object.0))
}

struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Patch {
        #[serde(default, deserialize_with = "not_null")]
        name: Option<Text>,
        #[serde(default, deserialize_with = "nullable")]
        title: Option<Option<Text>>,
    }

    fn patch(text: &str) -> Result<Patch, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn a_patch_tells_absent_from_null() {
        let absent = patch("{}").unwrap();
        assert!(absent.name.is_none() && absent.title.is_none());
        assert_eq!(patch(r#"{"title": null}"#).unwrap().title, Some(None));
        assert_eq!(
            patch(r#"{"title": "T"}"#).unwrap().title,
            Some(Some(Text::from("T")))
        );
        assert!(patch(r#"{"name": null}"#).is_err());
        let nested = |text: &str| object::<Patch, _>(&mut serde_json::Deserializer::from_str(text));
        assert!(nested("null").unwrap().is_none() && nested("{}").unwrap().is_some());
        assert!(nested("[]").is_err());
    }

    /// R75: Bangla ো typed as two signs and as one is the same name.
    #[test]
    fn texts_are_stored_composed() {
        assert_eq!(Text::from("দ\u{9c7}\u{9be}কান").as_str(), "দ\u{9cb}কান");
    }

    #[test]
    fn names_are_one_line_with_something_in_it() {
        let name = |text: &str| is_name(&Name(Text::from(text))).is_ok();
        assert!(name("রহিম স্টোর") && name(&"ক".repeat(100)));
        for wrong in ["", "  ", "\u{3000}", "a\nb", "a\u{85}b", &"a".repeat(101)] {
            assert!(!name(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn secrets_lose_copied_white_space_and_never_show() {
        let secret: Secret = serde_json::from_str("\" EAAtoken123\\n\"").unwrap();
        assert_eq!(secret.get().expose_secret(), "EAAtoken123");
        assert!(
            !format!("{secret:?}").contains("EAAtoken")
                && !serde_json::to_string(&secret).unwrap().contains("EAAtoken")
        );
        assert!(is_secret(&secret).is_ok());
        let broken: Secret = serde_json::from_str("\"EAA token 123\"").unwrap();
        assert!(is_secret(&broken).is_err());
    }
}
