//! The items of one organization in one transaction, by statements over all of them.
//!
//! Contacts are found or made first, then conversations made and locked in the order of their ids. Items of one conversation take
//! effect in their order: in a round, each conversation takes all its customer's messages and our confirmations up to the first item
//! that has to be looked at alone (a person's echo, a failure), and then that one. Nearly always one round is all.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::result::Error;

use super::customer::{self, Arrived};
use super::echo;
use super::incoming::Item;
use super::plan::{Entry, Step, plan};
use crate::channels::{Event, Failure, Identity};
use crate::db::TenantTx;
use crate::ids::{AccountId, ContactId, ConversationId};
use crate::metrics::labels::ItemResult;
use crate::metrics::metrics;
use crate::models::contact::{self, Names, Shown};
use crate::models::conversation::{Conversation, Missing};
use crate::models::inbound_event::{ItemState, NewInboundEvent};
use crate::models::message::Message;
use crate::models::message_part::{self, SentPart};
use crate::models::receiving_account::{self, Arrivals, ReceivingAccount};
use crate::state::AppState;

/// Applies and stores items. Tells whether an answer is due at once.
pub(super) async fn apply(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    items: &[Item<'_>],
) -> QueryResult<bool> {
    let ids: BTreeSet<AccountId> = items
        .iter()
        .filter_map(|item| Some(item.account?.account))
        .collect();
    let accounts = ReceivingAccount::find_all(tx, ids.into_iter().collect()).await?;
    let account_of = |item: &Item<'_>| accounts.get(&item.account?.account);
    let entries: Vec<Entry> = items
        .iter()
        .map(|item| Entry {
            item,
            account: account_of(item),
        })
        .collect();
    let mut batch = Batch::open(tx, entries).await?;
    batch.run(state, tx).await?;
    batch.store(tx).await?;
    Ok(batch.answers_due)
}

/// Stores an item that changes nothing.
pub(super) async fn store_untouched(
    tx: &mut TenantTx<'_>,
    item: &Item<'_>,
    state: ItemState,
) -> QueryResult<()> {
    let account = item.account.map(|found| found.account);
    let accounts = ReceivingAccount::find_all(tx, account.into_iter().collect()).await?;
    let entry = Entry {
        item,
        account: account.and_then(|id| accounts.get(&id)),
    };
    store(tx, &[entry], &[state]).await
}

/// Items of one conversation that are still to do.
#[derive(Default)]
struct Lane {
    items: VecDeque<usize>,
    /// Something was looked at alone: what was planned for parts may not hold any more.
    disturbed: bool,
}

struct Batch<'b> {
    entries: Vec<Entry<'b>>,
    steps: Vec<Step<'b>>,
    /// What became of each item.
    states: Vec<ItemState>,
    lanes: BTreeMap<ConversationId, Lane>,
    /// All locked.
    conversations: HashMap<ConversationId, Conversation>,
    answers_due: bool,
}

/// What can be done next, in the items' order.
#[derive(Default)]
struct Round {
    messages: Vec<(usize, ConversationId)>,
    confirmations: Vec<usize>,
    alone: Vec<(usize, ConversationId)>,
}

impl<'b> Batch<'b> {
    /// Looks up and locks all that the items need.
    async fn open(tx: &mut TenantTx<'_>, entries: Vec<Entry<'b>>) -> QueryResult<Self> {
        let steps = plan(tx, &entries).await?;
        let (places, names) = locate(tx, &entries, &steps).await?;
        let ids: BTreeSet<_> = places.iter().flatten().copied().collect();
        let conversations = Conversation::lock_all(tx, &ids).await?;
        contact::fill_names(tx, names).await?;
        let mut lanes: BTreeMap<ConversationId, Lane> = BTreeMap::new();
        for (at, place) in places.into_iter().enumerate() {
            if let Some(conversation) = place {
                let lane = lanes.entry(conversation).or_default();
                lane.items.push_back(at);
            }
        }
        let states = steps
            .iter()
            .map(|step| match step {
                Step::Keep(state) => state.clone(),
                _ => ItemState::Applied,
            })
            .collect();
        Ok(Self {
            entries,
            steps,
            states,
            lanes,
            conversations,
            answers_due: false,
        })
    }

