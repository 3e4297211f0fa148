//! What customers asked and no knowledge entry answers: once per question, whatever its spelling, with how often it was asked.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Uuid};
use diesel_async::RunQueryDsl;

use super::stored_text::{StoredText, stored_as_text};
use crate::db::TenantTx;
use crate::ids::{ConversationId, KnowledgeEntryId, MessageId, UnansweredQuestionId};
use crate::schema::unanswered_questions;
use crate::text;

/// Longer messages are cut: the beginning tells what it is about.
const MAX_CHARS: usize = 500;
/// The key stands in an index, whose rows have a limit.
const MAX_KEY_BYTES: usize = 1_500;
/// Open questions that are kept; of more, those asked longest ago are forgotten. Anybody can write to a shop.
const MAX_OPEN: i64 = 1_000;

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum UnansweredState {
    Open,
    /// An entry answers it now.
    Answered,
    /// Somebody said that it needs no answer.
    Dismissed,
}

stored_as_text!(UnansweredState { Open = "open", Answered = "answered", Dismissed = "dismissed" });

#[derive(Debug, HasQuery)]
#[diesel(table_name = unanswered_questions)]
pub struct UnansweredQuestion {
    pub id: UnansweredQuestionId,
    pub text: String,
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub times_asked: i64,
    pub first_asked_at: DateTime<Utc>,
    pub last_asked_at: DateTime<Utc>,
    pub state: UnansweredState,
    pub entry_id: Option<KnowledgeEntryId>,
}

/// A question as a customer put it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub message: MessageId,
    pub text: String,
}

/// The order of a list, and the key behind which a page begins.
#[derive(Debug, Clone, Copy)]
pub enum After {
    Newest(Option<(DateTime<Utc>, UnansweredQuestionId)>),
    MostAsked(Option<(i64, UnansweredQuestionId)>),
}

/// The phonetic key without its inherent vowel, which people write or leave out as they like: কত is "kat" and "koto" is "kata".
fn fold_key(text: &str) -> String {
    let folded = text::fold(text);
    let skeleton = folded.split(' ').map(|word| {
        let bare = word.replace('a', "");
        if bare.is_empty() || word.bytes().any(|byte| byte.is_ascii_digit()) {
            word.to_owned()
        } else {
            bare
        }
    });
    let mut key = skeleton.collect::<Vec<_>>().join(" ");
    key.truncate(key.floor_char_boundary(MAX_KEY_BYTES));
    key
}

/// Notes questions that a person was called for. One that an entry was thought to answer is open again; a dismissed one stays so.
pub async fn record(
    tx: &mut TenantTx<'_>,
    conversation: ConversationId,
    asked: &[Asked],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let mut keyed: Vec<(String, &Asked)> = asked
        .iter()
        .map(|asked| (fold_key(&asked.text), asked))
        .filter(|(key, _)| !key.is_empty())
        .collect();
    // In one order everywhere, so that two conversations with the same questions never wait for each other in a circle.
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    keyed.dedup_by(|a, b| a.0 == b.0);
    for (key, asked) in &keyed {
        upsert(tx, conversation, key, asked, now).await?;
    }
    if keyed.is_empty() {
        return Ok(());
    }
    forget_oldest(tx).await
}

async fn upsert(
    tx: &mut TenantTx<'_>,
    conversation: ConversationId,
    key: &str,
    asked: &Asked,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    use diesel::upsert::excluded;
    let shown: String = asked.text.trim().chars().take(MAX_CHARS).collect();
    diesel::insert_into(unanswered_questions::table)
        .values((
            unanswered_questions::organization_id.eq(tx.organization()),
            unanswered_questions::id.eq(UnansweredQuestionId::new()),
            unanswered_questions::fold_key.eq(key),
            unanswered_questions::text.eq(shown),
            unanswered_questions::message_id.eq(asked.message),
            unanswered_questions::conversation_id.eq(conversation),
            unanswered_questions::times_asked.eq(1_i64),
            unanswered_questions::first_asked_at.eq(now),
            unanswered_questions::last_asked_at.eq(now),
            unanswered_questions::state.eq(UnansweredState::Open.as_word()),
        ))
        .on_conflict((
            unanswered_questions::organization_id,
            unanswered_questions::fold_key,
        ))
        .do_update()
        .set((
            unanswered_questions::text.eq(excluded(unanswered_questions::text)),
            unanswered_questions::message_id.eq(excluded(unanswered_questions::message_id)),
            unanswered_questions::conversation_id
                .eq(excluded(unanswered_questions::conversation_id)),
            unanswered_questions::times_asked.eq(unanswered_questions::times_asked + 1),
            unanswered_questions::last_asked_at.eq(excluded(unanswered_questions::last_asked_at)),
            unanswered_questions::state.eq(sql::<Text>(
                "CASE unanswered_questions.state WHEN 'answered' THEN 'open' ELSE unanswered_questions.state END",
            )),
            unanswered_questions::entry_id.eq(sql::<Nullable<Uuid>>("NULL")),
        ))
        .execute(tx.conn())
        .await
        .map(|_| ())
}

