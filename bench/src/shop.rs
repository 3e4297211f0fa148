//! What the load needs: an organization with a page, made through the API like any integrator would.

use std::net::SocketAddr;

use sandbox::{bodies, wire};
use serde_json::{Value, json};

use crate::{Result, machine};

const APP_SECRET: &str = "bench-app-secret-0123456789abcdef";
const PAGE: &str = "104857600009999";
/// People who write.
const CUSTOMERS: usize = 500;

/// An organization and its page, which collects messages and answers none by itself.
#[derive(Clone)]
pub struct Shop {
    organization: String,
    token: String,
}

impl Shop {
    pub async fn make(address: SocketAddr) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let root = format!("http://{address}/api/v1");
        let user = json!({ "email": "bench@example.com", "password": "sonar tori bhashe dheu 7", "name": "Bench" });
        let signed_in = call(client.post(format!("{root}/auth/register")), &user).await?;
        let token = signed_in["access_token"]
            .as_str()
            .ok_or("no access token")?
            .to_owned();
        let made = call(
            client
                .post(format!("{root}/organizations"))
                .bearer_auth(&token),
            &json!({ "name": "Bench shop" }),
        )
        .await?;
        let organization = made["id"].as_str().ok_or("no organization")?.to_owned();
        let root = format!("{root}/organizations/{organization}");
        let app = json!({ "app_id": "990011223344556", "app_secret": APP_SECRET });
        call(
            client
                .put(format!("{root}/platform_apps/facebook"))
                .bearer_auth(&token),
            &app,
        )
        .await?;
        let page = json!({ "platform": "facebook", "external_id": PAGE, "name": "Page", "access_token": "EAAG-bench-token", "auto_reply": false });
        call(
            client
                .post(format!("{root}/social_accounts"))
                .bearer_auth(&token),
            &page,
        )
        .await?;
        Ok(Self {
            organization,
            token,
        })
    }

    /// A signed webhook with a message that nobody sent before; `run` tells apart what different runs send.
    pub fn webhook(&self, run: u64, connection: usize, number: usize) -> Vec<u8> {
        let id = format!("m_bench-{run}-{connection}-{number}");
        let customer = format!("73192846{:08}", (connection * 7919 + number) % CUSTOMERS);
        let body = bodies::messenger_text(
            PAGE,
            &customer,
            &id,
            "ডেলিভারি চার্জ কত? ঢাকার বাইরে কি পাঠান?",
            machine::now().timestamp_millis(),
        );
        let body = wire::to_wire(&body);
        let signature = wire::sign(APP_SECRET, body.as_bytes());
        format!(
            "POST /social/webhook/facebook/{}/ HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n\
             X-Hub-Signature-256: {signature}\r\nContent-Length: {}\r\n\r\n{body}",
            self.organization,
            body.len()
        )
        .into_bytes()
    }

    /// The first page of the inbox.
    pub fn inbox(&self) -> Vec<u8> {
        format!(
            "GET /api/v1/organizations/{}/conversations?limit=25 HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\n\r\n",
            self.organization, self.token
        )
        .into_bytes()
    }
}

async fn call(request: reqwest::RequestBuilder, body: &Value) -> Result<Value> {
    let answer = request.json(body).send().await?;
    let (status, path) = (answer.status(), answer.url().path().to_owned());
    let text = answer.text().await?;
    if !status.is_success() {
        return Err(format!("{path} answered {status}: {text}").into());
    }
    Ok(serde_json::from_str(&text)?)
}
