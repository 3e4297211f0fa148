//! Process: parse a stored event into its items, find each one's organization, and apply them there.
//!
//! Every item is stored; what changes something is applied in the same transaction, under unique keys, so that an event that comes
//! twice or is replayed makes the same rows and sends nothing (R4, R7). One bad item goes to quarantine and spoils no other.

mod echo;
mod inbound;
mod status;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::{AnsiTransactionManager, TransactionManager};

use crate::channels::{ChannelKind, Event, Inbound, Malformed, channel};
use crate::db::{DbError, InOrganization, PlatformTx, TenantTx};
use crate::fail_points;
use crate::ids::{AccountId, OrganizationId};
use crate::models::account_directory::FoundAccount;
use crate::models::inbound_event::{ItemState, NewInboundEvent};
use crate::models::social_account::SocialAccount;
use crate::models::webhook_event::LeasedEvent;
use crate::state::AppState;

/// An item with its number in the event and, where its account is connected, the account.
struct Item {
    number: i32,
    inbound: Inbound,
    account: Option<FoundAccount>,
}

/// Works on one event and marks it done. An error means: not finished, try the event again later.
pub async fn process(state: &AppState, event: &LeasedEvent) -> Result<(), DbError> {
    let Some((platform, channel)) = event
        .platform
        .parse()
        .ok()
        .and_then(|kind| Some((kind, channel(kind)?)))
    else {
        return finish(state, event, 0, 0).await;
    };
    let items = match channel.parse(&event.body) {
        Ok(items) => items,
        Err(malformed) => vec![unreadable(event, &malformed)],
    };
    let total = items.len();
    let by_organization = sort_out(state, platform, event, items).await?;
    let kept: usize = by_organization.values().map(Vec::len).sum();
    for items in by_organization.into_values() {
        apply_in_organization(state, platform, event, items).await?;
    }
    fail_points::hit("process::before_finish");
    finish(state, event, total, total - kept).await
}

async fn finish(
    state: &AppState,
    event: &LeasedEvent,
    items: usize,
    ignored: usize,
) -> Result<(), DbError> {
    state
        .db
        .platform(async |tx: &mut PlatformTx<'_>| Ok(event.finish(tx, items, ignored).await?))
        .await
}

/// A body that is no JSON of the platform is one quarantined item: a retry would not help, but people can see it (reference 1.3).
fn unreadable(event: &LeasedEvent, malformed: &Malformed) -> Inbound {
    let start = String::from_utf8_lossy(&event.body[..event.body.len().min(2_000)]).into_owned();
    Inbound {
        account: None,
        raw: serde_json::Value::String(start),
        event: Event::Quarantined(malformed.0.clone()),
    }
}

/// Groups the items by organization. Dropped and only counted are items of accounts that nobody connected, or that are not the
/// organization's whose app signed (R44); and unreadable ones of the installation's app, which belong to nobody.
async fn sort_out(
    state: &AppState,
    platform: ChannelKind,
    event: &LeasedEvent,
    items: Vec<Inbound>,
) -> Result<BTreeMap<OrganizationId, Vec<Item>>, DbError> {
    let ids: Vec<String> = items
        .iter()
        .filter_map(|item| item.account.clone())
        .collect();
    let accounts: HashMap<String, FoundAccount> = state
        .db
        .platform(async |tx: &mut PlatformTx<'_>| {
            Ok::<_, DbError>(FoundAccount::find_all(tx, platform, &ids).await?)
        })
        .await?;
    let mut sorted: BTreeMap<OrganizationId, Vec<Item>> = BTreeMap::new();
    for (number, inbound) in (0_i32..).zip(items) {
        let account = inbound
            .account
            .as_ref()
            .and_then(|id| accounts.get(id))
            .copied();
        let owner = account.map(|account| account.organization_id());
        let nameless = inbound.account.is_none() && !matches!(inbound.event, Event::Test);
        let organization = match (owner, event.organization_id) {
            (Some(owner), None) => owner,
            (Some(owner), Some(signer)) if owner == signer => owner,
            (None, Some(signer)) if nameless => signer,
            _ => continue,
        };
        sorted.entry(organization).or_default().push(Item {
            number,
            inbound,
            account,
        });
    }
    Ok(sorted)
}

/// The organization of a group of items: of an account that was found, or of the app that signed.
struct Recipient(OrganizationId);

impl InOrganization for Recipient {
    fn organization_id(&self) -> OrganizationId {
        self.0
    }
}

async fn apply_in_organization(
    state: &AppState,
    platform: ChannelKind,
    event: &LeasedEvent,
    mut items: Vec<Item>,
) -> Result<(), DbError> {
    let organization = items
        .iter()
        .find_map(|item| item.account)
        .map(|account| account.organization_id())
        .or(event.organization_id);
    let Some(organization) = organization else {
        return Ok(());
    };
    // Conversations are locked in one order by everybody, so that two batches cannot wait for each other; within one conversation
    // the items keep theirs.
    items.sort_by_key(|item| (item.account, lane_hint(&item.inbound.event)));
    state
        .db
        .for_worker()
        .tenant(&Recipient(organization), async |tx: &mut TenantTx<'_>| {
            let mut accounts = HashMap::new();
            for item in &items {
                apply_item(state, tx, &mut accounts, platform, event, item).await?;
            }
            note_arrivals(tx, &items, event).await
        })
        .await
}

