//! The platform's handshake (reference 1.1, R8).

use actix_web::{HttpResponse, routes, web};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{organization_of, platform_of};
use crate::channels::ChannelKind;
use crate::channels::meta::signature::same_secret;
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::OrganizationId;
use crate::state::AppState;

/// Meta's question.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Handshake {
    #[serde(rename = "hub.mode")]
    #[param(example = "subscribe")]
    mode: Option<String>,
    #[serde(rename = "hub.verify_token")]
    #[param(value_type = Option<String>, example = "the-verify-token-of-your-app")]
    verify_token: Option<SecretString>,
    /// Given back as it is.
    #[serde(rename = "hub.challenge")]
    #[param(example = "1158201444")]
    challenge: Option<String>,
}

impl Handshake {
    fn answer(&self, expected: Option<&SecretString>) -> ApiResult<HttpResponse> {
        let refused = || {
            ApiError::Forbidden(
                "The verify token is not the one of this app; copy it again from the account's page.",
            )
        };
        let (token, expected) = self
            .verify_token
            .as_ref()
            .zip(expected)
            .ok_or_else(refused)?;
        let token_fits = same_secret(
            token.expose_secret().as_bytes(),
            expected.expose_secret().as_bytes(),
        );
        let challenge = self
            .challenge
            .as_deref()
            .filter(|text| is_challenge(text))
            .ok_or_else(refused)?;
        if !token_fits || self.mode.as_deref() != Some("subscribe") {
            return Err(refused());
        }
        Ok(HttpResponse::Ok()
            .content_type("text/plain")
            .body(challenge.to_owned()))
    }
}

/// It is given back to the caller, so only what cannot mean anything else is (R8).
fn is_challenge(text: &str) -> bool {
    (1..=256).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Answer the platform's handshake for an organization's own app
#[utoipa::path(get, path = "/social/webhook/{platform}/{organization_id}", tag = "webhooks", security(()),
    params(("platform" = ChannelKind, Path), ("organization_id" = OrganizationId, Path), Handshake),
    responses((status = 200, description = "The challenge", body = String, content_type = "text/plain", example = "1158201444"), Problems))]
#[routes]
#[get("/social/webhook/{platform}/{organization_id}")]
#[get("/social/webhook/{platform}/{organization_id}/")]
pub async fn verify_organization_webhook(
    path: web::Path<(String, String)>,
    query: web::Query<Handshake>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let (platform, organization) = (platform_of(&path.0)?, organization_of(&path.1)?);
    let app = state
        .webhook_apps
        .find(organization, platform)
        .await?
        .ok_or(ApiError::NotFound("webhook"))?;
    let answer = query.answer(Some(&app.verify_token))?;
    state
        .db
        .record_handshake(organization, platform, state.clock.now())
        .await?;
    Ok(answer)
}

/// Answer the platform's handshake for the installation's own app
#[utoipa::path(get, path = "/social/webhook/{platform}", tag = "webhooks", security(()),
    params(("platform" = ChannelKind, Path), Handshake),
    responses((status = 200, description = "The challenge", body = String, content_type = "text/plain", example = "1158201444"), Problems))]
#[routes]
#[get("/social/webhook/{platform}")]
#[get("/social/webhook/{platform}/")]
pub async fn verify_installation_webhook(
    path: web::Path<String>,
    query: web::Query<Handshake>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    platform_of(&path)?;
    query.answer(state.settings.meta.verify_token.as_ref())
}
