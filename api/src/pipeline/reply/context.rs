//! What an answer is written from: this conversation, this agent, this organization's knowledge, and nothing else (R81).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::channels::{Limits, channel};
use crate::db::{DbError, TenantTx};
use crate::ids::{AccountId, AgentId, ConversationId, MessageId};
use crate::language_model::knowledge::questions;
use crate::language_model::{AnswerRequest, Endpoint, KnowledgeHit, Speaker, Turn};
use crate::models::agent::{Agent, AgentSettings, AgentVersion};
use crate::models::conversation::Conversation;
use crate::models::knowledge_entry;
use crate::models::message::{Author, Message};
use crate::models::social_account::SocialAccount;
use crate::models::unanswered_question::Asked;
use crate::schema::organizations;
use crate::seal::SealError;
use crate::state::AppState;

/// Messages looked back at; the token budget usually cuts earlier.
const HISTORY_MESSAGES: i64 = 60;
/// R87: answers in five minutes, and in a day, that no person types that fast for.
const MOST_IN_FIVE_MINUTES: i64 = 10;
const MOST_IN_A_DAY: i64 = 100;
/// Knowledge entries shown to the model.
const KNOWLEDGE_SHOWN: usize = 8;
/// Questions of one burst that are looked up.
const MOST_QUESTIONS: usize = 5;

/// What there is to answer.
pub enum Gathered {
    /// Nothing waits, or the AI must not answer (any more).
    NothingDue,
    /// The AI answered this contact too often (R87).
    Loop {
        reason: &'static str,
    },
    Draft(Box<Draft>),
}

/// Everything for one answer, read at one moment.
pub struct Draft {
    pub conversation: ConversationId,
    pub account: AccountId,
    pub agent: AgentId,
    pub version: i32,
    /// Void when it has changed meanwhile.
    pub generation: i64,
    /// The messages that the answer answers.
    pub due: Vec<MessageId>,
    /// When the oldest of them came.
    pub asked_at: DateTime<Utc>,
    pub request: AnswerRequest,
    /// `None`: the built-in model.
    pub endpoint: Option<Endpoint>,
    pub limits: Limits,
    pub settings: AgentSettings,
    /// What a person would have to answer if the model cannot.
    pub asked: Vec<Asked>,
    /// The conversation's last message of ours was the fallback text already.
    pub fell_back_before: bool,
}

impl Draft {
    /// What the model's breaker is kept under.
    pub fn breaker_key(&self) -> String {
        self.endpoint.as_ref().map_or_else(
            || "knowledge".to_owned(),
            |endpoint| endpoint.base_url.clone(),
        )
    }
}

pub async fn gather(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    conversation: ConversationId,
    now: DateTime<Utc>,
) -> Result<Gathered, DbError> {
    let Some(conversation) = Conversation::find(tx, conversation).await? else {
        return Ok(Gathered::NothingDue);
    };
    let due = Message::due(tx, conversation.id).await?;
    let Some(account) = SocialAccount::find(tx, conversation.account_id).await? else {
        return Ok(Gathered::NothingDue);
    };
    let Some(limits) = channel(account.platform).map(|channel| channel.limits()) else {
        return Ok(Gathered::NothingDue);
    };
    let agent = match account
        .agent_id
        .filter(|_| account.auto_reply && conversation.ai_answers(now))
    {
        Some(agent) => AgentVersion::find_current(tx, agent)
            .await?
            .filter(|(agent, _)| agent.active),
        None => None,
    };
    let (Some(first), Some((agent, version))) = (due.as_slice().first(), agent) else {
        // Somebody switched the AI, the account or the agent off after the question came: a person has it now.
        if !due.is_empty() {
            Conversation::lock(tx, conversation.id).await?;
            Message::hand_over_due(tx, conversation.id, now).await?;
            conversation.call_human(tx, now).await?;
        }
        return Ok(Gathered::NothingDue);
    };
    let asked_at = first.created_at;
    if let Some(reason) = answers_too_often(tx, conversation.id, now).await? {
        return Ok(Gathered::Loop { reason });
    }
    let endpoint = endpoint(state, tx, &agent, &version).unwrap_or_default();
    let history = Message::said(tx, conversation.id, HISTORY_MESSAGES).await?;
    let fell_back_before = history
        .iter()
        .find(|message| message.author != Author::Customer.as_str())
        .is_some_and(|message| {
            message.text.as_deref() == Some(version.settings.fallback_text.as_str())
        });
    let request = compose(tx, &version.settings, turns(&due, history)).await?;
    Ok(Gathered::Draft(Box::new(Draft {
        conversation: conversation.id,
        account: account.id,
        agent: agent.id,
        version: version.version,
        generation: conversation.generation,
        due: due.iter().map(|message| message.id).collect(),
        asked_at,
        request,
        endpoint,
        limits,
        asked: asked(&due),
        settings: version.settings,
        fell_back_before,
    })))
}

