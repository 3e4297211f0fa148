//! The inbox: which conversations a list shows, and how many there are.
//!
//! Lists and counts share [`InboxFilter`], so that a tab and its number cannot disagree. The tabs' conditions are written as the
//! conditions of their indexes are (migration `inbox`), with literals: a bound parameter hides from the planner that they fit.

use chrono::{DateTime, Utc};
use diesel::expression::{BoxableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::conversation::{AiState, Conversation, ConversationStatus};
use crate::channels::ChannelKind;
use crate::db::TenantTx;
use crate::ids::{AccountId, ConversationId, OrganizationId, UserId};
use crate::schema::{conversations, social_accounts};
use crate::text::SearchTerm;

/// More than this is not counted.
pub const COUNTED: i64 = 1000;

/// A tab of the inbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InboxTab {
    /// Open, not snoozed, and a person has to answer: somebody was called, or the customer waits while the AI is silent.
    NeedsHuman,
    /// Open, not snoozed, assigned to whoever asks.
    Mine,
    /// Open, not snoozed, the AI answers and nobody was called.
    Ai,
    /// Open and snoozed.
    Snoozed,
    /// Resolved.
    Closed,
    #[default]
    All,
}

/// Which conversations are shown.
#[derive(Debug, Clone)]
pub struct InboxFilter {
    pub tab: InboxTab,
    /// Whose `mine` it is.
    pub me: UserId,
    pub now: DateTime<Utc>,
    /// Only of these accounts.
    pub accounts: Option<Vec<AccountId>>,
    pub status: Option<ConversationStatus>,
    pub ai_state: Option<AiState>,
    pub needs_human: Option<bool>,
    pub unread: Option<bool>,
    pub assignee: Option<UserId>,
    /// The words that a conversation must have. Of a search that has no words, nothing is found.
    pub search: Option<Vec<SearchTerm>>,
    pub ids: Option<Vec<ConversationId>>,
}

type Condition = Box<dyn BoxableExpression<conversations::table, Pg, SqlType = Nullable<Bool>>>;

const NOT_SNOOZED: &str = "conversations.status = 'open' AND (conversations.snoozed_until IS NULL OR conversations.snoozed_until <= ";

impl InboxFilter {
    /// A tab as it is.
    pub fn of_tab(tab: InboxTab, me: UserId, now: DateTime<Utc>) -> Self {
        Self {
            tab,
            me,
            now,
            accounts: None,
            status: None,
            ai_state: None,
            needs_human: None,
            unread: None,
            assignee: None,
            search: None,
            ids: None,
        }
    }

    fn conditions(&self, organization: OrganizationId) -> Vec<Condition> {
        let mut all: Vec<Condition> = Vec::new();
        all.push(Box::new(
            conversations::organization_id.eq(organization).nullable(),
        ));
        all.extend(self.tab_condition());
        if let Some(accounts) = &self.accounts {
            let accounts = accounts.clone();
            all.push(Box::new(
                conversations::account_id.eq_any(accounts).nullable(),
            ));
        }
        if let Some(status) = self.status {
            all.push(Box::new(
                conversations::status.eq(status.as_str()).nullable(),
            ));
        }
        if let Some(ai_state) = self.ai_state {
            all.push(Box::new(
                conversations::ai_state.eq(ai_state.as_str()).nullable(),
            ));
        }
        if let Some(needs_human) = self.needs_human {
            all.push(Box::new(
                conversations::needs_human.eq(needs_human).nullable(),
            ));
        }
        if let Some(unread) = self.unread {
            all.push(literal(if unread {
                "conversations.unread_count > 0"
            } else {
                "conversations.unread_count = 0"
            }));
        }
        if let Some(assignee) = self.assignee {
            all.push(Box::new(conversations::assignee_id.eq(assignee)));
        }
        if let Some(ids) = &self.ids {
            all.push(Box::new(conversations::id.eq_any(ids.clone()).nullable()));
        }
        if let Some(terms) = &self.search {
            if terms.is_empty() {
                all.push(literal("false"));
            }
            all.extend(
                terms
                    .iter()
                    .map(|term| Box::new(HasWord::new(organization, term)) as Condition),
            );
        }
        all
    }

