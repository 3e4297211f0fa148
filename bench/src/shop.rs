//! What the load needs: organizations with pages, made through the API like any integrator would.

use std::net::SocketAddr;

use reqwest::Method;
use serde_json::{Value, json};

use crate::Result;
use crate::webhook::Letter;

pub const APP_ID: &str = "990011223344556";
pub const APP_SECRET: &str = "bench-app-secret-0123456789abcdef";
/// People who write to a page that answers nobody.
const CUSTOMERS: usize = 500;
const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "sonar tori bhashe dheu 7";
/// What the demo shop knows.
const KNOWLEDGE: &str = include_str!("../../tests/sandbox/demo/knowledge.json");

/// A signed-in owner.
pub struct Owner {
    client: reqwest::Client,
    root: String,
    pub token: String,
}

impl Owner {
    pub async fn register(address: SocketAddr) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let root = format!("http://{address}/api/v1");
        let mut owner = Self {
            client,
            root,
            token: String::new(),
        };
        let user = json!({ "email": EMAIL, "password": PASSWORD, "name": "Bench" });
        let signed_in = owner.call(Method::POST, "/auth/register", &user).await?;
        owner.token = text(&signed_in, "access_token")?;
        Ok(owner)
    }

    /// The token of a user whom an earlier process has registered.
    pub async fn sign_in(address: SocketAddr) -> Result<Self> {
        let mut owner = Self {
            client: reqwest::Client::builder().no_proxy().build()?,
            root: format!("http://{address}/api/v1"),
            token: String::new(),
        };
        let user = json!({ "email": EMAIL, "password": PASSWORD });
        let signed_in = owner.call(Method::POST, "/auth/login", &user).await?;
        owner.token = text(&signed_in, "access_token")?;
        Ok(owner)
    }

    /// An organization with its own app.
    pub async fn organization(&self, name: &str) -> Result<String> {
        let made = self
            .call(Method::POST, "/organizations", &json!({ "name": name }))
            .await?;
        let organization = text(&made, "id")?;
        let app = json!({ "app_id": APP_ID, "app_secret": APP_SECRET });
        let path = format!("/organizations/{organization}/platform_apps/facebook");
        self.call(Method::PUT, &path, &app).await?;
        Ok(organization)
    }

    /// An agent that answers at once, with what a shop knows.
    pub async fn agent(&self, organization: &str, model: &Value) -> Result<String> {
        let path = format!("/organizations/{organization}");
        let agent = json!({ "name": "Bench", "model": model, "quiet_ms": 0 });
        let made = self
            .call(Method::POST, &format!("{path}/agents"), &agent)
            .await?;
        let knowledge: Value = serde_json::from_str(KNOWLEDGE)?;
        let import = format!("{path}/knowledge/import");
        self.call(Method::POST, &import, &knowledge).await?;
        text(&made, "id")
    }

    /// A page, answered by this agent or by nobody; its account's id.
    pub async fn page(
        &self,
        organization: &str,
        page: &str,
        agent: Option<&str>,
    ) -> Result<String> {
        let account = json!({
            "platform": "facebook", "external_id": page, "name": "Page", "access_token": "EAAG-bench-token",
            "agent_id": agent, "auto_reply": agent.is_some(),
        });
        let path = format!("/organizations/{organization}/social_accounts");
        text(&self.call(Method::POST, &path, &account).await?, "id")
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.root))
            .header("X-Requested-With", "banglachat")
            .json(body);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(format!("{path} answered {status}: {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    }
}

fn text(answer: &Value, key: &str) -> Result<String> {
    let text = answer[key].as_str().map(str::to_owned);
    text.ok_or_else(|| format!("an answer without {key}").into())
}

/// Where an organization's webhooks go.
pub fn webhook_path(organization: &str) -> String {
    format!("/social/webhook/facebook/{organization}/")
}

/// A GET with a member's token.
pub fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET /api/v1{path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n")
        .into_bytes()
}

/// An organization with one page, which collects messages and answers none by itself.
#[derive(Clone)]
pub struct Shop {
    pub organization: String,
    pub token: String,
    letter: Letter,
}

impl Shop {
    pub const PAGE: &str = "104857600009999";

    pub async fn make(address: SocketAddr) -> Result<Self> {
        let owner = Owner::register(address).await?;
        let organization = owner.organization("Bench shop").await?;
        owner.page(&organization, Self::PAGE, None).await?;
        let letter = Letter::new(&webhook_path(&organization), APP_SECRET, Self::PAGE);
        Ok(Self {
            organization,
            token: owner.token,
            letter,
        })
    }

    /// A signed webhook with a message that nobody sent before; `run` tells apart what different runs send.
    pub fn webhook(&self, run: u64, connection: usize, number: usize) -> Vec<u8> {
        letter(&self.letter, run, connection, number)
    }

    /// The first page of the inbox.
    pub fn inbox(&self) -> Vec<u8> {
        let path = format!(
            "/organizations/{}/conversations?limit=25",
            self.organization
        );
        get(&path, &self.token)
    }
}

/// The number-th message of a connection, from one of the customers.
pub fn letter(letter: &Letter, run: u64, connection: usize, number: usize) -> Vec<u8> {
    let customer = format!("73192846{:08}", (connection * 7919 + number) % CUSTOMERS);
    let message = format!("m_bench-{run}-{connection}-{number}");
    letter.write(&customer, &message, connection + number)
}
