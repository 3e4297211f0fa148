//! The inbox: conversations by tab, filter and search, and how many there are.

use actix_web::{get, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

use super::ConversationView;
use crate::auth::access::{Access, Viewer};
use crate::channels::ChannelKind;
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{OrganizationPath, ValidQuery};
use crate::http::fields;
use crate::http::page::{Page, PageRequest};
use crate::ids::{AccountId, ConversationId, UserId};
use crate::models::conversation::{AiState, ConversationStatus};
use crate::models::inbox::{self, InboxFilter, InboxTab};
use crate::state::AppState;
use crate::text;

/// Conversations that can be asked for by id at once.
const MAX_IDS: usize = 50;

/// What the list shows.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConversationQuery {
    /// `all` if not given.
    #[param(inline)]
    tab: Option<InboxTab>,
    /// Only with these words in messages, notes or the contact's name. Bangla, Banglish and English spellings find each other; words may
    /// go on, so that `shari` finds `sharir`.
    #[validate(custom(function = is_search))]
    #[param(min_length = 1, max_length = 200, example = "dam koto")]
    q: Option<String>,
    /// Only of this social account.
    #[param(value_type = Option<uuid::Uuid>)]
    account_id: Option<AccountId>,
    /// Only of this platform's accounts.
    #[param(inline)]
    platform: Option<ChannelKind>,
    /// Only those of this member.
    #[param(value_type = Option<uuid::Uuid>)]
    assignee_id: Option<UserId>,
    #[param(inline)]
    status: Option<ConversationStatus>,
    #[param(inline)]
    ai_state: Option<AiState>,
    /// Only those where somebody was called, or only those where nobody was. The tab `needs_human` shows more.
    needs_human: Option<bool>,
    /// Only those with messages that nobody has looked at, or only those without.
    unread: Option<bool>,
    /// Only these, at most 50, separated by commas: for bringing a list that is shown up to date.
    #[validate(custom(function = is_ids))]
    #[param(
        max_length = 1849,
        pattern = "^[0-9a-fA-F-]{36}(,[0-9a-fA-F-]{36}){0,49}$",
        example = "0190a3c4-d5e6-7f80-91a2-b3c4d5e6f708"
    )]
    ids: Option<String>,
    /// Rows per page; 50 if not given.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, example = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[0-9a-f]{48}$")]
    cursor: Option<String>,
}

/// What is counted; as in the list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CountsQuery {
    /// Only with these words in messages, notes or the contact's name.
    #[validate(custom(function = is_search))]
    #[param(min_length = 1, max_length = 200, example = "dam koto")]
    q: Option<String>,
    /// Only of this social account.
    #[param(value_type = Option<uuid::Uuid>)]
    account_id: Option<AccountId>,
    /// Only of this platform's accounts.
    #[param(inline)]
    platform: Option<ChannelKind>,
    /// Only those of this member.
    #[param(value_type = Option<uuid::Uuid>)]
    assignee_id: Option<UserId>,
    #[param(inline)]
    status: Option<ConversationStatus>,
    #[param(inline)]
    ai_state: Option<AiState>,
    /// Only those where somebody was called, or only those where nobody was.
    needs_human: Option<bool>,
    /// Only those with messages that nobody has looked at, or only those without.
    unread: Option<bool>,
}

/// How many conversations each tab has, counted up to 1,000: `1000` means that many or more.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationCounts {
    #[schema(example = 3)]
    pub needs_human: i64,
    pub mine: i64,
    pub ai: i64,
    pub snoozed: i64,
    pub closed: i64,
    pub all: i64,
    /// In whichever tab: those with messages that nobody has looked at.
    pub unread: i64,
}

fn is_search(text: &str) -> Result<(), ValidationError> {
    if (1..=200).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(fields::error("length", "must have 1 to 200 characters"))
}

fn is_ids(text: &str) -> Result<(), ValidationError> {
    parse_ids(text).map(|_| ()).ok_or_else(|| {
        fields::error(
            "ids",
            "must be 1 to 50 conversation ids, separated by commas",
        )
    })
}

fn parse_ids(text: &str) -> Option<Vec<ConversationId>> {
    let ids: Option<Vec<_>> = text
        .split(',')
        .map(|id| {
            let hyphenated = id.len() == 36;
            let id = uuid::Uuid::try_parse(id).ok().filter(|_| hyphenated)?;
            Some(ConversationId(id))
        })
        .collect();
    ids.filter(|ids| ids.len() <= MAX_IDS)
}