/// Sorts items of one person together: the first id shown.
fn lane_hint(event: &Event) -> String {
    let identities = match event {
        Event::Message(message) => &message.sender,
        Event::Echo(echo) => &echo.recipient,
        _ => return String::new(),
    };
    identities
        .first()
        .map(|identity| identity.value.clone())
        .unwrap_or_default()
}

/// Applies one item inside a savepoint; what the database refuses sends it to quarantine, and the others go on.
async fn apply_item(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    accounts: &mut HashMap<FoundAccount, Option<SocialAccount>>,
    platform: ChannelKind,
    event: &LeasedEvent,
    item: &Item,
) -> Result<(), DbError> {
    let account = match item.account {
        Some(found) => known_account(tx, accounts, found).await?,
        None => None,
    };
    AnsiTransactionManager::begin_transaction(tx.conn()).await?;
    let applied = match &account {
        Some(account) => apply(state, tx, platform, account, event, &item.inbound.event).await,
        None => Ok(untouched(&item.inbound.event)),
    };
    let applied = match applied {
        Ok(applied) => {
            AnsiTransactionManager::commit_transaction(tx.conn()).await?;
            applied
        }
        Err(error) => {
            AnsiTransactionManager::rollback_transaction(tx.conn()).await?;
            quarantine_or_retry(error)?
        }
    };
    let raw = item.inbound.raw.to_string();
    let stored = NewInboundEvent {
        webhook_event_id: event.id,
        item: item.number,
        account_id: account.map(|account| account.id),
        kind: item.inbound.event.name(),
        raw: &raw,
        state: applied,
        received_at: event.received_at,
    };
    Ok(stored.upsert(tx).await?)
}

/// Notes on each account what arrived last. At the end, because it locks the account's row: everybody locks conversation, part,
/// account in this order, and events of one account only wait for each other here.
async fn note_arrivals(
    tx: &mut TenantTx<'_>,
    items: &[Item],
    event: &LeasedEvent,
) -> Result<(), DbError> {
    let mut last: BTreeMap<AccountId, &'static str> = BTreeMap::new();
    for item in items {
        if let Some(found) = item.account {
            last.insert(found.account, item.inbound.event.name());
        }
    }
    for (account, kind) in last {
        SocialAccount::record_event(tx, account, kind, event.received_at).await?;
    }
    Ok(())
}

/// Loads an account once per event.
async fn known_account(
    tx: &mut TenantTx<'_>,
    accounts: &mut HashMap<FoundAccount, Option<SocialAccount>>,
    found: FoundAccount,
) -> Result<Option<SocialAccount>, DbError> {
    if let Some(account) = accounts.get(&found) {
        return Ok(account.clone());
    }
    let account = SocialAccount::find(tx, found.account).await?;
    accounts.insert(found, account.clone());
    Ok(account)
}

async fn apply(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    platform: ChannelKind,
    account: &SocialAccount,
    event: &LeasedEvent,
    item: &Event,
) -> Result<ItemState, diesel::result::Error> {
    match item {
        Event::Message(message) => {
            inbound::apply(state, tx, platform, account, message, event.received_at).await
        }
        Event::Echo(found) => echo::apply(state, tx, account, found, event.received_at).await,
        Event::Status(found) => status::apply(tx, account, found, event.received_at).await,
        other => Ok(untouched(other)),
    }
}

/// A message's place in its conversation: by the platform's time (R9), but never later than its own arrival. WhatsApp tells whole
/// seconds: within the second arrival decides, or what was written after our answer would stand before it.
fn place(
    platform: ChannelKind,
    platform_time: Option<DateTime<Utc>>,
    received_at: DateTime<Utc>,
) -> DateTime<Utc> {
    let Some(time) = platform_time else {
        return received_at;
    };
    let latest = if platform == ChannelKind::Whatsapp {
        time + TimeDelta::milliseconds(999)
    } else {
        time
    };
    latest.min(received_at)
}

/// What is kept without changing anything.
fn untouched(event: &Event) -> ItemState {
    match event {
        Event::Quarantined(reason) => ItemState::Quarantined(reason.clone()),
        _ => ItemState::Stored,
    }
}

/// A refusal by the data (a check, a key, a value out of range) stays a refusal; everything else may pass at another try.
fn quarantine_or_retry(error: diesel::result::Error) -> Result<ItemState, DbError> {
    use diesel::result::{DatabaseErrorKind as Kind, Error};
    match error {
        Error::DatabaseError(
            Kind::UniqueViolation
            | Kind::ForeignKeyViolation
            | Kind::CheckViolation
            | Kind::NotNullViolation,
            info,
        ) => {
            let constraint = info.constraint_name().unwrap_or("a rule");
            Ok(ItemState::Quarantined(format!(
                "the database refused it: {constraint}"
            )))
        }
        Error::SerializationError(_) => {
            Ok(ItemState::Quarantined("it cannot be stored".to_owned()))
        }
        other => Err(other.into()),
    }
}
