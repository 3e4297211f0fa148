//! What went wrong at a model server, and what it means (reference 7.4).
//!
//! R53: a tenant gives the URL, so nothing of what it answered is repeated: messages name the status and a short code at most.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::super::ModelError;

#[derive(Debug, PartialEq)]
pub(super) enum Failure {
    /// The prompt does not fit: shorten it.
    TooLong,
    /// The server does not take this parameter.
    Parameter(String),
    RateLimited(Option<Duration>),
    Unavailable(String),
    Refused(String),
    Bad(String),
    Garbage(String),
}

impl Failure {
    pub fn into_error(self) -> ModelError {
        match self {
            Self::TooLong => {
                ModelError::BadRequest("the conversation is too long for this model".to_owned())
            }
            Self::Parameter(name) => {
                ModelError::BadRequest(format!("the server does not take {name}"))
            }
            Self::RateLimited(retry_after) => ModelError::RateLimited { retry_after },
            Self::Unavailable(why) => ModelError::Unavailable(why),
            Self::Refused(why) => ModelError::Refused(why),
            Self::Bad(why) => ModelError::BadRequest(why),
            Self::Garbage(why) => ModelError::Garbage(why),
        }
    }

    /// No answer at all, or an interrupted one. The error's own text holds the URL and is left out.
    pub fn from_transport(error: &reqwest::Error) -> Self {
        let why = if error.is_timeout() {
            "no answer in time"
        } else if error.is_connect() {
            "no connection"
        } else {
            "the connection broke"
        };
        Self::Unavailable(why.to_owned())
    }
}

/// The parts of an error body, wherever the server put them.
struct Told {
    code: String,
    kind: String,
    param: String,
    message: String,
}

impl Told {
    fn read(body: &Value) -> Self {
        let error = body
            .get("error")
            .filter(|error| !error.is_null())
            .unwrap_or(body);
        let field = |name: &str| match error.get(name).or_else(|| body.get(name)) {
            Some(Value::String(text)) => text.to_ascii_lowercase(),
            Some(Value::Number(number)) => number.to_string(),
            Some(other) if name == "detail" => other.to_string().to_ascii_lowercase(),
            _ => String::new(),
        };
        let message = match error {
            Value::String(text) => text.to_ascii_lowercase(),
            _ => format!("{} {}", field("message"), field("detail")),
        };
        Self {
            code: field("code"),
            kind: field("type"),
            param: field("param"),
            message,
        }
    }

    fn is(&self, names: &[&str]) -> bool {
        names
            .iter()
            .any(|name| self.code == *name || self.kind == *name)
    }

    fn too_long(&self) -> bool {
        self.is(&[
            "context_length_exceeded",
            "exceed_context_size_error",
            "contextwindowexceedederror",
        ]) || [
            "maximum context length",
            "context size",
            "context length",
            "context window",
            "prompt is too long",
            "too many tokens",
        ]
        .iter()
        .any(|sign| self.message.contains(sign))
    }

    fn no_quota(&self) -> bool {
        self.is(&[
            "insufficient_quota",
            "billing_hard_limit_reached",
            "billing_not_active",
        ]) || self.message.contains("exceeded your current quota")
    }

    /// The parameter that the server objects to, if it is one that we can do without.
    fn parameter(&self) -> Option<String> {
        let known = ["max_tokens", "temperature", "stream_options", "stream"];
        let named = known.iter().find(|name| self.param == **name);
        // "Use 'max_completion_tokens' instead" names the other one too, so the names are looked for as whole words.
        let words = || {
            self.message
                .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        };
        named
            .or_else(|| known.iter().find(|name| words().any(|word| word == **name)))
            .map(|name| (*name).to_owned())
    }

