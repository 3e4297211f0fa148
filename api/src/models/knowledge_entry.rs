//! What agents may answer from: question variants with an answer in Bangla, English or both.

mod preselect;
mod shelf;

pub use shelf::Shelf;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Float, Text};
use diesel_async::RunQueryDsl;

use super::unanswered_question::UnansweredQuestion;
use crate::db::TenantTx;
use crate::ids::{KnowledgeEntryId, OrganizationId, UserId};
use crate::language_model::KnowledgeHit;
use crate::schema::{knowledge_entries, organizations};
use crate::text::{self, Candidate};

/// Entries that an organization may have.
pub const MAX_ENTRIES: i64 = 5_000;

/// Up to here every entry is scored; above, [`preselect`] chooses first.
const SCORE_ALL: i64 = 300;

/// Rows per INSERT: 500 rows of 11 columns stay far below PostgreSQL's 65,535 parameters.
const ROWS_PER_INSERT: usize = 500;

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = knowledge_entries)]
pub struct KnowledgeEntry {
    pub id: KnowledgeEntryId,
    pub title: Option<String>,
    pub questions: Vec<String>,
    pub answer_bn: Option<String>,
    pub answer_en: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// None where it was written before this was noted.
    pub created_by: Option<UserId>,
    pub updated_by: Option<UserId>,
}

/// What a member writes of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnowledgeText {
    pub title: Option<String>,
    /// At least one.
    pub questions: Vec<String>,
    pub answer_bn: Option<String>,
    pub answer_en: Option<String>,
    search_text: String,
}

/// Longest folded text that is kept for the search, in bytes: a search reads it of all entries.
const MAX_SEARCH_TEXT: usize = 4_000;

/// Which entries a list shows.
#[derive(Debug, Default)]
pub struct KnowledgeFilter<'a> {
    pub language: Option<AnswerLanguage>,
    /// Words looked for in everything that an entry says.
    pub words: Option<&'a str>,
}

/// The language of an answer that an entry must have.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AnswerLanguage {
    Bn,
    En,
}

/// Above this word similarity an entry's folded text contains the words of a search, spelled some way.
const CONTAINS: f32 = 0.6;

#[derive(Insertable)]
#[diesel(table_name = knowledge_entries)]
struct NewRow<'a> {
    organization_id: OrganizationId,
    id: KnowledgeEntryId,
    title: Option<&'a str>,
    questions: &'a [String],
    answer_bn: Option<&'a str>,
    answer_en: Option<&'a str>,
    search_text: &'a str,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    created_by: UserId,
    updated_by: UserId,
}

impl KnowledgeText {
    /// Folds the texts for the search, which takes a moment: before a transaction, many of them off the async threads.
    pub fn new(
        title: Option<String>,
        questions: Vec<String>,
        answer_bn: Option<String>,
        answer_en: Option<String>,
    ) -> Self {
        let mut search_text = text::search_text(
            title.as_deref(),
            &questions,
            answer_bn.as_deref(),
            answer_en.as_deref(),
        );
        if search_text.len() > MAX_SEARCH_TEXT {
            // Questions stand first: what goes is the end of the longest answers.
            let cut = search_text.floor_char_boundary(MAX_SEARCH_TEXT);
            search_text.truncate(search_text[..cut].rfind(' ').unwrap_or(cut));
        }
        Self {
            title,
            questions,
            answer_bn,
            answer_en,
            search_text,
        }
    }

    fn row(&self, organization: OrganizationId, user: UserId, now: DateTime<Utc>) -> NewRow<'_> {
        NewRow {
            organization_id: organization,
            id: KnowledgeEntryId::new(),
            title: self.title.as_deref(),
            questions: &self.questions,
            answer_bn: self.answer_bn.as_deref(),
            answer_en: self.answer_en.as_deref(),
            search_text: &self.search_text,
            created_at: now,
            updated_at: now,
            created_by: user,
            updated_by: user,
        }
    }
}

impl KnowledgeEntry {
    pub async fn find(tx: &mut TenantTx<'_>, id: KnowledgeEntryId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(knowledge_entries::organization_id.eq(tx.organization()))
            .filter(knowledge_entries::id.eq(id))
            .first(tx.conn())
            .await
            .optional()
    }

