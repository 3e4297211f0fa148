//! The language model of an agent: how it is entered, checked and shown.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationErrors};

use crate::error::{ApiError, ApiResult};
use crate::http::fields::{Secret, SecretView, Text, error, is_line, is_secret, nullable};
use crate::ids::{AgentId, OrganizationId};
use crate::models::agent::{Agent, AgentSettings, ModelKey, ModelProvider, key_host};
use crate::state::AppState;

/// Who writes the answers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "provider", rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelInput {
    /// The built-in model: answers from the organization's knowledge, without any outside service.
    Knowledge {},
    /// Any server that speaks OpenAI's chat completions.
    OpenaiCompatible {
        /// Where the server is: https, a public name.
        #[schema(value_type = String, format = "uri", min_length = 1, max_length = 500, example = "https://api.openai.com/v1")]
        base_url: Text,
        #[schema(value_type = String, min_length = 1, max_length = 200, example = "gpt-4o-mini")]
        model: Text,
        /// Sent to this host only. Absent keeps the stored one unless the host changes; null removes it.
        #[serde(
            default,
            deserialize_with = "nullable",
            skip_serializing_if = "Option::is_none"
        )]
        #[schema(value_type = Option<Secret>)]
        api_key: Option<Option<Secret>>,
        /// What a million tokens of the prompt cost, in US dollars; with the other price, answers show what they cost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(minimum = 0, maximum = 10000, example = 0.15)]
        input_price_usd_per_million: Option<f64>,
        /// What a million tokens of the answer cost, in US dollars.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(minimum = 0, maximum = 10000, example = 0.6)]
        output_price_usd_per_million: Option<f64>,
    },
}

impl Validate for ModelInput {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        if let Self::OpenaiCompatible {
            base_url,
            model,
            api_key,
            input_price_usd_per_million,
            output_price_usd_per_million,
        } = self
        {
            for (field, price) in [
                ("input_price_usd_per_million", input_price_usd_per_million),
                ("output_price_usd_per_million", output_price_usd_per_million),
            ] {
                if price.is_some_and(|price| !(0.0..=10_000.0).contains(&price)) {
                    errors.add(field, error("range", "must be from 0 to 10000"));
                }
            }
            let mut check = |field: &'static str, text: &Text, max: usize| {
                if text.as_str().chars().count() > max {
                    errors.add(field, error("length", "is too long"));
                }
                if let Err(wrong) = is_line(text) {
                    errors.add(field, wrong);
                }
            };
            check("base_url", base_url, 500);
            check("model", model, 200);
            if let Some(Some(Err(wrong))) = api_key.as_ref().map(|key| key.as_ref().map(is_secret))
            {
                errors.add("api_key", wrong);
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }
}

impl ModelInput {
    /// The key as it was typed: `None` where the field is absent, `Some(None)` where it is null.
    pub fn typed_key(&self) -> Option<Option<&SecretString>> {
        match self {
            Self::OpenaiCompatible { api_key, .. } => {
                api_key.as_ref().map(|key| key.as_ref().map(Secret::get))
            }
            Self::Knowledge {} => None,
        }
    }
}

/// The part of an agent that a [`ModelInput`] decides.
pub struct Model {
    pub provider: ModelProvider,
    pub base_url: Option<String>,
    pub name: Option<String>,
    pub key: Option<ModelKey>,
    pub input_price: Option<f64>,
    pub output_price: Option<f64>,
}

impl ModelInput {
    /// Checks where it leads (R50) and seals a key that was entered. A stored key stays only with its own host (R62).
    pub fn resolve(
        &self,
        state: &AppState,
        organization: OrganizationId,
        agent: AgentId,
        stored_key: Option<ModelKey>,
    ) -> ApiResult<Model> {
        let Self::OpenaiCompatible {
            base_url,
            model,
            api_key,
            input_price_usd_per_million,
            output_price_usd_per_million,
        } = self
        else {
            return Ok(Model {
                provider: ModelProvider::Knowledge,
                base_url: None,
                name: None,
                key: None,
                input_price: None,
                output_price: None,
            });
        };
        let base_url = base_url.as_str();
        state
            .egress
            .check_url(base_url)
            .map_err(|refused| ApiError::field("model.base_url", "url", refused.to_string()))?;
        let key = match api_key {
            Some(Some(key)) => {
                let sealed =
                    ModelKey::seal(&state.sealer, organization, agent, base_url, key.get());
                Some(sealed.map_err(ApiError::internal)?)
            }
            Some(None) => None,
            None => stored_key.filter(|key| key_host(base_url).as_ref() == Some(&key.host)),
        };
        Ok(Model {
            provider: ModelProvider::OpenaiCompatible,
            base_url: Some(base_url.to_owned()),
            name: Some(model.as_str().to_owned()),
            key,
            input_price: *input_price_usd_per_million,
            output_price: *output_price_usd_per_million,
        })
    }
}

