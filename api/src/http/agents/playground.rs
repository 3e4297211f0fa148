//! The playground: a conversation that exists nowhere, answered by the same steps as a real one. Nothing of it is stored but the
//! tokens used, and nothing reaches a customer.

mod events;
mod run;

pub use events::PlaygroundEvent;

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::ToSchema;
use validator::Validate;

use super::requests::UpdateAgent;
use super::{AgentPath, NOT_FOUND};
use crate::auth::access::{Access, Operator};
use crate::db::{InOrganization, TenantTx};
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::event_stream;
use crate::http::extract::ValidJson;
use crate::http::fields::{Text, is_not_blank, object};
use crate::ids::{AgentId, OrganizationId};
use crate::language_model::{AnswerRequest, Endpoint, Speaker, Turn};
use crate::models::agent::{AgentSettings, AgentVersion};
use crate::models::organization;
use crate::pipeline::reply;
use crate::state::AppState;

/// Events that wait for a slow client.
const WAITING: usize = 32;

/// A conversation to try an agent with.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"messages": [{"author": "customer", "text": "delivery charge koto?"}]}))]
pub struct Playground {
    /// The version to try; the current one if none is given.
    #[serde(default)]
    #[validate(range(min = 1))]
    #[schema(minimum = 1, maximum = 2147483647)]
    version: Option<i32>,
    /// Changes that are not saved yet. A model at another host needs its API key here.
    #[serde(default, deserialize_with = "object")]
    #[validate(nested)]
    draft: Option<UpdateAgent>,
    /// Oldest first; the last one is the customer's.
    #[validate(length(min = 1, max = 40), nested)]
    #[schema(min_items = 1, max_items = 40)]
    messages: Vec<PlaygroundMessage>,
}

#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaygroundMessage {
    author: PlaygroundAuthor,
    #[validate(length(min = 1, max = 4000), custom(function = is_not_blank))]
    #[schema(value_type = String, min_length = 1, max_length = 4000, pattern = r"\S", example = "delivery charge koto?")]
    text: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaygroundAuthor {
    Customer,
    Agent,
}

impl Playground {
    fn turns(&self) -> ApiResult<Vec<Turn>> {
        let last = self.messages.last().map(|message| message.author);
        if last != Some(PlaygroundAuthor::Customer) {
            return Err(ApiError::field(
                "messages",
                "last",
                "must end with a message of the customer",
            ));
        }
        let turn = |message: &PlaygroundMessage| Turn {
            speaker: match message.author {
                PlaygroundAuthor::Customer => Speaker::Customer,
                PlaygroundAuthor::Agent => Speaker::Shop,
            },
            text: message.text.as_str().to_owned(),
        };
        Ok(self.messages.iter().map(turn).collect())
    }
}

/// Everything that the answer is written from.
struct Trial {
    agent: AgentId,
    settings: AgentSettings,
    endpoint: Option<Endpoint>,
    request: AnswerRequest,
}

/// Try an agent
///
/// Answers as the agent would, as server-sent events: `retrieved` (the knowledge that was found, and whether the answer may use it), `prompt`
/// (what the model reads; null for the built-in one), `delta` (a bit of the text), and `done` with the checked text, which is what a
/// customer would get. When the model fails, `error` says why, and `done` holds the agent's fallback text. Nothing is stored but the
/// tokens used; nothing is sent to anybody. At most 20 a minute and organization.
#[utoipa::path(tag = "agents", params(AgentPath), request_body = Playground,
    responses((status = 200, body = PlaygroundEvent, content_type = "text/event-stream", description = "The data of the events"), Problems))]
#[post("/api/v1/organizations/{organization_id}/agents/{agent_id}/playground")]
pub async fn try_agent(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, AgentId)>,
    body: ValidJson<Playground>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let turns = body.turns()?;
    state.trials.take(access.organization_id())?;
    let now = state.clock.now();
    let trial = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let trial = gather(&state, tx, path.1, &body, turns).await?;
            organization::note_playground(tx, now).await?;
            Ok::<_, ApiError>(trial)
        })
        .await?;
    let (events, received) = mpsc::channel(WAITING);
    let work = run::run(AppState::clone(&state), access, trial, events);
    Ok(event_stream::respond(work, received))
}

async fn gather(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    id: AgentId,
    body: &Playground,
    turns: Vec<Turn>,
) -> ApiResult<Trial> {
    let (agent, mut version) = match body.version {
        None => AgentVersion::find_current(tx, id).await?.ok_or(NOT_FOUND)?,
        Some(number) => AgentVersion::find(tx, id, number).await?.ok_or(NOT_FOUND)?,
    };
    let mut agent = agent;
    if let Some(draft) = &body.draft {
        let next = draft.state(state, tx.organization(), &agent, &version)?;
        version.settings = next.settings;
        agent = agent.with_key(next.key);
    }
    let endpoint = agent
        .endpoint(&version, &state.sealer, tx.organization())
        .map_err(ApiError::internal)?;
    let request = reply::compose(tx, &version.settings, turns).await?;
    Ok(Trial {
        agent: id,
        settings: version.settings,
        endpoint,
        request,
    })
}
