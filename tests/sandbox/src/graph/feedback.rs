//! The webhooks that follow an accepted message: echo, delivery and read events, statuses.

use std::time::Duration;

use serde_json::Value;

use super::account::{AccountSpec, Platform};
use super::courier::Step;
use super::ledger::Effect;
use crate::bodies;
use crate::clock::now_ms;
use crate::wire::to_wire;

/// In the order in which they are sent. `failure` is an asynchronous WhatsApp failure, code and title.
pub fn after_sending(
    account: &AccountSpec,
    effect: &Effect,
    failure: Option<(i64, &str)>,
) -> Vec<Step> {
    let events = match account.platform {
        Platform::Facebook => messenger(account, effect),
        Platform::Instagram => instagram(account, effect),
        Platform::Whatsapp => whatsapp(account, effect, failure),
    };
    let delay = Duration::from_millis(account.delay_ms);
    let copies = account.copies.clamp(1, 10);
    let steps = events.into_iter().flat_map(|(event, body)| {
        let body = to_wire(&body);
        let step = |copy| Step {
            event,
            delay: if copy == 0 { delay } else { Duration::ZERO },
            body: body.clone(),
        };
        (0..copies).map(step).collect::<Vec<_>>()
    });
    steps.collect()
}

type Event = (&'static str, Value);

fn messenger(account: &AccountSpec, effect: &Effect) -> Vec<Event> {
    let (page, person, id) = (&account.external_id, &effect.recipient, &effect.message_id);
    let sent_ms = effect.time_ms;
    let mut events = Vec::new();
    if account.echoes {
        let app_id = account.app_id.parse().ok();
        let metadata = effect.correlation.as_deref();
        events.push((
            "echo",
            bodies::messenger_echo(
                page,
                person,
                id,
                effect.text.as_deref(),
                app_id,
                metadata,
                sent_ms,
            ),
        ));
    }
    if account.receipts {
        events.push((
            "delivery",
            bodies::messenger_delivery(page, person, id, sent_ms, now_ms()),
        ));
        events.push((
            "read",
            bodies::messenger_read(page, person, sent_ms, now_ms()),
        ));
    }
    events
}

fn instagram(account: &AccountSpec, effect: &Effect) -> Vec<Event> {
    let (own, person, id) = (&account.external_id, &effect.recipient, &effect.message_id);
    let mut events = Vec::new();
    if account.echoes {
        events.push((
            "echo",
            bodies::instagram_echo(own, person, id, effect.text.as_deref(), effect.time_ms),
        ));
    }
    if account.receipts {
        events.push(("read", bodies::instagram_read(own, person, id, now_ms())));
    }
    events
}

fn whatsapp(account: &AccountSpec, effect: &Effect, failure: Option<(i64, &str)>) -> Vec<Event> {
    let status = |name: &'static str, error| {
        let data = effect.correlation.as_deref();
        let body = account.with_number(|number| {
            bodies::whatsapp_status(
                number,
                &effect.recipient,
                &effect.message_id,
                name,
                data,
                error,
                now_ms(),
            )
        });
        (name, body)
    };
    match failure {
        // Also sent with receipts off: it was asked for by name.
        Some(error) => vec![status("failed", Some(error))],
        None if account.receipts => ["sent", "delivered", "read"]
            .map(|name| status(name, None))
            .into(),
        None => Vec::new(),
    }
}
