//! Rows of an import beside the entries that are there: new, said already, or at odds with one.

use std::collections::HashMap;

use super::{Checked, ImportRow, Imported, PREVIEW};
use crate::error::FieldProblem;
use crate::models::knowledge_entry::{KnowledgeEntry, KnowledgeText};
use crate::text::normalize;

#[derive(Debug, Default)]
pub struct Sorted {
    pub new: Vec<KnowledgeText>,
    told: Imported,
}

/// What two entries that say the same have in common, whatever the order and typing of their questions.
fn questions_key(questions: &[String]) -> String {
    let mut keys: Vec<String> = questions.iter().map(|one| normalize(one)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.join("\n")
}

/// The answers of an entry, white space at their ends aside.
fn answers_key(bn: Option<&str>, en: Option<&str>) -> (String, String) {
    let trimmed = |text: Option<&str>| text.unwrap_or_default().trim().to_owned();
    (trimmed(bn), trimmed(en))
}

impl Sorted {
    pub fn new(mut checked: Checked, existing: &[KnowledgeEntry]) -> Self {
        let mut known: HashMap<String, (String, String)> = existing
            .iter()
            .map(|entry| {
                let answers = answers_key(entry.answer_bn.as_deref(), entry.answer_en.as_deref());
                (questions_key(&entry.questions), answers)
            })
            .collect();
        let mut sorted = Self::default();
        for (row, text) in std::mem::take(&mut checked.rows) {
            let key = questions_key(&text.questions);
            let answers = answers_key(text.answer_bn.as_deref(), text.answer_en.as_deref());
            let duplicate = match known.get(&key) {
                Some(other) if *other != answers => {
                    checked.refuse(row, vec![at_odds()]);
                    continue;
                }
                known => known.is_some(),
            };
            sorted.show(row, &text, duplicate);
            if duplicate {
                sorted.told.skipped_duplicates += 1;
            } else {
                known.insert(key, answers);
                sorted.new.push(text);
            }
        }
        checked.errors.sort_by_key(|error| error.row);
        sorted.told.created = sorted.new.len();
        sorted.told.failed = checked.failed;
        sorted.told.errors = checked.errors;
        sorted
    }

    fn show(&mut self, row: usize, text: &KnowledgeText, duplicate: bool) {
        if self.told.preview.len() < PREVIEW {
            self.told.preview.push(ImportRow {
                row,
                title: text.title.clone(),
                questions: text.questions.clone(),
                answer_bn: text.answer_bn.clone(),
                answer_en: text.answer_en.clone(),
                duplicate,
            });
        }
    }

    pub fn told(&mut self) -> Imported {
        std::mem::take(&mut self.told)
    }
}

fn at_odds() -> FieldProblem {
    FieldProblem {
        field: "questions".to_owned(),
        code: "answered_differently".to_owned(),
        message: "an entry with these questions gives another answer; change that entry instead"
            .to_owned(),
    }
}
