//! Meta's side: the Graph API of Messenger, Instagram and WhatsApp, with signed webhooks back, a ledger of what was accepted,
//! and switches for every way it can fail.
//!
//! One base URL plays both `graph.facebook.com` and `graph.instagram.com`. What is checked is what the platforms document:
//! token, `appsecret_proof`, permission, required fields, text length in the platform's own unit, recipient, reply window.
//! WhatsApp's closed window is refused at once here, while Meta often tells it by a later status: ask for that one with
//! [`FaultKind::AsyncFailure`].

mod account;
mod call;
mod control;
mod core;
mod courier;
mod customers;
mod errors;
mod fault;
mod feedback;
mod ledger;
mod reads;
mod send;

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Data, ServiceConfig};
use serde::Serialize;
use serde_json::Value;

pub use self::account::{AccountSpec, Platform, WebhookTarget};
pub use self::courier::Attempt;
pub use self::fault::{Fault, FaultKind, Scope};
pub use self::ledger::{Effect, Refusal};

use self::core::Core;
use self::courier::Step;
use crate::bodies;
use crate::clock::{lock, now_ms};
use crate::faults::Rule;
use crate::server::Running;
use crate::wire::to_wire;

/// The simulator. Clones are the same one; its server stops when the last is dropped.
#[derive(Clone)]
pub struct Graph {
    pub(crate) core: Arc<Core>,
    client: reqwest::Client,
    server: Option<Running>,
}

/// A webhook that was posted once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Posted {
    /// What the receiver answered; none when it did not.
    pub status: Option<u16>,
    /// The `mid` or `wamid` of the message in it.
    pub message_id: String,
}

/// The account is not registered or has no webhook.
#[derive(Debug, PartialEq, Eq)]
pub struct NoWebhook;

impl std::fmt::Display for NoWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no such account in the sandbox, or it has no webhook")
    }
}

impl std::error::Error for NoWebhook {}

impl Graph {
    /// Starts on a free port.
    pub async fn start() -> std::io::Result<Self> {
        Self::start_on(0).await
    }

    pub async fn start_on(port: u16) -> std::io::Result<Self> {
        let mut graph = Self::without_server()?;
        let routed = graph.clone();
        let server = Running::start(port, move |config| routed.routes(config, "")).await?;
        graph.server = Some(server);
        Ok(graph)
    }

    /// The state alone, to be mounted on another server with [`Graph::routes`].
    pub fn without_server() -> std::io::Result<Self> {
        Ok(Self {
            core: Arc::new(Core::new()?),
            client: courier::client()?,
            server: None,
        })
    }

    /// The control API under `/_sandbox`, and every other path below the prefix as the Graph API.
    pub fn routes(&self, config: &mut ServiceConfig, prefix: &str) {
        config
            .app_data(Data::new(self.clone()))
            .app_data(Data::from(Arc::clone(&self.core)))
            .app_data(Data::new(call::Prefix(prefix.to_owned())))
            .configure(control::routes)
            .default_service(web::to(call::handle));
    }

    /// For `GRAPH_BASE_URL` and its Instagram twin. Empty when mounted on another server.
    pub fn base_url(&self) -> String {
        self.server.as_ref().map(Running::url).unwrap_or_default()
    }

    /// Stops the server at once; held calls are cut.
    pub async fn stop(&self) {
        if let Some(server) = &self.server {
            server.stop().await;
        }
    }

    /// Registers an account, or replaces the one of this platform and id. False when there are too many.
    pub fn add_account(&self, spec: AccountSpec) -> bool {
        self.core.put_account(spec)
    }

    pub fn accounts(&self) -> Vec<Arc<AccountSpec>> {
        self.core.accounts()
    }

    /// Everything accepted so far, oldest first.
    pub fn ledger(&self) -> Vec<Effect> {
        self.ledger_after(0, usize::MAX)
    }

    pub fn ledger_after(&self, seq: u64, limit: usize) -> Vec<Effect> {
        lock(&self.core.ledger).effects_after(seq, limit)
    }

    pub fn effect_count(&self) -> usize {
        lock(&self.core.ledger).effect_count()
    }

    /// The latest calls without effect, oldest first.
    pub fn refusals(&self) -> Vec<Refusal> {
        lock(&self.core.ledger).refusals()
    }

    /// Webhooks that follow messages (echoes, receipts, statuses) and redelivered ones that are still on their way.
    pub fn webhooks_pending(&self) -> usize {
        self.core.courier.pending()
    }

    /// The latest webhook attempts, oldest first.
    pub fn webhook_log(&self) -> Vec<Attempt> {
        self.core.courier.log()
    }

    /// The ledger as soon as it holds this many effects, or as it is when the time is over.
    pub async fn wait_for_effects(&self, count: usize, within: Duration) -> Vec<Effect> {
        let deadline = tokio::time::Instant::now() + within;
        while self.effect_count() < count && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.ledger()
    }

