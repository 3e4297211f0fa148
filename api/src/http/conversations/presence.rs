//! Who has a conversation open, and who is typing in it.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::NOUN;
use crate::auth::access::{Access, Operator};
use crate::db::hints::{Hint, Presence};
use crate::db::{InOrganization, TenantTx};
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{OrganizationPath, ValidJson};
use crate::ids::{ConversationId, OrganizationId};
use crate::models::conversation::Conversation;
use crate::models::member::Member;
use crate::state::AppState;

/// What somebody does in a conversation.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TellPresence {
    #[schema(example = true)]
    typing: bool,
}

/// Tell the others that you are here
///
/// The others' live streams get it as `presence`; nothing is stored, and nobody is told that you have left: whoever is silent for a
/// while has. At most once a second.
#[utoipa::path(tag = "conversations", params(OrganizationPath, ("conversation_id" = uuid::Uuid, Path)), request_body = TellPresence,
    responses((status = 204, description = "Told"), Problems))]
#[post("/api/v1/organizations/{organization_id}/conversations/{conversation_id}/presence")]
pub async fn tell_presence(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, ConversationId)>,
    body: ValidJson<TellPresence>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let name = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            Conversation::find(tx, path.1)
                .await?
                .ok_or(ApiError::NotFound(NOUN))?;
            let names = Member::names(tx, &[access.user()]).await?;
            Ok::<_, ApiError>(names.into_values().next().unwrap_or_default())
        })
        .await?;
    state.live.may_tell_presence(access.user())?;
    let presence = Presence {
        organization_id: access.organization_id(),
        conversation_id: path.1,
        user_id: access.user(),
        name,
        typing: body.typing,
    };
    state.db.publish(&Hint::Presence(presence)).await?;
    Ok(HttpResponse::NoContent().finish())
}
