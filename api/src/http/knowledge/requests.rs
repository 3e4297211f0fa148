//! What may be written of a knowledge entry, and asked of the list.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

use crate::error::{ApiError, ApiResult, FieldProblem};
use crate::http::fields::{Text, error, is_not_blank, not_null, nullable};
use crate::http::page::PageRequest;
use crate::ids::UnansweredQuestionId;
use crate::models::knowledge_entry::{
    AnswerLanguage, KnowledgeEntry, KnowledgeFilter, KnowledgeText,
};

/// A knowledge entry: how customers ask, and what is answered, in Bangla, English or both.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Delivery charge",
    "questions": ["ডেলিভারি চার্জ কত?", "delivery charge koto?"],
    "answer_bn": "ঢাকার ভিতরে ৬০ টাকা, বাইরে ১২০ টাকা।",
    "answer_en": "60 taka inside Dhaka, 120 taka outside.",
}))]
pub struct KnowledgeInput {
    #[serde(default)]
    #[validate(length(max = 200), custom(function = is_not_blank))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = r"\S")]
    pub title: Option<Text>,
    /// Ways to ask for it.
    #[validate(length(min = 1, max = 20), custom(function = are_questions))]
    #[schema(min_items = 1, max_items = 20)]
    pub questions: Vec<Question>,
    /// At least one of the answers is needed.
    #[serde(default)]
    #[validate(length(max = 4000), custom(function = is_not_blank))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4000, pattern = r"\S")]
    pub answer_bn: Option<Text>,
    #[serde(default)]
    #[validate(length(max = 4000), custom(function = is_not_blank))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4000, pattern = r"\S")]
    pub answer_en: Option<Text>,
}

/// A new knowledge entry, which may answer a question that customers asked.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Delivery charge",
    "questions": ["ডেলিভারি চার্জ কত?", "delivery charge koto?"],
    "answer_bn": "ঢাকার ভিতরে ৬০ টাকা, বাইরে ১২০ টাকা।",
    "answer_en": "60 taka inside Dhaka, 120 taka outside.",
}))]
pub struct CreateKnowledge {
    #[serde(default)]
    #[validate(length(max = 200), custom(function = is_not_blank))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = r"\S")]
    title: Option<Text>,
    /// Ways to ask for it.
    #[validate(length(min = 1, max = 20), custom(function = are_questions))]
    #[schema(min_items = 1, max_items = 20)]
    questions: Vec<Question>,
    /// At least one of the answers is needed.
    #[serde(default)]
    #[validate(length(max = 4000), custom(function = is_not_blank))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4000, pattern = r"\S")]
    answer_bn: Option<Text>,
    #[serde(default)]
    #[validate(length(max = 4000), custom(function = is_not_blank))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4000, pattern = r"\S")]
    answer_en: Option<Text>,
    /// The unanswered question that this entry answers; it is closed with it.
    #[serde(default)]
    pub unanswered_id: Option<UnansweredQuestionId>,
}

impl CreateKnowledge {
    /// As it is stored, if nothing is wrong with it.
    pub fn checked(&self) -> ApiResult<KnowledgeText> {
        let input = KnowledgeInput {
            title: self.title.clone(),
            questions: self.questions.clone(),
            answer_bn: self.answer_bn.clone(),
            answer_en: self.answer_en.clone(),
        };
        let problems = input.problems();
        if problems.is_empty() {
            Ok(input.text())
        } else {
            Err(ApiError::Invalid(problems))
        }
    }
}

/// One way to ask.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, min_length = 1, max_length = 500, pattern = r"\S", example = "ডেলিভারি চার্জ কত?")]
pub struct Question(pub Text);

// validator hands over the field as it is.
#[expect(clippy::ptr_arg, reason = "the signature that validator calls")]
fn are_questions(questions: &Vec<Question>) -> Result<(), ValidationError> {
    let is_wrong = |question: &Question| {
        question.0.as_str().chars().count() > 500 || is_not_blank(&question.0).is_err()
    };
    if questions.iter().any(is_wrong) {
        return Err(error(
            "items",
            "each must have 1 to 500 characters and not only white space",
        ));
    }
    Ok(())
}

fn no_answer() -> FieldProblem {
    FieldProblem {
        field: "answer_bn".to_owned(),
        code: "missing".to_owned(),
        message: "give answer_bn, answer_en or both".to_owned(),
    }
}

impl KnowledgeInput {
    /// Everything that is wrong with it.
    pub fn problems(&self) -> Vec<FieldProblem> {
        let mut problems = match self.validate().map_err(ApiError::from) {
            Err(ApiError::Invalid(problems)) => problems,
            _ => Vec::new(),
        };
        if self.answer_bn.is_none() && self.answer_en.is_none() {
            problems.push(no_answer());
        }
        problems
    }

    /// As it is stored.
    pub fn text(&self) -> KnowledgeText {
        let questions = self
            .questions
            .iter()
            .map(|question| question.0.as_str().to_owned())
            .collect();
        let (title, bn, en) = (
            owned(self.title.as_ref()),
            owned(self.answer_bn.as_ref()),
            owned(self.answer_en.as_ref()),
        );
        KnowledgeText::new(title, questions, bn, en)
    }
}

