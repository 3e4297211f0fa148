//! The items of a batch of events, sorted by the organizations that they belong to.

use std::collections::{BTreeMap, HashMap};

use crate::channels::{ChannelKind, Event, Inbound, Malformed, channel};
use crate::db::{DbError, PlatformTx};
use crate::fail_points;
use crate::ids::OrganizationId;
use crate::models::account_directory::FoundAccount;
use crate::models::webhook_event::LeasedEvent;
use crate::state::AppState;

/// An item with its place and, where its account is connected, the account.
pub(super) struct Item<'e> {
    pub event: &'e LeasedEvent,
    /// The event's place in the batch.
    pub event_at: usize,
    /// The item's number in the event.
    pub number: i32,
    pub platform: ChannelKind,
    pub inbound: Inbound,
    pub account: Option<FoundAccount>,
}

/// The items of an event.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub items: usize,
    /// Those that belong to an organization.
    pub kept: usize,
}

/// A batch, taken apart.
pub(super) struct Incoming<'e> {
    /// In the order of arrival, and of the items within their events.
    pub organizations: BTreeMap<OrganizationId, Vec<Item<'e>>>,
    /// By the events' places in the batch.
    pub counts: Vec<Counts>,
}

/// An event that could be read, or is an unreadable item.
struct Parsed<'e> {
    event: &'e LeasedEvent,
    event_at: usize,
    platform: ChannelKind,
    items: Vec<Inbound>,
}

/// Groups the items by organization. Dropped and only counted are items of accounts that nobody connected, or that are not the
/// organization's whose app signed (R44); and unreadable ones of the installation's app, which belong to nobody.
pub(super) async fn sort_out<'e>(
    state: &AppState,
    events: &'e [LeasedEvent],
) -> Result<Incoming<'e>, DbError> {
    let mut parsed: Vec<Parsed> = events
        .iter()
        .enumerate()
        .filter_map(|(at, event)| parse(event, at))
        .collect();
    parsed.sort_by_key(|parsed| (parsed.event.received_at, parsed.event.id));
    let directory = look_up(state, &parsed).await?;
    let mut incoming = Incoming {
        organizations: BTreeMap::new(),
        counts: vec![Counts::default(); events.len()],
    };
    for parsed in parsed {
        incoming.add(parsed, &directory);
    }
    Ok(incoming)
}

/// `None` for platforms that are not served.
fn parse(event: &LeasedEvent, event_at: usize) -> Option<Parsed<'_>> {
    let platform: ChannelKind = event.platform.parse().ok()?;
    let mut items = match channel(platform)?.parse(&event.body) {
        Ok(items) => items,
        Err(malformed) => vec![unreadable(event, &malformed)],
    };
    if fail_points::is_set("planted::answer_echo") {
        items.iter_mut().for_each(planted::take_for_a_question);
    }
    Some(Parsed {
        event,
        event_at,
        platform,
        items,
    })
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

type Directory = HashMap<ChannelKind, HashMap<String, FoundAccount>>;

/// One look for all events of a platform.
async fn look_up(state: &AppState, parsed: &[Parsed<'_>]) -> Result<Directory, DbError> {
    let mut wanted: BTreeMap<ChannelKind, Vec<String>> = BTreeMap::new();
    for parsed in parsed {
        let accounts = parsed.items.iter().filter_map(|item| item.account.clone());
        wanted.entry(parsed.platform).or_default().extend(accounts);
    }
    let find = async |tx: &mut PlatformTx<'_>| {
        let mut found = Directory::new();
        for (platform, mut ids) in wanted {
            ids.sort_unstable();
            ids.dedup();
            let accounts = FoundAccount::find_all(tx, platform, &ids).await?;
            found.insert(platform, accounts);
        }
        Ok::<_, DbError>(found)
    };
    state.db.for_worker().platform(find).await
}

impl<'e> Incoming<'e> {
    fn add(&mut self, parsed: Parsed<'e>, directory: &Directory) {
        let accounts = directory.get(&parsed.platform);
        self.counts[parsed.event_at].items = parsed.items.len();
        for (number, inbound) in (0_i32..).zip(parsed.items) {
            let account = inbound
                .account
                .as_ref()
                .and_then(|id| accounts?.get(id))
                .copied();
            let Some(organization) = organization_of(&inbound, account, parsed.event) else {
                continue;
            };
            self.counts[parsed.event_at].kept += 1;
            self.organizations
                .entry(organization)
                .or_default()
                .push(Item {
                    event: parsed.event,
                    event_at: parsed.event_at,
                    number,
                    platform: parsed.platform,
                    inbound,
                    account,
                });
        }
    }
}

fn organization_of(
    inbound: &Inbound,
    account: Option<FoundAccount>,
    event: &LeasedEvent,
) -> Option<OrganizationId> {
    use crate::db::InOrganization;
    let owner = account.map(|account| account.organization_id());
    let nameless = inbound.account.is_none() && !matches!(inbound.event, Event::Test);
    match (owner, event.organization_id) {
        (Some(owner), None) => Some(owner),
        (Some(owner), Some(signer)) if owner == signer => Some(owner),
        (None, Some(signer)) if nameless => Some(signer),
        _ => None,
    }
}

/// A defect that tests plant to see that it is noticed.
mod planted {
    use crate::channels::{CustomerMessage, Event, Inbound, MessageKind};

    /// An echo of ours becomes a customer's message.
    pub fn take_for_a_question(item: &mut Inbound) {
        let Event::Echo(echo) = &item.event else {
            return;
        };
        if echo.delivery_id.is_none() || echo.recipient.is_empty() {
            return;
        }
        item.event = Event::Message(CustomerMessage {
            external_id: echo.external_id.clone(),
            sender: echo.recipient.clone(),
            sender_name: None,
            kind: MessageKind::Text,
            text: echo.text.clone(),
            payload: None,
            attachments: Vec::new(),
            reply_to: None,
            timestamp_ms: echo.timestamp_ms,
            context: None,
            opens_window: true,
            comment_id: None,
        });
    }
}
