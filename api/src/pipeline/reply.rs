//! Reply: gather what the customer wrote since the last answer, ask the model, store the answer — unless the world moved on.
//!
//! A short read, the model with no connection held, then one transaction that ends the job and checks the conversation's generation: a
//! newer message or a human who took over makes the draft void. Reads and transactions of many replies are shared ([`Batches`]). When the model fails: try again, then the agent's fallback text once,
//! then a person is called (R89).

mod context;
mod store;
mod unanswered;

pub use context::{Gather, compose};
pub use store::Conclude;

use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::db::DbError;
use crate::db::cross::LeasedJob;
use crate::fail_points;
use crate::language_model::knowledge::Knowledge;
use crate::language_model::openai_compatible::OpenAiCompatible;
use crate::language_model::{Answer, Endpoint, LanguageModel, ModelError, Usage};
use crate::metrics::metrics;
use crate::models::job::Ending;
use crate::pipeline::batches::Batches;
use crate::state::AppState;
use crate::worker::retry;

use context::{Draft, Gathered};
use store::{Concluded, Conclusion, Spent};

/// R89: at most three attempts, within a minute.
const MODEL_ATTEMPTS: i32 = 3;
const MODEL_PATIENCE: Duration = Duration::from_secs(60);
/// R25: the whole call.
pub const MODEL_DEADLINE: Duration = Duration::from_secs(60);

/// Answers a conversation, and ends its job. What is to be delivered then, where that is this worker's own at once.
pub async fn reply(
    state: &AppState,
    batches: &Batches,
    job: &LeasedJob,
) -> Result<Option<LeasedJob>, DbError> {
    let gathered = batches.gather.run(job.clone()).await?;
    let (conclusion, spent) = match gathered {
        Gathered::NothingDue => (Conclusion::Nothing, None),
        Gathered::NobodyAnswers => (Conclusion::HandOver, None),
        Gathered::Loop { reason } => (Conclusion::Loop { reason }, None),
        Gathered::Draft(draft) => answer(state, job, draft).await,
    };
    fail_points::hit("reply::before_store");
    let stopping = state.stopping.load(Ordering::Relaxed);
    let concluded = Concluded {
        job: job.clone(),
        conclusion: Rc::new(conclusion),
        spent,
        taker: (!stopping).then(|| batches.taker.clone()),
    };
    // An answer was paid for: it is not asked for again because the database was away for a moment.
    let delivery = batches.conclude.insist(concluded).await?;
    fail_points::hit("reply::after_store");
    Ok(delivery)
}

/// The conclusion, and what the model's call cost.
async fn answer(
    state: &AppState,
    job: &LeasedJob,
    draft: Box<Draft>,
) -> (Conclusion, Option<Spent>) {
    let (model_id, began) = (draft.breaker_key(), Instant::now());
    let result = match state.breakers.allow(&model_id, Instant::now()) {
        Ok(()) => ask(state, &draft).await,
        Err(retry_after) => Err(ModelError::BreakerOpen { retry_after }),
    };
    metrics().asked(began, &result);
    if !matches!(result, Err(ModelError::BreakerOpen { .. })) {
        state
            .breakers
            .record(&model_id, is_health(&result), Instant::now());
    }
    let spent = used(&result).map(|used| Spent {
        agent: draft.agent,
        used,
        cost_usd: draft.settings.cost_usd(used),
    });
    let conclusion = match result {
        Ok(answer) => Conclusion::Answer {
            parts: crate::channels::split::split_text(&answer.text, draft.limits.text),
            draft,
            answer,
        },
        Err(error) => failed(state, job, draft, &error),
    };
    (conclusion, spent)
}

/// The tokens of an answer, also of one that cannot be sent (R88).
fn used(result: &Result<Answer, ModelError>) -> Option<Usage> {
    match result {
        Ok(answer) => Some(answer.usage),
        Err(ModelError::Unusable { used, .. }) => Some(*used),
        Err(_) => None,
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
fn failed(state: &AppState, job: &LeasedJob, draft: Box<Draft>, error: &ModelError) -> Conclusion {
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
        return Conclusion::Again(Ending::Again {
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
    Conclusion::FallBack {
        draft,
        reason: kind,
    }
}

/// A failure in a few plain words that repeat nothing of what the server said.
pub fn error_kind(error: &ModelError) -> &'static str {
    match error {
        ModelError::RateLimited { .. } => "model rate limited",
        ModelError::Unavailable(_) => "model unavailable",
        ModelError::Refused(_) => "model refused",
        ModelError::BadRequest(_) => "model could not take the request",
        ModelError::Garbage(_) | ModelError::Unusable { .. } => "model answered garbage",
        ModelError::BreakerOpen { .. } => "model breaker open",
    }
}
