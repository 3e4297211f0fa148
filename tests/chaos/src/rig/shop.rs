//! The organizations under test, made through the public API like any integrator would; everything it answers is kept, because no answer
//! may hold a secret.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Method;
use sandbox::graph::{AccountSpec, Graph, Platform};
use serde_json::{Value, json};

use crate::Result;
use crate::load::{ANSWER, Line, QUESTION};

pub const APP_ID: &str = "990011223344556";

/// A member of an organization, as the API sees them.
#[derive(Clone)]
pub struct Api {
    client: reqwest::Client,
    root: String,
    token: String,
    credentials: Value,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Api {
    /// A new user of the server at this address.
    pub async fn register(address: &str, name: &str) -> Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            .no_proxy()
            .build()?;
        let mut api = Self {
            client,
            root: format!("http://{address}/api/v1"),
            token: String::new(),
            credentials: json!({ "email": format!("{name}@example.com"), "password": format!("sonar tori bhashe dheu {name}") }),
            heard: Arc::default(),
        };
        let mut user = api.credentials.clone();
        user["name"] = name.into();
        let signed_in = api
            .call(Method::POST, "/auth/register", Some(&user))
            .await?;
        text(&signed_in, "access_token")?.clone_into(&mut api.token);
        Ok(api)
    }

    /// With a fresh access token: a long run takes longer than one lives.
    pub async fn sign_in(&mut self) -> Result<()> {
        let signed_in = self
            .call(Method::POST, "/auth/login", Some(&self.credentials))
            .await?;
        text(&signed_in, "access_token")?.clone_into(&mut self.token);
        Ok(())
    }

    /// The answer's body; an error where it is no success.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request = self.client.request(method, format!("{}{path}", self.root));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(body.clone());
        if !status.is_success() {
            return Err(format!("{path} answered {status}: {body}").into());
        }
        Ok(serde_json::from_str(&body).unwrap_or_default())
    }

    /// Every body that came back so far.
    pub fn heard(&self) -> Vec<String> {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A connected account.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: String,
    pub platform: Platform,
    pub external_id: String,
    pub token: String,
    pub app_secret: String,
}

/// An organization with one agent and its accounts.
pub struct Shop {
    pub api: Api,
    pub id: String,
    pub agent: String,
    pub accounts: Vec<Account>,
    /// How late its platforms tell of what was sent.
    echo_delay_ms: u64,
}

impl Shop {
    /// `model`: base URL and key of the model that its agent asks; none: it answers from knowledge.
    pub async fn open(
        address: &str,
        name: &str,
        model: Option<(&str, &str)>,
        echo_delay_ms: u64,
    ) -> Result<Self> {
        let api = Api::register(address, name).await?;
        let made = api
            .call(
                Method::POST,
                "/organizations",
                Some(&json!({ "name": name })),
            )
            .await?;
        let mut shop = Self {
            id: text(&made, "id")?.to_owned(),
            api,
            agent: String::new(),
            accounts: Vec::new(),
            echo_delay_ms,
        };
        let entry = json!({ "questions": [QUESTION], "answer_bn": ANSWER });
        shop.post("/knowledge", &entry).await?;
        let model = match model {
            None => json!({ "provider": "knowledge" }),
            Some((base_url, key)) => json!({
                "provider": "openai_compatible", "base_url": base_url, "model": "sandbox-model", "api_key": key,
            }),
        };
        let agent = json!({ "name": format!("Agent of {name}"), "model": model, "quiet_ms": 50 });
        let made = shop.post("/agents", &agent).await?;
        text(&made, "id")?.clone_into(&mut shop.agent);
        Ok(shop)
    }

    pub async fn post(&self, below: &str, body: &Value) -> Result<Value> {
        self.call(Method::POST, below, Some(body)).await
    }

    pub async fn call(&self, method: Method, below: &str, body: Option<&Value>) -> Result<Value> {
        let path = format!("/organizations/{}{below}", self.id);
        self.api.call(method, &path, body).await
    }

    /// Connects an account on the server and on the simulated platform, whose events go to `front`.
    pub async fn connect(&mut self, graph: &Graph, front: &str, account: Account) -> Result<()> {
        let platform = account.platform.as_str();
        let app = json!({ "app_id": APP_ID, "app_secret": account.app_secret });
        self.call(
            Method::PUT,
            &format!("/platform_apps/{platform}"),
            Some(&app),
        )
        .await?;
        let body = json!({
            "platform": platform, "external_id": account.external_id, "name": format!("{platform} account"),
            "access_token": account.token, "agent_id": self.agent,
        });
        let made = self.post("/social_accounts", &body).await?;
        let account = Account {
            id: text(&made, "id")?.to_owned(),
            ..account
        };
        self.play(graph, front, &account);
        self.accounts.push(account);
        Ok(())
    }

    /// The simulated platform plays the account, with this token.
    pub fn play(&self, graph: &Graph, front: &str, account: &Account) -> bool {
        let spec = AccountSpec::new(account.platform, &account.external_id, &account.token)
            .app(APP_ID, &account.app_secret)
            .webhook(&self.line(front, account).webhook_url);
        // Echoes of pages and Instagram accounts, statuses of WhatsApp numbers: what tells the server that a message went out.
        let receipts = account.platform == Platform::Whatsapp;
        graph.add_account(AccountSpec {
            receipts,
            delay_ms: self.echo_delay_ms,
            ..spec
        })
    }

    fn line(&self, front: &str, account: &Account) -> Line {
        Line {
            platform: account.platform,
            external_id: account.external_id.clone(),
            webhook_url: format!(
                "http://{front}/social/webhook/{}/{}/",
                account.platform.as_str(),
                self.id
            ),
            app_secret: account.app_secret.clone(),
        }
    }

    /// Where its customers write.
    pub fn lines(&self, front: &str) -> Vec<Line> {
        let accounts = self.accounts.iter();
        accounts.map(|account| self.line(front, account)).collect()
    }

    /// Reads what its people would look at: no answer may hold a secret.
    pub async fn look_around(&mut self) -> Result<()> {
        self.api.sign_in().await?;
        for below in [
            "",
            "/agents",
            "/social_accounts",
            "/platform_apps",
            "/conversations?limit=100",
            "/knowledge",
            "/audit_log?limit=100",
            "/inbound_events?limit=100",
            "/dead_letters",
        ] {
            // A path that is not served would be an answer without anything in it.
            self.call(Method::GET, below, None).await?;
        }
        Ok(())
    }
}

pub fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    let missing = || format!("no {field} in the answer").into();
    value[field].as_str().ok_or_else(missing)
}
