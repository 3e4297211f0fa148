//! Bulk import: JSON entries or CSV text. Rows that are wrong are told and left out, the others are stored together; a dry run
//! tells the same and stores nothing.

mod sorted;

use std::sync::Arc;

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::import_rows::{Row, read_csv};
use super::make_room;
use super::requests::KnowledgeInput;
use crate::auth::access::{Access, Operator};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{IdempotencyHeader, OrganizationPath, ValidJson};
use crate::http::idempotency::IdempotencyKey;
use crate::models::audit;
use crate::models::knowledge_entry::{KnowledgeEntry, KnowledgeText, MAX_ENTRIES};
use crate::state::AppState;
use sorted::Sorted;

/// Bodies of imports may be this large.
const MAX_IMPORT: usize = 4 * 1024 * 1024;
/// Wrong fields that an answer lists.
const MAX_ERRORS: usize = 500;
const PREVIEW: usize = 10;

/// Entries to import: `entries`, or `csv`.
///
/// CSV is text with a header line. Columns: `question` (variants separated by `|`) or `question_1`, `question_2` ...; `title`;
/// `answer_bn`, `answer_en`; or `answer` with `language` (`bn` or `en`; empty: told by the script).
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"csv": "question,answer_bn,answer_en\nদাম কত?|dam koto?,৫০০ টাকা,500 taka\n"}))]
pub struct ImportKnowledge {
    #[serde(default)]
    #[schema(min_items = 1, max_items = 5000)]
    entries: Option<Vec<KnowledgeInput>>,
    #[serde(default)]
    #[schema(max_length = 4194304)]
    csv: Option<String>,
    /// Tells what an import would do, and stores nothing.
    #[serde(default)]
    dry_run: bool,
}

/// What an import did, or would do.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Imported {
    /// Entries stored.
    #[schema(example = 118)]
    pub created: usize,
    /// Rows that say the same as an entry or a row before.
    #[schema(example = 1)]
    pub skipped_duplicates: usize,
    /// Rows that were left out because something is wrong with them.
    #[schema(example = 1)]
    pub failed: usize,
    /// What is wrong with them, at most 500 of it.
    pub errors: Vec<ImportError>,
    /// The first ten rows that can be stored, as they were understood.
    pub preview: Vec<ImportRow>,
}

/// Something wrong with a row.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportError {
    /// Of a CSV text as a spreadsheet counts, the first one below the header is 2; of `entries` beginning with 1.
    #[schema(example = 4)]
    pub row: usize,
    #[schema(example = "answer_bn")]
    pub field: String,
    /// To match on.
    #[schema(example = "missing")]
    pub code: String,
    #[schema(example = "give answer_bn, answer_en or both")]
    pub detail: String,
}

/// A row as it was understood.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportRow {
    #[schema(example = 2)]
    pub row: usize,
    pub title: Option<String>,
    pub questions: Vec<String>,
    pub answer_bn: Option<String>,
    pub answer_en: Option<String>,
    /// It is there already.
    pub duplicate: bool,
}

/// The rows that can be stored, and what is wrong with the others.
#[derive(Debug, Default)]
pub struct Checked {
    rows: Vec<(usize, KnowledgeText)>,
    failed: usize,
    errors: Vec<ImportError>,
}

impl ImportKnowledge {
    /// Refused is what is no list of entries at all.
    fn checked(&self) -> ApiResult<Checked> {
        let mut checked = Checked::default();
        let count = match (&self.entries, &self.csv) {
            (Some(entries), None) => {
                for (at, entry) in entries.iter().enumerate() {
                    checked.take(at + 1, entry);
                }
                entries.len()
            }
            (None, Some(csv)) => {
                let rows = read_csv(csv)?;
                let count = rows.len();
                for Row { number, entry } in rows {
                    match entry {
                        Ok(entry) => checked.take(number, &entry),
                        Err(problem) => checked.refuse(number, vec![problem]),
                    }
                }
                count
            }
            _ => return Err(ApiError::field("", "missing", "give either entries or csv")),
        };
        let most = usize::try_from(MAX_ENTRIES).unwrap_or(usize::MAX);
        if count == 0 || count > most {
            let message = format!("must have 1 to {MAX_ENTRIES} entries");
            return Err(ApiError::field("", "length", message));
        }
        Ok(checked)
    }
}

