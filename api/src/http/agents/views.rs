//! What is shown of an agent.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::ModelView;
use crate::http::person::{People, Person};
use crate::ids::AgentId;
use crate::language_model::LanguagePolicy;
use crate::models::agent::{Agent, AgentVersion};

/// An AI agent as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentView {
    pub id: AgentId,
    #[schema(example = "Shop assistant")]
    pub name: String,
    pub active: bool,
    /// Raised by every change; also the ETag.
    #[schema(example = 1)]
    pub version: i32,
    pub model: ModelView,
    pub system_prompt: String,
    pub language: LanguagePolicy,
    #[schema(example = 0.3)]
    pub temperature: f64,
    pub max_answer_tokens: i32,
    pub quiet_ms: i32,
    pub history_budget_tokens: i32,
    pub fallback_text: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What an agent was at a time.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentVersionView {
    #[schema(example = 1)]
    pub version: i32,
    pub model: ModelView,
    pub system_prompt: String,
    pub language: LanguagePolicy,
    #[schema(example = 0.3)]
    pub temperature: f64,
    pub max_answer_tokens: i32,
    pub quiet_ms: i32,
    pub history_budget_tokens: i32,
    pub fallback_text: String,
    pub created_by: Person,
    pub created_at: DateTime<Utc>,
}

impl From<(Agent, AgentVersion)> for AgentView {
    fn from((agent, version): (Agent, AgentVersion)) -> Self {
        let settings = version.settings;
        Self {
            model: ModelView::of_agent(&agent, &settings),
            id: agent.id,
            name: agent.name,
            active: agent.active,
            version: agent.version,
            temperature: as_typed(settings.temperature),
            system_prompt: settings.system_prompt,
            language: settings.language,
            max_answer_tokens: settings.max_answer_tokens,
            quiet_ms: settings.quiet_ms,
            history_budget_tokens: settings.history_budget_tokens,
            fallback_text: settings.fallback_text,
            created_at: agent.created_at,
            updated_at: agent.updated_at,
        }
    }
}

impl AgentVersionView {
    pub fn new(version: AgentVersion, people: &People) -> Self {
        let settings = version.settings;
        Self {
            version: version.version,
            model: ModelView::of_version(&settings),
            temperature: as_typed(settings.temperature),
            system_prompt: settings.system_prompt,
            language: settings.language,
            max_answer_tokens: settings.max_answer_tokens,
            quiet_ms: settings.quiet_ms,
            history_budget_tokens: settings.history_budget_tokens,
            fallback_text: settings.fallback_text,
            created_by: Person::of(version.created_by, people),
            created_at: version.created_at,
        }
    }
}

/// 0.3 and not 0.30000001192092896, which is what an f32 becomes in JSON.
fn as_typed(number: f32) -> f64 {
    number
        .to_string()
        .parse()
        .unwrap_or_else(|_| f64::from(number))
}

#[cfg(test)]
mod tests {
    use super::as_typed;

    #[test]
    fn a_temperature_is_shown_as_it_was_typed() {
        assert_eq!(serde_json::to_string(&as_typed(0.3)).unwrap(), "0.3");
        assert_eq!(serde_json::to_string(&as_typed(1.0)).unwrap(), "1.0");
    }
}
