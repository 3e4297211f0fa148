//! Storing an answer, or what stands in for one.

use chrono::{DateTime, Utc};

use super::context::Draft;
use super::unanswered;
use crate::db::{DbError, TenantTx};
use crate::ids::ConversationId;
use crate::language_model::{Answer, Handoff};
use crate::models::conversation::{AiChange, AiReason, Conversation};
use crate::models::job::{self, Work};
use crate::models::message::{AnswerState, Author, Message, NewMessage};
use crate::models::message_part::insert_parts;
use crate::models::usage::{self, Purpose};
use crate::models::{audit, system_event, unanswered_question};
use crate::state::AppState;

/// Stores the answer and asks for its delivery, if the conversation is as it was. Tokens are counted either way: they were used.
pub async fn answer(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    draft: &Draft,
    answer: &Answer,
    parts: &[String],
) -> Result<(), DbError> {
    let now = state.clock.now();
    let cost = draft.settings.cost_usd(answer.usage);
    usage::add(tx, draft.agent, now, answer.usage, cost, Purpose::Answer).await?;
    let Some(conversation) = Conversation::lock(tx, draft.conversation).await? else {
        return Ok(());
    };
    if conversation.generation != draft.generation {
        // Whatever came meanwhile asked for its own answer, or a person has taken over.
        tracing::info!("the conversation moved on; the draft is void");
        return Ok(());
    }
    let handoff = answer.handoff.map(handoff_word);
    let message = store(tx, draft, &conversation, &answer.text, parts, handoff, now).await?;
    Message::settle(tx, &draft.due, AnswerState::Answered, Some(message), now).await?;
    match answer.handoff {
        None => Ok(()),
        // The AI goes on with what it knows; a person is called for what it does not.
        Some(handoff @ Handoff::NotKnown) => {
            let open = unanswered::open_questions(&draft.asked, &draft.request.knowledge);
            unanswered_question::record(tx, conversation.id, &open, now).await?;
            if !conversation.needs_human {
                system_event::record_handoff(tx, &conversation, handoff_word(handoff), now).await?;
            }
            Ok(conversation.call_human(tx, now).await?)
        }
        Some(handoff @ (Handoff::HumanRequested | Handoff::Complaint)) => {
            system_event::record_handoff(tx, &conversation, handoff_word(handoff), now).await?;
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

/// The agent's fallback text once, and a person is called; a second failure in a row only calls (R89).
pub async fn fall_back(
    tx: &mut TenantTx<'_>,
    draft: &Draft,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Some(conversation) = Conversation::lock(tx, draft.conversation).await? else {
        return Ok(());
    };
    if conversation.generation != draft.generation {
        return Ok(());
    }
    let mut answer = None;
    if !draft.fell_back_before && !draft.settings.fallback_text.trim().is_empty() {
        let parts =
            crate::channels::split::split_text(&draft.settings.fallback_text, draft.limits.text);
        let text = &draft.settings.fallback_text;
        let handoff = Some("model_failed");
        answer = Some(store(tx, draft, &conversation, text, &parts, handoff, now).await?);
    }
    Message::settle(tx, &draft.due, AnswerState::HandedOver, answer, now).await?;
    if !conversation.needs_human {
        system_event::record_handoff(tx, &conversation, "model_failed", now).await?;
    }
    conversation.call_human(tx, now).await?;
    audit::record(
        tx,
        None,
        "conversation.model_failed",
        "conversation",
        conversation.id,
        serde_json::json!({ "reason": reason }),
        now,
    )
    .await?;
    Ok(())
}

/// R87: the AI is silent from here on and a person looks.
pub async fn stop_loop(
    tx: &mut TenantTx<'_>,
    conversation: ConversationId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Some(conversation) = Conversation::lock(tx, conversation).await? else {
        return Ok(());
    };
    Message::hand_over_due(tx, conversation.id, now).await?;
    system_event::record_handoff(tx, &conversation, "loop", now).await?;
    conversation
        .set_ai(tx, &AiChange::off(AiReason::Loop, None, true), now)
        .await?;
    audit::record(
        tx,
        None,
        "conversation.loop_stopped",
        "conversation",
        conversation.id,
        serde_json::json!({ "reason": reason }),
        now,
    )
    .await?;
    Ok(())
}

async fn store(
    tx: &mut TenantTx<'_>,
    draft: &Draft,
    conversation: &Conversation,
    text: &str,
    parts: &[String],
    handoff: Option<&'static str>,
    now: DateTime<Utc>,
) -> Result<crate::ids::MessageId, DbError> {
    // Never before what it answers, even when the platform's clock runs ahead of ours.
    let ordered_at = now.max(conversation.last_message_at);
    // Calling a person is no answer, and once one was called, only a person's answer is.
    let answers = handoff.is_none() && !conversation.needs_human;
    let message = NewMessage {
        agent_id: Some(draft.agent),
        agent_version: Some(draft.version),
        state: "queued",
        ordered_at,
        handoff,
        waited_since: conversation.waiting_since.filter(|_| answers),
        ..NewMessage::new(conversation.id, draft.account, Author::Agent, now)
    }
    .with_text(Some(text.to_owned()));
    message.insert(tx).await?;
    insert_parts(tx, message.id, draft.account, parts, now).await?;
    conversation.spoke(tx, ordered_at, answers).await?;
    job::enqueue(
        tx,
        conversation.id,
        &Work::Deliver {
            message_id: message.id,
        },
        std::time::Duration::ZERO,
    )
    .await?;
    Ok(message.id)
}
