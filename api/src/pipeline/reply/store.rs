//! What replies come to: answers, or what stands in for them, stored with the end of their jobs in one transaction.
//!
//! A job whose lease was lost changes nothing here but the count of tokens: somebody else has it (R11).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use chrono::{DateTime, Utc};

use super::context::Draft;
use super::unanswered;
use crate::channels::split::split_text;
use crate::db::cross::LeasedJob;
use crate::db::{DbError, InOrganization, TenantTx};
use crate::ids::{AgentId, ConversationId, JobId, MessageId, OrganizationId};
use crate::language_model::{Answer, Handoff, Usage};
use crate::metrics::metrics;
use crate::models::conversation::{AiChange, AiReason, Conversation, Spoken};
use crate::models::conversation_word::{self, Words};
use crate::models::job::{self, Ending, Taker};
use crate::models::message::{AnswerState, Author, Message, NewMessage, Settled};
use crate::models::message_part::{self, NewPart};
use crate::models::usage::{self, Used};
use crate::models::{audit, system_event, unanswered_question};
use crate::pipeline::together::Step;
use crate::state::AppState;

/// How a reply ended.
pub enum Conclusion {
    /// There was nothing to answer.
    Nothing,
    /// Nobody answers automatically any more: a person has it now.
    HandOver,
    /// R87: the AI is silent from here on and a person looks.
    Loop { reason: &'static str },
    Answer {
        draft: Box<Draft>,
        answer: Answer,
        /// Its text, as the platform takes it.
        parts: Vec<String>,
    },
    /// The agent's fallback text once, and a person is called; a second failure in a row only calls (R89).
    FallBack {
        draft: Box<Draft>,
        reason: &'static str,
    },
    /// Not yet.
    Again(Ending),
}

impl Conclusion {
    fn ending(&self) -> &Ending {
        match self {
            Self::Again(ending) => ending,
            _ => &Ending::Done,
        }
    }
}

/// What a call of the model used, whatever became of its answer (R88).
#[derive(Clone, Copy)]
pub struct Spent {
    pub agent: AgentId,
    pub used: Usage,
    pub cost_usd: Option<f64>,
}

/// A reply's job and how it ended.
#[derive(Clone)]
pub struct Concluded {
    pub job: LeasedJob,
    pub conclusion: Rc<Conclusion>,
    pub spent: Option<Spent>,
    /// Who delivers what is stored here, if it is this worker.
    pub taker: Option<Taker>,
}

impl Concluded {
    /// The id under which an answer is stored, if it is.
    fn answer_id(&self) -> Option<MessageId> {
        match &*self.conclusion {
            Conclusion::Answer { draft, .. } | Conclusion::FallBack { draft, .. } => {
                Some(draft.answer)
            }
            _ => None,
        }
    }
}

impl InOrganization for Concluded {
    fn organization_id(&self) -> OrganizationId {
        self.job.organization_id()
    }
}

/// Stores conclusions; each gives the delivery that it caused, where that is the worker's own at once.
pub struct Conclude;

impl Step for Conclude {
    type Item = Concluded;
    type Output = Option<LeasedJob>;

