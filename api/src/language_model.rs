//! The language models that write answers: any OpenAI-compatible endpoint, and `knowledge`, the built-in one.
//!
//! One method: conversation, knowledge and agent settings in, text with usage or a typed refusal out. There is a deadline and a
//! token budget, and no database: what the model may see is gathered by `pipeline::reply` (R81). Retries and the failure
//! ladder (R89) belong to the caller. A model's text is data: it never picks the account, recipient or URL.

pub mod breaker;
pub mod check;
pub mod egress;
pub mod knowledge;
pub mod openai_compatible;
pub mod prompt;

use std::time::Duration;

use secrecy::SecretString;

/// Everything one answer is written from.
#[derive(Debug, Clone)]
pub struct AnswerRequest {
    /// The shop's name, as the organization is called.
    pub organization_name: String,
    /// The agent's own instructions.
    pub system_prompt: String,
    pub language: LanguagePolicy,
    /// 0.0 to 2.0.
    pub temperature: f32,
    /// Upper bound of the answer, in tokens (`max_tokens`).
    pub max_answer_tokens: u32,
    /// Upper bound of the whole prompt, in estimated tokens; the oldest turns are left out first.
    pub prompt_budget_tokens: u32,
    /// Knowledge entries found for the customer's last messages, best first.
    pub knowledge: Vec<KnowledgeHit>,
    /// The conversation so far, oldest first; ends with the customer's unanswered messages.
    pub turns: Vec<Turn>,
}

/// How the answer's language is chosen.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LanguagePolicy {
    /// Bangla for Bangla and Banglish, English for English.
    #[default]
    Auto,
    Bangla,
    English,
}

/// One message of the conversation, as the model sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub speaker: Speaker,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    Customer,
    /// The agent, or a person of the shop.
    Shop,
}

/// An entry of the organization's knowledge with its score for the question.
#[derive(Debug, Clone, PartialEq)]
pub struct KnowledgeHit {
    pub entry_id: uuid::Uuid,
    /// For people; no model sees it.
    pub title: Option<String>,
    pub questions: Vec<String>,
    pub answer_bn: Option<String>,
    pub answer_en: Option<String>,
    /// 0 to 1; above `text::KNOWN_THRESHOLD` the entry is taken to answer the question.
    pub score: f32,
}

/// A model's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub text: String,
    /// The model says that a person has to take over (nothing fits, the customer asks for one).
    pub handoff: Option<Handoff>,
    pub usage: Usage,
    /// The model's own name, as it told.
    pub model: String,
}

/// Why a person is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handoff {
    /// No knowledge entry fits the question.
    NotKnown,
    /// The customer asks for a person.
    HumanRequested,
    /// The customer complains.
    Complaint,
}

/// Tokens as the model reported, or as estimated where it did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
    pub estimated: bool,
}

/// Why there is no answer. None of the texts reaches a customer (R90).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// 429 rate limit: wait as told.
    #[error("the model asks to slow down")]
    RateLimited { retry_after: Option<Duration> },
    /// 5xx, 408, 409, connection failures, timeouts, an interrupted answer: another try may work.
    #[error("the model is not available: {0}")]
    Unavailable(String),
    /// 401, 403, 404, used-up quota: another try cannot work until somebody changes the settings.
    #[error("the model refuses: {0}")]
    Refused(String),
    /// 400, 413, 422 that remain after shortening once: our request does not suit this server.
    #[error("the model cannot take the request: {0}")]
    BadRequest(String),
    /// The answer came, but cannot be sent: empty, truncated, not text, a copy of the prompt (R83, R90).
    #[error("the model's answer cannot be used: {0}")]
    Garbage(String),
    /// The same, of an answer whose tokens are known: they were used (R88).
    #[error("the model's answer cannot be used: {why}")]
    Unusable { why: String, used: Usage },
    /// The circuit breaker is open (R18).
    #[error("the model was failing; waiting before the next try")]
    BreakerOpen { retry_after: Duration },
}

/// Where an OpenAI-compatible model is.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// With or without `/v1` and a last slash.
    pub base_url: String,
    pub model: String,
    /// Empty or none: no `Authorization` header is sent.
    pub api_key: Option<SecretString>,
}

/// A language model.
pub trait LanguageModel: Send + Sync {
    fn answer<'a>(
        &'a self,
        request: &'a AnswerRequest,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Answer, ModelError>> + Send + 'a>>;
}
