//! What is shown of knowledge.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::TenantTx;
use crate::http::person::{People, Person};
use crate::ids::{KnowledgeEntryId, UserId};
use crate::models::knowledge_entry::{KnowledgeEntry, matched_question};
use crate::models::member::Member;
use crate::text::KNOWN_THRESHOLD;

/// A knowledge entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnowledgeView {
    pub id: KnowledgeEntryId,
    #[schema(example = "Delivery charge")]
    pub title: Option<String>,
    #[schema(example = json!(["ডেলিভারি চার্জ কত?"]))]
    pub questions: Vec<String>,
    pub answer_bn: Option<String>,
    pub answer_en: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Null where it was not noted yet.
    pub created_by: Option<Person>,
    /// Who changed it last.
    pub updated_by: Option<Person>,
}

/// The names of those who wrote entries.
pub async fn authors<'a>(
    tx: &mut TenantTx<'_>,
    entries: impl IntoIterator<Item = &'a KnowledgeEntry>,
) -> QueryResult<People> {
    let users: Vec<UserId> = entries
        .into_iter()
        .flat_map(|entry| [entry.created_by, entry.updated_by])
        .flatten()
        .collect();
    Member::names(tx, &users).await
}

impl KnowledgeView {
    pub fn new(entry: KnowledgeEntry, people: &People) -> Self {
        let person = |user| Person::of(user, people);
        Self {
            created_by: entry.created_by.map(person),
            updated_by: entry.updated_by.map(person),
            id: entry.id,
            title: entry.title,
            questions: entry.questions,
            answer_bn: entry.answer_bn,
            answer_en: entry.answer_en,
            created_at: entry.created_at,
            updated_at: entry.updated_at,
        }
    }

    pub async fn read(tx: &mut TenantTx<'_>, entry: KnowledgeEntry) -> QueryResult<Self> {
        let people = authors(tx, [&entry]).await?;
        Ok(Self::new(entry, &people))
    }
}

/// What a search found, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnowledgeSearch {
    pub items: Vec<KnowledgeFound>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct KnowledgeFound {
    pub entry: KnowledgeView,
    /// 0 to 1.
    #[schema(example = 0.91, minimum = 0, maximum = 1)]
    pub score: f32,
    /// Whether the score is high enough that the built-in model would answer with this entry.
    pub would_answer: bool,
    /// The entry's question that is nearest; null where only its title or answer has something in common.
    #[schema(example = "ডেলিভারি চার্জ কত?")]
    pub matched_question: Option<String>,
}

impl KnowledgeSearch {
    pub async fn read(
        tx: &mut TenantTx<'_>,
        question: &str,
        found: Vec<(&KnowledgeEntry, f32)>,
    ) -> QueryResult<Self> {
        let people = authors(tx, found.iter().map(|(entry, _)| *entry)).await?;
        let items = found.into_iter().map(|(entry, score)| KnowledgeFound {
            matched_question: matched_question(question, &entry.questions).map(str::to_owned),
            entry: KnowledgeView::new(entry.clone(), &people),
            score,
            would_answer: score >= KNOWN_THRESHOLD,
        });
        Ok(Self {
            items: items.collect(),
        })
    }
}
