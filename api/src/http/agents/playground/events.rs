//! What the playground tells while it answers.

use serde::Serialize;
use utoipa::ToSchema;

use crate::language_model::prompt::{ChatMessage, Role};
use crate::language_model::{Handoff, KnowledgeHit};
use crate::models::knowledge_entry::matched_question;

/// The data of an event; the event's name tells which it is: `retrieved`, `prompt`, `delta`, `done` or `error`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum PlaygroundEvent {
    Retrieved(PlaygroundRetrieved),
    Prompt(PlaygroundPrompt),
    Delta(PlaygroundDelta),
    Done(PlaygroundDone),
    Error(PlaygroundError),
}

impl PlaygroundEvent {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Retrieved(_) => "retrieved",
            Self::Prompt(_) => "prompt",
            Self::Delta(_) => "delta",
            Self::Done(_) => "done",
            Self::Error(_) => "error",
        }
    }
}

/// The knowledge that was found, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaygroundRetrieved {
    pub entries: Vec<RetrievedEntry>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RetrievedEntry {
    pub id: uuid::Uuid,
    pub title: Option<String>,
    /// The entry's question that is nearest to the customer's.
    #[schema(example = "ডেলিভারি চার্জ কত?")]
    pub question: String,
    /// 0 to 1.
    #[schema(example = 0.91, minimum = 0, maximum = 1)]
    pub score: f32,
    /// The model reads it; or, with the built-in model, the answer is made of it.
    pub used: bool,
}

impl RetrievedEntry {
    pub fn new(hit: &KnowledgeHit, asked: &str, used: bool) -> Self {
        let question = matched_question(asked, &hit.questions)
            .or(hit.questions.first().map(String::as_str))
            .unwrap_or_default();
        Self {
            id: hit.entry_id,
            title: hit.title.clone(),
            question: question.to_owned(),
            score: hit.score,
            used,
        }
    }
}

/// What the model reads.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaygroundPrompt {
    /// Null for the built-in model, which reads no prompt.
    pub messages: Option<Vec<PromptMessage>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PromptMessage {
    /// `system`, `user` or `assistant`.
    #[schema(example = "system")]
    pub role: &'static str,
    pub text: String,
}

impl From<ChatMessage> for PromptMessage {
    fn from(message: ChatMessage) -> Self {
        Self {
            role: match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            },
            text: message.content,
        }
    }
}

/// The next bit of the answer, before it is checked.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaygroundDelta {
    pub text: String,
}

/// The end: what a customer would get.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaygroundDone {
    pub text: String,
    /// Why a person would be called; null if not.
    pub handoff: Option<PlaygroundHandoff>,
    /// The model's own name, where it tells one.
    #[schema(example = "gpt-4o-mini")]
    pub model: String,
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
    /// The tokens are estimated, because the model does not count them.
    pub estimated: bool,
    /// Null where the model's prices are not entered.
    #[schema(example = 0.00042)]
    pub cost_usd: Option<f64>,
    #[schema(example = 1240)]
    pub latency_ms: u64,
    /// The model failed, and the text is the agent's fallback.
    pub used_fallback: bool,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaygroundHandoff {
    /// Nothing in the knowledge fits.
    NotKnown,
    /// The customer asks for a person.
    HumanRequested,
    /// The customer complains.
    Complaint,
    /// The model failed.
    ModelFailed,
}

impl From<Handoff> for PlaygroundHandoff {
    fn from(handoff: Handoff) -> Self {
        match handoff {
            Handoff::NotKnown => Self::NotKnown,
            Handoff::HumanRequested => Self::HumanRequested,
            Handoff::Complaint => Self::Complaint,
        }
    }
}

/// Why the model did not answer; `done` with the fallback text follows.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaygroundError {
    /// `rate_limited`, `unavailable`, `refused`, `bad_request` or `unusable_answer`.
    #[schema(example = "refused")]
    pub code: &'static str,
    /// What to do about it, in plain words.
    pub advice: String,
}