/// Rows that another transaction holds are left to it.
async fn forget_oldest(tx: &mut TenantTx<'_>) -> QueryResult<()> {
    let surplus: Vec<UnansweredQuestionId> = unanswered_questions::table
        .filter(unanswered_questions::organization_id.eq(tx.organization()))
        .filter(unanswered_questions::state.eq(UnansweredState::Open.as_word()))
        .order((
            unanswered_questions::last_asked_at.desc(),
            unanswered_questions::id.desc(),
        ))
        .offset(MAX_OPEN)
        .select(unanswered_questions::id)
        .for_update()
        .skip_locked()
        .load(tx.conn())
        .await?;
    if surplus.is_empty() {
        return Ok(());
    }
    diesel::delete(unanswered_questions::table)
        .filter(unanswered_questions::organization_id.eq(tx.organization()))
        .filter(unanswered_questions::id.eq_any(surplus))
        .execute(tx.conn())
        .await
        .map(|_| ())
}

impl UnansweredQuestion {
    pub async fn list(
        tx: &mut TenantTx<'_>,
        state: UnansweredState,
        after: After,
        rows: i64,
    ) -> QueryResult<Vec<Self>> {
        use unanswered_questions::{id, last_asked_at, times_asked};
        let mut found = Self::query()
            .into_boxed()
            .filter(unanswered_questions::organization_id.eq(tx.organization()))
            .filter(unanswered_questions::state.eq(state.as_word()));
        found = match after {
            After::Newest(after) => {
                if let Some((at, last)) = after {
                    found = found.filter(
                        last_asked_at
                            .lt(at)
                            .or(last_asked_at.eq(at).and(id.lt(last))),
                    );
                }
                found.order((last_asked_at.desc(), id.desc()))
            }
            After::MostAsked(after) => {
                if let Some((times, last)) = after {
                    found = found.filter(
                        times_asked
                            .lt(times)
                            .or(times_asked.eq(times).and(id.lt(last))),
                    );
                }
                found.order((times_asked.desc(), id.desc()))
            }
        };
        found.limit(rows).load(tx.conn()).await
    }

    /// Says that it needs no answer; what an entry answers stays answered. `None`: there is no such question.
    pub async fn dismiss(
        tx: &mut TenantTx<'_>,
        id: UnansweredQuestionId,
    ) -> QueryResult<Option<Self>> {
        diesel::update(unanswered_questions::table)
            .filter(unanswered_questions::organization_id.eq(tx.organization()))
            .filter(unanswered_questions::id.eq(id))
            .filter(unanswered_questions::state.eq(UnansweredState::Open.as_word()))
            .set(unanswered_questions::state.eq(UnansweredState::Dismissed.as_word()))
            .execute(tx.conn())
            .await?;
        Self::query()
            .filter(unanswered_questions::organization_id.eq(tx.organization()))
            .filter(unanswered_questions::id.eq(id))
            .first(tx.conn())
            .await
            .optional()
    }

    /// Closes it with the entry that answers it; false where there is no such question.
    pub async fn answer(
        tx: &mut TenantTx<'_>,
        id: UnansweredQuestionId,
        entry: KnowledgeEntryId,
    ) -> QueryResult<bool> {
        let closed = diesel::update(unanswered_questions::table)
            .filter(unanswered_questions::organization_id.eq(tx.organization()))
            .filter(unanswered_questions::id.eq(id))
            .set((
                unanswered_questions::state.eq(UnansweredState::Answered.as_word()),
                unanswered_questions::entry_id.eq(entry),
            ))
            .execute(tx.conn())
            .await?;
        Ok(closed == 1)
    }

    /// What an entry answered is open again: the entry goes.
    pub async fn reopen_of(tx: &mut TenantTx<'_>, entry: KnowledgeEntryId) -> QueryResult<()> {
        diesel::update(unanswered_questions::table)
            .filter(unanswered_questions::organization_id.eq(tx.organization()))
            .filter(unanswered_questions::entry_id.eq(entry))
            .set((
                unanswered_questions::state.eq(UnansweredState::Open.as_word()),
                unanswered_questions::entry_id.eq(None::<KnowledgeEntryId>),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_question_have_one_key_and_a_key_fits_its_index() {
        assert_eq!(fold_key("দাম কত?"), fold_key("Dam koto"));
        assert_eq!(fold_key("শাড়ির রং কী?"), fold_key("sharir rong ki"));
        assert_ne!(fold_key("দাম কত?"), fold_key("রং কী?"));
        assert_ne!(fold_key("m4a dam"), fold_key("m4 dam"));
        assert_eq!(fold_key("👍👍"), fold_key("?"));
        assert!(fold_key(&"漢字".repeat(2000)).len() <= MAX_KEY_BYTES);
    }
}