    /// "http 404 model_not_found": only short plain codes are repeated.
    fn brief(&self, status: u16) -> String {
        let plain = |text: &&String| {
            !text.is_empty()
                && text.len() <= 40
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        match [&self.code, &self.kind].into_iter().find(plain) {
            Some(code) => format!("http {status} {code}"),
            None => format!("http {status}"),
        }
    }
}

/// What an answer other than 2xx means.
pub(super) fn classify(status: u16, headers: &HeaderMap, body: &[u8]) -> Failure {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let told = Told::read(&body);
    let brief = told.brief(status);
    match status {
        429 if told.no_quota() => Failure::Refused(brief),
        429 => Failure::RateLimited(retry_after(headers)),
        413 => Failure::TooLong,
        400 | 422 if told.too_long() => Failure::TooLong,
        400 | 422 if told.is(&["content_filter", "content_policy_violation"]) => {
            Failure::Bad(brief)
        }
        400 | 422 => told
            .parameter()
            .map_or(Failure::Bad(brief), Failure::Parameter),
        401..=404 | 405 | 410 => Failure::Refused(brief),
        // Redirects are never followed (R51), so the URL is wrong.
        300..=399 => Failure::Refused(format!("{brief}: the address redirects")),
        408 | 409 | 425 | 500.. => Failure::Unavailable(brief),
        _ => Failure::Bad(brief),
    }
}

/// An `error` in a 200: classed by what it says, as there is no status.
pub(super) fn from_error_in_success(body: &Value) -> Failure {
    let told = Told::read(body);
    if told.too_long() {
        Failure::TooLong
    } else if told.no_quota()
        || told.is(&["invalid_api_key", "model_not_found", "401", "403", "404"])
    {
        Failure::Refused(told.brief(200))
    } else if told.is(&["rate_limit_exceeded", "429"]) {
        Failure::RateLimited(None)
    } else {
        Failure::Unavailable(told.brief(200))
    }
}

/// `retry-after-ms`, else `retry-after` in seconds (also fractions) or as a date, which is read against the server's own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    let number = |name: &str| text(name).and_then(|value| value.parse::<f64>().ok());
    let seconds = number("retry-after-ms")
        .map(|ms| ms / 1000.0)
        .or_else(|| number("retry-after"));
    if let Some(seconds) = seconds {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date =
        |name: &str| text(name).and_then(|value| chrono::DateTime::parse_from_rfc2822(value).ok());
    (date("retry-after")? - date("date")?).to_std().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, body: &str) -> Failure {
        classify(status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn statuses_and_codes_have_their_class() {
        let refused = |code: &str| Failure::Refused(code.to_owned());
        for (status, body, expected) in [
            (
                401,
                r#"{"error":{"message":"no","code":"invalid_api_key"}}"#,
                refused("http 401 invalid_api_key"),
            ),
            (404, r#"{"error":"model not found"}"#, refused("http 404")),
            (
                429,
                r#"{"error":{"type":"insufficient_quota"}}"#,
                refused("http 429 insufficient_quota"),
            ),
            (
                429,
                r#"{"error":{"code":"rate_limit_exceeded"}}"#,
                Failure::RateLimited(None),
            ),
            (
                400,
                r#"{"error":{"code":"context_length_exceeded"}}"#,
                Failure::TooLong,
            ),
            (
                400,
                r#"{"object":"error","message":"This model's maximum context length is 4096","code":400}"#,
                Failure::TooLong,
            ),
            (413, "", Failure::TooLong),
            (
                400,
                r#"{"error":{"param":"temperature"}}"#,
                Failure::Parameter("temperature".to_owned()),
            ),
            (
                400,
                r#"{"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}}"#,
                Failure::Parameter("max_tokens".to_owned()),
            ),
            (
                422,
                r#"{"detail":[{"loc":["body","model"],"msg":"required"}]}"#,
                Failure::Bad("http 422".to_owned()),
            ),
            (
                500,
                "<html>oops</html>",
                Failure::Unavailable("http 500".to_owned()),
            ),
            (529, "", Failure::Unavailable("http 529".to_owned())),
            (302, "", refused("http 302: the address redirects")),
        ] {
            assert_eq!(class(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_long_or_odd_code_is_not_repeated() {
        assert_eq!(
            class(401, r#"{"error":{"code":"see http://evil <b>"}}"#),
            Failure::Refused("http 401".to_owned())
        );
    }

    #[test]
    fn the_wait_is_read_in_every_form() {
        for (name, value, expected) in [
            ("retry-after-ms", "250", Some(Duration::from_millis(250))),
            ("retry-after", "1.5", Some(Duration::from_millis(1500))),
            (
                "retry-after",
                "Mon, 23 Nov 2026 10:00:30 GMT",
                Some(Duration::from_secs(30)),
            ),
            ("retry-after", "soon", None),
            ("retry-after", "-3", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("date", "Mon, 23 Nov 2026 10:00:00 GMT".parse().unwrap());
            headers.insert(name, value.parse().unwrap());
            assert_eq!(retry_after(&headers), expected, "{name}: {value}");
        }
    }
}
