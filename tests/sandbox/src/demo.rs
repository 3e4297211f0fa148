//! Makes the demo shop through the server's public API. Safe to run again: what is there is used.
//!
//! This file is the only one that knows the server's API. The tokens and secrets are invented and always the same, because
//! a restarted sandbox has to know those that the server has kept; the production profile refuses simulators anyway.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use sandbox::graph::{AccountSpec, Graph, Platform};
use serde_json::{Value, json};

const EMAIL: &str = "demo@banglachat.test";
const PASSWORD: &str = "shiulitala-demo-only";
const ORGANIZATION: &str = "শিউলিতলা ডেমো";
const AGENT: &str = "শিউলি";
const KNOWLEDGE: &str = include_str!("../demo/knowledge.json");
const APP_ID: &str = "990011223344556";
const SYSTEM_PROMPT: &str = "তুমি 'শিউলিতলা' পোশাকের দোকানের সহকারী শিউলি। ক্রেতার ভাষায়, সংক্ষেপে ও ভদ্রভাবে উত্তর দাও। \
    শুধু দোকানের দেওয়া তথ্য থেকে উত্তর দাও; না জানলে বলো যে একজন সহকর্মী জানাবেন।";

/// A model to answer with instead of the built-in one: used when address and key are both set, so that a key that merely
/// lies around in the environment sends nothing anywhere.
#[derive(clap::Args)]
pub struct ModelSettings {
    /// An OpenAI-compatible API for the demo agent, like https://api.openai.com/v1.
    #[arg(long, env = "OPENAI_BASE_URL")]
    openai_base_url: Option<String>,
    #[arg(long, env = "OPENAI_API_KEY", hide_env_values = true)]
    openai_api_key: Option<String>,
    /// The model's name there.
    #[arg(long, env = "OPENAI_MODEL", default_value = "gpt-4o-mini")]
    openai_model: String,
}

impl ModelSettings {
    fn as_json(&self) -> Value {
        let set =
            |setting: &Option<String>| setting.clone().filter(|value| !value.trim().is_empty());
        match (set(&self.openai_base_url), set(&self.openai_api_key)) {
            (Some(base_url), Some(api_key)) => {
                json!({ "provider": "openai_compatible", "base_url": base_url, "api_key": api_key, "model": self.openai_model })
            }
            _ => json!({ "provider": "knowledge" }),
        }
    }
}

/// One connected account of the demo shop.
struct DemoAccount {
    platform: Platform,
    external_id: &'static str,
    name: &'static str,
    token: &'static str,
    app_secret: &'static str,
}

const ACCOUNTS: [DemoAccount; 3] = [
    DemoAccount {
        platform: Platform::Facebook,
        external_id: "104857600001122",
        name: "শিউলিতলা",
        token: "EAASANDBOXPAGE0001",
        app_secret: "sandbox-facebook-app-secret-0001",
    },
    DemoAccount {
        platform: Platform::Instagram,
        external_id: "17841460012345678",
        name: "shiulitala.bd",
        token: "EAASANDBOXINSTAGRAM0001",
        app_secret: "sandbox-instagram-app-secret-0001",
    },
    DemoAccount {
        platform: Platform::Whatsapp,
        external_id: "106600112233445",
        name: "শিউলিতলা অর্ডার",
        token: "EAASANDBOXWHATSAPP0001",
        app_secret: "sandbox-whatsapp-app-secret-0001",
    },
];

/// The page that the Instagram account is linked to.
const INSTAGRAM_PAGE: &str = "104857600001122";

/// What was made, for the person at the terminal.
pub struct DemoShop {
    organization_id: String,
    model: String,
    webhooks: Vec<(Platform, String)>,
}