    /// [`KnowledgeEntry::find`], locked: two changes come one after the other.
    pub async fn lock(tx: &mut TenantTx<'_>, id: KnowledgeEntryId) -> QueryResult<Option<Self>> {
        knowledge_entries::table
            .filter(knowledge_entries::organization_id.eq(tx.organization()))
            .filter(knowledge_entries::id.eq(id))
            .select(Self::as_select())
            .for_update()
            .first(tx.conn())
            .await
            .optional()
    }

    /// A page, newest first.
    pub async fn list(
        tx: &mut TenantTx<'_>,
        filter: &KnowledgeFilter<'_>,
        after: Option<(DateTime<Utc>, KnowledgeEntryId)>,
        rows: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut entries = Self::query()
            .into_boxed()
            .filter(knowledge_entries::organization_id.eq(tx.organization()));
        entries = match filter.language {
            Some(AnswerLanguage::Bn) => entries.filter(knowledge_entries::answer_bn.is_not_null()),
            Some(AnswerLanguage::En) => entries.filter(knowledge_entries::answer_en.is_not_null()),
            None => entries,
        };
        if let Some(words) = filter.words {
            // As typed, anywhere; or by sound, so that "delivery" finds ডেলিভারি.
            let as_typed = sql::<Bool>(
                "position(lower(normalize(",
            )
            .bind::<Text, _>(words.to_owned())
            .sql(", NFC)) IN lower(concat_ws(' ', title, array_to_string(questions, ' '), answer_bn, answer_en))) > 0");
            let by_sound = sql::<Bool>("word_similarity(")
                .bind::<Text, _>(text::search_query(words))
                .sql(", search_text) >= ")
                .bind::<Float, _>(CONTAINS);
            entries = entries.filter(as_typed.or(by_sound));
        }
        if let Some((at, id)) = after {
            let same_time = knowledge_entries::created_at
                .eq(at)
                .and(knowledge_entries::id.lt(id));
            entries = entries.filter(knowledge_entries::created_at.lt(at).or(same_time));
        }
        entries
            .order((
                knowledge_entries::created_at.desc(),
                knowledge_entries::id.desc(),
            ))
            .limit(rows)
            .load(tx.conn())
            .await
    }

    /// How many more entries fit. Until the transaction ends nobody else adds any.
    pub async fn lock_room(tx: &mut TenantTx<'_>) -> QueryResult<i64> {
        organizations::table
            .filter(organizations::organization_id.eq(tx.organization()))
            .select(organizations::organization_id)
            .for_no_key_update()
            .first::<OrganizationId>(tx.conn())
            .await?;
        Ok(MAX_ENTRIES - Self::count(tx).await?)
    }

    async fn count(tx: &mut TenantTx<'_>) -> QueryResult<i64> {
        knowledge_entries::table
            .filter(knowledge_entries::organization_id.eq(tx.organization()))
            .count()
            .get_result(tx.conn())
            .await
    }

    pub async fn insert(
        tx: &mut TenantTx<'_>,
        text: &KnowledgeText,
        user: UserId,
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        diesel::insert_into(knowledge_entries::table)
            .values(text.row(tx.organization(), user, now))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
    }

    /// Stores many at once, in their order.
    pub async fn insert_all(
        tx: &mut TenantTx<'_>,
        texts: &[KnowledgeText],
        user: UserId,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        let organization = tx.organization();
        for texts in texts.chunks(ROWS_PER_INSERT) {
            let rows: Vec<NewRow<'_>> = texts
                .iter()
                .map(|text| text.row(organization, user, now))
                .collect();
            diesel::insert_into(knowledge_entries::table)
                .values(rows)
                .execute(tx.conn())
                .await?;
        }
        Ok(())
    }

    /// Replaces what the entry says.
    pub async fn save(
        tx: &mut TenantTx<'_>,
        id: KnowledgeEntryId,
        text: &KnowledgeText,
        user: UserId,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(knowledge_entries::table)
            .filter(knowledge_entries::organization_id.eq(tx.organization()))
            .filter(knowledge_entries::id.eq(id))
            .set((
                knowledge_entries::title.eq(&text.title),
                knowledge_entries::questions.eq(&text.questions),
                knowledge_entries::answer_bn.eq(&text.answer_bn),
                knowledge_entries::answer_en.eq(&text.answer_en),
                knowledge_entries::search_text.eq(&text.search_text),
                knowledge_entries::updated_at.eq(now),
                knowledge_entries::updated_by.eq(user),
            ))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
            .optional()
    }