async fn answers_too_often(
    tx: &mut TenantTx<'_>,
    conversation: ConversationId,
    now: DateTime<Utc>,
) -> Result<Option<&'static str>, DbError> {
    if Message::agent_answers_since(tx, conversation, now - TimeDelta::minutes(5)).await?
        >= MOST_IN_FIVE_MINUTES
    {
        return Ok(Some("more than 10 answers in five minutes"));
    }
    if Message::agent_answers_since(tx, conversation, now - TimeDelta::days(1)).await?
        >= MOST_IN_A_DAY
    {
        return Ok(Some("more than 100 answers in a day"));
    }
    Ok(None)
}

fn endpoint(
    state: &AppState,
    tx: &TenantTx<'_>,
    agent: &Agent,
    version: &AgentVersion,
) -> Result<Option<Endpoint>, SealError> {
    agent.endpoint(version, &state.sealer, tx.organization()).or_else(|error| {
        // Without its key the call fails with 401, which takes the fallback ladder and calls a person.
        tracing::error!(error = %error, agent.id = %agent.id, "the agent's model key cannot be opened");
        let keyless = Agent { model_key_host: None, ..agent.clone() };
        keyless.endpoint(version, &state.sealer, tx.organization())
    })
}

/// What an agent with these settings is asked after these turns: of a conversation, or of one that is tried out.
pub async fn compose(
    tx: &mut TenantTx<'_>,
    settings: &AgentSettings,
    turns: Vec<Turn>,
) -> Result<AnswerRequest, DbError> {
    let organization_name = organization_name(tx).await?;
    let knowledge = find_knowledge(tx, &questions(&turns)).await?;
    Ok(AnswerRequest {
        organization_name,
        system_prompt: settings.system_prompt.clone(),
        language: settings.language,
        temperature: settings.temperature,
        max_answer_tokens: u32::try_from(settings.max_answer_tokens).unwrap_or_default(),
        prompt_budget_tokens: u32::try_from(settings.history_budget_tokens).unwrap_or_default(),
        knowledge,
        turns,
    })
}

/// Looks each question of the burst up by itself: several in one search would hide each other. An entry that fits several counts
/// with its best score.
async fn find_knowledge(
    tx: &mut TenantTx<'_>,
    questions: &[String],
) -> QueryResult<Vec<KnowledgeHit>> {
    let mut hits: Vec<KnowledgeHit> = Vec::new();
    for question in questions.iter().take(MOST_QUESTIONS) {
        for hit in knowledge_entry::find_hits(tx, question, KNOWLEDGE_SHOWN).await? {
            match hits.iter_mut().find(|known| known.entry_id == hit.entry_id) {
                Some(known) => known.score = known.score.max(hit.score),
                None => hits.push(hit),
            }
        }
    }
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    hits.truncate(KNOWLEDGE_SHOWN);
    Ok(hits)
}

async fn organization_name(tx: &mut TenantTx<'_>) -> QueryResult<String> {
    organizations::table
        .filter(organizations::organization_id.eq(tx.organization()))
        .select(organizations::name)
        .first(tx.conn())
        .await
}

/// Oldest first, the unanswered messages last: a message that arrived late with an early time is still to be answered.
fn turns(due: &[Message], history: Vec<Message>) -> Vec<Turn> {
    let is_due = |message: &Message| due.iter().any(|due| due.id == message.id);
    let before = history
        .iter()
        .rev()
        .filter(|message| !is_due(message) && speaker(message).is_some());
    before
        .chain(due)
        .filter_map(|message| {
            Some(Turn {
                speaker: speaker(message)?,
                text: turn_text(message),
            })
        })
        .collect()
}

/// The messages that say something in words.
fn asked(due: &[Message]) -> Vec<Asked> {
    due.iter()
        .filter(|message| matches!(message.kind.as_str(), "text" | "choice"))
        .filter_map(|message| {
            Some(Asked {
                message: message.id,
                text: message.text.clone()?,
            })
        })
        .collect()
}

fn speaker(message: &Message) -> Option<Speaker> {
    let was_sent = !matches!(message.state.as_str(), "failed" | "cancelled");
    match message.author.as_str() {
        "customer" => Some(Speaker::Customer),
        "agent" | "human" if was_sent => Some(Speaker::Shop),
        _ => None,
    }
}

/// What came without words is named by its kind, in brackets.
fn turn_text(message: &Message) -> String {
    match (&message.text, message.kind.as_str()) {
        (Some(text), "text" | "choice") => text.clone(),
        (Some(text), kind) => format!("[{kind}] {text}"),
        (None, kind) => format!("[{kind}]"),
    }
}
