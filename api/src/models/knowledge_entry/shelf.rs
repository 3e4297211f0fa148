//! An organization's knowledge, read once for the questions of many conversations.

use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{CANDIDATES, KnowledgeEntry, SCORE_ALL, hit, preselect};
use crate::db::TenantTx;
use crate::ids::KnowledgeEntryId;
use crate::language_model::KnowledgeHit;
use crate::schema::knowledge_entries;
use crate::text::{self, Collection};

/// What the questions are looked up in, as it was at one moment.
pub enum Shelf {
    /// A small collection, every entry of which is scored.
    Small {
        entries: Vec<KnowledgeEntry>,
        read: Arc<Collection>,
    },
    /// The folded texts of a large one: those that share the most with a question are loaded and scored.
    Large(Vec<(KnowledgeEntryId, String)>),
}

impl Shelf {
    pub async fn open(tx: &mut TenantTx<'_>) -> QueryResult<Self> {
        let entries: Vec<KnowledgeEntry> = KnowledgeEntry::query()
            .filter(knowledge_entries::organization_id.eq(tx.organization()))
            .order((knowledge_entries::created_at, knowledge_entries::id))
            .limit(SCORE_ALL + 1)
            .load(tx.conn())
            .await?;
        if i64::try_from(entries.len()).is_ok_and(|count| count <= SCORE_ALL) {
            let read = read(&entries);
            return Ok(Self::Small { entries, read });
        }
        KnowledgeEntry::folded(tx).await.map(Self::Large)
    }

    /// The `limit` best entries for a question, as a language model sees them.
    pub async fn find_hits(
        &self,
        tx: &mut TenantTx<'_>,
        question: &str,
        limit: usize,
    ) -> QueryResult<Vec<KnowledgeHit>> {
        match self {
            Self::Small { entries, read } => Ok(best(question, entries, read, limit)),
            Self::Large(folded) => {
                let texts: Vec<&str> = folded.iter().map(|(_, text)| text.as_str()).collect();
                let found = preselect::preselect(&text::search_query(question), &texts, CANDIDATES);
                let ids = found.into_iter().map(|at| folded[at].0).collect();
                let entries = KnowledgeEntry::find_all(tx, ids).await?;
                Ok(best(question, &entries, &read(&entries), limit))
            }
        }
    }
}

fn read(entries: &[KnowledgeEntry]) -> Arc<Collection> {
    let candidates: Vec<_> = entries.iter().map(KnowledgeEntry::candidate).collect();
    Collection::read(&candidates)
}

fn best(
    question: &str,
    entries: &[KnowledgeEntry],
    read: &Collection,
    limit: usize,
) -> Vec<KnowledgeHit> {
    let ranked = read.score(question).into_iter().take(limit);
    ranked
        .map(|(index, score)| hit(&entries[index], score))
        .collect()
}