    /// Tells whether there was such an entry.
    pub async fn delete(tx: &mut TenantTx<'_>, id: KnowledgeEntryId) -> QueryResult<bool> {
        UnansweredQuestion::reopen_of(tx, id).await?;
        let deleted = diesel::delete(knowledge_entries::table)
            .filter(knowledge_entries::organization_id.eq(tx.organization()))
            .filter(knowledge_entries::id.eq(id))
            .execute(tx.conn())
            .await?;
        Ok(deleted == 1)
    }

    /// The entries that may answer a question, for [`rank`]: all of a small collection; of a large one the `limit` that share
    /// the most with it. `query_folded` is the question's `text::search_query`.
    pub async fn candidates(
        tx: &mut TenantTx<'_>,
        query_folded: &str,
        limit: usize,
    ) -> QueryResult<Vec<Self>> {
        if Self::count(tx).await? <= SCORE_ALL {
            return Self::query()
                .filter(knowledge_entries::organization_id.eq(tx.organization()))
                .order((knowledge_entries::created_at, knowledge_entries::id))
                .load(tx.conn())
                .await;
        }
        let folded = Self::folded(tx).await?;
        let texts: Vec<&str> = folded.iter().map(|(_, text)| text.as_str()).collect();
        let best = preselect::preselect(query_folded, &texts, limit);
        Self::find_all(tx, best.into_iter().map(|at| folded[at].0).collect()).await
    }

    /// The folded texts of all entries, in their order.
    async fn folded(tx: &mut TenantTx<'_>) -> QueryResult<Vec<(KnowledgeEntryId, String)>> {
        knowledge_entries::table
            .filter(knowledge_entries::organization_id.eq(tx.organization()))
            .order((knowledge_entries::created_at, knowledge_entries::id))
            .select((knowledge_entries::id, knowledge_entries::search_text))
            .load(tx.conn())
            .await
    }

    async fn find_all(tx: &mut TenantTx<'_>, ids: Vec<KnowledgeEntryId>) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(knowledge_entries::organization_id.eq(tx.organization()))
            .filter(knowledge_entries::id.eq_any(ids))
            .load(tx.conn())
            .await
    }

    /// Every entry, for a comparison with what is being imported.
    pub async fn all(tx: &mut TenantTx<'_>) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(knowledge_entries::organization_id.eq(tx.organization()))
            .load(tx.conn())
            .await
    }

    fn candidate(&self) -> Candidate<'_> {
        Candidate {
            title: self.title.as_deref(),
            questions: &self.questions,
            answer_bn: self.answer_bn.as_deref(),
            answer_en: self.answer_en.as_deref(),
        }
    }
}

/// Scores entries for a question, best first; those without anything in common are left out.
pub fn rank<'a>(question: &str, entries: &'a [KnowledgeEntry]) -> Vec<(&'a KnowledgeEntry, f32)> {
    let candidates: Vec<Candidate<'_>> = entries.iter().map(KnowledgeEntry::candidate).collect();
    text::score(question, &candidates)
        .into_iter()
        .map(|(index, score)| (&entries[index], score))
        .collect()
}

/// Which of an entry's ways to ask is nearest to a question.
pub fn matched_question<'a>(question: &str, ways: &'a [String]) -> Option<&'a str> {
    let candidates: Vec<Candidate<'_>> = ways
        .chunks(1)
        .map(|way| Candidate {
            title: None,
            questions: way,
            answer_bn: None,
            answer_en: None,
        })
        .collect();
    let (best, _) = text::score(question, &candidates).into_iter().next()?;
    ways.get(best).map(String::as_str)
}

/// Entries that are handed to the scorer where there are too many to score all.
const CANDIDATES: usize = 50;

fn hit(entry: &KnowledgeEntry, score: f32) -> KnowledgeHit {
    KnowledgeHit {
        entry_id: entry.id.0,
        title: entry.title.clone(),
        questions: entry.questions.clone(),
        answer_bn: entry.answer_bn.clone(),
        answer_en: entry.answer_en.clone(),
        score,
    }
}
