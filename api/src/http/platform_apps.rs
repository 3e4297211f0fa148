//! Platform apps: the Meta app that an organization brings for a platform. Without one, the installation's own app is used.
//!
//! The app secret only goes in (R60). The verify token is readable by admins on purpose: it has to be pasted into Meta's
//! dashboard, answers nothing but the handshake, and authenticates no event.

use actix_web::{HttpResponse, delete, get, post, put, web};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::extract::{OrganizationPath, ValidJson};
use super::fields::{Secret, SecretView, Text, is_digits, is_secret};
use super::webhooks::webhook_url;
use crate::auth::access::{Access, Admin};
use crate::auth::random;
use crate::channels::{ChannelKind, channel};
use crate::db::{InOrganization, TenantTx};
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::OrganizationId;
use crate::models::audit;
use crate::models::platform_app::{AppEntry, PlatformApp, SealedApp};
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PlatformPath {
    pub organization_id: OrganizationId,
    pub platform: ChannelKind,
}

/// The app of a platform, entered as a whole: what is absent is removed.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"app_id": "1234567890123456", "app_secret": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}))]
pub struct PutPlatformApp {
    /// Needed to read a token's permissions when an account is checked.
    #[serde(default)]
    #[validate(length(max = 64), custom(function = is_digits))]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,64}$")]
    app_id: Option<Text>,
    /// Signs the webhooks.
    #[validate(custom(function = is_secret))]
    app_secret: Secret,
    /// The secret before, accepted beside the new one while it is being rotated.
    #[serde(default)]
    #[validate(custom(function = is_secret))]
    app_secret_previous: Option<Secret>,
}

/// The app of a platform, and what to paste into its dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformAppView {
    pub platform: ChannelKind,
    #[schema(example = "1234567890123456")]
    pub app_id: Option<String>,
    pub app_secret: SecretView,
    pub app_secret_previous: SecretView,
    /// Paste it into the platform's dashboard as verify token.
    pub verify_token: String,
    /// Paste it into the platform's dashboard as callback URL.
    #[schema(
        example = "https://chat.example.com/social/webhook/facebook/0190a3c4-d5e6-7f80-91a2-b3c4d5e6f708/"
    )]
    pub webhook_url: String,
    /// When the platform last asked for the verify token and got its answer; null means that the dashboard is not set up yet.
    pub handshake_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The apps of an organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformApps {
    pub items: Vec<PlatformAppView>,
}

impl PlatformAppView {
    fn new(state: &AppState, app: PlatformApp) -> Self {
        Self {
            app_secret: SecretView::stored(&app.app_secret_last4),
            app_secret_previous: match &app.app_secret_previous_sealed {
                Some(_) => SecretView::stored(""),
                None => SecretView::absent(),
            },
            webhook_url: webhook_url(
                &state.settings.http.public_base_url,
                app.platform,
                app.organization_id,
            ),
            platform: app.platform,
            app_id: app.app_id,
            verify_token: app.verify_token,
            handshake_at: app.handshake_at,
            created_at: app.created_at,
            updated_at: app.updated_at,
        }
    }
}

const NOT_FOUND: ApiError = ApiError::NotFound("platform app");

/// 48 random hex digits.
fn new_verify_token() -> String {
    hex::encode(random::bytes::<24>().expose_secret())
}

/// Refuses a platform that the product knows but does not serve.
pub(super) fn refuse_unserved(platform: ChannelKind) -> ApiResult<()> {
    match channel(platform) {
        Some(_) => Ok(()),
        None => Err(ApiError::conflict(
            "platform_not_served",
            "This platform is not served yet; connect Facebook, Instagram or WhatsApp.",
        )),
    }
}

/// List platform apps
#[utoipa::path(tag = "social accounts", params(OrganizationPath), responses((status = 200, body = PlatformApps), Problems))]
#[get("/api/v1/organizations/{organization_id}/platform_apps")]
pub async fn list_platform_apps(
    access: Access<Admin>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<PlatformApps>> {
    let apps = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            Ok::<_, ApiError>(PlatformApp::list(tx).await?)
        })
        .await?;
    Ok(web::Json(PlatformApps {
        items: apps
            .into_iter()
            .map(|app| PlatformAppView::new(&state, app))
            .collect(),
    }))
}