    async fn run(&mut self, state: &AppState, tx: &mut TenantTx<'_>) -> QueryResult<()> {
        while !self.lanes.is_empty() {
            let round = self.next_round();
            self.confirm(tx, &round.confirmations).await?;
            let arrived = self.arrived(&round.messages);
            self.answers_due |=
                customer::apply(state, tx, &mut self.conversations, &arrived).await?;
            for (at, conversation) in round.alone {
                self.apply_alone(state, tx, at, conversation).await?;
            }
        }
        Ok(())
    }

    fn next_round(&mut self) -> Round {
        let mut round = Round::default();
        for (conversation, lane) in &mut self.lanes {
            while let Some(at) = lane.items.pop_front() {
                match &self.steps[at] {
                    Step::Message(_) => round.messages.push((at, *conversation)),
                    Step::Confirm(_) if !lane.disturbed => round.confirmations.push(at),
                    _ => {
                        lane.disturbed = true;
                        round.alone.push((at, *conversation));
                        break;
                    }
                }
            }
        }
        self.lanes.retain(|_, lane| !lane.items.is_empty());
        round.messages.sort_unstable();
        round.confirmations.sort_unstable();
        round
    }

    async fn confirm(&self, tx: &mut TenantTx<'_>, items: &[usize]) -> QueryResult<()> {
        let confirmations: Vec<_> = items
            .iter()
            .filter_map(|at| match &self.steps[*at] {
                Step::Confirm(confirmation) => Some(confirmation.clone()),
                _ => None,
            })
            .collect();
        message_part::confirm_all(tx, &confirmations).await
    }

    fn arrived(&self, messages: &[(usize, ConversationId)]) -> Vec<Arrived<'b>> {
        messages
            .iter()
            .filter_map(|(at, conversation)| {
                let entry = self.entries[*at];
                match (&self.steps[*at], entry.account) {
                    (Step::Message(message), Some(account)) => Some(Arrived {
                        account,
                        platform: entry.item.platform,
                        conversation: *conversation,
                        message,
                        received_at: entry.item.event.received_at,
                    }),
                    _ => None,
                }
            })
            .collect()
    }

    /// One item by itself, planned anew: what came before it may have changed what it means.
    async fn apply_alone(
        &mut self,
        state: &AppState,
        tx: &mut TenantTx<'_>,
        at: usize,
        id: ConversationId,
    ) -> QueryResult<()> {
        let entry = self.entries[at];
        let received_at = entry.item.event.received_at;
        let conversation = self.conversations.get(&id).ok_or(Error::NotFound)?;
        match plan(tx, &[entry]).await?.pop() {
            Some(Step::Keep(state)) => self.states[at] = state,
            Some(Step::Confirm(confirmation)) => {
                message_part::confirm_all(tx, &[confirmation]).await?;
            }
            Some(Step::Fail(part, failure)) => {
                fail(tx, conversation, &part, failure, received_at).await?;
            }
            Some(Step::Echo(found)) => {
                echo::apply(
                    state,
                    tx,
                    entry.item.platform,
                    conversation,
                    found,
                    received_at,
                )
                .await?;
            }
            Some(Step::Message(_)) | None => {}
        }
        if self.lanes.contains_key(&id) {
            let changed = Conversation::lock(tx, id).await?.ok_or(Error::NotFound)?;
            self.conversations.insert(id, changed);
        }
        Ok(())
    }

    async fn store(&self, tx: &mut TenantTx<'_>) -> QueryResult<()> {
        store(tx, &self.entries, &self.states).await
    }
}

