//! A member as named beside what they did.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::ids::UserId;

/// Names by user, as [`crate::models::member::Member::names`] reads them.
pub type People = HashMap<UserId, String>;

/// Who did it; also somebody who has left the organization since.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Person {
    pub user_id: UserId,
    #[schema(example = "Karim Uddin")]
    pub name: String,
}

impl Person {
    pub fn of(user: UserId, people: &People) -> Self {
        Self {
            user_id: user,
            name: people.get(&user).cloned().unwrap_or_default(),
        }
    }
}