    fn tab_condition(&self) -> Option<Condition> {
        let sql = diesel::dsl::sql::<Nullable<Bool>>;
        let now = self.now;
        Some(match self.tab {
            InboxTab::All => return None,
            InboxTab::Closed => literal("conversations.status = 'resolved'"),
            InboxTab::Snoozed => Box::new(
                sql("(conversations.status = 'open' AND conversations.snoozed_until > ")
                    .bind::<Timestamptz, _>(now)
                    .sql(")"),
            ),
            InboxTab::Mine => Box::new(
                sql("(")
                    .sql(NOT_SNOOZED)
                    .bind::<Timestamptz, _>(now)
                    .sql(") AND conversations.assignee_id = ")
                    .bind::<diesel::sql_types::Uuid, _>(self.me)
                    .sql(")"),
            ),
            InboxTab::Ai => Box::new(
                sql("(")
                    .sql(NOT_SNOOZED)
                    .bind::<Timestamptz, _>(now)
                    .sql(
                        ") AND NOT conversations.needs_human AND conversations.ai_state <> 'off'
                           AND (conversations.ai_state = 'on' OR conversations.ai_paused_until <= ",
                    )
                    .bind::<Timestamptz, _>(now)
                    .sql("))"),
            ),
            InboxTab::NeedsHuman => Box::new(
                sql("(")
                    .sql(NOT_SNOOZED)
                    .bind::<Timestamptz, _>(now)
                    .sql(
                        ") AND (conversations.needs_human OR conversations.waiting_since IS NOT NULL AND conversations.ai_state <> 'on')
                           AND (conversations.needs_human OR conversations.ai_state = 'off' OR conversations.ai_paused_until > ",
                    )
                    .bind::<Timestamptz, _>(now)
                    .sql("))"),
            ),
        })
    }
}

fn literal(sql: &'static str) -> Condition {
    Box::new(diesel::dsl::sql::<Nullable<Bool>>(sql))
}

/// A conversation that has a word of the search, in a message or in its contact's name.
#[derive(Debug, Clone)]
struct HasWord {
    organization: OrganizationId,
    words: Vec<String>,
    /// From the first up to, but without, the second. Ranges and not LIKE: under row level security an index is used for
    /// leakproof operators only.
    ranges: Vec<(String, String)>,
}

impl HasWord {
    fn new(organization: OrganizationId, term: &SearchTerm) -> Self {
        let range = |prefix: &String| (prefix.clone(), format!("{prefix}{}", char::MAX));
        Self {
            organization,
            words: term.words.clone(),
            ranges: term.prefixes.iter().map(range).collect(),
        }
    }
}

impl QueryFragment<Pg> for HasWord {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql(
            "conversations.id IN (SELECT conversation_id FROM conversation_words WHERE organization_id = ",
        );
        out.push_bind_param::<diesel::sql_types::Uuid, _>(&self.organization)?;
        out.push_sql(" AND (false");
        for word in &self.words {
            out.push_sql(" OR word = ");
            out.push_bind_param::<Text, _>(word)?;
        }
        for (start, end) in &self.ranges {
            out.push_sql(" OR word >= ");
            out.push_bind_param::<Text, _>(start)?;
            out.push_sql(" AND word < ");
            out.push_bind_param::<Text, _>(end)?;
        }
        out.push_sql("))");
        Ok(())
    }
}

impl QueryId for HasWord {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<G> ValidGrouping<G> for HasWord {
    type IsAggregate = is_aggregate::No;
}

impl Expression for HasWord {
    type SqlType = Nullable<Bool>;
}
impl AppearsOnTable<conversations::table> for HasWord {}
impl SelectableExpression<conversations::table> for HasWord {}

/// Latest message first; `after` is a page's (last_message_at, id).
pub async fn list(
    tx: &mut TenantTx<'_>,
    filter: &InboxFilter,
    after: Option<(DateTime<Utc>, uuid::Uuid)>,
    rows: i64,
) -> QueryResult<Vec<Conversation>> {
    let mut query = Conversation::query()
        .order((
            conversations::last_message_at.desc(),
            conversations::id.desc(),
        ))
        .limit(rows)
        .into_boxed();
    for condition in filter.conditions(tx.organization()) {
        query = query.filter(condition);
    }
    if let Some((at, id)) = after {
        let id = ConversationId(id);
        // The first half is what an index can begin at.
        query = query.filter(conversations::last_message_at.le(at)).filter(
            conversations::last_message_at
                .lt(at)
                .or(conversations::id.lt(id)),
        );
    }
    query.load(tx.conn()).await
}

/// How many conversations the filter shows, at most [`COUNTED`].
pub async fn count(tx: &mut TenantTx<'_>, filter: &InboxFilter) -> QueryResult<i64> {
    let mut query = conversations::table
        .select(diesel::dsl::sql::<Integer>("1"))
        .limit(COUNTED)
        .into_boxed();
    for condition in filter.conditions(tx.organization()) {
        query = query.filter(condition);
    }
    Counted(query).get_result(tx.conn()).await
}

/// `SELECT count(*)` over a query that has a limit.
struct Counted<T>(T);

impl<T: QueryFragment<Pg>> QueryFragment<Pg> for Counted<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT count(*) FROM (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(") AS bounded");
        Ok(())
    }
}

impl<T> QueryId for Counted<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> Query for Counted<T> {
    type SqlType = BigInt;
}

/// The accounts of a platform, also disconnected ones: their conversations are still there.
pub async fn accounts_of(
    tx: &mut TenantTx<'_>,
    platform: ChannelKind,
) -> QueryResult<Vec<AccountId>> {
    social_accounts::table
        .filter(social_accounts::organization_id.eq(tx.organization()))
        .filter(social_accounts::platform.eq(platform.as_str()))
        .select(social_accounts::id)
        .load(tx.conn())
        .await
}
