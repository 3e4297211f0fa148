//! What each item asks for: decided for all at once, by what is known of our parts and of the accounts' messages.

use std::collections::{BTreeSet, HashMap};

use diesel::QueryResult;

use super::incoming::Item;
use crate::channels::{CustomerMessage, Echo, Event, Failure, Status};
use crate::db::TenantTx;
use crate::ids::{AccountId, DeliveryId};
use crate::models::inbound_event::ItemState;
use crate::models::message::Message;
use crate::models::message_part::{Confirmation, SentPart};
use crate::models::receiving_account::ReceivingAccount;

/// An item with its account, unless that was removed meanwhile.
#[derive(Clone, Copy)]
pub(super) struct Entry<'b> {
    pub item: &'b Item<'b>,
    pub account: Option<&'b ReceivingAccount>,
}

/// What is to do for an item.
pub(super) enum Step<'b> {
    /// Nothing (any more).
    Keep(ItemState),
    Message(&'b CustomerMessage),
    /// Somebody else's message, or one of ours that only its text tells (R15).
    Echo(&'b Echo),
    /// One of our parts is there.
    Confirm(Confirmation<'b>),
    /// Accepted, and failed later (trap 26).
    Fail(SentPart, &'b Failure),
}

/// The parts of ours that echoes and statuses mean: by our delivery id, else by the platform's own.
struct Parts {
    by_delivery: HashMap<DeliveryId, SentPart>,
    by_external_id: HashMap<(AccountId, String), SentPart>,
}

/// How an echo or status names a part.
struct Name<'b> {
    delivery: Option<DeliveryId>,
    external_id: &'b str,
}

pub(super) async fn plan<'b>(
    tx: &mut TenantTx<'_>,
    entries: &[Entry<'b>],
) -> QueryResult<Vec<Step<'b>>> {
    let parts = Parts::look_up(tx, entries).await?;
    let mut steps: Vec<Step> = entries.iter().map(|entry| parts.step(*entry)).collect();
    keep_known_echoes(tx, entries, &mut steps).await?;
    Ok(steps)
}

/// Echoes of messages that are stored already, as those of a person that come twice, change nothing.
async fn keep_known_echoes(
    tx: &mut TenantTx<'_>,
    entries: &[Entry<'_>],
    steps: &mut [Step<'_>],
) -> QueryResult<()> {
    let echoes: Vec<(AccountId, &str)> = entries
        .iter()
        .zip(&*steps)
        .filter_map(|(entry, step)| match (entry.account, step) {
            (Some(account), Step::Echo(echo)) => Some((account.id, echo.external_id.as_str())),
            _ => None,
        })
        .collect();
    let known = Message::known_external_ids(tx, &echoes).await?;
    for (entry, step) in entries.iter().zip(steps) {
        if let (Some(account), Step::Echo(echo)) = (entry.account, &*step)
            && known.contains(&(account.id, echo.external_id.clone()))
        {
            *step = Step::Keep(ItemState::Stored);
        }
    }
    Ok(())
}

/// What an event changes nothing by.
pub(super) fn untouched(event: &Event) -> ItemState {
    match event {
        Event::Quarantined(reason) => ItemState::Quarantined(reason.clone()),
        _ => ItemState::Stored,
    }
}

impl<'b> Name<'b> {
    fn of(event: &'b Event) -> Option<Self> {
        let (given_back, external_id) = match event {
            Event::Echo(echo) => (&echo.delivery_id, &echo.external_id),
            Event::Status(status) => (&status.delivery_id, &status.external_id),
            _ => return None,
        };
        // Somebody else's data is no delivery id of ours.
        let delivery = given_back.as_ref().and_then(|id| id.parse().ok());
        Some(Self {
            delivery: delivery.map(DeliveryId),
            external_id,
        })
    }
}

impl Parts {
    async fn look_up(tx: &mut TenantTx<'_>, entries: &[Entry<'_>]) -> QueryResult<Self> {
        let names = || {
            entries
                .iter()
                .filter_map(|entry| Some((entry.account?.id, Name::of(&entry.item.inbound.event)?)))
        };
        let deliveries: BTreeSet<_> = names().filter_map(|(_, name)| name.delivery).collect();
        let deliveries: Vec<_> = deliveries.into_iter().collect();
        let by_delivery = SentPart::by_delivery(tx, &deliveries).await?;
        let others: BTreeSet<_> = names()
            .filter(|(_, name)| {
                !name
                    .delivery
                    .is_some_and(|id| by_delivery.contains_key(&id))
            })
            .map(|(account, name)| (account, name.external_id))
            .collect();
        let others: Vec<_> = others.into_iter().collect();
        let by_external_id = SentPart::by_external_id(tx, &others).await?;
        Ok(Self {
            by_delivery,
            by_external_id,
        })
    }

    fn step<'b>(&self, entry: Entry<'b>) -> Step<'b> {
        let event = &entry.item.inbound.event;
        let Some(account) = entry.account else {
            return Step::Keep(untouched(event));
        };
        match event {
            Event::Message(message) => Step::Message(message),
            Event::Echo(echo) => self.echo(entry, account, echo),
            Event::Status(status) => self.status(entry, account, status),
            other => Step::Keep(untouched(other)),
        }
    }

    fn echo<'b>(&self, entry: Entry<'b>, account: &ReceivingAccount, echo: &'b Echo) -> Step<'b> {
        match self.find(entry, account) {
            Some(part) => self.confirm(entry, part, false),
            None if echo.recipient.is_empty() => Step::Keep(ItemState::Stored),
            None => Step::Echo(echo),
        }
    }

    fn status<'b>(
        &self,
        entry: Entry<'b>,
        account: &ReceivingAccount,
        status: &'b Status,
    ) -> Step<'b> {
        let Some(part) = self.find(entry, account) else {
            return Step::Keep(ItemState::Stored);
        };
        match (status.status.as_str(), &status.failure) {
            // Statuses overtake each other; failed is final (R9).
            _ if part.failed_as(&status.external_id) => Step::Keep(ItemState::Stored),
            // How far it got beyond being there is kept with the item and applied by a later feature.
            ("sent" | "delivered" | "read" | "played", _) => self.confirm(entry, part, true),
            ("failed", Some(failure)) => Step::Fail(part, failure),
            _ => Step::Keep(ItemState::Stored),
        }
    }

    fn find(&self, entry: Entry<'_>, account: &ReceivingAccount) -> Option<SentPart> {
        let name = Name::of(&entry.item.inbound.event)?;
        let of_delivery = name.delivery.and_then(|id| self.by_delivery.get(&id));
        let of_platform = || {
            self.by_external_id
                .get(&(account.id, name.external_id.to_owned()))
        };
        of_delivery.or_else(of_platform).cloned()
    }

    fn confirm<'b>(&self, entry: Entry<'b>, part: SentPart, unless_failed: bool) -> Step<'b> {
        let Some(name) = Name::of(&entry.item.inbound.event) else {
            return Step::Keep(ItemState::Stored);
        };
        let confirmation = Confirmation {
            arrived: name.delivery.filter(|_| !part.arrived),
            part,
            external_id: name.external_id,
            unless_failed,
            at: entry.item.event.received_at,
        };
        if confirmation.tells_something() {
            Step::Confirm(confirmation)
        } else {
            Step::Keep(ItemState::Applied)
        }
    }
}
