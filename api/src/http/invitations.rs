//! Invitations (R35). The link goes to whoever invites, who may pass it on; where mail is sent, it goes to the invited person too.

use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::extract::{IdempotencyHeader, OrganizationPath, PageParams, ValidJson, ValidQuery};
use super::idempotency::IdempotencyKey;
use super::organizations::OrganizationSummary;
use super::page::Page;
use super::session::{TypedSecret, is_typed_secret};
use crate::auth::access::{Access, Admin, CurrentUser, Role};
use crate::auth::invite::InvitationToken;
use crate::auth::throttle::{Attempt, ClientAddress};
use crate::db::{PlatformTx, TenantTx};
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::{InvitationId, OrganizationId, UserId};
use crate::models::invitation::{Invitation, InvitedTo, verify_address};
use crate::models::mail::{self, Subject};
use crate::models::member::{self, Member};
use crate::models::organization::Organization;
use crate::models::session::revoke_others;
use crate::models::user::{User, normalized_email};
use crate::models::{audit, identity_audit};
use crate::state::AppState;

const NOT_FOUND: ApiError = ApiError::NotFound("invitation");
/// A bound for what one organization can heap up.
const MAX_OPEN: i64 = 200;

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "karima@shapla.example", "role": "operator"}))]
pub struct CreateInvitation {
    /// Only a user with this address can accept.
    #[validate(email, length(max = 254))]
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    /// Not above your own.
    pub role: Role,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "bci_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}))]
pub struct AcceptInvitation {
    /// What stands behind `#token=` in the link.
    #[validate(custom(function = is_typed_secret))]
    pub token: TypedSecret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvitationStatus {
    Open,
    Accepted,
    Revoked,
    Expired,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationView {
    id: InvitationId,
    #[schema(example = "karima@shapla.example")]
    email: String,
    role: Role,
    status: InvitationStatus,
    invited_by: UserId,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    accepted_at: Option<DateTime<Utc>>,
}

impl InvitationView {
    fn new(invitation: Invitation, now: DateTime<Utc>) -> Self {
        let status = match (invitation.accepted_at, invitation.revoked_at) {
            (Some(_), _) => InvitationStatus::Accepted,
            (None, Some(_)) => InvitationStatus::Revoked,
            (None, None) if invitation.is_open(now) => InvitationStatus::Open,
            (None, None) => InvitationStatus::Expired,
        };
        let Invitation {
            id,
            email,
            role,
            invited_by,
            created_at,
            expires_at,
            accepted_at,
            ..
        } = invitation;
        Self {
            id,
            email,
            role,
            status,
            invited_by,
            created_at,
            expires_at,
            accepted_at,
        }
    }
}

/// For the document: what creating answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedInvitation {
    #[serde(flatten)]
    invitation: InvitationView,
    /// Pass it on to the invited person; it is not shown again.
    #[schema(
        example = "https://chat.example.com/invite#token=bci_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    )]
    link: String,
}

/// What the holder of a link may know.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationPreview {
    #[schema(example = "Shapla Store")]
    organization_name: String,
    /// Only a user with this address can accept.
    #[schema(example = "karima@shapla.example")]
    email: String,
    role: Role,
    #[schema(example = "Rahim Uddin")]
    invited_by_name: String,
    expires_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct InvitationPath {
    pub organization_id: OrganizationId,
    pub invitation_id: InvitationId,
}

/// Invite somebody
///
/// The answer has the link to pass on, and where mail is sent, it goes to the address: good for 7 days, for one user with exactly this address. An open invitation of the same address ends.
/// It looks the same whether the address has an account or not.
#[utoipa::path(tag = "members", operation_id = "create_invitation", params(OrganizationPath, IdempotencyHeader),
    request_body = CreateInvitation, responses((status = 201, body = CreatedInvitation), Problems))]
#[post("/api/v1/organizations/{organization_id}/invitations")]
pub async fn create_invitation(
    access: Access<Admin>,
    key: IdempotencyKey,
    state: web::Data<AppState>,
    body: ValidJson<CreateInvitation>,
) -> ApiResult<HttpResponse> {
    if body.role > access.role() {
        return Err(ApiError::Forbidden(
            "You cannot invite to a role above your own.",
        ));
    }
    let (user, now) = (access.user(), state.clock.now());
    let create = async |tx: &mut TenantTx<'_>| {
        let invitation = invite(tx, &state, user, &body, now).await?;
        // Without the link: the answer is stored with the Idempotency-Key, and a token never is.
        serde_json::to_value(InvitationView::new(invitation, now)).map_err(ApiError::internal)
    };
    let mut view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            key.once(tx, user, now, &body.0, create).await
        })
        .await?;
    let id = view
        .get("id")
        .and_then(|id| id.as_str())
        .and_then(|id| id.parse().ok())
        .map(InvitationId);
    let id = id.ok_or_else(|| ApiError::internal("an invitation's answer has no id"))?;
    let link = InvitationToken::derive(&state.settings.keys.refresh, id)
        .link(&state.settings.http.public_base_url);
    view["link"] = link.into();
    Ok(HttpResponse::Created().json(view))
}