impl DemoShop {
    pub fn print(&self, api_url: &str, sandbox_url: &str) {
        println!();
        println!("  Customer's phone   {sandbox_url}/");
        println!("  API and Swagger UI {api_url}/docs");
        println!("  Demo sign-in       {EMAIL}   {PASSWORD}");
        println!(
            "  Organization       {ORGANIZATION}   {}",
            self.organization_id
        );
        println!("  Answers come from  {}", self.model);
        for (platform, url) in &self.webhooks {
            println!("  {:<18} {url}", format!("{} webhook", platform.as_str()));
        }
        println!();
        println!("sandbox: ready. Write to the shop on the phone page. Ctrl-C stops.");
    }
}

/// Waits for the server, then makes what is missing.
pub async fn set_up(
    graph: &Graph,
    api_url: &str,
    model: &ModelSettings,
    wait: Duration,
) -> Result<DemoShop, String> {
    let mut api = Api::new(api_url)?;
    api.wait_until_ready(wait).await?;
    api.sign_in().await?;
    let organization_id = api.organization().await?;
    let model = model.as_json();
    let agent_id = api.agent(&organization_id, &model).await?;
    api.knowledge(&organization_id).await?;
    let mut webhooks = Vec::new();
    for account in &ACCOUNTS {
        let url = api
            .connect(graph, account, &organization_id, &agent_id)
            .await?;
        webhooks.push((account.platform, url));
    }
    let model = match (model["model"].as_str(), model["base_url"].as_str()) {
        (Some(name), Some(address)) => {
            format!("{name} at {address} (customers' messages go there)")
        }
        _ => "the shop's own knowledge (no OPENAI_BASE_URL and OPENAI_API_KEY are set)".into(),
    };
    Ok(DemoShop {
        organization_id,
        model,
        webhooks,
    })
}

/// The server's API, as far as the demo needs it.
struct Api {
    client: reqwest::Client,
    base_url: String,
    token: String,
}

