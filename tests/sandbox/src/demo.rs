//! The demo shop: what it is, and how it is set up. Safe to run again: what is there is used.
//!
//! The calls to the server's public API are in [`api`] and nowhere else. The tokens and secrets are invented and always the same, because
//! a restarted sandbox has to know those that the server has kept; the production profile refuses simulators anyway.

mod api;

use std::time::Duration;

use sandbox::graph::{AccountSpec, Graph, Platform};
use serde_json::{Value, json};

use self::api::Api;

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
}