async fn invite(
    tx: &mut TenantTx<'_>,
    state: &AppState,
    user: UserId,
    body: &CreateInvitation,
    now: DateTime<Utc>,
) -> ApiResult<Invitation> {
    let email = normalized_email(&body.email);
    // Admins see the members' addresses anyway: this tells them nothing new.
    if Member::find_by_email(tx, &email).await?.is_some() {
        return Err(ApiError::conflict(
            "already_member",
            "Somebody with this address is a member already; change their role instead.",
        ));
    }
    if Invitation::count_open(tx, now).await? >= MAX_OPEN {
        return Err(ApiError::conflict(
            "too_many_invitations",
            "200 invitations are open; revoke some before you invite more.",
        ));
    }
    let id = InvitationId::new();
    let token = InvitationToken::derive(&state.settings.keys.refresh, id);
    let invitation = Invitation::insert(tx, (id, &token), &email, body.role, user, now).await?;
    audit::record(
        tx,
        Some(user),
        "invitation.created",
        "invitation",
        id,
        json!({"role": body.role}),
        now,
    )
    .await?;
    mail_it(tx, state, &invitation, now).await?;
    Ok(invitation)
}

async fn mail_it(
    tx: &mut TenantTx<'_>,
    state: &AppState,
    invitation: &Invitation,
    now: DateTime<Utc>,
) -> ApiResult<()> {
    if state.mailer.is_none() {
        return Ok(());
    }
    let organization = Organization::find(tx).await?.ok_or(NOT_FOUND)?;
    let (inviter_name, language) = invitation.inviter(tx).await?;
    let subject = Subject::Invitation {
        invitation: invitation.id,
        organization_name: organization.name,
        inviter_name,
        language,
    };
    mail::enqueue(tx.conn(), &invitation.email, &subject, now).await?;
    Ok(())
}

/// List invitations
///
/// Newest first, whatever has become of them.
#[utoipa::path(tag = "members", operation_id = "list_invitations", params(OrganizationPath, PageParams),
    responses((status = 200, body = Page<InvitationView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/invitations")]
pub async fn list_invitations(
    access: Access<Admin>,
    query: ValidQuery<PageParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<InvitationView>>> {
    let (page, now) = (query.page()?, state.clock.now());
    let list = state.db.tenant(&access, async |tx: &mut TenantTx<'_>| {
        Ok::<_, ApiError>(Invitation::list(tx, &page).await?)
    });
    let view = |invitation| InvitationView::new(invitation, now);
    Ok(web::Json(page.page(
        list.await?,
        |invitation| (invitation.created_at, invitation.id.0),
        view,
    )))
}

/// Revoke an invitation
///
/// Its link is worth nothing afterwards. 404 when it was accepted or revoked already.
#[utoipa::path(tag = "members", operation_id = "revoke_invitation", params(InvitationPath), responses((status = 204), Problems))]
#[delete("/api/v1/organizations/{organization_id}/invitations/{invitation_id}")]
pub async fn revoke_invitation(
    access: Access<Admin>,
    path: web::Path<(OrganizationId, InvitationId)>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let now = state.clock.now();
    let revoke = state.db.tenant(&access, async |tx: &mut TenantTx<'_>| {
        let invitation = Invitation::revoke(tx, path.1, now)
            .await?
            .ok_or(NOT_FOUND)?;
        audit::record(
            tx,
            Some(access.user()),
            "invitation.revoked",
            "invitation",
            invitation.id,
            json!({}),
            now,
        )
        .await?;
        Ok::<_, ApiError>(())
    });
    revoke.await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Look an invitation up
///
/// What it says, for whoever holds the link, signed in or not. 404 for a link that is unknown, expired, revoked or used, or whose inviter may no
/// longer invite. It does not tell whether the address has an account.
#[utoipa::path(tag = "session", operation_id = "look_up_invitation", request_body = AcceptInvitation, security(()),
    responses((status = 200, body = InvitationPreview), Problems))]
#[post("/api/v1/invitations/look_up")]
pub async fn look_up_invitation(
    address: ClientAddress,
    state: web::Data<AppState>,
    body: ValidJson<AcceptInvitation>,
) -> ApiResult<web::Json<InvitationPreview>> {
    let token = InvitationToken::parse(body.token.get().expose_secret());
    let now = state.clock.now();
    let find = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let attempt = Attempt::begin_with_link(tx, &address, now).await?;
        let invited = match &token {
            Some(token) => InvitedTo::find(tx, token).await?,
            None => None,
        };
        if invited.is_some() {
            attempt.take_back(tx).await?;
        }
        // Committed also for an unknown one: it counts.
        Ok::<_, ApiError>(invited)
    });
    let invited = find.await?.ok_or(NOT_FOUND)?;
    let preview = state.db.tenant(&invited, async |tx: &mut TenantTx<'_>| {
        let organization = Organization::find(tx).await?.ok_or(NOT_FOUND)?;
        let invitation = Invitation::lock(tx, invited.invitation)
            .await?
            .ok_or(NOT_FOUND)?;
        if !invitation.is_open(now) || !inviter_still_may(tx, &invitation).await? {
            return Err(NOT_FOUND);
        }
        let (invited_by_name, _) = invitation.inviter(tx).await?;
        Ok(InvitationPreview {
            organization_name: organization.name,
            email: invitation.email,
            role: invitation.role,
            invited_by_name,
            expires_at: invitation.expires_at,
        })
    });
    preview.await.map(web::Json)
}