/// Read a platform app
#[utoipa::path(tag = "social accounts", params(PlatformPath), responses((status = 200, body = PlatformAppView), Problems))]
#[get("/api/v1/organizations/{organization_id}/platform_apps/{platform}")]
pub async fn get_platform_app(
    access: Access<Admin>,
    path: web::Path<(OrganizationId, ChannelKind)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<PlatformAppView>> {
    let app = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            PlatformApp::find(tx, path.1).await?.ok_or(NOT_FOUND)
        })
        .await?;
    Ok(web::Json(PlatformAppView::new(&state, app)))
}

/// Enter or replace a platform app
///
/// Makes the verify token at the first time and keeps it afterwards. White space around secrets is dropped.
#[utoipa::path(tag = "social accounts", params(PlatformPath), request_body = PutPlatformApp,
    responses((status = 200, body = PlatformAppView), Problems))]
#[put("/api/v1/organizations/{organization_id}/platform_apps/{platform}")]
pub async fn put_platform_app(
    access: Access<Admin>,
    path: web::Path<(OrganizationId, ChannelKind)>,
    body: ValidJson<PutPlatformApp>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<PlatformAppView>> {
    let (platform, now) = (path.1, state.clock.now());
    refuse_unserved(platform)?;
    let entry = AppEntry {
        app_id: body.app_id.as_ref().map(Text::as_str),
        secret: body.app_secret.get(),
        previous_secret: body.app_secret_previous.as_ref().map(Secret::get),
    };
    let app = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let sealed = SealedApp::seal(&state.sealer, tx.organization(), platform, &entry)
                .map_err(ApiError::internal)?;
            let app = PlatformApp::put(tx, platform, &sealed, &new_verify_token(), now).await?;
            let details = serde_json::json!({ "previous_secret": entry.previous_secret.is_some() });
            audit::record(
                tx,
                Some(access.user()),
                "platform_app.secret_set",
                "platform_app",
                platform,
                details,
                now,
            )
            .await?;
            Ok::<_, ApiError>(app)
        })
        .await?;
    state.webhook_apps.forget(access.organization_id());
    Ok(web::Json(PlatformAppView::new(&state, app)))
}

/// Make a new verify token
///
/// Paste it into the platform's dashboard; the old one no longer answers the handshake. Events go on coming in.
#[utoipa::path(tag = "social accounts", params(PlatformPath), responses((status = 200, body = PlatformAppView), Problems))]
#[post("/api/v1/organizations/{organization_id}/platform_apps/{platform}/verify_token")]
pub async fn renew_verify_token(
    access: Access<Admin>,
    path: web::Path<(OrganizationId, ChannelKind)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<PlatformAppView>> {
    let (platform, now) = (path.1, state.clock.now());
    let app = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let app = PlatformApp::set_verify_token(tx, platform, &new_verify_token(), now)
                .await?
                .ok_or(NOT_FOUND)?;
            let details = serde_json::json!({});
            audit::record(
                tx,
                Some(access.user()),
                "platform_app.verify_token_renewed",
                "platform_app",
                platform,
                details,
                now,
            )
            .await?;
            Ok::<_, ApiError>(app)
        })
        .await?;
    state.webhook_apps.forget(access.organization_id());
    Ok(web::Json(PlatformAppView::new(&state, app)))
}

/// Remove a platform app
///
/// Its webhooks are refused from now on; the accounts of the platform are answered through the installation's own app, if there is one.
#[utoipa::path(tag = "social accounts", params(PlatformPath), responses((status = 204, description = "Removed"), Problems))]
#[delete("/api/v1/organizations/{organization_id}/platform_apps/{platform}")]
pub async fn delete_platform_app(
    access: Access<Admin>,
    path: web::Path<(OrganizationId, ChannelKind)>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let (platform, now) = (path.1, state.clock.now());
    state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            if !PlatformApp::delete(tx, platform).await? {
                return Err(NOT_FOUND);
            }
            let details = serde_json::json!({});
            audit::record(
                tx,
                Some(access.user()),
                "platform_app.removed",
                "platform_app",
                platform,
                details,
                now,
            )
            .await?;
            Ok(())
        })
        .await?;
    state.webhook_apps.forget(access.organization_id());
    Ok(HttpResponse::NoContent().finish())
}
