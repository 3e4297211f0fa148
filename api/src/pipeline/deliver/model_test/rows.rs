//! The rows of one message, written as `models::message_part` and the steps of delivery write them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::outbox::Outbox;
use super::super::outcome::{Settlement, settle};
use super::moment;
use crate::channels::{AccountLogin, ChannelKind, Outcome};
use crate::ids::{AccountId, ContactId, ConversationId, DeliveryId, MessageId, OrganizationId};
use crate::models::conversation::Conversation;
use crate::models::job::Ending;
use crate::models::message::Message;
use crate::models::message_part::MessagePart;
use crate::models::social_account::{Health, SocialAccount};
use crate::worker::retry;

#[derive(Debug, Clone)]
pub struct Rows {
    pub outbox: Outbox,
    /// When the message's job is due; `None`: it is done.
    pub job: Option<DateTime<Utc>>,
    /// Jobs of people who sent it again, behind that one: a job that waits or runs holds its lane.
    behind: usize,
    /// Every attempt's delivery id, and the part it was of.
    pub deliveries: Vec<(DeliveryId, usize)>,
}

/// A started attempt, as the worker holds it while the call runs.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    pub part: usize,
    pub number: i32,
    pub delivery: DeliveryId,
}

impl Rows {
    pub fn new(platform: ChannelKind, by_agent: bool, parts: usize, window: i64) -> Self {
        let account = account(platform);
        let conversation = conversation(&account, window);
        let message = message(&conversation, by_agent);
        let parts = (0..parts).map(|part| self::part(&message, part)).collect();
        Self {
            outbox: Outbox {
                message,
                parts,
                conversation,
                account,
            },
            job: Some(moment(0)),
            behind: 0,
            deliveries: Vec::new(),
        }
    }

    /// `MessagePart::set_state`.
    pub fn set_part(&mut self, part: usize, state: &str, duplicate: bool, now: DateTime<Utc>) {
        let part = &mut self.outbox.parts[part];
        part.state = state.to_owned();
        part.possible_duplicate |= duplicate;
        part.updated_at = now;
    }

    pub fn set_message(&mut self, state: &str) {
        self.outbox.message.state = state.to_owned();
    }

    /// The commit before the call.
    pub fn start(&mut self, index: usize, again: bool, now: DateTime<Utc>) -> Attempt {
        let delivery = DeliveryId::new();
        let part = &mut self.outbox.parts[index];
        part.attempts += 1;
        part.delivery_id = Some(delivery);
        let number = part.attempts;
        self.set_part(index, "sending", again, now);
        if self.outbox.message.state != "queued" {
            self.set_message("sending");
        }
        self.deliveries.push((delivery, index));
        Attempt {
            part: index,
            number,
            delivery,
        }
    }

    /// The commit after the call, by the real [`settle`]. True: the next part may follow at once.
    pub fn record(
        &mut self,
        attempt: Attempt,
        outcome: &Outcome,
        unknown_wait: Duration,
        now: DateTime<Utc>,
    ) -> bool {
        match outcome {
            Outcome::Sent { external_id, .. } => {
                self.accept(attempt, external_id, now);
                let goes_on = attempt.part + 1 < self.outbox.parts.len();
                if !goes_on {
                    self.end_job(now);
                }
                goes_on
            }
            Outcome::Failed(failure) => {
                let jitter = retry::jitter(self.outbox.message.id.0, attempt.number);
                let settlement = settle(failure, attempt.number, jitter, unknown_wait);
                self.fail(attempt, &settlement, now);
                false
            }
        }
    }

    /// `message_part::accept_all`.
    fn accept(&mut self, attempt: Attempt, external_id: &str, now: DateTime<Utc>) {
        let part = &mut self.outbox.parts[attempt.part];
        let is_open = matches!(part.state.as_str(), "sending" | "unknown");
        if part.attempts == attempt.number && is_open {
            part.external_id = Some(external_id.to_owned());
            self.set_part(attempt.part, "sent", false, now);
        }
        self.message_sent();
    }

    fn message_sent(&mut self) {
        if self.outbox.parts.iter().all(|part| part.state == "sent") {
            self.set_message("sent");
        }
    }

    /// What a failed attempt changes; nothing of the message where an echo or a status settled the part first.
    fn fail(&mut self, attempt: Attempt, settlement: &Settlement, now: DateTime<Utc>) {
        let part = &self.outbox.parts[attempt.part];
        let is_ours = part.attempts == attempt.number && part.state == "sending";
        if is_ours {
            self.set_part(attempt.part, settlement.state, false, now);
            if self.outbox.message.state != "cancelled" {
                self.set_message(settlement.state);
            }
            if settlement.ends_message {
                for rest in attempt.part + 1..self.outbox.parts.len() {
                    self.set_part(rest, "cancelled", false, now);
                }
            }
        }
        let account = &mut self.outbox.account;
        if let Some(wait) = settlement.pauses_account {
            account.paused_until = account.paused_until.max(Some(now + later(wait)));
        }
        if settlement.breaks_account {
            account.health = Health::NeedsReconnect;
        }
        match &settlement.ending {
            Ending::Again { after, .. } => self.job = Some(now + later(*after)),
            Ending::Done if !is_ours => self.job = Some(now),
            Ending::Done | Ending::Dead { .. } => self.end_job(now),
        }
    }

    /// An echo or a status names an attempt of ours as arrived.
    pub fn confirm(&mut self, delivery: DeliveryId, external_id: &str, now: DateTime<Utc>) {
        let Some((_, index)) = self
            .deliveries
            .iter()
            .find(|(id, _)| *id == delivery)
            .copied()
        else {
            return;
        };
        let part = &mut self.outbox.parts[index];
        let failed_already =
            part.state == "failed" && part.external_id.as_deref() == Some(external_id);
        if part.state == "sent" || failed_already {
            return;
        }
        part.external_id = Some(external_id.to_owned());
        self.set_part(index, "sent", false, now);
        self.message_sent();
    }

