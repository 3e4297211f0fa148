//! Reply: gather what the customer wrote since the last answer, ask the model, store the answer — unless the world moved on.
//!
//! A short read, the model with no connection held, then one transaction that checks the conversation's generation: a newer
//! message or a human who took over makes the draft void. When the model fails: try again, then the agent's fallback text once,
//! then a person is called (R89).

mod context;
mod store;
mod unanswered;

pub use context::compose;

use std::time::{Duration, Instant};

use crate::db::cross::LeasedJob;
use crate::db::{DbError, TenantTx};
use crate::fail_points;
use crate::language_model::knowledge::Knowledge;
use crate::language_model::openai_compatible::OpenAiCompatible;
use crate::language_model::{Answer, Endpoint, LanguageModel, ModelError};
use crate::models::job::Ending;
use crate::state::AppState;
use crate::worker::retry;

use context::{Draft, Gathered};

/// R89: at most three attempts, within a minute.
const MODEL_ATTEMPTS: i32 = 3;
const MODEL_PATIENCE: Duration = Duration::from_secs(60);
/// R25: the whole call.
pub const MODEL_DEADLINE: Duration = Duration::from_secs(60);

/// Answers a conversation.
pub async fn reply(state: &AppState, job: &LeasedJob) -> Result<Ending, DbError> {
    let db = state.db.for_worker();
    let now = state.clock.now();
    let gathered = db
        .tenant(job, async |tx: &mut TenantTx<'_>| {
            context::gather(state, tx, job.lane, now).await
        })
        .await?;
    let draft = match gathered {
        Gathered::NothingDue => return Ok(Ending::Done),
        Gathered::Loop { reason } => {
            db.tenant(job, async |tx: &mut TenantTx<'_>| {
                store::stop_loop(tx, job.lane, reason, now).await
            })
            .await?;
            return Ok(Ending::Done);
        }
        Gathered::Draft(draft) => *draft,
    };
    let model_id = draft.breaker_key();
    let result = match state.breakers.allow(&model_id, Instant::now()) {
        Ok(()) => ask(state, &draft).await,
        Err(retry_after) => Err(ModelError::BreakerOpen { retry_after }),
    };
    if !matches!(result, Err(ModelError::BreakerOpen { .. })) {
        state
            .breakers
            .record(&model_id, is_health(&result), Instant::now());
    }
    match result {
        Ok(answer) => {
            fail_points::hit("reply::before_store");
            let texts = crate::channels::split::split_text(&answer.text, draft.limits.text);
            db.tenant(job, async |tx: &mut TenantTx<'_>| {
                store::answer(state, tx, &draft, &answer, &texts).await
            })
            .await?;
            fail_points::hit("reply::after_store");
            Ok(Ending::Done)
        }
        Err(error) => failed(state, job, &draft, &error).await,
    }
}

async fn ask(state: &AppState, draft: &Draft) -> Result<Answer, ModelError> {
    let model: Box<dyn LanguageModel> = match &draft.endpoint {
        None => Box::new(Knowledge),
        Some(endpoint) => {
            let model = OpenAiCompatible::new(
                state.egress_http.clone(),
                &state.egress,
                Endpoint::clone(endpoint),
            );
            Box::new(model.map_err(|error| ModelError::Refused(error.to_string()))?)
        }
    };
    let late = |_| ModelError::Unavailable("no answer within a minute".to_owned());
    tokio::time::timeout(MODEL_DEADLINE, model.answer(&draft.request))
        .await
        .map_err(late)?
}

/// Whether the outcome says that the endpoint is well: a refusal or garbage is an answer too.
fn is_health(result: &Result<Answer, ModelError>) -> bool {
    !matches!(
        result,
        Err(ModelError::Unavailable(_) | ModelError::RateLimited { .. })
    )
}

/// R89: another try where it can help, else the fallback ladder.
async fn failed(
    state: &AppState,
    job: &LeasedJob,
    draft: &Draft,
    error: &ModelError,
) -> Result<Ending, DbError> {
    // The error's text may repeat what the server said, which may repeat the customer: only its kind is logged (R91).
    let kind = error_kind(error);
    let age = (state.clock.now() - draft.asked_at)
        .to_std()
        .unwrap_or_default();
    let told = match error {
        ModelError::RateLimited { retry_after } => *retry_after,
        ModelError::BreakerOpen { retry_after } => Some(*retry_after),
        _ => None,
    };
    let may_pass = matches!(
        error,
        ModelError::RateLimited { .. }
            | ModelError::Unavailable(_)
            | ModelError::BreakerOpen { .. }
    );
    let wait = retry::delay(1, told, retry::jitter(job.id.0, job.attempts));
    if may_pass && job.attempts < MODEL_ATTEMPTS && age + wait < MODEL_PATIENCE {
        tracing::info!(
            kind,
            attempt = job.attempts,
            "the model did not answer; trying again"
        );
        return Ok(Ending::Again {
            after: wait,
            counted: true,
            reason: kind.to_owned(),
        });
    }
    tracing::warn!(
        kind,
        attempt = job.attempts,
        "the model did not answer; falling back"
    );
    let now = state.clock.now();
    state
        .db
        .for_worker()
        .tenant(job, async |tx: &mut TenantTx<'_>| {
            store::fall_back(tx, draft, kind, now).await
        })
        .await?;
    Ok(Ending::Done)
}

/// A failure in a few plain words that repeat nothing of what the server said.
pub fn error_kind(error: &ModelError) -> &'static str {
    match error {
        ModelError::RateLimited { .. } => "model rate limited",
        ModelError::Unavailable(_) => "model unavailable",
        ModelError::Refused(_) => "model refused",
        ModelError::BadRequest(_) => "model could not take the request",
        ModelError::Garbage(_) => "model answered garbage",
        ModelError::BreakerOpen { .. } => "model breaker open",
    }
}
