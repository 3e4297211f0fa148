//! The business accounts that the simulator knows.

use serde::{Deserialize, Serialize};

use crate::bodies::Number;

/// The simulated platforms, named as in webhook paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    Facebook,
    Instagram,
    Whatsapp,
}

impl Platform {
    pub const ALL: [Self; 3] = [Self::Facebook, Self::Instagram, Self::Whatsapp];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::Whatsapp => "whatsapp",
        }
    }

    /// The `object` of this platform's webhooks.
    pub fn object(self) -> &'static str {
        match self {
            Self::Facebook => "page",
            Self::Instagram => "instagram",
            Self::Whatsapp => "whatsapp_business_account",
        }
    }
}

/// Where an account's events go, and the secret they are signed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookTarget {
    pub url: String,
    pub app_secret: String,
}

/// An account and how it behaves. [`AccountSpec::new`] gives the usual behaviour; change fields from there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountSpec {
    pub platform: Platform,
    /// Page id, Instagram professional account id, or WhatsApp phone number id.
    pub external_id: String,
    /// Instagram through a page: the page that it may also be reached under.
    #[serde(default)]
    pub page_id: Option<String>,
    pub token: String,
    #[serde(default = "default_app_id")]
    pub app_id: String,
    /// Checks `appsecret_proof` and the app token of `debug_token`.
    #[serde(default)]
    pub app_secret: String,
    #[serde(default)]
    pub name: String,
    /// What the token may do; empty means everything the platform offers.
    #[serde(default)]
    pub permissions: Vec<String>,
    #[serde(default)]
    pub webhook: Option<WebhookTarget>,
    /// Whether the account's own messages come back as echoes (Messenger, Instagram).
    #[serde(default = "yes")]
    pub echoes: bool,
    /// Whether delivery and read events, or WhatsApp statuses, follow a message.
    #[serde(default = "yes")]
    pub receipts: bool,
    /// Pause before each of these webhooks.
    #[serde(default)]
    pub delay_ms: u64,
    /// How often each of these webhooks is sent even when the receiver answers 200 (platforms deliver at least once).
    #[serde(default = "once")]
    pub copies: u32,
    /// Calls without `appsecret_proof` are refused, as with the app setting "require app secret".
    #[serde(default)]
    pub require_proof: bool,
    /// Only people who have written before can be written to.
    #[serde(default)]
    pub known_recipients_only: bool,
    /// Refuses messages outside the reply window of people whose last message the simulator has seen.
    #[serde(default = "yes")]
    pub enforce_window: bool,
}

fn yes() -> bool {
    true
}

fn once() -> u32 {
    1
}

fn default_app_id() -> String {
    "990011223344556".into()
}

impl AccountSpec {
    pub fn new(platform: Platform, external_id: &str, token: &str) -> Self {
        Self {
            platform,
            external_id: external_id.into(),
            page_id: None,
            token: token.into(),
            app_id: default_app_id(),
            app_secret: String::new(),
            name: String::new(),
            permissions: Vec::new(),
            webhook: None,
            echoes: true,
            receipts: true,
            delay_ms: 0,
            copies: 1,
            require_proof: false,
            known_recipients_only: false,
            enforce_window: true,
        }
    }

    /// The app's id and secret; events are signed with this secret too, once a webhook is set.
    pub fn app(mut self, app_id: &str, app_secret: &str) -> Self {
        self.app_id = app_id.into();
        self.app_secret = app_secret.into();
        self
    }

    /// Sends the account's events there, signed with the app secret set by [`AccountSpec::app`].
    pub fn webhook(mut self, url: &str) -> Self {
        self.webhook = Some(WebhookTarget {
            url: url.into(),
            app_secret: self.app_secret.clone(),
        });
        self
    }

    /// Whether a call to this node means the account.
    pub(super) fn answers_to(&self, node: &str) -> bool {
        self.external_id == node || self.page_id.as_deref() == Some(node)
    }

    /// What the token is granted.
    pub(super) fn granted(&self) -> Vec<String> {
        if !self.permissions.is_empty() {
            return self.permissions.clone();
        }
        let all: &[&str] = match self.platform {
            Platform::Facebook => &[
                "pages_show_list",
                "pages_manage_metadata",
                "pages_messaging",
                "pages_read_engagement",
            ],
            Platform::Instagram => &[
                "instagram_basic",
                "instagram_manage_messages",
                "instagram_manage_comments",
                "pages_manage_metadata",
                "pages_show_list",
                "pages_read_engagement",
            ],
            Platform::Whatsapp => &[
                "whatsapp_business_messaging",
                "whatsapp_business_management",
            ],
        };
        all.iter().map(|name| (*name).to_owned()).collect()
    }

    pub(super) fn may_send(&self) -> bool {
        let sufficient: &[&str] = match self.platform {
            Platform::Facebook => &["pages_messaging"],
            Platform::Instagram => &[
                "instagram_manage_messages",
                "instagram_business_manage_messages",
            ],
            Platform::Whatsapp => &["whatsapp_business_messaging"],
        };
        self.granted()
            .iter()
            .any(|name| sufficient.contains(&name.as_str()))
    }

    /// How a WhatsApp number names itself; the display number is made from the id.
    pub(super) fn with_number<T>(&self, read: impl FnOnce(Number<'_>) -> T) -> T {
        let display = self.display_number();
        read(Number {
            business_account_id: "220033445566778",
            phone_number_id: &self.external_id,
            display: &display,
        })
    }

    /// `880` and the last ten digits of the id.
    pub(super) fn display_number(&self) -> String {
        let digits: Vec<char> = self
            .external_id
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let tail: String = digits[digits.len().saturating_sub(10)..].iter().collect();
        format!("880{tail}")
    }
}
