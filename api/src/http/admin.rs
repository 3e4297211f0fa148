//! The platform's own pages: for admins of the whole installation. Every change asks for a reason and is audited (R49).
//!
//! Being platform admin opens no organization. Who has to look into one says why and gets a viewer's eyes for half an hour; its members find
//! that in their own audit log.

pub mod organizations;
pub mod queue;
pub mod users;
pub mod viewing;

use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::fields::{Text, is_not_blank};

/// Why a platform admin does something.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Asked for by the owner on the phone"}))]
pub struct Reason {
    /// Stands in the audit log; of a suspension also before the organization's members.
    #[validate(length(min = 3, max = 500), custom(function = is_not_blank))]
    #[schema(value_type = String, min_length = 3, max_length = 500)]
    pub reason: Text,
}

impl Reason {
    pub fn as_str(&self) -> &str {
        self.reason.as_str()
    }
}
