//! What can go wrong with a call, in every way the reference lists (section 5).

use serde::{Deserialize, Serialize};

/// A fault of the platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The message is accepted (and stands in the ledger, and has its echo or status) before the call goes wrong.
    #[serde(default)]
    pub accepts: bool,
    /// Which calls it concerns.
    #[serde(default)]
    pub scope: Scope,
    #[serde(flatten)]
    pub kind: FaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Only the sending of messages.
    #[default]
    Sends,
    /// Everything but the sending of messages.
    Others,
    All,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// An error answer with Meta's body. `retry_after` and `usage` (of `X-Business-Use-Case-Usage`) become headers as given.
    Error {
        status: u16,
        code: i64,
        #[serde(default)]
        subcode: Option<i64>,
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        retry_after: Option<String>,
        #[serde(default)]
        usage: Option<String>,
    },
    /// A gateway's page instead of an answer.
    ServerError { status: u16 },
    /// No answer; the connection stays open this long, then ends.
    Hold { ms: u64 },
    /// The connection ends without an answer.
    Reset,
    /// The answer is right, but late.
    Delay { ms: u64 },
    /// 200 with a web page.
    Html,
    /// 200 with nothing.
    Empty,
    /// The token died (190, subcode 460).
    TokenInvalid,
    /// WhatsApp: accepted now, and a `failed` status with this code follows.
    AsyncFailure { code: i64, title: String },
}

impl Fault {
    /// The call goes wrong and nothing was sent.
    pub fn before(kind: FaultKind) -> Self {
        Self {
            accepts: false,
            scope: Scope::Sends,
            kind,
        }
    }

    /// The message was accepted, but the caller cannot know.
    pub fn after(kind: FaultKind) -> Self {
        Self {
            accepts: true,
            ..Self::before(kind)
        }
    }

    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// An error of this HTTP status and code.
    pub fn error(status: u16, code: i64) -> Self {
        Self::before(FaultKind::Error {
            status,
            code,
            subcode: None,
            message: None,
            retry_after: None,
            usage: None,
        })
    }

    /// Throttled, with or without `Retry-After`.
    pub fn throttled(retry_after: Option<&str>) -> Self {
        Self::before(FaultKind::Error {
            status: 429,
            code: 4,
            subcode: None,
            message: Some("(#4) Application request limit reached".into()),
            retry_after: retry_after.map(Into::into),
            usage: None,
        })
    }

    pub(super) fn concerns(&self, is_send: bool) -> bool {
        match self.scope {
            Scope::Sends => is_send,
            Scope::Others => !is_send,
            Scope::All => true,
        }
    }
}