/// Who left or was demoted since has given away what they may not give any more.
async fn inviter_still_may(tx: &mut TenantTx<'_>, invitation: &Invitation) -> ApiResult<bool> {
    let inviter = Member::find(tx, invitation.invited_by).await?;
    Ok(inviter
        .is_some_and(|inviter| inviter.role >= Role::Admin && inviter.role >= invitation.role))
}

/// Accept an invitation
///
/// As the user whose address was invited. 404 for a link that is unknown, expired, revoked or used by somebody else, or whose inviter may no
/// longer invite. Accepting twice is no error.
#[utoipa::path(tag = "members", operation_id = "accept_invitation", request_body = AcceptInvitation,
    responses((status = 200, body = OrganizationSummary), Problems))]
#[post("/api/v1/invitations/accept")]
pub async fn accept_invitation(
    user: CurrentUser,
    state: web::Data<AppState>,
    body: ValidJson<AcceptInvitation>,
) -> ApiResult<web::Json<OrganizationSummary>> {
    let token = InvitationToken::parse(body.token.get().expose_secret()).ok_or(NOT_FOUND)?;
    let now = state.clock.now();
    let find = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let invited = InvitedTo::find(tx, &token).await?.ok_or(NOT_FOUND)?;
        let email = User::find(tx, user.id).await?.map(|user| user.email);
        if email.as_deref() == Some(invited.email.as_str()) {
            return Ok(invited);
        }
        Err(ApiError::conflict(
            "invitation_for_other_address",
            "This invitation is for another e-mail address; log in with that one.",
        ))
    });
    let invited = find.await?;
    let joined = state.db.tenant(&invited, async |tx: &mut TenantTx<'_>| {
        join(tx, &user, invited.invitation, now).await
    });
    joined.await.map(web::Json)
}

async fn join(
    tx: &mut TenantTx<'_>,
    user: &CurrentUser,
    id: InvitationId,
    now: DateTime<Utc>,
) -> ApiResult<OrganizationSummary> {
    let organization = Organization::lock(tx).await?.ok_or(NOT_FOUND)?;
    let invitation = Invitation::lock(tx, id).await?.ok_or(NOT_FOUND)?;
    let summary = |role| OrganizationSummary {
        id: organization.id,
        name: organization.name.clone(),
        role,
    };
    if let Some(member) = Member::find(tx, user.id).await? {
        // The answer to the first time was lost.
        let again = invitation.accepted_at.is_some();
        let already = || {
            ApiError::conflict(
                "already_member",
                "You are a member of this organization already.",
            )
        };
        return again.then(|| summary(member.role)).ok_or_else(already);
    }
    if !invitation.is_open(now) || !inviter_still_may(tx, &invitation).await? {
        return Err(NOT_FOUND);
    }
    if organization.suspended_at.is_some() {
        return Err(ApiError::Suspended {
            reason: organization.suspended_reason.unwrap_or_default(),
        });
    }
    member::join(tx, user.id, invitation.role, now).await?;
    invitation.accept(tx, now).await?;
    let details = json!({"role": invitation.role, "invitation": invitation.id});
    audit::record(
        tx,
        Some(user.id),
        "member.joined",
        "user",
        user.id,
        details,
        now,
    )
    .await?;
    verify(tx, user, &invitation, now).await?;
    Ok(summary(invitation.role))
}

/// The address counts as verified, and other sign-ins of it end: they are from before (R35).
///
/// This is only as good as the way of the link. The inviter gets it too, mail or no mail, so an inviter can "verify" an address that nobody
/// reads. The identity audit names the invitation: should verified addresses begin to mean something (social sign-in), these can be told
/// apart and must not count.
async fn verify(
    tx: &mut TenantTx<'_>,
    user: &CurrentUser,
    invitation: &Invitation,
    now: DateTime<Utc>,
) -> ApiResult<()> {
    if !verify_address(tx, user.id, now).await? {
        return Ok(());
    }
    let ended = revoke_others(
        tx.conn(),
        user.id,
        Some(user.session),
        "address_verified",
        now,
    )
    .await?;
    let details = json!({"by": "invitation_link_passed_on_by_inviter", "invitation": invitation.id, "sessions_ended": ended});
    identity_audit::record(tx.conn(), Some(user.id), "address_verified", details, now).await?;
    Ok(())
}