impl Api {
    fn new(base_url: &str) -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(3))
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| format!("cannot make an HTTP client: {error}"))?;
        Ok(Self {
            client,
            base_url: base_url.trim_end_matches('/').into(),
            token: String::new(),
        })
    }

    async fn wait_until_ready(&self, wait: Duration) -> Result<(), String> {
        let deadline = Instant::now() + wait;
        let url = format!("{}/health/ready", self.base_url);
        println!("sandbox: waiting for {url}");
        loop {
            let answer = self
                .client
                .get(&url)
                .timeout(Duration::from_secs(3))
                .send()
                .await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(format!(
                    "{url} was not ready within {} s. Is the server running?",
                    wait.as_secs()
                ));
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// Logs in; the first time, registers before.
    async fn sign_in(&mut self) -> Result<(), String> {
        let credentials = json!({ "email": EMAIL, "password": PASSWORD });
        let (status, mut answer) = self
            .call(Method::POST, "/auth/login", Some(&credentials))
            .await?;
        if status == StatusCode::UNAUTHORIZED {
            let registration = json!({ "email": EMAIL, "password": PASSWORD, "name": "ডেমো" });
            self.must(Method::POST, "/auth/register", Some(&registration))
                .await?;
            answer = self
                .must(Method::POST, "/auth/login", Some(&credentials))
                .await?;
        } else if !status.is_success() {
            return Err(refused(&Method::POST, "/auth/login", status, &answer));
        }
        self.token = id_of(&answer, "access_token")?;
        Ok(())
    }

    async fn organization(&self) -> Result<String, String> {
        if let Some(known) = self.find("/organizations", "name", ORGANIZATION).await? {
            return id_of(&known, "id");
        }
        let made = self
            .must(
                Method::POST,
                "/organizations",
                Some(&json!({ "name": ORGANIZATION })),
            )
            .await?;
        id_of(&made, "id")
    }

    async fn agent(&self, organization: &str, model: &Value) -> Result<String, String> {
        let path = format!("/organizations/{organization}/agents");
        if let Some(known) = self.find(&path, "name", AGENT).await? {
            let id = id_of(&known, "id")?;
            // The environment may name another model than last time.
            if known["model"]["provider"] != model["provider"]
                || known["model"]["model"] != model["model"]
            {
                self.must(
                    Method::PATCH,
                    &format!("{path}/{id}"),
                    Some(&json!({ "model": model })),
                )
                .await?;
            }
            return Ok(id);
        }
        let agent = json!({
            "name": AGENT, "model": model, "system_prompt": SYSTEM_PROMPT, "language": "auto", "temperature": 0.3,
            "max_answer_tokens": 400, "quiet_ms": 1500, "history_budget_tokens": 3000, "active": true,
            "fallback_text": "দুঃখিত, এখন উত্তর দিতে পারছি না। আমাদের একজন সহকর্মী শিগগিরই জানাবেন।",
        });
        let made = self.must(Method::POST, &path, Some(&agent)).await?;
        id_of(&made, "id")
    }

    async fn knowledge(&self, organization: &str) -> Result<(), String> {
        let path = format!("/organizations/{organization}/knowledge");
        let known = self
            .must(Method::GET, &format!("{path}?limit=1"), None)
            .await?;
        if known["items"]
            .as_array()
            .is_some_and(|items| !items.is_empty())
        {
            return Ok(());
        }
        let entries: Value = serde_json::from_str(KNOWLEDGE)
            .map_err(|error| format!("demo/knowledge.json: {error}"))?;
        self.must(Method::POST, &format!("{path}/import"), Some(&entries))
            .await?;
        Ok(())
    }

    /// Puts the app and the account in, tells the simulator, and verifies the webhook as Meta does. Gives the webhook's URL.
    async fn connect(
        &self,
        graph: &Graph,
        account: &DemoAccount,
        organization: &str,
        agent: &str,
    ) -> Result<String, String> {
        let platform = account.platform.as_str();
        let app = json!({ "app_id": APP_ID, "app_secret": account.app_secret });
        let app = self
            .must(
                Method::PUT,
                &format!("/organizations/{organization}/platform_apps/{platform}"),
                Some(&app),
            )
            .await?;
        let webhook = id_of(&app, "webhook_url")?;
        let accounts = format!("/organizations/{organization}/social_accounts");
        if self
            .find(&accounts, "external_id", account.external_id)
            .await?
            .is_none()
        {
            let mut new = json!({
                "platform": platform, "external_id": account.external_id, "name": account.name,
                "access_token": account.token, "agent_id": agent, "auto_reply": true,
            });
            if account.platform == Platform::Instagram {
                new["page_id"] = json!(INSTAGRAM_PAGE);
            }
            self.must(Method::POST, &accounts, Some(&new)).await?;
        }
        graph.add_account(simulated(account, &webhook));
        self.handshake(&webhook, &id_of(&app, "verify_token")?)
            .await?;
        Ok(webhook)
    }

    /// The GET by which Meta makes sure that the URL is ours.
    async fn handshake(&self, webhook: &str, verify_token: &str) -> Result<(), String> {
        let challenge = "1158201444";
        let separator = if webhook.contains('?') { '&' } else { '?' };
        let url = format!(
            "{webhook}{separator}hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={}",
            percent_encoded(verify_token)
        );
        let failed = |problem: String| format!("handshake with {webhook}: {problem}");
        let answer = self
            .client
            .get(url)
            .send()
            .await
            .map_err(|error| failed(error.without_url().to_string()))?;
        let status = answer.status();
        let body = answer
            .text()
            .await
            .map_err(|error| failed(error.without_url().to_string()))?;
        if status == StatusCode::OK && body == challenge {
            Ok(())
        } else {
            Err(failed(format!(
                "expected 200 and the challenge, got {status}"
            )))
        }
    }

    /// The first item of a list with this value, over all pages.
    async fn find(&self, path: &str, key: &str, value: &str) -> Result<Option<Value>, String> {
        let mut page = format!("{path}?limit=100");
        loop {
            let answer = self.must(Method::GET, &page, None).await?;
            let items = answer["items"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            // A disconnected account stays in the list as history; it is not there any more.
            let fits = |item: &&Value| item[key] == value && item["health"] != "disconnected";
            if let Some(item) = items.iter().find(fits) {
                return Ok(Some(item.clone()));
            }
            match answer["next_cursor"].as_str() {
                Some(cursor) => {
                    page = format!("{path}?limit=100&cursor={}", percent_encoded(cursor))
                }
                None => return Ok(None),
            }
        }
    }

    /// A call that has to succeed.
    async fn must(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, String> {
        let (status, answer) = self.call(method.clone(), path, body).await?;
        if status.is_success() {
            Ok(answer)
        } else {
            Err(refused(&method, path, status, &answer))
        }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value), String> {
        let url = format!("{}/api/v1{path}", self.base_url);
        let mut request = self
            .client
            .request(method.clone(), &url)
            .header("X-Requested-With", "banglachat");
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request
            .send()
            .await
            .map_err(|error| format!("{method} {path}: {error}"))?;
        let status = answer.status();
        let body = answer.json().await.unwrap_or(Value::Null);
        Ok((status, body))
    }
}

/// The account as the simulator plays it, a little slow, as the real ones are.
fn simulated(account: &DemoAccount, webhook: &str) -> AccountSpec {
    let spec = AccountSpec::new(account.platform, account.external_id, account.token)
        .app(APP_ID, account.app_secret)
        .webhook(webhook);
    AccountSpec {
        name: account.name.into(),
        page_id: (account.platform == Platform::Instagram).then(|| INSTAGRAM_PAGE.into()),
        delay_ms: 300,
        ..spec
    }
}

fn id_of(answer: &Value, key: &str) -> Result<String, String> {
    answer[key]
        .as_str()
        .map(Into::into)
        .ok_or_else(|| format!("the server's answer has no {key}"))
}

/// Type and detail of a problem document; never the request, which may hold secrets.
fn refused(method: &Method, path: &str, status: StatusCode, problem: &Value) -> String {
    let detail = problem["detail"]
        .as_str()
        .or(problem["title"].as_str())
        .unwrap_or("no details");
    let fields = problem
        .get("errors")
        .map(|errors| format!(" {errors}"))
        .unwrap_or_default();
    format!("{method} {path} answered {status}: {detail}{fields}")
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_knowledge_is_bilingual_and_has_about_twenty_entries() {
        let knowledge: Value = serde_json::from_str(KNOWLEDGE).expect("valid JSON");
        let entries = knowledge["entries"].as_array().expect("a list");
        assert!(entries.len() >= 20, "{} entries", entries.len());
        for entry in entries {
            let questions = entry["questions"].as_array().expect("questions");
            assert!((1..=20).contains(&questions.len()), "{entry}");
            for key in ["answer_bn", "answer_en"] {
                assert!(
                    entry[key].as_str().is_some_and(|text| !text.is_empty()),
                    "{key} of {entry}"
                );
            }
        }
    }

    #[test]
    fn a_model_is_used_only_when_address_and_key_are_set() {
        let provider = |base_url: Option<&str>, api_key: Option<&str>| {
            let settings = ModelSettings {
                openai_base_url: base_url.map(Into::into),
                openai_api_key: api_key.map(Into::into),
                openai_model: "m".into(),
            };
            settings.as_json()["provider"].clone()
        };
        assert_eq!(
            provider(Some("http://127.0.0.1:4010/model/v1"), Some("key")),
            "openai_compatible"
        );
        assert_eq!(provider(Some(" "), Some("key")), "knowledge");
        assert_eq!(provider(None, Some("key")), "knowledge");
    }

    #[test]
    fn tokens_survive_in_a_query() {
        assert_eq!(percent_encoded("a-Z_9.~+ &="), "a-Z_9.~%2B%20%26%3D");
    }
}
