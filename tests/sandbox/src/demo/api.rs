//! The demo's calls to the server's public REST API, as any integrator would make them. Each makes what is missing.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use sandbox::graph::{Graph, Platform};
use serde_json::{Value, json};

use super::{
    AGENT, APP_ID, DemoAccount, EMAIL, INSTAGRAM_PAGE, KNOWLEDGE, ORGANIZATION, PASSWORD,
    SYSTEM_PROMPT, simulated,
};

/// The server's API, as far as the demo needs it.
pub struct Api {
    client: reqwest::Client,
    base_url: String,
    token: String,
}

impl Api {
    pub fn new(base_url: &str) -> Result<Self, String> {
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

    pub async fn wait_until_ready(&self, wait: Duration) -> Result<(), String> {
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
    pub async fn sign_in(&mut self) -> Result<(), String> {
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

    pub async fn organization(&self) -> Result<String, String> {
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

    pub async fn agent(&self, organization: &str, model: &Value) -> Result<String, String> {
        let path = format!("/organizations/{organization}/agents");
        if let Some(known) = self.find(&path, "name", AGENT).await? {
            let id = id_of(&known, "id")?;
            // The environment may name another model than last time.
            if !is_model(&known["model"], model) {
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

    pub async fn knowledge(&self, organization: &str) -> Result<(), String> {
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
    pub async fn connect(
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

/// Whether an agent's model is this one already. Of a key the server tells the last four characters only.
fn is_model(known: &Value, wanted: &Value) -> bool {
    let same = |field: &str| known[field] == wanted[field];
    let last4 = known["api_key"]["last4"].as_str();
    let same_key = match (last4, wanted["api_key"].as_str()) {
        (Some(last4), Some(key)) => key.ends_with(last4),
        (known, wanted) => known.is_none() && wanted.is_none(),
    };
    ["provider", "base_url", "model"].into_iter().all(same) && same_key
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
    fn an_agent_is_changed_only_when_its_model_is_another() {
        let wanted = json!({ "provider": "openai_compatible", "base_url": "u", "model": "m", "api_key": "sk-12345678" });
        let known = |last4: &str| json!({ "provider": "openai_compatible", "base_url": "u", "model": "m", "api_key": { "configured": true, "last4": last4 } });
        assert!(is_model(&known("5678"), &wanted));
        assert!(!is_model(&known("0000"), &wanted));
        let knowledge = json!({ "provider": "knowledge" });
        assert!(is_model(&knowledge, &knowledge));
        assert!(!is_model(&known("5678"), &knowledge));
    }

    #[test]
    fn tokens_survive_in_a_query() {
        assert_eq!(percent_encoded("a-Z_9.~+ &="), "a-Z_9.~%2B%20%26%3D");
    }
}