fn owned(text: Option<&Text>) -> Option<String> {
    text.map(|text| text.as_str().to_owned())
}

/// Changes to an entry; what is absent stays, null removes.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answer_en": "70 taka inside Dhaka, 130 taka outside."}))]
pub struct UpdateKnowledge {
    #[serde(default, deserialize_with = "nullable")]
    #[validate(length(max = 200), custom(function = is_not_blank))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = r"\S")]
    title: Option<Option<Text>>,
    #[serde(default, deserialize_with = "not_null")]
    #[validate(length(min = 1, max = 20), custom(function = are_questions))]
    #[schema(value_type = Vec<Question>, required = false, min_items = 1, max_items = 20)]
    questions: Option<Vec<Question>>,
    #[serde(default, deserialize_with = "nullable")]
    #[validate(length(max = 4000), custom(function = is_not_blank))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4000, pattern = r"\S")]
    answer_bn: Option<Option<Text>>,
    #[serde(default, deserialize_with = "nullable")]
    #[validate(length(max = 4000), custom(function = is_not_blank))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4000, pattern = r"\S")]
    answer_en: Option<Option<Text>>,
}

impl UpdateKnowledge {
    /// What the entry becomes; without any answer it could not be.
    pub fn apply(&self, entry: &KnowledgeEntry) -> ApiResult<KnowledgeText> {
        let set = |field: &Option<Option<Text>>, old: &Option<String>| match field {
            Some(new) => owned(new.as_ref()),
            None => old.clone(),
        };
        let questions = self.questions.as_ref().map(|all| {
            all.iter()
                .map(|question| question.0.as_str().to_owned())
                .collect()
        });
        let questions = questions.unwrap_or_else(|| entry.questions.clone());
        let (bn, en) = (
            set(&self.answer_bn, &entry.answer_bn),
            set(&self.answer_en, &entry.answer_en),
        );
        if bn.is_none() && en.is_none() {
            return Err(ApiError::Invalid(vec![no_answer()]));
        }
        Ok(KnowledgeText::new(
            set(&self.title, &entry.title),
            questions,
            bn,
            en,
        ))
    }
}

/// Which entries to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KnowledgeParams {
    /// Rows per page; 50 if not given.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, example = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[0-9a-f]{48}$")]
    cursor: Option<String>,
    /// Only entries with an answer in this language.
    #[param(inline)]
    language: Option<AnswerLanguage>,
    /// Only entries that say this, in Bangla, Banglish or English spelling.
    #[validate(length(min = 1, max = 200))]
    #[param(min_length = 1, max_length = 200, example = "delivery")]
    q: Option<String>,
}

impl KnowledgeParams {
    pub fn page(&self) -> ApiResult<PageRequest> {
        PageRequest::new(self.limit, self.cursor.as_deref())
    }

    pub fn filter(&self) -> KnowledgeFilter<'_> {
        KnowledgeFilter {
            language: self.language,
            words: self.q.as_deref().filter(|words| !words.trim().is_empty()),
        }
    }
}

/// What to look for.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// A question as a customer would ask it.
    #[validate(length(min = 1, max = 500))]
    #[param(min_length = 1, max_length = 500, example = "delivery charge koto?")]
    pub q: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(text: &str) -> KnowledgeInput {
        serde_json::from_str(text).unwrap()
    }

    fn fields(input: &KnowledgeInput) -> Vec<String> {
        input
            .problems()
            .into_iter()
            .map(|problem| problem.field)
            .collect()
    }

    #[test]
    fn an_entry_needs_a_question_and_an_answer() {
        assert!(fields(&input(r#"{"questions":["দাম কত?"],"answer_bn":"৫০০ টাকা"}"#)).is_empty());
        assert_eq!(fields(&input(r#"{"questions":["q"]}"#)), ["answer_bn"]);
        assert_eq!(
            fields(&input(r#"{"questions":[],"answer_en":"a"}"#)),
            ["questions"]
        );
        assert_eq!(
            fields(&input(r#"{"questions":["q", " "],"answer_en":" "}"#)),
            ["answer_en", "questions"]
        );
    }

    #[test]
    fn a_change_may_not_take_the_last_answer() {
        let now = crate::clock::Clock::default().now();
        let entry = KnowledgeEntry {
            id: crate::ids::KnowledgeEntryId::new(),
            title: Some("T".to_owned()),
            questions: vec!["q".to_owned()],
            answer_bn: None,
            answer_en: Some("a".to_owned()),
            created_at: now,
            updated_at: now,
            created_by: None,
            updated_by: None,
        };
        let change = |text: &str| {
            serde_json::from_str::<UpdateKnowledge>(text)
                .unwrap()
                .apply(&entry)
        };
        assert!(change(r#"{"answer_en":null}"#).is_err());
        let changed = change(r#"{"answer_en":null,"answer_bn":"উ","title":null}"#).unwrap();
        assert_eq!(
            (
                changed.title,
                changed.answer_bn.as_deref(),
                changed.answer_en
            ),
            (None, Some("উ"), None)
        );
    }
}