impl ConversationQuery {
    /// All but the platform, which the database resolves.
    fn filter(&self, me: UserId, now: DateTime<Utc>) -> InboxFilter {
        InboxFilter {
            tab: self.tab.unwrap_or_default(),
            me,
            now,
            accounts: self.account_id.map(|account| vec![account]),
            status: self.status,
            ai_state: self.ai_state,
            needs_human: self.needs_human,
            unread: self.unread,
            assignee: self.assignee_id,
            search: self.q.as_deref().map(text::search_terms),
            ids: self.ids.as_deref().and_then(parse_ids),
        }
    }
}

impl CountsQuery {
    fn filter(&self, me: UserId, now: DateTime<Utc>) -> InboxFilter {
        InboxFilter {
            tab: InboxTab::All,
            me,
            now,
            accounts: self.account_id.map(|account| vec![account]),
            status: self.status,
            ai_state: self.ai_state,
            needs_human: self.needs_human,
            unread: self.unread,
            assignee: self.assignee_id,
            search: self.q.as_deref().map(text::search_terms),
            ids: None,
        }
    }
}

/// A platform is the accounts it has; with an account of another platform nothing is left.
async fn resolve_platform(
    tx: &mut TenantTx<'_>,
    filter: &mut InboxFilter,
    platform: Option<ChannelKind>,
) -> ApiResult<()> {
    let Some(platform) = platform else {
        return Ok(());
    };
    let of_platform = inbox::accounts_of(tx, platform).await?;
    filter.accounts = Some(match filter.accounts.take() {
        None => of_platform,
        Some(asked) => asked
            .into_iter()
            .filter(|account| of_platform.contains(account))
            .collect(),
    });
    Ok(())
}

/// List conversations
///
/// The one with the latest message first.
#[utoipa::path(tag = "conversations", params(OrganizationPath, ConversationQuery),
    responses((status = 200, body = Page<ConversationView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/conversations")]
pub async fn list_conversations(
    access: Access<Viewer>,
    query: ValidQuery<ConversationQuery>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<ConversationView>>> {
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let mut filter = query.filter(access.user(), state.clock.now());
    let found = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            resolve_platform(tx, &mut filter, query.platform).await?;
            let rows = inbox::list(tx, &filter, page.after, page.rows()).await?;
            let page = page.page(rows, |row| (row.last_message_at, row.id.0), |row| row);
            let items = ConversationView::all(tx, page.items).await?;
            Ok::<_, ApiError>(Page {
                items,
                next_cursor: page.next_cursor,
            })
        })
        .await?;
    Ok(web::Json(found))
}

/// Count conversations
///
/// How many conversations each tab of the list has, with the same filters; each counted up to 1,000.
#[utoipa::path(tag = "conversations", params(OrganizationPath, CountsQuery),
    responses((status = 200, body = ConversationCounts), Problems))]
#[get("/api/v1/organizations/{organization_id}/conversations/counts")]
pub async fn count_conversations(
    access: Access<Viewer>,
    query: ValidQuery<CountsQuery>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<ConversationCounts>> {
    let mut filter = query.filter(access.user(), state.clock.now());
    let counts = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            resolve_platform(tx, &mut filter, query.platform).await?;
            let unread = InboxFilter {
                unread: Some(true),
                ..filter.clone()
            };
            // Those that must be unread and must not be: none.
            let contradiction = filter.unread == Some(false);
            let mut of = async |tab| {
                filter.tab = tab;
                inbox::count(tx, &filter).await
            };
            let mut counts = ConversationCounts {
                needs_human: of(InboxTab::NeedsHuman).await?,
                mine: of(InboxTab::Mine).await?,
                ai: of(InboxTab::Ai).await?,
                snoozed: of(InboxTab::Snoozed).await?,
                closed: of(InboxTab::Closed).await?,
                all: of(InboxTab::All).await?,
                unread: 0,
            };
            if !contradiction {
                counts.unread = inbox::count(tx, &unread).await?;
            }
            Ok::<_, ApiError>(counts)
        })
        .await?;
    Ok(web::Json(counts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_with_commas_and_at_most_fifty() {
        let id = "0190a3c4-d5e6-7f80-91a2-b3c4d5e6f708";
        assert_eq!(
            parse_ids(&format!("{id},{id}")).map(|ids| ids.len()),
            Some(2)
        );
        let many = |count: usize| vec![id; count].join(",");
        assert!(parse_ids(&many(50)).is_some() && parse_ids(&many(51)).is_none());
        for wrong in ["", ",", "x", &format!("{id},"), &id.replace('-', "")] {
            assert!(parse_ids(wrong).is_none(), "{wrong}");
        }
    }
}
