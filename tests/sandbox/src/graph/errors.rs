//! Error answers with Meta's codes and body (reference 5.1 to 5.3).

use serde_json::{Value, json};

use super::account::Platform;
use crate::clock;

/// An answer that is an error.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphError {
    pub status: u16,
    pub kind: &'static str,
    pub code: i64,
    pub subcode: Option<i64>,
    pub message: String,
    /// WhatsApp's `error_data.details`.
    pub details: Option<String>,
    pub transient: bool,
}

impl GraphError {
    pub fn new(status: u16, code: i64, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: "OAuthException",
            code,
            subcode: None,
            message: message.into(),
            details: None,
            transient: false,
        }
    }

    pub fn subcode(mut self, subcode: i64) -> Self {
        self.subcode = Some(subcode);
        self
    }

    fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    pub fn body(&self) -> Value {
        let mut error = json!({
            "message": self.message, "type": self.kind, "code": self.code, "fbtrace_id": trace_id(),
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        if self.transient {
            error["is_transient"] = json!(true);
        }
        if let Some(details) = &self.details {
            error["error_data"] = json!({ "messaging_product": "whatsapp", "details": details });
        }
        json!({ "error": error })
    }
}

fn trace_id() -> String {
    format!("A{}", &clock::unique()[10..])
}

pub fn token_missing() -> GraphError {
    GraphError::new(
        400,
        104,
        "An access token is required to request this resource.",
    )
}

/// `platform` is none while it is not known whose call it is.
pub fn token_invalid(platform: Option<Platform>) -> GraphError {
    let status = if platform == Some(Platform::Whatsapp) {
        401
    } else {
        400
    };
    GraphError::new(
        status,
        190,
        "Invalid OAuth access token - Cannot parse access token",
    )
}

/// The token worked once, and its user changed the password since.
pub fn token_died(platform: Option<Platform>) -> GraphError {
    let message = "Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.";
    GraphError {
        message: message.into(),
        ..token_invalid(platform)
    }
    .subcode(460)
}

pub fn proof_invalid() -> GraphError {
    GraphError::new(
        400,
        100,
        "Invalid appsecret_proof provided in the API argument",
    )
    .kind("GraphMethodException")
}

pub fn proof_missing() -> GraphError {
    GraphError::new(
        400,
        100,
        "API calls from the server require an appsecret_proof argument",
    )
    .kind("GraphMethodException")
}

pub fn no_such_object(method: &str, node: &str) -> GraphError {
    let message = format!(
        "Unsupported {method} request. Object with ID '{node}' does not exist, cannot be loaded due to missing permissions, or does not support this operation"
    );
    GraphError::new(400, 100, message)
        .subcode(33)
        .kind("GraphMethodException")
}

pub fn unknown_path(path: &str) -> GraphError {
    GraphError::new(400, 2500, format!("Unknown path components: {path}"))
}

pub fn not_permitted(platform: Platform) -> GraphError {
    match platform {
        Platform::Facebook => GraphError::new(
            403,
            230,
            "(#230) Requires pages_messaging permission to manage the object",
        ),
        Platform::Instagram => GraphError::new(
            403,
            10,
            "(#10) Application does not have permission for this action",
        ),
        Platform::Whatsapp => {
            GraphError::new(403, 131_005, "(#131005) Access denied").details("Access denied")
        }
    }
}

/// A parameter is missing or wrong. WhatsApp tells which one in the details.
pub fn parameter(platform: Platform, problem: impl Into<String>) -> GraphError {
    let problem = problem.into();
    if platform == Platform::Whatsapp {
        GraphError::new(400, 100, "(#100) Invalid parameter").details(problem)
    } else {
        GraphError::new(400, 100, format!("(#100) {problem}"))
    }
}

pub fn window_closed(platform: Platform) -> GraphError {
    let message = "(#10) This message is sent outside of allowed window.";
    match platform {
        Platform::Facebook => GraphError::new(400, 10, message).subcode(2_018_278),
        Platform::Instagram => GraphError::new(400, 10, message).subcode(2_534_022),
        Platform::Whatsapp => GraphError::new(400, 131_047, "(#131047) Re-engagement message").details(
            "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
        ),
    }
}

pub fn unknown_recipient(platform: Platform) -> GraphError {
    match platform {
        Platform::Facebook => {
            GraphError::new(400, 100, "(#100) No matching user found").subcode(2_018_001)
        }
        Platform::Instagram => {
            GraphError::new(400, 100, "(#100) No matching Instagram user").subcode(2_534_014)
        }
        Platform::Whatsapp => GraphError::new(400, 131_026, "(#131026) Message undeliverable")
            .details("Message Undeliverable."),
    }
}

pub fn comment_answered() -> GraphError {
    GraphError::new(400, 10_900, "(#10900) Activity already replied to")
}

/// The ledger has no room: refused, since an effect that nobody can look up would make tests lie.
pub fn ledger_full() -> GraphError {
    GraphError::new(503, 2, "The sandbox ledger is full; restart the sandbox")
}
