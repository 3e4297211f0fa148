//! Asking a model once, before an agent is saved with it.

use std::time::{Duration, Instant};

use actix_web::{post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::model::ModelInput;
use super::{NOT_FOUND, model_failure};
use crate::auth::access::{Access, Admin};
use crate::db::{InOrganization, TenantTx};
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{OrganizationPath, ValidJson};
use crate::ids::AgentId;
use crate::language_model::openai_compatible::OpenAiCompatible;
use crate::language_model::{
    Answer, AnswerRequest, Endpoint, LanguageModel, LanguagePolicy, ModelError, Speaker, Turn,
};
use crate::models::agent::AgentVersion;
use crate::state::AppState;

/// A person waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A model to ask.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"model": {"provider": "knowledge"}}))]
pub struct TestModel {
    #[validate(nested)]
    model: ModelInput,
    /// Whose stored API key to use where none is given; only for the host that it was entered for.
    #[serde(default)]
    agent_id: Option<AgentId>,
}

/// Whether the model answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelTest {
    pub ok: bool,
    #[schema(example = 640)]
    pub latency_ms: u64,
    /// The model's own name, where it tells one.
    #[schema(example = "gpt-4o-mini")]
    pub model: Option<String>,
    /// What it said.
    pub reply: Option<String>,
    /// `rate_limited`, `unavailable`, `refused`, `bad_request` or `unusable_answer`; null when it answered.
    #[schema(example = "refused")]
    pub code: Option<String>,
    /// What to do about it, in plain words.
    pub advice: Option<String>,
}

/// Test a model
///
/// Asks it one short question, at most 20 seconds long. A stored API key is only sent to the host that it was entered for; for another
/// host it has to be given again (422). At most 20 a minute and organization, together with the playground.
#[utoipa::path(tag = "agents", params(OrganizationPath), request_body = TestModel, responses((status = 200, body = ModelTest), Problems))]
#[post("/api/v1/organizations/{organization_id}/agents/test_model")]
pub async fn test_model(
    access: Access<Admin>,
    body: ValidJson<TestModel>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<ModelTest>> {
    state.trials.take(access.organization_id())?;
    let endpoint = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            endpoint(&state, tx, &body).await
        })
        .await?;
    let Some(endpoint) = endpoint else {
        return Ok(web::Json(ModelTest::answered("knowledge", None, 0)));
    };
    let began = Instant::now();
    let answer = ask(&state, endpoint).await;
    let latency_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(web::Json(match answer {
        Ok(answer) => ModelTest::answered(&answer.model, Some(answer.text), latency_ms),
        Err(error) => ModelTest {
            ok: false,
            latency_ms,
            model: None,
            reply: None,
            code: Some(model_failure::code(&error).to_owned()),
            advice: Some(model_failure::advice(&error)),
        },
    }))
}

impl ModelTest {
    fn answered(model: &str, reply: Option<String>, latency_ms: u64) -> Self {
        Self {
            ok: true,
            latency_ms,
            model: Some(model.to_owned()).filter(|name| !name.is_empty()),
            reply,
            code: None,
            advice: None,
        }
    }
}

/// Where to ask, `None` for the built-in model. R62: a key that is not given anew stays with its host.
async fn endpoint(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    body: &TestModel,
) -> ApiResult<Option<Endpoint>> {
    let stored = match body.agent_id {
        Some(id) => Some(
            AgentVersion::find_current(tx, id)
                .await?
                .ok_or(NOT_FOUND)?
                .0,
        ),
        None => None,
    };
    let stored_key = stored.as_ref().and_then(|agent| agent.key());
    let had_key = stored_key.is_some();
    let organization = tx.organization();
    // A key that was typed is not sealed for any row: it is used and forgotten.
    let model = body
        .model
        .resolve(state, organization, AgentId::new(), stored_key)?;
    let (Some(base_url), Some(name)) = (model.base_url, model.name) else {
        return Ok(None);
    };
    let api_key = match body.model.typed_key() {
        Some(typed) => typed.cloned(),
        None if had_key && model.key.is_none() => {
            return Err(ApiError::field(
                "model.api_key",
                "required",
                "must be given again: the stored key was entered for another host",
            ));
        }
        None => match (stored, model.key) {
            (Some(agent), Some(_)) => agent
                .open_model_key(&state.sealer, organization)
                .map_err(ApiError::internal)?,
            _ => None,
        },
    };
    Ok(Some(Endpoint {
        base_url,
        model: name,
        api_key,
    }))
}

async fn ask(state: &AppState, endpoint: Endpoint) -> Result<Answer, ModelError> {
    let request = AnswerRequest {
        organization_name: "BanglaChatPro".to_owned(),
        system_prompt: "This is a test of the connection. Greet in one short sentence.".to_owned(),
        language: LanguagePolicy::Auto,
        temperature: 0.3,
        max_answer_tokens: 400,
        prompt_budget_tokens: 1_000,
        knowledge: Vec::new(),
        turns: vec![Turn {
            speaker: Speaker::Customer,
            text: "হ্যালো, আপনি কি আছেন?".to_owned(),
        }],
    };
    let model = OpenAiCompatible::new(state.egress_http.clone(), &state.egress, endpoint)
        .map_err(|refused| ModelError::Refused(refused.to_string()))?;
    model.with_total_limit(PATIENCE).answer(&request).await
}