    async fn run(
        state: &AppState,
        tx: &mut TenantTx<'_>,
        items: &[Concluded],
    ) -> Result<Vec<Option<LeasedJob>>, DbError> {
        let now = state.clock.now();
        let held = end_jobs(tx, items).await?;
        let ours: Vec<&Concluded> = items
            .iter()
            .filter(|item| held.contains(&item.job.id))
            .collect();
        let conversations = lock(tx, &ours).await?;
        let mut writing = Writing::default();
        for item in &ours {
            if let Some(conversation) = conversations.get(&item.job.lane) {
                writing.take(conversation, &item.conclusion, now);
            }
        }
        let taker = items.first().and_then(|item| item.taker.as_ref());
        let mut taken = writing.write(tx, taker, now).await?;
        for item in &ours {
            if let Some(conversation) = conversations.get(&item.job.lane) {
                let said = writing.said.contains_key(&conversation.id);
                follow(tx, conversation, &item.conclusion, said, now).await?;
            }
        }
        count_tokens(tx, items, &held, now).await?;
        Ok(items
            .iter()
            .map(|item| taken.remove(&item.job.lane))
            .collect())
    }
}

async fn end_jobs(tx: &mut TenantTx<'_>, items: &[Concluded]) -> Result<HashSet<JobId>, DbError> {
    let ended: Vec<(&LeasedJob, &Ending)> = items
        .iter()
        .map(|item| (&item.job, item.conclusion.ending()))
        .collect();
    let ours = job::finish_all(tx, &ended).await?;
    if ours.len() < items.len() {
        let lost = items.len() - ours.len();
        tracing::warn!(lost, "leases were lost; somebody else has those jobs");
    }
    Ok(ours)
}

async fn lock(
    tx: &mut TenantTx<'_>,
    ours: &[&Concluded],
) -> Result<HashMap<ConversationId, Conversation>, DbError> {
    let changed = ours
        .iter()
        .filter(|item| !matches!(*item.conclusion, Conclusion::Nothing | Conclusion::Again(_)));
    let ids: BTreeSet<ConversationId> = changed.map(|item| item.job.lane).collect();
    Ok(Conversation::lock_all(tx, &ids).await?)
}

/// What a batch of answers writes.
#[derive(Default)]
struct Writing {
    messages: Vec<NewMessage>,
    parts: Vec<NewPart>,
    words: Words,
    spoken: Vec<Spoken>,
    settled: Vec<Settled>,
    /// The conversations in which something is said.
    said: BTreeMap<ConversationId, MessageId>,
}

impl Writing {
    /// Takes up what is said and whose wait ends. A draft is void when the conversation moved on: whatever came meanwhile asked for
    /// its own answer, or a person has taken over.
    fn take(&mut self, conversation: &Conversation, conclusion: &Conclusion, now: DateTime<Utc>) {
        match conclusion {
            Conclusion::Answer {
                draft,
                answer,
                parts,
            } if is_valid(draft, conversation) => {
                let handoff = answer.handoff.map(handoff_word);
                let message = self.say(draft, conversation, &answer.text, parts, handoff, now);
                self.settle(draft, AnswerState::Answered, Some(message));
            }
            Conclusion::FallBack { draft, .. } if is_valid(draft, conversation) => {
                let text = &draft.settings.fallback_text;
                let says = !draft.fell_back_before && !text.trim().is_empty();
                let answer = says.then(|| {
                    let parts = split_text(text, draft.limits.text);
                    self.say(draft, conversation, text, &parts, Some("model_failed"), now)
                });
                self.settle(draft, AnswerState::HandedOver, answer);
            }
            _ => {}
        }
    }

    fn settle(&mut self, draft: &Draft, state: AnswerState, answer: Option<MessageId>) {
        let settled = draft.due.iter().map(|due| (*due, state, answer));
        self.settled.extend(settled);
    }

    fn say(
        &mut self,
        draft: &Draft,
        conversation: &Conversation,
        text: &str,
        parts: &[String],
        handoff: Option<&'static str>,
        now: DateTime<Utc>,
    ) -> MessageId {
        // Never before what it answers, even when the platform's clock runs ahead of ours.
        let ordered_at = now.max(conversation.last_message_at);
        // Calling a person is no answer, and once one was called, only a person's answer is.
        let answers = handoff.is_none() && !conversation.needs_human;
        let message = NewMessage {
            id: draft.answer,
            agent_id: Some(draft.agent),
            agent_version: Some(draft.version),
            state: "queued",
            ordered_at,
            handoff,
            waited_since: conversation.waiting_since.filter(|_| answers),
            ..NewMessage::new(conversation.id, draft.account, Author::Agent, now)
        }
        .with_text(Some(text.to_owned()));
        let id = message.id;
        self.parts.extend(NewPart::all(id, draft.account, parts));
        conversation_word::collect(&mut self.words, conversation.id, text, false);
        self.spoken.push(conversation.spoken(ordered_at, answers));
        self.said.insert(conversation.id, id);
        self.messages.push(message);
        id
    }

