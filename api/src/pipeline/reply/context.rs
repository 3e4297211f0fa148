//! What an answer is written from: this conversation, this agent, this organization's knowledge, and nothing else (R81).

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::channels::{Limits, channel};
use crate::db::cross::LeasedJob;
use crate::db::{DbError, TenantTx};
use crate::ids::{AccountId, AgentId, ConversationId, MessageId};
use crate::language_model::knowledge::questions;
use crate::language_model::{AnswerRequest, Endpoint, KnowledgeHit, Speaker, Turn};
use crate::models::agent::{Agent, AgentSettings, AgentVersion};
use crate::models::conversation::Conversation;
use crate::models::knowledge_entry::Shelf;
use crate::models::message::{AgentAnswers, Author, Message};
use crate::models::social_account::SocialAccount;
use crate::models::unanswered_question::Asked;
use crate::pipeline::together::Step;
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
    /// Nothing waits (any more).
    NothingDue,
    /// Somebody switched the AI, the account or the agent off after the question came: a person has it now.
    NobodyAnswers,
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

/// Reads what there is to answer in conversations; for [`Together`](crate::pipeline::together::Together).
pub struct Gather;

impl Step for Gather {
    type Item = LeasedJob;
    type Output = Gathered;

    async fn run(
        state: &AppState,
        tx: &mut TenantTx<'_>,
        items: &[LeasedJob],
    ) -> Result<Vec<Gathered>, DbError> {
        let lanes: Vec<ConversationId> = items.iter().map(|job| job.lane).collect();
        let mut desk = Desk::load(tx, &lanes, state.clock.now()).await?;
        let mut all = Vec::with_capacity(lanes.len());
        for lane in lanes {
            all.push(desk.gather(state, tx, lane).await?);
        }
        Ok(all)
    }
}

/// What the conversations of a batch are answered from, read by a fixed number of statements.
struct Desk {
    now: DateTime<Utc>,
    conversations: HashMap<ConversationId, Conversation>,
    due: HashMap<ConversationId, Vec<Message>>,
    said: HashMap<ConversationId, Vec<Message>>,
    answers: HashMap<ConversationId, AgentAnswers>,
    accounts: HashMap<AccountId, SocialAccount>,
    agents: HashMap<AgentId, (Agent, AgentVersion)>,
    organization_name: String,
    /// Opened by the first question.
    shelf: Option<Shelf>,
}

impl Desk {
    async fn load(
        tx: &mut TenantTx<'_>,
        lanes: &[ConversationId],
        now: DateTime<Utc>,
    ) -> Result<Self, DbError> {
        let conversations = Conversation::find_all(tx, lanes).await?;
        let accounts: BTreeSet<AccountId> =
            conversations.values().map(|one| one.account_id).collect();
        let accounts = SocialAccount::find_all(tx, &accounts).await?;
        let agents: BTreeSet<AgentId> = accounts.values().filter_map(|one| one.agent_id).collect();
        Ok(Self {
            now,
            due: Message::due_in(tx, lanes).await?,
            said: Message::said_in(tx, lanes, HISTORY_MESSAGES).await?,
            answers: Message::agent_answers_in(tx, lanes, now).await?,
            agents: AgentVersion::find_all_current(tx, &agents).await?,
            organization_name: organization_name(tx).await?,
            shelf: None,
            conversations,
            accounts,
        })
    }

    async fn gather(
        &mut self,
        state: &AppState,
        tx: &mut TenantTx<'_>,
        lane: ConversationId,
    ) -> Result<Gathered, DbError> {
        let Some(conversation) = self.conversations.remove(&lane) else {
            return Ok(Gathered::NothingDue);
        };
        let due = self.due.remove(&lane).unwrap_or_default();
        let account = self.accounts.get(&conversation.account_id);
        let Some((account, limits)) =
            account.and_then(|account| Some((account, channel(account.platform)?.limits())))
        else {
            return Ok(Gathered::NothingDue);
        };
        let Some(asked_at) = due.as_slice().first().map(|first| first.created_at) else {
            return Ok(Gathered::NothingDue);
        };
        let answering = account
            .agent_id
            .filter(|_| account.auto_reply && conversation.ai_answers(self.now))
            .and_then(|agent| self.agents.get(&agent))
            .filter(|(agent, _)| agent.active);
        let Some((agent, version)) = answering.cloned() else {
            return Ok(Gathered::NobodyAnswers);
        };
        let answers = self.answers.get(&lane).copied().unwrap_or_default();
        if let Some(reason) = too_often(answers) {
            return Ok(Gathered::Loop { reason });
        }
        let endpoint = endpoint(state, tx, &agent, &version).unwrap_or_default();
        let history = self.said.remove(&lane).unwrap_or_default();
        let fell_back_before = fell_back(&history, &version.settings.fallback_text);
        let account = account.id;
        let turns = turns(&due, history);
        let request = self.compose(tx, &version.settings, turns).await?;
        Ok(Gathered::Draft(Box::new(Draft {
            conversation: conversation.id,
            account,
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

    async fn compose(
        &mut self,
        tx: &mut TenantTx<'_>,
        settings: &AgentSettings,
        turns: Vec<Turn>,
    ) -> QueryResult<AnswerRequest> {
        if self.shelf.is_none() {
            self.shelf = Some(Shelf::open(tx).await?);
        }
        let knowledge = match &self.shelf {
            Some(shelf) => find_knowledge(tx, shelf, &questions(&turns)).await?,
            None => Vec::new(),
        };
        Ok(request(
            self.organization_name.clone(),
            settings,
            knowledge,
            turns,
        ))
    }
}

fn too_often(answers: AgentAnswers) -> Option<&'static str> {
    if answers.in_five_minutes >= MOST_IN_FIVE_MINUTES {
        return Some("more than 10 answers in five minutes");
    }
    (answers.in_a_day >= MOST_IN_A_DAY).then_some("more than 100 answers in a day")
}

/// Whether the last thing that the shop said, in a history with the newest first, is the fallback text.
fn fell_back(history: &[Message], fallback: &str) -> bool {
    history
        .iter()
        .find(|message| message.author != Author::Customer.as_str())
        .is_some_and(|message| message.text.as_deref() == Some(fallback))
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
    let shelf = Shelf::open(tx).await?;
    let knowledge = find_knowledge(tx, &shelf, &questions(&turns)).await?;
    Ok(request(organization_name, settings, knowledge, turns))
}

fn request(
    organization_name: String,
    settings: &AgentSettings,
    knowledge: Vec<KnowledgeHit>,
    turns: Vec<Turn>,
) -> AnswerRequest {
    AnswerRequest {
        organization_name,
        system_prompt: settings.system_prompt.clone(),
        language: settings.language,
        temperature: settings.temperature,
        max_answer_tokens: u32::try_from(settings.max_answer_tokens).unwrap_or_default(),
        prompt_budget_tokens: u32::try_from(settings.history_budget_tokens).unwrap_or_default(),
        knowledge,
        turns,
    }
}

/// Looks each question of the burst up by itself: several in one search would hide each other. An entry that fits several counts
/// with its best score.
async fn find_knowledge(
    tx: &mut TenantTx<'_>,
    shelf: &Shelf,
    questions: &[String],
) -> QueryResult<Vec<KnowledgeHit>> {
    let mut hits: Vec<KnowledgeHit> = Vec::new();
    for question in questions.iter().take(MOST_QUESTIONS) {
        for hit in shelf.find_hits(tx, question, KNOWLEDGE_SHOWN).await? {
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
