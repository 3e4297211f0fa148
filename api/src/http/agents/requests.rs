//! What may be written of an agent.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::model::ModelInput;
use crate::error::ApiResult;
use crate::http::fields::{Name, Text, is_name, is_not_blank, not_null};
use crate::ids::{AgentId, OrganizationId};
use crate::language_model::LanguagePolicy;
use crate::models::agent::{Agent, AgentSettings, AgentState, AgentVersion};
use crate::state::AppState;

/// A new agent; all but `name` and `model` have defaults.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Shop assistant",
    "model": {"provider": "knowledge"},
    "system_prompt": "You are the friendly assistant of Rahim Store. Answer in at most three sentences.",
    "language": "auto",
}))]
pub struct CreateAgent {
    #[validate(custom(function = is_name))]
    name: Name,
    #[validate(nested)]
    model: ModelInput,
    /// The agent's instructions to the model.
    #[serde(default = "default_prompt")]
    #[validate(length(max = 8000))]
    #[schema(value_type = String, max_length = 8000)]
    system_prompt: Text,
    #[serde(default)]
    language: LanguagePolicy,
    #[serde(default = "default_temperature")]
    #[validate(range(min = 0.0, max = 2.0))]
    #[schema(minimum = 0, maximum = 2, example = 0.3)]
    temperature: f32,
    /// Upper bound of an answer.
    #[serde(default = "default_max_answer_tokens")]
    #[validate(range(min = 16, max = 4000))]
    #[schema(minimum = 16, maximum = 4000, example = 400)]
    max_answer_tokens: i32,
    /// How long to wait for another message before answering, in milliseconds.
    #[serde(default = "default_quiet_ms")]
    #[validate(range(min = 0, max = 30000))]
    #[schema(minimum = 0, maximum = 30000, example = 2500)]
    quiet_ms: i32,
    /// How much of the conversation the model sees, at most.
    #[serde(default = "default_history_budget")]
    #[validate(range(min = 200, max = 32000))]
    #[schema(minimum = 200, maximum = 32000, example = 3000)]
    history_budget_tokens: i32,
    /// Sent once when the model fails; then a person is called.
    #[serde(default = "default_fallback")]
    #[validate(length(min = 1, max = 1000), custom(function = is_not_blank))]
    #[schema(value_type = String, min_length = 1, max_length = 1000, pattern = r"\S")]
    fallback_text: Text,
    /// An agent that is not active answers nobody.
    #[serde(default = "default_active")]
    active: bool,
}

fn default_prompt() -> Text {
    Text::from(
        "You are the friendly assistant of a shop. Answer shortly and politely, and only from what you are told about the shop.",
    )
}

fn default_temperature() -> f32 {
    0.3
}

fn default_max_answer_tokens() -> i32 {
    400
}

fn default_quiet_ms() -> i32 {
    2500
}

fn default_history_budget() -> i32 {
    3000
}

fn default_fallback() -> Text {
    Text::from("ধন্যবাদ, আপনার মেসেজ পেয়েছি। আমাদের একজন প্রতিনিধি শীঘ্রই উত্তর দেবেন।")
}

fn default_active() -> bool {
    true
}

impl CreateAgent {
    pub fn state(
        &self,
        app: &AppState,
        organization: OrganizationId,
        id: AgentId,
    ) -> ApiResult<AgentState> {
        let model = self.model.resolve(app, organization, id, None)?;
        Ok(AgentState {
            name: self.name.as_str().to_owned(),
            active: self.active,
            settings: AgentSettings {
                model_provider: model.provider,
                model_base_url: model.base_url,
                model_name: model.name,
                system_prompt: self.system_prompt.as_str().to_owned(),
                language: self.language,
                temperature: self.temperature,
                max_answer_tokens: self.max_answer_tokens,
                quiet_ms: self.quiet_ms,
                history_budget_tokens: self.history_budget_tokens,
                fallback_text: self.fallback_text.as_str().to_owned(),
                input_price_usd_per_million: model.input_price,
                output_price_usd_per_million: model.output_price,
            },
            key: model.key,
        })
    }
}

