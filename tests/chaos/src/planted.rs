//! Recognisable secrets, and how they are found again, whatever form they took.

use std::collections::BTreeSet;

/// What must not be found, each with what it is.
#[derive(Default)]
pub struct Planted(BTreeSet<(&'static str, String)>);

impl Planted {
    pub fn plant(&mut self, name: &'static str, value: impl Into<String>) -> String {
        let value = value.into();
        assert!(value.len() >= 8, "{name}: too short to be recognised");
        self.0.insert((name, value.clone()));
        value
    }

    /// All that is planted under a name.
    pub fn all(&self, name: &str) -> Vec<String> {
        let named = self.0.iter().filter(|(known, _)| *known == name);
        named.map(|(_, secret)| secret.clone()).collect()
    }

    /// Those of another one too.
    pub fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The names of those that a text holds: plain, in hex, in base64, or as a list of bytes.
    pub fn found_in(&self, text: &str) -> Vec<&'static str> {
        let lower = text.to_lowercase();
        let bytes = |secret: &str| {
            secret
                .bytes()
                .map(|byte| byte.to_string())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let holds = |secret: &str| {
            text.contains(secret)
                || lower.contains(&hex::encode(secret))
                || text.contains(&base64_middle(secret))
                || text.contains(&bytes(secret))
        };
        self.0
            .iter()
            .filter(|(_, secret)| holds(secret))
            .map(|(name, _)| *name)
            .collect()
    }
}

/// The part of a text's base64 that is the same wherever its bytes begin a group of three.
fn base64_middle(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = text.as_bytes().chunks_exact(3);
    let digit = |group: &[u8], at: usize| {
        let bits = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
        char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63])
    };
    groups
        .flat_map(|group| (0..4).map(move |at| digit(group, at)))
        .collect()
}

#[test]
fn planted_secrets_are_recognised_in_each_form() {
    let mut planted = Planted::default();
    planted.plant("it", "planted-secret-123");
    let base64 = base64_middle("planted-secret-123");
    for text in [
        "x planted-secret-123 y".to_owned(),
        format!("\\x{}", hex::encode("xplanted-secret-123")),
        format!("AAAA{base64}AA"),
        format!("{:?}", b"planted-secret-123"),
    ] {
        assert_eq!(planted.found_in(&text), ["it"], "{text}");
    }
    assert!(planted.found_in("planted-secret-12").is_empty());
}
