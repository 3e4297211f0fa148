//! The work behind a playground's stream. It belongs to the response: a client that goes takes it along, and with it the call.

use std::time::Instant;

use actix_web::web::Bytes;
use tokio::sync::mpsc;

use super::Trial;
use super::events::{
    PlaygroundDelta, PlaygroundDone, PlaygroundError, PlaygroundEvent, PlaygroundHandoff,
    PlaygroundPrompt, PlaygroundRetrieved, RetrievedEntry,
};
use crate::db::{DbError, InOrganization, TenantTx};
use crate::http::agents::model_failure;
use crate::http::event_stream::event;
use crate::language_model::knowledge::{Knowledge, quotes};
use crate::language_model::openai_compatible::OpenAiCompatible;
use crate::language_model::prompt::{self, ChatMessage};
use crate::language_model::{Answer, Endpoint, KnowledgeHit, LanguageModel, ModelError, Speaker};
use crate::models::usage;
use crate::pipeline::reply;
use crate::state::AppState;

struct Teller(mpsc::Sender<Bytes>);

impl Teller {
    /// Nobody listens any more: the work is about to be dropped.
    async fn tell(&self, data: PlaygroundEvent) {
        let _gone = self.0.send(event(data.name(), &data)).await;
    }
}

pub(super) async fn run(
    state: AppState,
    access: impl InOrganization,
    trial: Trial,
    events: mpsc::Sender<Bytes>,
) {
    let (teller, began) = (Teller(events), Instant::now());
    let result = match &trial.endpoint {
        None => built_in(&trial, &teller).await,
        Some(endpoint) => asked(&state, &trial, endpoint, &teller).await,
    };
    if let Ok(answer) = &result
        && let Err(error) = count(&state, &access, &trial, answer).await
    {
        tracing::error!(error = %error, "the tokens of a trial could not be counted");
    }
    let latency_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let done = match result {
        Ok(answer) => answered(&trial, answer, latency_ms),
        Err(error) => {
            tracing::info!(kind = reply::error_kind(&error), "a trial got no answer");
            teller
                .tell(PlaygroundEvent::Error(PlaygroundError {
                    code: model_failure::code(&error),
                    advice: model_failure::advice(&error),
                }))
                .await;
            fallen_back(&trial, latency_ms)
        }
    };
    teller.tell(PlaygroundEvent::Done(done)).await;
}

/// The built-in model needs no time; what it used can only be told from its answer.
async fn built_in(trial: &Trial, teller: &Teller) -> Result<Answer, ModelError> {
    let answer = Knowledge.answer(&trial.request).await?;
    let is_used = |hit: &KnowledgeHit| quotes(&answer.text, hit);
    teller.tell(retrieved(trial, is_used)).await;
    let prompt = PlaygroundPrompt { messages: None };
    teller.tell(PlaygroundEvent::Prompt(prompt)).await;
    let text = answer.text.clone();
    teller
        .tell(PlaygroundEvent::Delta(PlaygroundDelta { text }))
        .await;
    Ok(answer)
}

async fn asked(
    state: &AppState,
    trial: &Trial,
    endpoint: &Endpoint,
    teller: &Teller,
) -> Result<Answer, ModelError> {
    let messages = prompt::messages(&trial.request, trial.request.prompt_budget_tokens);
    let is_used = |hit: &KnowledgeHit| prompt::shows(&messages, hit);
    teller.tell(retrieved(trial, is_used)).await;
    teller.tell(prompt_of(messages)).await;
    let http = state.egress_http.clone();
    let model = OpenAiCompatible::new(http, &state.egress, endpoint.clone())
        .map_err(|refused| ModelError::Refused(refused.to_string()))?
        .with_total_limit(reply::MODEL_DEADLINE);
    let (pieces, mut received) = mpsc::channel(8);
    let asking = async move {
        let answer = model.answer_streaming(&trial.request, &pieces).await;
        drop(pieces);
        answer
    };
    let telling = async {
        while let Some(text) = received.recv().await {
            teller
                .tell(PlaygroundEvent::Delta(PlaygroundDelta { text }))
                .await;
        }
    };
    let (answer, ()) = tokio::join!(asking, telling);
    answer
}

fn retrieved(trial: &Trial, is_used: impl Fn(&KnowledgeHit) -> bool) -> PlaygroundEvent {
    let turns = trial.request.turns.iter().rev();
    let asked: Vec<&str> = turns
        .take_while(|turn| turn.speaker == Speaker::Customer)
        .map(|turn| turn.text.as_str())
        .collect();
    let asked: Vec<&str> = asked.into_iter().rev().collect();
    let asked = asked.join("\n");
    let entry = |hit: &KnowledgeHit| RetrievedEntry::new(hit, &asked, is_used(hit));
    PlaygroundEvent::Retrieved(PlaygroundRetrieved {
        entries: trial.request.knowledge.iter().map(entry).collect(),
    })
}

fn prompt_of(messages: Vec<ChatMessage>) -> PlaygroundEvent {
    PlaygroundEvent::Prompt(PlaygroundPrompt {
        messages: Some(messages.into_iter().map(Into::into).collect()),
    })
}

fn answered(trial: &Trial, answer: Answer, latency_ms: u64) -> PlaygroundDone {
    PlaygroundDone {
        cost_usd: trial.settings.cost_usd(answer.usage),
        text: answer.text,
        handoff: answer.handoff.map(Into::into),
        model: answer.model,
        prompt_tokens: answer.usage.prompt_tokens,
        completion_tokens: answer.usage.completion_tokens,
        estimated: answer.usage.estimated,
        latency_ms,
        used_fallback: false,
    }
}

/// As R89 does with a customer, who would not wait through the tries before it here.
fn fallen_back(trial: &Trial, latency_ms: u64) -> PlaygroundDone {
    PlaygroundDone {
        text: trial.settings.fallback_text.clone(),
        handoff: Some(PlaygroundHandoff::ModelFailed),
        model: trial.settings.model_name.clone().unwrap_or_default(),
        prompt_tokens: 0,
        completion_tokens: 0,
        estimated: false,
        cost_usd: None,
        latency_ms,
        used_fallback: true,
    }
}

async fn count(
    state: &AppState,
    access: &impl InOrganization,
    trial: &Trial,
    answer: &Answer,
) -> Result<(), DbError> {
    let (now, cost) = (state.clock.now(), trial.settings.cost_usd(answer.usage));
    state
        .db
        .tenant(access, async |tx: &mut TenantTx<'_>| {
            usage::add_trial(tx, trial.agent, now, answer.usage, cost).await?;
            Ok::<_, DbError>(())
        })
        .await
}