/// Who writes the answers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum ModelView {
    /// The built-in model.
    Knowledge {},
    /// A server that speaks OpenAI's chat completions.
    OpenaiCompatible {
        #[schema(example = "https://api.openai.com/v1")]
        base_url: String,
        #[schema(example = "gpt-4o-mini")]
        model: String,
        /// Of the agent as it is now; versions do not keep keys.
        #[serde(skip_serializing_if = "Option::is_none")]
        api_key: Option<SecretView>,
        #[schema(example = 0.15)]
        input_price_usd_per_million: Option<f64>,
        #[schema(example = 0.6)]
        output_price_usd_per_million: Option<f64>,
    },
}

impl ModelView {
    /// Of a version alone.
    pub fn of_version(settings: &AgentSettings) -> Self {
        Self::new(settings, None)
    }

    /// Of an agent as it is now.
    pub fn of_agent(agent: &Agent, settings: &AgentSettings) -> Self {
        Self::new(
            settings,
            Some(
                agent
                    .key()
                    .map_or_else(SecretView::absent, |key| SecretView::stored(&key.last4)),
            ),
        )
    }

    fn new(settings: &AgentSettings, api_key: Option<SecretView>) -> Self {
        match settings.model_provider {
            ModelProvider::Knowledge => Self::Knowledge {},
            ModelProvider::OpenaiCompatible => Self::OpenaiCompatible {
                base_url: settings.model_base_url.clone().unwrap_or_default(),
                model: settings.model_name.clone().unwrap_or_default(),
                api_key,
                input_price_usd_per_million: settings.input_price_usd_per_million,
                output_price_usd_per_million: settings.output_price_usd_per_million,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ModelInput, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn a_model_key_is_absent_null_or_given() {
        let key = |field: &str| {
            let text = format!(
                r#"{{"provider":"openai_compatible","base_url":"https://a.example","model":"m"{field}}}"#
            );
            match read(&text).unwrap() {
                ModelInput::OpenaiCompatible { api_key, .. } => api_key.map(|key| key.is_some()),
                ModelInput::Knowledge {} => unreachable!("another provider was asked for"),
            }
        };
        assert_eq!(key(""), None);
        assert_eq!(key(r#","api_key":null"#), Some(false));
        assert_eq!(key(r#","api_key":"sk-0123456789""#), Some(true));
    }

    /// R43.
    #[test]
    fn unknown_fields_and_providers_are_refused() {
        assert!(read(r#"{"provider":"knowledge"}"#).is_ok());
        assert!(read(r#"{"provider":"knowledge","base_url":"https://a.example"}"#).is_err());
        assert!(read(r#"{"provider":"other"}"#).is_err());
        assert!(read(r#"{"provider":"openai_compatible","base_url":"https://a.example","model":"m","headers":{}}"#).is_err());
    }

    #[test]
    fn limits_of_each_field_are_checked() {
        let model = |base_url: &str, model: &str, key: &str| {
            let body = serde_json::json!({"provider": "openai_compatible", "base_url": base_url, "model": model, "api_key": key});
            read(&body.to_string()).unwrap().validate().is_ok()
        };
        assert!(model("https://a.example", "m", "sk-0123456789"));
        assert!(!model("", "m", "sk-0123456789"));
        assert!(!model(
            "https://a.example",
            &"m".repeat(201),
            "sk-0123456789"
        ));
        assert!(!model("https://a.example", "m\r\nHost: b", "sk-0123456789"));
        assert!(!model("https://a.example", "m", "sk-01234\r\n56789"));
    }
}
