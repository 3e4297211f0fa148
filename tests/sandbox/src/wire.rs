//! Meta's bytes: signatures, proofs, and JSON escaped the way Meta sends it (reference 1.2, 2.6).

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

/// The value of `X-Hub-Signature-256` for exactly these bytes.
pub fn sign(app_secret: &str, body: &[u8]) -> String {
    format!("sha256={}", hmac_hex(app_secret, body))
}

/// `appsecret_proof` of a call with this token.
pub fn appsecret_proof(app_secret: &str, token: &str) -> String {
    hmac_hex(app_secret, token.as_bytes())
}

fn hmac_hex(key: &str, message: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes any key length");
    mac.update(message);
    hex::encode(mac.finalize().into_bytes())
}

/// A body as Meta writes it: compact, non-ASCII as `\uXXXX`, `/` as `\/`, and `<`, `%`, `@` escaped too. A receiver that
/// hashes parsed and rewritten JSON instead of the bytes fails on it.
pub fn to_wire(body: &Value) -> String {
    let plain = body.to_string();
    let mut wire = String::with_capacity(plain.len() * 2);
    // Outside of strings JSON holds none of these characters, so the whole text can be walked.
    for character in plain.chars() {
        match character {
            '/' => wire.push_str("\\/"),
            '<' => wire.push_str("\\u003C"),
            '%' => wire.push_str("\\u0025"),
            '@' => wire.push_str("\\u0040"),
            ascii if ascii.is_ascii() => wire.push(ascii),
            other => push_escaped(&mut wire, other),
        }
    }
    wire
}

fn push_escaped(wire: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        wire.push_str(&format!("\\u{unit:04x}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SECRET: &str = "test-app-secret-0f1e2d3c4b5a";
    const MESSENGER: &str = r#"{"object":"page","entry":[{"id":"104857600001122","time":1795140000350,"messaging":[{"sender":{"id":"7319284650112233"},"recipient":{"id":"104857600001122"},"timestamp":1795140000000,"message":{"mid":"m_Ab1Raw_0038","text":"\u09a6\u09be\u09ae \u003C\u09e7\u09e6\u09e6\u0025> \u0040home\/\u0985\u09ab\u09bf\u09b8 \ud83d\ude0a"}}]}]}"#;

    #[test]
    fn signatures_match_the_published_vectors() {
        assert_eq!(
            sign(SECRET, br#"{"object":"page","entry":[]}"#),
            "sha256=c5e1c96df60c0dcc0ff4968f71c4bf9876d0b4ba201119ef93dcd7c71d2dd950"
        );
        assert_eq!(
            sign(SECRET, MESSENGER.as_bytes()),
            "sha256=051bf9093f49bca84228fbd1a32cd48d96cac7e2ffc2b225a16fe9702864b3be"
        );
    }

    #[test]
    fn the_same_event_without_escapes_has_another_signature() {
        let parsed: Value = serde_json::from_str(MESSENGER).expect("the sample is JSON");
        let rewritten = sign(SECRET, parsed.to_string().as_bytes());
        assert_ne!(rewritten, sign(SECRET, MESSENGER.as_bytes()));
    }

    #[test]
    fn the_proof_matches_the_published_vector() {
        assert_eq!(
            appsecret_proof(SECRET, "EAATESTTOKEN123"),
            "e5e553c4e0d30d911319b82922834ca72321ce309680681ea663f63aa2c1e0ff"
        );
    }

    #[test]
    fn text_is_escaped_like_metas_own_bytes_and_reads_back_the_same() {
        let text = json!("দাম <১০০%> @home/অফিস 😊");
        let wire = to_wire(&text);
        assert!(MESSENGER.contains(&wire), "{wire}");
        assert_eq!(serde_json::from_str::<Value>(&wire).expect("valid"), text);
    }

    #[test]
    fn quotes_and_control_characters_stay_valid() {
        let text = json!("\"a\\b\"\n\t\u{1}\u{200d}");
        assert_eq!(
            serde_json::from_str::<Value>(&to_wire(&text)).expect("valid"),
            text
        );
    }
}
