//! Entries of pages and Instagram accounts (reference 0.3, 2.1, 2.3, 3.2): which item is what.

use serde_json::Value;

use super::{comments, json, page_message};
use crate::channels::{ChannelKind, Event, IdentityKind, Inbound};

/// Where an item stood: what its reading needs besides the item itself.
pub struct Place<'a> {
    /// Facebook or Instagram.
    pub kind: ChannelKind,
    /// The page or the Instagram professional account.
    pub account: &'a str,
    /// `entry.time`, for items without a time of their own.
    pub entry_time_ms: Option<i64>,
}

impl Place<'_> {
    /// How this platform knows the people it lets us write to.
    pub fn person(&self) -> IdentityKind {
        if self.kind == ChannelKind::Instagram {
            IdentityKind::Igsid
        } else {
            IdentityKind::Psid
        }
    }
}

/// Reads one item of a list.
type Reader = fn(&Place, &Value) -> Event;

/// Adds every item of an entry, in order, none left out.
pub fn read(kind: ChannelKind, entry: &Value, items: &mut Vec<Inbound>) {
    let account = json::id(&entry["id"]);
    let entry_time_ms = json::timestamp_ms(&entry["time"]);
    let mut add = |raw: &Value, read: Reader| {
        let event = match account.as_deref() {
            // A test of the dashboard (reference 0.3 rule 2): its people do not exist.
            Some("0") => Event::Test,
            _ if !raw.is_object() => Event::Quarantined("the item is not an object".into()),
            Some(account) => read(
                &Place {
                    kind,
                    account,
                    entry_time_ms,
                },
                raw,
            ),
            None => Event::Quarantined("the entry names no account".into()),
        };
        items.push(Inbound {
            account: account.clone(),
            raw: raw.clone(),
            event,
        });
    };

    let lists: [(&str, Reader); 3] = [
        ("messaging", messaging),
        ("standby", |_, _| Event::Other("standby")),
        ("changes", change),
    ];
    let mut known = false;
    for (name, read) in lists {
        match &entry[name] {
            Value::Null => continue,
            Value::Array(list) => list.iter().for_each(|item| add(item, read)),
            // Not a list: one item that cannot be read.
            other => add(other, |_, _| {
                Event::Quarantined("an object stands where a list was expected".into())
            }),
        }
        known = true;
    }
    // Some bodies of Instagram have the change in the entry itself (reference 3.2).
    if !entry["field"].is_null() {
        add(entry, change);
    } else if !known {
        add(entry, |_, _| Event::Other("other"));
    }
}

/// An item of `messaging`: its kind is told by which key is there.
fn messaging(place: &Place, item: &Value) -> Event {
    const NAMES: [(&str, &str); 12] = [
        ("message_edit", "edit"),
        ("delivery", "delivery"),
        ("read", "read"),
        ("reaction", "reaction"),
        ("referral", "referral"),
        ("optin", "optin"),
        ("account_linking", "account_linking"),
        ("pass_thread_control", "thread_control"),
        ("take_thread_control", "thread_control"),
        ("request_thread_control", "thread_control"),
        ("app_roles", "app_roles"),
        ("policy-enforcement", "policy"),
    ];
    if !item["message"].is_null() {
        return page_message::message(place, item);
    }
    if !item["postback"].is_null() {
        return page_message::postback(place, item);
    }
    let name = NAMES
        .into_iter()
        .find(|(key, _)| !item[*key].is_null())
        .map(|(_, name)| name);
    let policy = (!item["policy_enforcement"].is_null()).then_some("policy");
    Event::Other(name.or(policy).unwrap_or("other"))
}

/// An item of `changes`: comments, mentions, and fields that do not concern messaging.
fn change(place: &Place, change: &Value) -> Event {
    match (place.kind, change["field"].as_str()) {
        (ChannelKind::Facebook, Some("feed")) => comments::page(place, &change["value"]),
        (ChannelKind::Instagram, Some("comments" | "live_comments")) => {
            comments::instagram(place, &change["value"])
        }
        (_, Some("mentions" | "mention")) => Event::Other("mention"),
        (_, Some(_)) => Event::Other("other"),
        (_, None) => Event::Quarantined("the change has no field name".into()),
    }
}
