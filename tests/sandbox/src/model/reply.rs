//! What the model answers, or how it fails.

use serde::{Deserialize, Serialize};

use super::Asked;

/// One reply. Those that are no text are faults; all may be scripted and all may be fault rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reply {
    Text {
        text: String,
    },
    /// A right answer, late.
    Delayed {
        text: String,
        ms: u64,
    },
    /// 200, `stop`, and nothing said.
    EmptyContent,
    /// Cut off by the token limit (`finish_reason: length`).
    CutOff {
        text: String,
    },
    /// 429 `rate_limit_exceeded`; the header as given.
    RateLimited {
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// 429 `insufficient_quota`: trying again is useless.
    QuotaExceeded,
    /// 401 `invalid_api_key`.
    InvalidKey,
    /// 404 `model_not_found`.
    ModelNotFound,
    /// 400 `context_length_exceeded`.
    ContextTooLong,
    /// 400 that names a parameter the server does not take.
    UnsupportedParameter {
        name: String,
    },
    /// An error of this status with OpenAI's body.
    ServerError {
        status: u16,
    },
    /// A gateway's page with this status (200 too).
    Html {
        status: u16,
    },
    /// 200 and half a JSON document.
    GarbageJson,
    /// Nothing for so long, then the connection ends.
    Hang {
        ms: u64,
    },
    /// The connection ends without an answer.
    Reset,
    /// Tokens without an end, also when no stream was asked for: the caller has to give up.
    EndlessStream,
    /// A stream that ends before its finish reason; half a body when no stream was asked for.
    Interrupted {
        text: String,
    },
    /// A 200 stream with an error event in it; a 500 when no stream was asked for.
    StreamError,
}

impl Reply {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// The default: short, and different for each question, so that tests see which one was answered.
    pub(super) fn quoting(asked: &Asked) -> Self {
        let messages = asked.messages();
        let last = messages.iter().rev().find(|(role, _)| role == "user");
        let question = last.map(|(_, content)| content.trim()).unwrap_or_default();
        let short: String = question.chars().take(200).collect();
        Self::text(format!("ধন্যবাদ! আপনি লিখেছেন: {short}"))
    }
}
