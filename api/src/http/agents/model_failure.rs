//! Why a model did not answer, for the people who set it up: a code to match on, and what to do.

use crate::language_model::ModelError;

pub fn code(error: &ModelError) -> &'static str {
    match error {
        ModelError::RateLimited { .. } => "rate_limited",
        ModelError::Unavailable(_) | ModelError::BreakerOpen { .. } => "unavailable",
        ModelError::Refused(_) => "refused",
        ModelError::BadRequest(_) => "bad_request",
        ModelError::Garbage(_) | ModelError::Unusable { .. } => "unusable_answer",
    }
}

/// The error's own text tells a status and a short code at most (R53).
pub fn advice(error: &ModelError) -> String {
    match error {
        ModelError::RateLimited { .. } => {
            "The model asks to slow down: wait a moment, or raise the limit at its provider."
                .to_owned()
        }
        ModelError::Unavailable(why) => {
            format!("The model is not available ({why}): check the address, or try again later.")
        }
        ModelError::BreakerOpen { .. } => {
            "The model was failing just now: try again in a minute.".to_owned()
        }
        ModelError::Refused(why) => {
            format!("The model refuses ({why}): check the API key, the model's name and the quota.")
        }
        ModelError::BadRequest(why) => {
            format!(
                "The model cannot take the request ({why}): check the model's name and the limits of the agent."
            )
        }
        ModelError::Garbage(why) | ModelError::Unusable { why, .. } => {
            format!(
                "The model's answer cannot be sent to customers ({why}): change the instructions, or choose another model."
            )
        }
    }
}