    /// Writes it all, and asks for the deliveries; those that the taker has at once, by conversation.
    async fn write(
        &self,
        tx: &mut TenantTx<'_>,
        taker: Option<&Taker>,
        now: DateTime<Utc>,
    ) -> Result<HashMap<ConversationId, LeasedJob>, DbError> {
        NewMessage::insert_all(tx, &self.messages).await?;
        message_part::insert_all(tx, &self.parts, now).await?;
        conversation_word::add_all(tx, &self.words).await?;
        Conversation::spoke_all(tx, &self.spoken, now).await?;
        Message::settle_all(tx, &self.settled, now).await?;
        let said: Vec<_> = self.said.iter().map(|(lane, id)| (*lane, *id)).collect();
        let taken = job::enqueue_deliveries(tx, &said, taker).await?;
        Ok(taken.into_iter().map(|job| (job.lane, job)).collect())
    }
}

fn is_valid(draft: &Draft, conversation: &Conversation) -> bool {
    conversation.generation == draft.generation
}

/// What follows beside the message: a person is called, the AI falls silent. Rare, so one by one.
async fn follow(
    tx: &mut TenantTx<'_>,
    conversation: &Conversation,
    conclusion: &Conclusion,
    said: bool,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    match conclusion {
        Conclusion::Nothing | Conclusion::Again(_) => Ok(()),
        Conclusion::HandOver => {
            Message::hand_over_due(tx, conversation.id, now).await?;
            Ok(conversation.call_human(tx, now).await?)
        }
        Conclusion::Loop { reason } => stop_loop(tx, conversation, reason, now).await,
        Conclusion::Answer { draft, answer, .. } if said => {
            hand_off(tx, conversation, draft, answer.handoff, now).await
        }
        Conclusion::FallBack { draft, reason } if is_valid(draft, conversation) => {
            model_failed(tx, conversation, reason, now).await
        }
        Conclusion::Answer { .. } | Conclusion::FallBack { .. } => {
            tracing::info!("the conversation moved on; the draft is void");
            Ok(())
        }
    }
}

async fn hand_off(
    tx: &mut TenantTx<'_>,
    conversation: &Conversation,
    draft: &Draft,
    handoff: Option<Handoff>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    match handoff {
        None => Ok(()),
        // The AI goes on with what it knows; a person is called for what it does not.
        Some(handoff @ Handoff::NotKnown) => {
            let open = unanswered::open_questions(&draft.asked, &draft.request.knowledge);
            unanswered_question::record(tx, conversation.id, &open, now).await?;
            if !conversation.needs_human {
                system_event::record_handoff(tx, conversation, handoff_word(handoff), now).await?;
            }
            Ok(conversation.call_human(tx, now).await?)
        }
        Some(handoff @ (Handoff::HumanRequested | Handoff::Complaint)) => {
            system_event::record_handoff(tx, conversation, handoff_word(handoff), now).await?;
            let change = AiChange::off(AiReason::Handoff, None, true);
            Ok(conversation.set_ai(tx, &change, now).await?)
        }
    }
}

fn handoff_word(handoff: Handoff) -> &'static str {
    match handoff {
        Handoff::NotKnown => "not_known",
        Handoff::HumanRequested => "human_requested",
        Handoff::Complaint => "complaint",
    }
}

async fn model_failed(
    tx: &mut TenantTx<'_>,
    conversation: &Conversation,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    if !conversation.needs_human {
        system_event::record_handoff(tx, conversation, "model_failed", now).await?;
    }
    conversation.call_human(tx, now).await?;
    record(tx, "conversation.model_failed", conversation, reason, now).await
}

async fn stop_loop(
    tx: &mut TenantTx<'_>,
    conversation: &Conversation,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    Message::hand_over_due(tx, conversation.id, now).await?;
    system_event::record_handoff(tx, conversation, "loop", now).await?;
    conversation
        .set_ai(tx, &AiChange::off(AiReason::Loop, None, true), now)
        .await?;
    record(tx, "conversation.loop_stopped", conversation, reason, now).await
}

async fn record(
    tx: &mut TenantTx<'_>,
    action: &str,
    conversation: &Conversation,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let details = serde_json::json!({ "reason": reason });
    let subject = ("conversation", conversation.id);
    audit::record(tx, None, action, subject.0, subject.1, details, now).await?;
    Ok(())
}

/// Tokens were used whatever became of the draft (R88), also where the lease was lost. Last, because all answers of an agent change one
/// row: it is held as short as can be. What is stored already was counted with it, by a try whose commit arrived and whose answer did
/// not.
async fn count_tokens(
    tx: &mut TenantTx<'_>,
    items: &[Concluded],
    ours: &HashSet<JobId>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let lost = items.iter().filter(|item| !ours.contains(&item.job.id));
    let answers: Vec<MessageId> = lost.filter_map(Concluded::answer_id).collect();
    let counted: HashSet<MessageId> = if answers.is_empty() {
        HashSet::new()
    } else {
        let stored = Message::find_all(tx, &answers).await?;
        stored.into_iter().map(|message| message.id).collect()
    };
    let mut by_agent = BTreeMap::new();
    for item in items {
        let is_counted = item.answer_id().is_some_and(|id| counted.contains(&id));
        if let Some(spent) = item.spent.filter(|_| !is_counted) {
            let used: &mut Used = by_agent.entry(spent.agent).or_default();
            used.add(spent.used, spent.cost_usd);
            metrics()
                .model_cost_usd
                .inc_by(spent.cost_usd.unwrap_or_default());
            if matches!(*item.conclusion, Conclusion::Answer { .. }) {
                used.count_answer();
            }
        }
    }
    Ok(usage::add_all(tx, &by_agent, now).await?)
}
