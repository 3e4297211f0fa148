//! What may be written of a connected account.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::channels::{AccountLogin, ChannelKind};
use crate::error::{ApiError, ApiResult};
use crate::http::fields::{Name, Secret, Text, is_digits, is_name, is_secret, not_null, nullable};
use crate::ids::AgentId;
use crate::models::social_account::SocialAccountChanges;

/// An account to connect.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "platform": "facebook",
    "external_id": "104857600001122",
    "name": "Rahim Store",
    "access_token": "EAAB-paste-the-page-access-token-here",
    "auto_reply": true,
}))]
pub struct CreateSocialAccount {
    pub platform: ChannelKind,
    /// Page id, Instagram professional account id, or WhatsApp phone number id. Cannot be changed later.
    #[validate(length(max = 64), custom(function = is_digits))]
    #[schema(value_type = String, pattern = "^[0-9]{1,64}$")]
    pub external_id: Text,
    #[validate(custom(function = is_name))]
    pub name: Name,
    /// `instagram` only for Instagram accounts that are connected by Instagram Login instead of through a page.
    #[serde(default)]
    pub login: AccountLogin,
    /// Instagram through a page: the page whose token this is.
    #[serde(default)]
    #[validate(length(max = 64), custom(function = is_digits))]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,64}$")]
    pub page_id: Option<Text>,
    /// Stored sealed and never shown again.
    #[validate(custom(function = is_secret))]
    pub access_token: Secret,
    #[serde(default)]
    pub token_expires_at: Option<DateTime<Utc>>,
    /// Who answers; an account without an agent only collects messages.
    #[serde(default)]
    pub agent_id: Option<AgentId>,
    /// Whether the agent answers by itself.
    #[serde(default = "default_auto_reply")]
    pub auto_reply: bool,
}

fn default_auto_reply() -> bool {
    true
}

impl CreateSocialAccount {
    /// What no single field can tell.
    pub fn check(&self) -> ApiResult<()> {
        if self.login == AccountLogin::Instagram && self.platform != ChannelKind::Instagram {
            return Err(ApiError::field(
                "login",
                "choice",
                "is for Instagram accounts only",
            ));
        }
        let through_page =
            self.platform == ChannelKind::Instagram && self.login == AccountLogin::Page;
        if self.page_id.is_some() && !through_page {
            return Err(ApiError::field(
                "page_id",
                "choice",
                "is for Instagram accounts that are connected through a page",
            ));
        }
        Ok(())
    }
}

/// Changes to a connected account; what is absent stays, null removes. The platform and its ids never change: connect another
/// account instead.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"agent_id": null, "auto_reply": false}))]
pub struct UpdateSocialAccount {
    #[serde(default, deserialize_with = "not_null")]
    #[validate(custom(function = is_name))]
    #[schema(value_type = Name, required = false)]
    name: Option<Name>,
    /// A new token is taken to be unchecked, and sending resumes.
    #[serde(default, deserialize_with = "not_null")]
    #[validate(custom(function = is_secret))]
    #[schema(value_type = Secret, required = false)]
    pub access_token: Option<Secret>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    token_expires_at: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<AgentId>)]
    pub agent_id: Option<Option<AgentId>>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = bool, required = false)]
    auto_reply: Option<bool>,
}

impl UpdateSocialAccount {
    /// All but the token.
    pub fn changes(&self) -> SocialAccountChanges {
        SocialAccountChanges {
            name: self.name.as_ref().map(|name| name.as_str().to_owned()),
            token_expires_at: self.token_expires_at,
            agent_id: self.agent_id,
            auto_reply: self.auto_reply,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(platform: &str, more: &str) -> CreateSocialAccount {
        let text = format!(
            r#"{{"platform":"{platform}","external_id":"1","name":"n","access_token":"EAAtoken123"{more}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn instagram_login_is_for_instagram_and_a_page_for_instagram_through_it() {
        assert!(account("facebook", "").check().is_ok());
        assert!(
            account("instagram", r#","login":"instagram""#)
                .check()
                .is_ok()
        );
        assert!(account("instagram", r#","page_id":"2""#).check().is_ok());
        assert!(
            account("facebook", r#","login":"instagram""#)
                .check()
                .is_err()
        );
        assert!(
            account("instagram", r#","login":"instagram","page_id":"2""#)
                .check()
                .is_err()
        );
        assert!(account("whatsapp", r#","page_id":"2""#).check().is_err());
    }

    /// R43.
    #[test]
    fn the_id_of_an_account_cannot_be_changed() {
        assert!(serde_json::from_str::<UpdateSocialAccount>(r#"{"external_id":"2"}"#).is_err());
        let change: UpdateSocialAccount = serde_json::from_str(r#"{"agent_id":null}"#).unwrap();
        assert_eq!(change.agent_id, Some(None));
    }
}