    /// A status tells that what was accepted did not arrive.
    pub fn report_failure(&mut self, delivery: DeliveryId, now: DateTime<Utc>) {
        if let Some((_, index)) = self
            .deliveries
            .iter()
            .find(|(id, _)| *id == delivery)
            .copied()
        {
            self.set_part(index, "failed", false, now);
            self.set_message("failed");
        }
    }

    /// What cannot or must not be said any more.
    pub fn end_rest(&mut self, state: &str, now: DateTime<Utc>) {
        self.set_parts("queued", state, now);
        self.set_message(state);
    }

    /// A person sends what did not arrive again; the parts that were not confirmed, and whether anything was to decide.
    pub fn resend(&mut self, now: DateTime<Utc>) -> Option<Vec<usize>> {
        if !matches!(self.outbox.message.state.as_str(), "failed" | "unknown") {
            return None;
        }
        let mut unconfirmed = Vec::new();
        for index in 0..self.outbox.parts.len() {
            let may_have_arrived = matches!(
                self.outbox.parts[index].state.as_str(),
                "unknown" | "sending"
            );
            if self.outbox.parts[index].state == "sent" {
                continue;
            }
            self.set_part(index, "queued", may_have_arrived, now);
            let part = &mut self.outbox.parts[index];
            part.queued_at = now;
            part.attempts_when_queued = part.attempts;
            unconfirmed.extend(may_have_arrived.then_some(index));
        }
        self.set_message("queued");
        if self.job.is_some() {
            self.behind += 1;
        } else {
            self.job = Some(now);
        }
        Some(unconfirmed)
    }

    /// A person gives it up.
    pub fn dismiss(&mut self, now: DateTime<Utc>) -> bool {
        let troubled = matches!(self.outbox.message.state.as_str(), "failed" | "unknown");
        if troubled {
            self.set_parts("queued", "cancelled", now);
            self.set_message("cancelled");
        }
        troubled
    }

    /// What the job does with a message that a person gave up.
    pub fn give_up_all(&mut self, now: DateTime<Utc>) {
        self.set_parts("queued", "cancelled", now);
        self.set_parts("sending", "unknown", now);
    }

    fn set_parts(&mut self, from: &str, to: &str, now: DateTime<Utc>) {
        for part in 0..self.outbox.parts.len() {
            if self.outbox.parts[part].state == from {
                self.set_part(part, to, false, now);
            }
        }
    }

    /// The job is done; the next one in the lane is due.
    pub fn end_job(&mut self, now: DateTime<Utc>) {
        self.job = (self.behind > 0).then_some(now);
        self.behind = self.behind.saturating_sub(1);
    }
}

fn later(wait: Duration) -> TimeDelta {
    TimeDelta::from_std(wait).expect("at most a day")
}

fn account(platform: ChannelKind) -> SocialAccount {
    SocialAccount {
        organization_id: OrganizationId::new(),
        id: AccountId::new(),
        platform,
        external_id: "104857600001122".to_owned(),
        name: "Shop".to_owned(),
        login: AccountLogin::Page,
        page_id: None,
        token_sealed: Vec::new(),
        token_last4: String::new(),
        token_expires_at: None,
        agent_id: None,
        auto_reply: true,
        health: Health::Ok,
        health_reason: None,
        paused_until: None,
        last_event_at: None,
        last_event_kind: None,
        created_at: moment(0),
        updated_at: moment(0),
        disconnected_at: None,
    }
}

fn conversation(account: &SocialAccount, window: i64) -> Conversation {
    Conversation {
        id: ConversationId::new(),
        account_id: account.id,
        contact_id: ContactId::new(),
        status: "open".to_owned(),
        assignee_id: None,
        ai_state: "on".to_owned(),
        ai_paused_until: None,
        ai_reason: None,
        needs_human: false,
        window_ends_at: Some(moment(window)),
        human_window_ends_at: Some(moment(window)),
        generation: 1,
        last_message_at: moment(0),
        last_customer_message_at: Some(moment(0)),
        created_at: moment(0),
        updated_at: moment(0),
        changed_at: moment(0),
        snoozed_until: None,
        unread_count: 0,
        waiting_since: None,
    }
}

fn message(conversation: &Conversation, by_agent: bool) -> Message {
    Message {
        id: MessageId::new(),
        conversation_id: conversation.id,
        account_id: conversation.account_id,
        author: if by_agent { "agent" } else { "human" }.to_owned(),
        author_user_id: None,
        kind: "text".to_owned(),
        text: Some("ধন্যবাদ".to_owned()),
        payload: None,
        attachments: serde_json::json!([]),
        reply_to_external_id: None,
        context: None,
        comment_id: None,
        external_id: None,
        client_id: None,
        platform_time: None,
        ordered_at: moment(0),
        agent_id: None,
        agent_version: None,
        state: "queued".to_owned(),
        answer_state: None,
        answered_by: None,
        failure_code: None,
        failure_advice: None,
        created_at: moment(0),
    }
}

fn part(message: &Message, part: usize) -> MessagePart {
    MessagePart {
        message_id: message.id,
        part: i32::try_from(part).expect("few"),
        account_id: message.account_id,
        text: "ধন্যবাদ".to_owned(),
        state: "queued".to_owned(),
        attempts: 0,
        queued_at: moment(0),
        attempts_when_queued: 0,
        delivery_id: None,
        external_id: None,
        possible_duplicate: false,
        failure_code: None,
        failure_advice: None,
        updated_at: moment(0),
    }
}