impl Checked {
    fn take(&mut self, row: usize, entry: &KnowledgeInput) {
        let problems = entry.problems();
        if problems.is_empty() {
            self.rows.push((row, entry.text()));
        } else {
            self.refuse(row, problems);
        }
    }

    fn refuse(&mut self, row: usize, problems: Vec<crate::error::FieldProblem>) {
        self.failed += 1;
        let room = MAX_ERRORS.saturating_sub(self.errors.len());
        let errors = problems.into_iter().take(room).map(|problem| ImportError {
            row,
            field: problem.field,
            code: problem.code,
            detail: problem.message,
        });
        self.errors.extend(errors);
    }
}

/// Import knowledge entries
///
/// Up to 5,000 entries and 4 MiB. Each row is checked by itself: wrong ones are told in `errors` and left out, rows that say the same as an
/// entry that is there are skipped, and the others are stored together. With `dry_run` nothing is stored. A row with the questions of an
/// entry but other answers is an error: change the entry instead.
#[utoipa::path(tag = "knowledge", params(OrganizationPath, IdempotencyHeader), request_body = ImportKnowledge,
    responses((status = 200, body = Imported), Problems))]
#[post("/api/v1/organizations/{organization_id}/knowledge/import")]
pub async fn import_knowledge(
    access: Access<Operator>,
    key: IdempotencyKey,
    body: ValidJson<ImportKnowledge, MAX_IMPORT>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let (user, now) = (access.user(), state.clock.now());
    let body = Arc::new(body.0);
    // Folding thousands of texts would hold up every other request of this thread.
    let checked = web::block({
        let body = Arc::clone(&body);
        move || body.checked()
    })
    .await
    .map_err(ApiError::internal)??;
    let import = async |tx: &mut TenantTx<'_>| {
        let mut sorted = sort(tx, checked).await?;
        make_room(tx, sorted.new.len()).await?;
        let imported = sorted.told();
        if !body.dry_run && imported.created > 0 {
            KnowledgeEntry::insert_all(tx, &sorted.new, user, now).await?;
            let details = serde_json::json!({ "entries": imported.created });
            audit::record(
                tx,
                Some(user),
                "knowledge.imported",
                "organization",
                tx.organization(),
                details,
                now,
            )
            .await?;
        }
        serde_json::to_value(imported).map_err(ApiError::internal)
    };
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            key.once(tx, user, now, &*body, import).await
        })
        .await?;
    Ok(HttpResponse::Ok().json(view))
}

/// Compares with what is there, which nobody else changes until the transaction ends.
async fn sort(tx: &mut TenantTx<'_>, checked: Checked) -> ApiResult<Sorted> {
    KnowledgeEntry::lock_room(tx).await?;
    let existing = KnowledgeEntry::all(tx).await?;
    web::block(move || Sorted::new(checked, &existing))
        .await
        .map_err(ApiError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(text: &str) -> ApiResult<Checked> {
        ImportKnowledge {
            entries: None,
            csv: Some(text.to_owned()),
            dry_run: false,
        }
        .checked()
    }

    #[test]
    fn each_wrong_row_is_told_and_the_others_are_kept() {
        let checked = csv("question,answer_en\nq,a\n,a\nq,\nq,a,b\n,\nlast,one\n").unwrap();
        let told: Vec<_> = checked
            .errors
            .iter()
            .map(|error| (error.row, error.field.as_str()))
            .collect();
        assert_eq!(told, [(3, "questions"), (4, "answer_bn"), (5, "csv")]);
        let kept: Vec<usize> = checked.rows.iter().map(|(row, _)| *row).collect();
        assert_eq!((kept, checked.failed), (vec![2, 7], 3));
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        assert!(csv("question,answer_en\n").is_err());
        assert!(csv(&format!("question,answer_en\n{}", "q,a\n".repeat(5001))).is_err());
    }

    #[test]
    fn errors_are_counted_in_full_and_listed_up_to_a_bound() {
        let checked = csv(&format!("question,answer_en\n{}", "q,\n".repeat(800))).unwrap();
        assert_eq!((checked.failed, checked.errors.len()), (800, MAX_ERRORS));
    }
}