/// Stores the items with what became of them, and notes on the accounts what arrived last.
async fn store(
    tx: &mut TenantTx<'_>,
    entries: &[Entry<'_>],
    states: &[ItemState],
) -> QueryResult<()> {
    let mut arrivals = Arrivals::new();
    let mut stored = Vec::with_capacity(entries.len());
    for (entry, state) in entries.iter().zip(states) {
        let (item, kind) = (entry.item, entry.item.inbound.event.name());
        if let Some(found) = item.account {
            arrivals.insert(found.account, (kind, item.event.received_at));
        }
        stored.push(NewInboundEvent {
            webhook_event_id: item.event.id,
            item: item.number,
            account_id: entry.account.map(|account| account.id),
            kind,
            raw: item.inbound.raw.to_string(),
            state: state.clone(),
            received_at: item.event.received_at,
        });
    }
    NewInboundEvent::upsert_all(tx, &stored).await?;
    for item in &stored {
        metrics().items.inc(match item.state {
            ItemState::Applied => ItemResult::Applied,
            ItemState::Stored => ItemResult::Stored,
            ItemState::Quarantined(_) => ItemResult::Quarantined,
        });
    }
    receiving_account::note_arrivals(tx, arrivals).await
}

/// The conversation that each item belongs to, if it changes one; made where there is none. And names for [`contact::fill_names`].
async fn locate<'b>(
    tx: &mut TenantTx<'_>,
    entries: &[Entry<'b>],
    steps: &[Step<'b>],
) -> QueryResult<(Vec<Option<ConversationId>>, Names<'b>)> {
    let mut places: Vec<Option<ConversationId>> = steps.iter().map(known_place).collect();
    let (at, shown): (Vec<usize>, Vec<Shown>) = entries
        .iter()
        .zip(steps)
        .enumerate()
        .filter_map(|(at, (entry, step))| Some((at, shown(*entry, step)?)))
        .unzip();
    let (persons, names) = contact::resolve(tx, &shown).await?;
    let mut missing = Missing::new();
    let mut keys: Vec<(AccountId, ContactId)> = Vec::with_capacity(persons.len());
    for (shown, person) in shown.iter().zip(&persons) {
        let key = (shown.account, person.contact);
        keys.push(key);
        if person.conversation.is_none() {
            missing.entry(key).or_insert(shown.at);
        }
    }
    let made = Conversation::insert_missing(tx, &missing).await?;
    for ((at, person), key) in at.into_iter().zip(&persons).zip(keys) {
        let conversation = person.conversation.or_else(|| made.get(&key).copied());
        places[at] = Some(conversation.ok_or(Error::NotFound)?);
    }
    Ok((places, names))
}

/// Of a step about a part of ours.
fn known_place(step: &Step<'_>) -> Option<ConversationId> {
    match step {
        Step::Confirm(confirmation) => Some(confirmation.part.conversation_id),
        Step::Fail(part, _) => Some(part.conversation_id),
        Step::Keep(_) | Step::Message(_) | Step::Echo(_) => None,
    }
}

/// Whom a message or echo shows.
fn shown<'b>(entry: Entry<'b>, step: &Step<'b>) -> Option<Shown<'b>> {
    let account = entry.account?.id;
    let (identities, name): (&'b [Identity], _) = match (step, &entry.item.inbound.event) {
        (Step::Message(message), _) => (&message.sender, message.sender_name.as_deref()),
        (Step::Echo(_), Event::Echo(echo)) => (&echo.recipient, None),
        _ => return None,
    };
    Some(Shown {
        account,
        identities,
        name,
        at: entry.item.event.received_at,
    })
}

/// Accepted, and failed later (trap 26): final, shown with its reason, and a person is called.
async fn fail(
    tx: &mut TenantTx<'_>,
    conversation: &Conversation,
    part: &SentPart,
    failure: &Failure,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let reason = Some((failure.code.as_str(), failure.advice));
    part.fail(tx, reason, now).await?;
    Message::set_state(tx, part.message_id, "failed", reason, now).await?;
    conversation.waits_again(tx).await?;
    conversation.call_human(tx, now).await
}
