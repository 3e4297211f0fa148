//! Requests to the Graph API and what its answers mean (reference 2.5, 4.5, 5).

use secrecy::SecretString;
use serde_json::Value;

use super::{errors, errors::GraphError, signature, waiting};
use crate::channels::{
    ApiRequest, Failure, FailureClass, HttpReply, Identity, Method, Outcome, SendAccount,
};

/// `POST {base}/{version}/{node}/{edge}` with a JSON body.
pub fn post(account: &SendAccount, base: &str, node: &str, edge: &str, body: Value) -> ApiRequest {
    let url = format!(
        "{base}/{}/{}/{edge}",
        account.graph_version,
        path_segment(node)
    );
    request(account, Method::Post, url, Some(body))
}

/// `GET {base}/{version}/{node}?fields={fields}`.
pub fn get(account: &SendAccount, base: &str, node: &str, fields: &str) -> ApiRequest {
    let url = format!(
        "{base}/{}/{}?fields={fields}",
        account.graph_version,
        path_segment(node)
    );
    request(account, Method::Get, url, None)
}

fn request(account: &SendAccount, method: Method, url: String, json: Option<Value>) -> ApiRequest {
    ApiRequest {
        method,
        url,
        query: proof(account, &account.token),
        bearer: account.token.clone(),
        json,
    }
}

/// The proof for a call with this token, where the app secret is known (R65).
pub fn proof(account: &SendAccount, token: &SecretString) -> Vec<(&'static str, SecretString)> {
    let secret = account.app_secret.iter();
    secret
        .map(|secret| ("appsecret_proof", signature::appsecret_proof(secret, token)))
        .collect()
}

/// Reads the answer to a send. `read_sent` finds the message's id in an answer of success, and an id of the recipient.
pub fn outcome(
    reply: &HttpReply,
    read_sent: impl Fn(&Value) -> Option<(String, Option<Identity>)>,
) -> Outcome {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let accepted = (200..300).contains(&reply.status) && body["error"].is_null();
    // A 2xx that tells no id is unknown like any answer without a code (R14).
    if accepted && let Some((external_id, alias)) = read_sent(&body) {
        return Outcome::Sent { external_id, alias };
    }
    Outcome::Failed(failure(reply, &body))
}

/// What an answer that is no success means. `body` is the reply's, parsed, or null.
pub fn failure(reply: &HttpReply, body: &Value) -> Failure {
    let mut failure = errors::classify(GraphError::read(&body["error"]), Some(reply.status));
    if let FailureClass::TryLater { after, .. } = &mut failure.class {
        *after = waiting::asked_for(reply).or(*after);
    }
    failure
}

/// An id as one part of a path. Ids of accounts are typed in by people: they must not reach another path (R50).
fn path_segment(id: &str) -> String {
    let mut segment = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => segment.push(char::from(byte)),
            other => segment.push_str(&format!("%{other:02X}")),
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::path_segment;

    #[test]
    fn an_id_stays_inside_its_part_of_the_path() {
        assert_eq!(path_segment("104857600001122"), "104857600001122");
        assert_eq!(path_segment("../me?x=1#"), "%2E%2E%2Fme%3Fx%3D1%23");
    }
}
