//! Connected accounts: on the server through the API, and on the simulated platform with the same token and app secret.

use std::sync::Arc;

use banglachat::channels::ChannelKind;
use sandbox::graph::{AccountSpec, Platform};
use sandbox::wire::sign;
use serde_json::{Value, json};

use crate::{Shop, World};

/// An account of a shop.
#[derive(Clone)]
pub struct Account {
    pub id: String,
    pub platform: ChannelKind,
    pub external_id: String,
    pub token: String,
    pub app_secret: String,
    /// Of the shop's platform app.
    pub verify_token: String,
    pub shop: Shop,
    world: Arc<World>,
}

/// An account that is about to be connected.
pub struct AccountPlan {
    shop: Shop,
    platform: ChannelKind,
    external_id: String,
    app_secret: String,
    agent: Option<String>,
    extra: Value,
    spec: Box<dyn FnOnce(AccountSpec) -> AccountSpec + Send>,
}

/// The simulator's name of a platform.
fn simulated(platform: ChannelKind) -> Platform {
    match platform {
        ChannelKind::Facebook => Platform::Facebook,
        ChannelKind::Instagram => Platform::Instagram,
        ChannelKind::Whatsapp => Platform::Whatsapp,
        ChannelKind::Twitter => panic!("X is not simulated"),
    }
}

const APP_ID: &str = "990011223344556";

impl AccountPlan {
    pub(crate) fn new(shop: &Shop, platform: ChannelKind, agent: Option<String>) -> Self {
        let number = shop.world.number();
        Self {
            shop: shop.clone(),
            platform,
            external_id: format!("1048576{number:08}"),
            app_secret: format!("app-secret-{number:021}"),
            agent,
            extra: json!({}),
            spec: Box::new(|spec| spec),
        }
    }

    pub fn external_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.external_id);
        self
    }

    /// The secret of the shop's app for this platform. One app per shop and platform: the last one entered counts.
    pub fn app_secret(mut self, secret: &str) -> Self {
        secret.clone_into(&mut self.app_secret);
        self
    }

    pub fn agent(mut self, id: Option<&str>) -> Self {
        self.agent = id.map(str::to_owned);
        self
    }

    /// Further fields of the request that connects it.
    pub fn with(mut self, fields: Value) -> Self {
        self.extra = fields;
        self
    }

    /// How the simulated platform treats it.
    pub fn simulate(
        mut self,
        change: impl FnOnce(AccountSpec) -> AccountSpec + Send + 'static,
    ) -> Self {
        self.spec = Box::new(change);
        self
    }

    /// Enters the app, connects the account, and makes the simulator play it.
    pub async fn connect(self) -> Account {
        let Self {
            shop,
            platform,
            external_id,
            app_secret,
            agent,
            extra,
            spec,
        } = self;
        let world = Arc::clone(&shop.world);
        let app = json!({ "app_id": APP_ID, "app_secret": app_secret });
        let app = shop
            .put(&format!("/platform_apps/{platform}"), &app)
            .await
            .expect(200);
        let token = format!("EAAG-{platform}-{external_id}");
        let mut body = json!({
            "platform": platform.as_str(), "external_id": external_id, "name": format!("{platform} {external_id}"),
            "access_token": token, "agent_id": agent,
        });
        let (Value::Object(fields), Value::Object(extra)) = (&mut body, extra) else {
            panic!("extra fields are an object")
        };
        fields.extend(extra);
        let made = shop.post("/social_accounts", &body).await.expect(201);
        let account = Account {
            id: made["id"].as_str().expect("an id").to_owned(),
            platform,
            external_id,
            token,
            app_secret,
            verify_token: app["verify_token"]
                .as_str()
                .expect("a verify token")
                .to_owned(),
            shop,
            world,
        };
        let plain = AccountSpec::new(simulated(platform), &account.external_id, &account.token);
        let plain = plain
            .app(APP_ID, &account.app_secret)
            .webhook(&account.webhook_url());
        assert!(
            account.world.graph.add_account(spec(plain)),
            "the simulator takes the account"
        );
        account
    }
}

impl Account {
    /// `/social/webhook/{platform}/{organization_id}/`.
    pub fn webhook_path(&self) -> String {
        format!("/social/webhook/{}/{}/", self.platform, self.shop.id)
    }

    /// Where the platform sends this account's events.
    pub fn webhook_url(&self) -> String {
        format!("{}{}", self.world.url, self.webhook_path())
    }

    pub fn simulated(&self) -> Platform {
        simulated(self.platform)
    }

    /// Posts a body to the webhook, signed; the status of the answer.
    pub async fn receive(&self, body: &str) -> u16 {
        let signature = sign(&self.app_secret, body.as_bytes());
        let headers = [
            ("content-type", "application/json"),
            ("x-hub-signature-256", signature.as_str()),
        ];
        self.world
            .api
            .send(
                reqwest::Method::POST,
                &self.webhook_path(),
                &headers,
                Some(body.as_bytes().to_vec()),
            )
            .await
            .status
    }

    /// A customer writes; the platform's webhook is taken. The message's id.
    pub async fn customer_writes(&self, customer: &str, text: &str) -> String {
        let posted = self
            .world
            .graph
            .customer_message(self.simulated(), &self.external_id, customer, text)
            .await;
        let posted = posted.expect("the account has a webhook");
        assert_eq!(posted.status, Some(200), "the webhook is taken");
        posted.message_id
    }

    /// Somebody of the shop answers on the platform itself. The message's id.
    pub async fn human_writes(&self, customer: &str, text: &str) -> String {
        let posted = self
            .world
            .graph
            .human_message(self.simulated(), &self.external_id, customer, text)
            .await;
        let posted = posted.expect("the account has a webhook");
        assert_eq!(posted.status, Some(200), "the webhook is taken");
        posted.message_id
    }

    /// The account as the API shows it.
    pub async fn view(&self) -> Value {
        self.shop
            .get(&format!("/social_accounts/{}", self.id))
            .await
            .expect(200)
    }
}
