//! What must hold for any input whatever. A check that fails panics: libFuzzer keeps the input, a test fails.

mod naive;

use secrecy::SecretString;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::channels::{Channel, ChannelKind, Event, Identity, Inbound, channel};

/// The body of a webhook: parsing never panics, gives the same twice, and gives nothing that the rest of the server
/// could not live with. In a readable body every item is read as if it had come alone (R7).
pub fn body(kind: ChannelKind, body: &[u8]) {
    let channel = channel(kind).expect("a served platform");
    let parsed = channel.parse(body);
    assert!(parsed == channel.parse(body), "two readings differ");
    let value: Option<Value> = serde_json::from_slice(body).ok();
    match parsed {
        Ok(items) => {
            items.iter().for_each(sound);
            if let Some(value) = value.filter(naive::is_comparable) {
                alone_as_together(channel, kind, &value, &items);
            }
        }
        Err(_) => assert!(
            !value.is_some_and(|value| value.is_object()),
            "an object was refused"
        ),
    }
}

/// No item is lost, added or read differently because of what stands beside it.
fn alone_as_together(channel: &dyn Channel, kind: ChannelKind, body: &Value, together: &[Inbound]) {
    let singles = naive::single_bodies(kind, body);
    let alone = singles.iter().flat_map(|single| {
        let bytes = serde_json::to_vec(single).expect("a value can be written");
        let items = channel.parse(&bytes).expect("an object");
        assert_eq!(
            items.len(),
            1,
            "one item alone was read as another number of items: {single}"
        );
        items
    });
    let alone = naive::without_doubles(alone.collect());
    assert_eq!(alone.len(), together.len(), "items alone and together");
    for (alone, together) in alone.iter().zip(together) {
        assert!(
            alone.account == together.account && alone.event == together.event,
            "{alone:?}\nis together {together:?}"
        );
    }
}

/// What processing and storing rely on.
fn sound(item: &Inbound) {
    let text = serde_json::to_string(&item.raw).expect("a value can be written");
    assert!(
        serde_json::from_str::<Value>(&text).is_ok(),
        "what is kept of an item cannot be read again"
    );
    assert!(!naive::has_nul(&item.raw), "PostgreSQL stores no NUL");
    assert!(item.account.as_deref() != Some(""), "an empty account");
    match &item.event {
        Event::Message(message) => {
            people(&message.sender);
            assert!(!message.external_id.is_empty());
            assert!(
                message
                    .text
                    .as_deref()
                    .is_none_or(|text| !text.trim().is_empty())
            );
            assert!(message.timestamp_ms.is_none_or(|ms| ms > 0));
            // Answering ourselves would never end (R9).
            assert!(
                item.account.as_deref() != Some(message.sender[0].value.as_str())
                    || is_whatsapp(&message.sender[0])
            );
        }
        Event::Echo(echo) => {
            people(&echo.recipient);
            assert!(!echo.external_id.is_empty());
            assert!(echo.timestamp_ms.is_none_or(|ms| ms > 0));
        }
        Event::Status(status) => {
            assert!(!status.external_id.is_empty() && !status.status.is_empty())
        }
        Event::Quarantined(reason) => assert!(!reason.is_empty()),
        Event::Other(_) | Event::Test => {}
    }
}

/// Numbers of people and ids of our numbers are different kinds of ids there: equal digits mean nothing.
fn is_whatsapp(identity: &Identity) -> bool {
    matches!(identity.kind.as_str(), "wa_id" | "bsuid")
}

fn people(identities: &[Identity]) {
    assert!(!identities.is_empty(), "nobody to answer");
    assert!(
        identities
            .iter()
            .all(|identity| !identity.value.trim().is_empty())
    );
}

/// The signature check. An input is three parts with line breaks between them: the accepted secrets with commas between
/// them, the header (`-` for none), and the body.
pub fn signature(input: &[u8]) {
    let mut parts = input.splitn(3, |byte| *byte == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let (secrets, header, body) = (
        String::from_utf8_lossy(next()).into_owned(),
        String::from_utf8_lossy(next()).into_owned(),
        next(),
    );
    let secrets: Vec<&str> = secrets.split(',').collect();
    let header = (header != "-").then_some(header.as_str());
    assert_eq!(
        verify(&secrets, header, body),
        header.is_some_and(|header| is_genuine(&secrets, header, body)),
        "{header:?}"
    );
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        only_exactly_right(&secrets, &signed(secret, body), body);
    }
}

/// A right signature is accepted; changed in any bit, or over a body changed in any bit, it is not.
fn only_exactly_right(secrets: &[&str], right: &str, body: &[u8]) {
    assert!(
        verify(secrets, Some(right), body),
        "a right signature was refused"
    );
    assert!(!verify(&[], Some(right), body), "accepted without a secret");
    // One place of each, chosen by the body; the property test goes through all of them.
    let at = body.iter().fold(0_usize, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(usize::from(*byte))
    });
    let mut changed = right.as_bytes().to_vec();
    let place = at % changed.len();
    changed[place] ^= 1 << (at % 7);
    if let Ok(changed) = std::str::from_utf8(&changed)
        && !changed.eq_ignore_ascii_case(right)
    {
        assert!(!verify(secrets, Some(changed), body), "{changed}");
    }
    if !body.is_empty() {
        let mut changed = body.to_vec();
        let place = at % changed.len();
        changed[place] ^= 1 << (at % 8);
        assert!(!verify(secrets, Some(right), &changed), "a changed body");
    }
}

fn verify(secrets: &[&str], header: Option<&str>, body: &[u8]) -> bool {
    let secrets: Vec<SecretString> = secrets
        .iter()
        .map(|secret| SecretString::from(*secret))
        .collect();
    let channel = channel(ChannelKind::Facebook).expect("a served platform");
    channel.verify(&secrets, header, body).is_ok()
}

/// Written anew from RFC 2104, so that a mistake of the library's use is none of the check's too.
fn is_genuine(secrets: &[&str], header: &str, body: &[u8]) -> bool {
    let is_strict = header.len() == 71
        && header.starts_with("sha256=")
        && header[7..].bytes().all(|digit| digit.is_ascii_hexdigit());
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    is_strict
        && secrets
            .map(|secret| signed(secret, body))
            .any(|right| right[7..].eq_ignore_ascii_case(&header[7..]))
}

fn signed(secret: &str, body: &[u8]) -> String {
    let mut key = [0_u8; 64];
    if secret.len() > key.len() {
        key[..32].copy_from_slice(&Sha256::digest(secret));
    } else {
        key[..secret.len()].copy_from_slice(secret.as_bytes());
    }
    let inner = Sha256::new()
        .chain_update(key.map(|byte| byte ^ 0x36))
        .chain_update(body)
        .finalize();
    let outer = Sha256::new()
        .chain_update(key.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize();
    format!("sha256={}", hex::encode(outer))
}
