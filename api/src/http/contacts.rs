//! Contacts: who a customer is, and what the organization calls them.

use actix_web::{get, patch, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::conversations::ConversationView;
use super::extract::ValidJson;
use super::fields::{Name, is_name};
use crate::auth::access::{Access, Operator, Viewer};
use crate::channels::ChannelKind;
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::{AccountId, ContactId, OrganizationId};
use crate::models::contact::Contact;
use crate::models::conversation::Conversation;
use crate::models::{audit, conversation_word, inbox_row};
use crate::state::AppState;

const NOT_FOUND: ApiError = ApiError::NotFound("contact");
/// A contact's conversations that are shown: one for each account they wrote to.
const MAX_CONVERSATIONS: i64 = 20;

/// Which contact.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ContactPath {
    pub organization_id: OrganizationId,
    pub contact_id: ContactId,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Rahim Uddin, Uttara"}))]
pub struct UpdateContact {
    #[validate(custom(function = is_name))]
    pub name: Name,
}

/// A customer with everything by which platforms know them.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactDetails {
    pub id: ContactId,
    #[schema(example = "Rahim Uddin")]
    pub name: Option<String>,
    pub identities: Vec<IdentityView>,
    /// Latest message first, at most 20.
    pub conversations: Vec<ConversationView>,
    /// What was written on both sides, without notes and events.
    pub messages_total: i64,
    /// By the platform's time.
    pub first_seen_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
}

/// An id by which a platform knows the contact.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentityView {
    pub account_id: AccountId,
    pub platform: ChannelKind,
    #[schema(example = "Rahim Store")]
    pub account_name: String,
    /// What the value is: a page's or an app's scoped id, a phone number.
    #[schema(example = "phone")]
    pub kind: String,
    #[schema(example = "8801711223344")]
    pub value: String,
}

impl ContactDetails {
    async fn of(tx: &mut TenantTx<'_>, contact: Contact) -> ApiResult<Self> {
        let known_as = Contact::known_as(tx, contact.id).await?;
        let accounts: Vec<AccountId> = known_as.iter().map(|(account, ..)| *account).collect();
        let labels = inbox_row::account_labels(tx, &accounts).await?;
        let identities = known_as
            .into_iter()
            .filter_map(|(account_id, kind, value)| {
                let (platform, account_name) = labels.get(&account_id).cloned()?;
                Some(IdentityView {
                    account_id,
                    platform,
                    account_name,
                    kind,
                    value,
                })
            });
        let conversations = Conversation::of_contact(tx, contact.id, MAX_CONVERSATIONS).await?;
        let ids: Vec<_> = conversations.iter().map(|one| one.id).collect();
        let (messages_total, first) = inbox_row::talk_size(tx, &ids).await?;
        Ok(Self {
            id: contact.id,
            name: contact.name,
            identities: identities.collect(),
            conversations: ConversationView::all(tx, conversations).await?,
            messages_total,
            first_seen_at: first.map_or(contact.created_at, |first| first.min(contact.created_at)),
            created_at: contact.created_at,
        })
    }
}

/// Get a contact
#[utoipa::path(tag = "conversations", params(ContactPath), responses((status = 200, body = ContactDetails), Problems))]
#[get("/api/v1/organizations/{organization_id}/contacts/{contact_id}")]
pub async fn get_contact(
    access: Access<Viewer>,
    path: web::Path<ContactPath>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<ContactDetails>> {
    let find = state.db.tenant(&access, async |tx: &mut TenantTx<'_>| {
        let contact = Contact::find(tx, path.contact_id).await?.ok_or(NOT_FOUND)?;
        ContactDetails::of(tx, contact).await
    });
    Ok(web::Json(find.await?))
}

/// Rename a contact
///
/// The name stays, whatever the platform says later.
#[utoipa::path(tag = "conversations", params(ContactPath), request_body = UpdateContact,
    responses((status = 200, body = ContactDetails), Problems))]
#[patch("/api/v1/organizations/{organization_id}/contacts/{contact_id}")]
pub async fn update_contact(
    access: Access<Operator>,
    path: web::Path<ContactPath>,
    body: ValidJson<UpdateContact>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<ContactDetails>> {
    let now = state.clock.now();
    let name = body.name.as_str().trim();
    let rename = state.db.tenant(&access, async |tx: &mut TenantTx<'_>| {
        // Conversations first, as everybody locks; a contact has one for each account.
        for conversation in Conversation::of_contact(tx, path.contact_id, i64::MAX).await? {
            let Some(conversation) = Conversation::lock(tx, conversation.id).await? else {
                continue;
            };
            conversation_word::replace_name(tx, conversation.id, name).await?;
            tx.conversation_changed(conversation.id);
        }
        let contact = Contact::rename(tx, path.contact_id, name, now)
            .await?
            .ok_or(NOT_FOUND)?;
        // Names of customers are no part of the log.
        let nothing_more = serde_json::json!({});
        audit::record(
            tx,
            Some(access.user()),
            "contact.changed",
            "contact",
            contact.id,
            nothing_more,
            now,
        )
        .await?;
        tx.note_changes().await?;
        ContactDetails::of(tx, contact).await
    });
    Ok(web::Json(rename.await?))
}