    /// Adds a fault rule. False when there are too many.
    pub fn fault(&self, rule: Rule<Fault>) -> bool {
        lock(&self.core.faults).add(rule)
    }

    /// The rules in force, with the calls they are still for.
    pub fn faults(&self) -> Vec<Rule<Fault>> {
        lock(&self.core.faults).list()
    }

    pub fn clear_faults(&self) {
        lock(&self.core.faults).clear();
    }

    /// A customer writes: one signed POST, tried once. The reply window opens.
    pub async fn customer_message(
        &self,
        platform: Platform,
        account: &str,
        sender_id: &str,
        text: &str,
    ) -> Result<Posted, NoWebhook> {
        self.customer_message_named(platform, account, sender_id, "Customer", text)
            .await
    }

    /// As [`Graph::customer_message`], with the name that the platform knows of the customer.
    pub async fn customer_message_named(
        &self,
        platform: Platform,
        account: &str,
        sender_id: &str,
        name: &str,
        text: &str,
    ) -> Result<Posted, NoWebhook> {
        let (spec, message_id, body) = self.compose(platform, account, sender_id, name, text)?;
        self.post_once(&spec, "message", message_id, &body).await
    }

    /// A customer writes, and the webhook is redelivered until it is answered with 200. Returns the message id at once.
    pub fn customer_message_until_taken(
        &self,
        platform: Platform,
        account: &str,
        sender_id: &str,
        name: &str,
        text: &str,
    ) -> Result<String, NoWebhook> {
        let (spec, message_id, body) = self.compose(platform, account, sender_id, name, text)?;
        let target = spec.webhook.as_ref().ok_or(NoWebhook)?;
        let step = Step {
            event: "message",
            delay: Duration::ZERO,
            body: to_wire(&body),
        };
        self.core.courier.send(target, vec![step]);
        Ok(message_id)
    }

    /// Somebody of the shop answers by hand, outside of our product: in the page's inbox, in the Instagram app, or in the
    /// WhatsApp app of the number. Only the webhook is sent; the ledger is for calls.
    pub async fn human_message(
        &self,
        platform: Platform,
        account: &str,
        customer_id: &str,
        text: &str,
    ) -> Result<Posted, NoWebhook> {
        let spec = self.core.account(platform, account).ok_or(NoWebhook)?;
        let (id, time) = (send::message_id(platform), now_ms());
        let body = match platform {
            Platform::Facebook => {
                let inbox = Some(bodies::PAGE_INBOX_APP_ID);
                bodies::messenger_echo(account, customer_id, &id, Some(text), inbox, None, time)
            }
            Platform::Instagram => {
                bodies::instagram_echo(account, customer_id, &id, Some(text), time)
            }
            Platform::Whatsapp => spec.with_number(|number| {
                bodies::whatsapp_app_echo(number, customer_id, &id, text, time)
            }),
        };
        lock(&self.core.threads).answered(account, customer_id, text, time);
        self.post_once(&spec, "human_echo", id, &body).await
    }

    /// Posts any body as this account's webhook, signed with its secret: the status, or none when there was no answer.
    pub async fn post_webhook(
        &self,
        platform: Platform,
        account: &str,
        body: String,
    ) -> Result<Option<u16>, NoWebhook> {
        let spec = self.core.account(platform, account).ok_or(NoWebhook)?;
        let target = spec.webhook.as_ref().ok_or(NoWebhook)?;
        let status = courier::post_signed(&self.client, target, body).await;
        self.core.courier.record(&target.url, "raw", status);
        Ok(status)
    }

    /// Makes the customer's last message this much older: more than 24 hours close the window. False for strangers.
    pub fn age_window(&self, account: &str, customer_id: &str, by: Duration) -> bool {
        lock(&self.core.customers).age(account, customer_id, by)
    }

    fn compose(
        &self,
        platform: Platform,
        account: &str,
        sender_id: &str,
        name: &str,
        text: &str,
    ) -> Result<(Arc<AccountSpec>, String, Value), NoWebhook> {
        let spec = self.core.account(platform, account).ok_or(NoWebhook)?;
        let (id, time) = (send::message_id(platform), now_ms());
        let body = match platform {
            Platform::Facebook => bodies::messenger_text(account, sender_id, &id, text, time),
            Platform::Instagram => bodies::instagram_text(account, sender_id, &id, text, time),
            Platform::Whatsapp => spec.with_number(|number| {
                bodies::whatsapp_text(number, sender_id, name, &id, text, time)
            }),
        };
        lock(&self.core.customers).wrote(account, sender_id, name, time);
        Ok((spec, id, body))
    }

    async fn post_once(
        &self,
        spec: &AccountSpec,
        event: &'static str,
        message_id: String,
        body: &Value,
    ) -> Result<Posted, NoWebhook> {
        let target = spec.webhook.as_ref().ok_or(NoWebhook)?;
        let status = courier::post_signed(&self.client, target, to_wire(body)).await;
        self.core.courier.record(&target.url, event, status);
        Ok(Posted { status, message_id })
    }
}
