//! Signed Messenger webhooks, built cheaply: what is the same in all of them is written once, as the sandbox writes it, and the key of
//! the signature is set up once.

use hmac::{Hmac, KeyInit, Mac};
use sandbox::{bodies, wire};
use sha2::Sha256;

use crate::machine;

/// Stands in the sample where the customer's id belongs, and where the message's.
const CUSTOMER: &str = "CUSTOMERMARK";
const MESSAGE: &str = "MESSAGEMARK";

/// What customers write; each has an answer in the demo shop's knowledge.
pub const TEXTS: [&str; 8] = [
    "ডেলিভারি চার্জ কত? ঢাকার বাইরে কি পাঠান?",
    "jamdani saree dam koto apu?",
    "কীভাবে অর্ডার করব, একটু বলবেন?",
    "cash on delivery ache vaiya",
    "সাইজ চার্ট আছে? কী কী সাইজ আছে?",
    "panjabi dam koto, offer ache?",
    "পণ্য ফেরত দেওয়া যায়? রিটার্ন পলিসি কী?",
    "dokan kothay, kokhon khola thake",
];

/// A customer's message to one page, but for who and which; several texts in turn.
#[derive(Clone)]
pub struct Letter {
    /// The request up to the signature.
    head: String,
    key: Hmac<Sha256>,
    /// The body around the two ids, for each text.
    parts: Vec<[String; 3]>,
    customer_first: bool,
}

impl Letter {
    /// For the app with this secret at this path.
    pub fn new(path: &str, secret: &str, page: &str) -> Self {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256="
        );
        let bodies: Vec<_> = TEXTS.iter().map(|text| sample(page, text)).collect();
        // In the order in which the JSON library writes keys.
        let customer_first = bodies[0].find(CUSTOMER) < bodies[0].find(MESSAGE);
        let marks = if customer_first {
            [CUSTOMER, MESSAGE]
        } else {
            [MESSAGE, CUSTOMER]
        };
        Self {
            head,
            key: key(secret),
            parts: bodies.iter().map(|body| cut(body, marks)).collect(),
            customer_first,
        }
    }

    /// The whole request; `text` chooses one of the texts.
    pub fn write(&self, customer: &str, message: &str, text: usize) -> Vec<u8> {
        let [start, middle, end] = &self.parts[text % self.parts.len()];
        let (first, second) = if self.customer_first {
            (customer, message)
        } else {
            (message, customer)
        };
        let body = [start, first, middle, second, end].concat();
        signed(&self.head, &self.key, &body)
    }
}

pub fn key(secret: &str) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length")
}

/// A request with this body; the head ends where the signature's hex digits begin.
pub fn signed(head: &str, key: &Hmac<Sha256>, body: &str) -> Vec<u8> {
    let mut mac = key.clone();
    mac.update(body.as_bytes());
    let mut digits = [0; 64];
    hex::encode_to_slice(mac.finalize().into_bytes(), &mut digits).expect("32 bytes are 64 digits");
    let mut request = Vec::with_capacity(head.len() + body.len() + 128);
    request.extend_from_slice(head.as_bytes());
    request.extend_from_slice(&digits);
    request.extend_from_slice(format!("\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes());
    request.extend_from_slice(body.as_bytes());
    request
}

fn sample(page: &str, text: &str) -> String {
    let time = machine::now().timestamp_millis();
    wire::to_wire(&bodies::messenger_text(page, CUSTOMER, MESSAGE, text, time))
}

/// What stands before, between and behind the marks.
fn cut(body: &str, marks: [&str; 2]) -> [String; 3] {
    let (start, rest) = body.split_once(marks[0]).unwrap_or((body, ""));
    let (middle, end) = rest.split_once(marks[1]).unwrap_or((rest, ""));
    [start, middle, end].map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_what_the_sandbox_would_have_sent() {
        let letter = Letter::new("/social/webhook/facebook/", "secret", "1048");
        let request = String::from_utf8(letter.write("7319", "m_1", 9)).unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let parsed: serde_json::Value = serde_json::from_str(body).unwrap();
        let item = &parsed["entry"][0]["messaging"][0];
        assert_eq!(item["sender"]["id"], "7319");
        assert_eq!(item["message"]["mid"], "m_1");
        assert_eq!(item["message"]["text"], TEXTS[1]);
        assert!(
            head.contains(&wire::sign("secret", body.as_bytes())),
            "{head}"
        );
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())));
    }
}
