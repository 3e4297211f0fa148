//! Signatures of webhooks, proofs of requests, and the one comparison of secrets (R1, R2).

use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::channels::BadSignature;

/// The header that carries the only signature we accept; `X-Hub-Signature` (SHA-1) is never looked at.
pub const HEADER: &str = "X-Hub-Signature-256";

/// Whether two secrets, tokens or MACs are equal, in a time that tells nothing about where they differ or how long they
/// are. Everything in the server that compares secrets uses this (R2).
pub fn same_secret(a: &[u8], b: &[u8]) -> bool {
    // Both are hashed first, so that also the lengths of the compared bytes are equal.
    let key = b"banglachat same_secret";
    same_mac(mac_of(key, a), mac_of(key, b))
}

/// The same for what has one length anyway.
fn same_mac(a: [u8; 32], b: [u8; 32]) -> bool {
    // Compares in constant time.
    CtOutput::<Hmac<Sha256>>::new(a.into()) == CtOutput::new(b.into())
}

/// Checks `sha256=<64 hex digits>` over exactly the bytes received, against each accepted secret: an app has two while
/// its secret is being rotated. No secret, or an empty one, accepts nothing.
pub fn verify_hub_sha256(
    secrets: &[SecretString],
    header: Option<&str>,
    body: &[u8],
) -> Result<(), BadSignature> {
    let digits = header
        .and_then(|header| header.strip_prefix("sha256="))
        .ok_or(BadSignature)?;
    let mut given = [0_u8; 32];
    // Refuses any other length and any other digit.
    hex::decode_to_slice(digits, &mut given).map_err(|_| BadSignature)?;
    let accepted = secrets
        .iter()
        .map(|secret| secret.expose_secret())
        .filter(|secret| !secret.is_empty())
        .any(|secret| same_mac(mac_of(secret.as_bytes(), body), given));
    if accepted { Ok(()) } else { Err(BadSignature) }
}

/// `appsecret_proof` (reference 2.6): shows Meta that the caller also has the app secret. Belongs to the token of one call.
pub fn appsecret_proof(app_secret: &SecretString, token: &SecretString) -> SecretString {
    let proof = mac_of(
        app_secret.expose_secret().as_bytes(),
        token.expose_secret().as_bytes(),
    );
    SecretString::from(hex::encode(proof))
}

fn mac_of(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "test-app-secret-0f1e2d3c4b5a";
    const BODY: &[u8] = br#"{"object":"page","entry":[]}"#;
    const DIGITS: &str = "c5e1c96df60c0dcc0ff4968f71c4bf9876d0b4ba201119ef93dcd7c71d2dd950";

    fn check(secrets: &[&str], header: Option<&str>, body: &[u8]) -> bool {
        let secrets: Vec<_> = secrets
            .iter()
            .map(|secret| SecretString::from(*secret))
            .collect();
        verify_hub_sha256(&secrets, header, body).is_ok()
    }

    #[test]
    fn the_right_signature_is_accepted_in_either_case() {
        assert!(check(&[SECRET], Some(&format!("sha256={DIGITS}")), BODY));
        assert!(check(
            &[SECRET],
            Some(&format!("sha256={}", DIGITS.to_uppercase())),
            BODY
        ));
    }

    #[test]
    fn any_of_several_secrets_is_enough_while_one_is_rotated() {
        assert!(check(
            &["new", SECRET],
            Some(&format!("sha256={DIGITS}")),
            BODY
        ));
        assert!(check(
            &[SECRET, "new"],
            Some(&format!("sha256={DIGITS}")),
            BODY
        ));
    }

    #[test]
    fn everything_but_the_exact_header_over_the_exact_bytes_is_refused() {
        let good = format!("sha256={DIGITS}");
        let wrong = format!("sha256={}1", &DIGITS[..63]);
        let headers = [
            None,
            Some(""),
            Some("sha256="),
            Some(DIGITS),
            Some(&good[..good.len() - 1]),
            Some(&good[..good.len() - 2]),
            Some(wrong.as_str()),
            Some("sha1=b206104e36a7e38bc218d9a028848c2ccc689e21"),
        ];
        for header in headers {
            assert!(!check(&[SECRET], header, BODY), "{header:?}");
        }
        for header in [
            format!("{good}00"),
            format!(" {good}"),
            format!("{good} "),
            good.replace("sha256", "SHA256"),
            format!("sha256={}", "g".repeat(64)),
        ] {
            assert!(!check(&[SECRET], Some(&header), BODY), "{header:?}");
        }
        assert!(!check(
            &[SECRET],
            Some(&good),
            br#"{"object":"page","entry":[]} "#
        ));
        assert!(!check(&["another"], Some(&good), BODY));
    }

    #[test]
    fn without_a_secret_nothing_is_accepted() {
        assert!(!check(&[], Some(&format!("sha256={DIGITS}")), BODY));
        let forged = format!("sha256={}", hex::encode(mac_of(b"", BODY)));
        assert!(!check(&[""], Some(&forged), BODY));
    }

    #[test]
    fn the_proof_is_the_documented_vector() {
        let proof = appsecret_proof(&SECRET.into(), &"EAATESTTOKEN123".into());
        assert_eq!(
            proof.expose_secret(),
            "e5e553c4e0d30d911319b82922834ca72321ce309680681ea663f63aa2c1e0ff"
        );
    }

    #[test]
    fn only_equal_secrets_are_the_same() {
        assert!(same_secret(b"", b""));
        assert!(same_secret(b"token", b"token"));
        for (a, b) in [
            ("token", "tokem"),
            ("token", "token "),
            ("token", ""),
            ("", "token"),
            ("Token", "token"),
        ] {
            assert!(!same_secret(a.as_bytes(), b.as_bytes()), "{a:?} {b:?}");
        }
    }
}