/// Changes to an agent; what is absent stays. `model` is replaced as a whole.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"system_prompt": "Answer in at most two sentences.", "temperature": 0.2}))]
pub struct UpdateAgent {
    #[serde(default, deserialize_with = "not_null")]
    #[validate(custom(function = is_name))]
    #[schema(value_type = Name, required = false)]
    name: Option<Name>,
    #[serde(default, deserialize_with = "not_null")]
    #[validate(nested)]
    #[schema(value_type = ModelInput, required = false)]
    model: Option<ModelInput>,
    #[serde(default, deserialize_with = "not_null")]
    #[validate(length(max = 8000))]
    #[schema(value_type = String, required = false, max_length = 8000)]
    system_prompt: Option<Text>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = LanguagePolicy, required = false)]
    language: Option<LanguagePolicy>,
    #[serde(default, deserialize_with = "not_null")]
    #[validate(range(min = 0.0, max = 2.0))]
    #[schema(value_type = f32, required = false, minimum = 0, maximum = 2)]
    temperature: Option<f32>,
    #[serde(default, deserialize_with = "not_null")]
    #[validate(range(min = 16, max = 4000))]
    #[schema(value_type = i32, required = false, minimum = 16, maximum = 4000)]
    max_answer_tokens: Option<i32>,
    #[serde(default, deserialize_with = "not_null")]
    #[validate(range(min = 0, max = 30000))]
    #[schema(value_type = i32, required = false, minimum = 0, maximum = 30000)]
    quiet_ms: Option<i32>,
    #[serde(default, deserialize_with = "not_null")]
    #[validate(range(min = 200, max = 32000))]
    #[schema(value_type = i32, required = false, minimum = 200, maximum = 32000)]
    history_budget_tokens: Option<i32>,
    #[serde(default, deserialize_with = "not_null")]
    #[validate(length(min = 1, max = 1000), custom(function = is_not_blank))]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 1000, pattern = r"\S")]
    fallback_text: Option<Text>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = bool, required = false)]
    active: Option<bool>,
}

impl UpdateAgent {
    /// What the agent becomes; equal to what it is where nothing changes.
    pub fn state(
        &self,
        app: &AppState,
        organization: OrganizationId,
        agent: &Agent,
        version: &AgentVersion,
    ) -> ApiResult<AgentState> {
        let mut next = AgentState {
            name: agent.name.clone(),
            active: agent.active,
            settings: version.settings.clone(),
            key: agent.key(),
        };
        let settings = &mut next.settings;
        if let Some(model) = &self.model {
            let model = model.resolve(app, organization, agent.id, agent.key())?;
            settings.model_provider = model.provider;
            settings.model_base_url = model.base_url;
            settings.model_name = model.name;
            settings.input_price_usd_per_million = model.input_price;
            settings.output_price_usd_per_million = model.output_price;
            next.key = model.key;
        }
        let set = |target: &mut String, text: &Option<Text>| {
            if let Some(text) = text {
                text.as_str().clone_into(target);
            }
        };
        if let Some(name) = &self.name {
            name.as_str().clone_into(&mut next.name);
        }
        set(&mut settings.system_prompt, &self.system_prompt);
        set(&mut settings.fallback_text, &self.fallback_text);
        next.active = self.active.unwrap_or(next.active);
        settings.language = self.language.unwrap_or(settings.language);
        settings.temperature = self.temperature.unwrap_or(settings.temperature);
        settings.max_answer_tokens = self.max_answer_tokens.unwrap_or(settings.max_answer_tokens);
        settings.quiet_ms = self.quiet_ms.unwrap_or(settings.quiet_ms);
        settings.history_budget_tokens = self
            .history_budget_tokens
            .unwrap_or(settings.history_budget_tokens);
        Ok(next)
    }
}
