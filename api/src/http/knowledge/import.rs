//! Bulk import: JSON entries or CSV text. Every row is checked before anything is stored.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::requests::{KnowledgeInput, Question};
use crate::error::{ApiError, ApiResult, FieldProblem};
use crate::http::fields::Text;
use crate::models::knowledge_entry::{KnowledgeText, MAX_ENTRIES};

/// Wrong rows that an answer lists.
const MAX_PROBLEMS: usize = 50;

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
}

impl ImportKnowledge {
    /// All entries, if every one of them can be stored.
    pub fn checked(&self) -> ApiResult<Vec<KnowledgeText>> {
        let rows: Vec<(String, KnowledgeInput)>;
        let named: Vec<(String, &KnowledgeInput)> = match (&self.entries, &self.csv) {
            (Some(entries), None) => entries
                .iter()
                .enumerate()
                .map(|(at, entry)| (format!("entries[{at}]"), entry))
                .collect(),
            (None, Some(csv)) => {
                rows = read_csv(csv)?;
                rows.iter()
                    .map(|(name, entry)| (name.clone(), entry))
                    .collect()
            }
            _ => return Err(ApiError::field("", "missing", "give either entries or csv")),
        };
        let most = usize::try_from(MAX_ENTRIES).unwrap_or(usize::MAX);
        if named.is_empty() || named.len() > most {
            return Err(ApiError::field(
                "",
                "length",
                format!("must have 1 to {MAX_ENTRIES} entries"),
            ));
        }
        let problems: Vec<FieldProblem> = named
            .iter()
            .flat_map(|(name, entry)| prefixed(name, entry.problems()))
            .take(MAX_PROBLEMS)
            .collect();
        if problems.is_empty() {
            Ok(named.iter().map(|(_, entry)| entry.text()).collect())
        } else {
            Err(ApiError::Invalid(problems))
        }
    }
}

fn prefixed(name: &str, problems: Vec<FieldProblem>) -> impl Iterator<Item = FieldProblem> {
    let name = name.to_owned();
    problems.into_iter().map(move |problem| FieldProblem {
        field: format!("{name}.{}", problem.field),
        ..problem
    })
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Question,
    Title,
    AnswerBn,
    AnswerEn,
    /// In the language of the `language` column.
    Answer,
    Language,
}

impl Column {
    fn of(header: &str) -> Option<Self> {
        match header
            .trim()
            .trim_start_matches('\u{feff}')
            .to_ascii_lowercase()
            .as_str()
        {
            "question" | "questions" => Some(Self::Question),
            numbered if is_numbered_question(numbered) => Some(Self::Question),
            "title" => Some(Self::Title),
            "answer_bn" => Some(Self::AnswerBn),
            "answer_en" => Some(Self::AnswerEn),
            "answer" => Some(Self::Answer),
            "language" => Some(Self::Language),
            _ => None,
        }
    }
}

fn is_numbered_question(header: &str) -> bool {
    let number = header.strip_prefix("question_");
    number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Each row with its name in errors: `csv[row 2]` is the first one below the header, as a spreadsheet counts.
fn read_csv(text: &str) -> ApiResult<Vec<(String, KnowledgeInput)>> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|_| ApiError::field("csv", "csv", "the header line cannot be read"))?;
    let columns = columns(header)?;
    let mut rows = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let name = format!("csv[row {}]", index + 2);
        let record = record.map_err(|_| {
            ApiError::field(&name, "csv", "the row cannot be read; check its quotes")
        })?;
        if record.len() > columns.len() {
            return Err(ApiError::field(
                &name,
                "csv",
                "has more cells than the header; put a text with commas into quotes",
            ));
        }
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            let entry = entry(&columns, &record).map_err(|message| {
                ApiError::field(&format!("{name}.language"), "choice", message)
            })?;
            rows.push((name, entry));
        }
    }
    Ok(rows)
}

fn columns(header: &csv::StringRecord) -> ApiResult<Vec<Column>> {
    let mut columns = Vec::new();
    for (index, name) in header.iter().enumerate() {
        let Some(column) = Column::of(name) else {
            let message = "is not known; use question, question_1 ..., title, answer_bn, answer_en, answer, language";
            return Err(ApiError::field(
                &format!("csv[column {}]", index + 1),
                "unknown",
                message,
            ));
        };
        if column != Column::Question && columns.contains(&column) {
            return Err(ApiError::field(
                &format!("csv[column {}]", index + 1),
                "twice",
                "is there twice",
            ));
        }
        columns.push(column);
    }
    let answered = [Column::AnswerBn, Column::AnswerEn, Column::Answer]
        .iter()
        .any(|column| columns.contains(column));
    if columns.contains(&Column::Question) && answered {
        return Ok(columns);
    }
    Err(ApiError::field(
        "csv",
        "missing",
        "needs a header line with a question column and an answer column",
    ))
}

fn entry(columns: &[Column], record: &csv::StringRecord) -> Result<KnowledgeInput, &'static str> {
    let mut entry = KnowledgeInput {
        title: None,
        questions: Vec::new(),
        answer_bn: None,
        answer_en: None,
    };
    let cell = |wanted: Column| {
        let at = columns.iter().position(|column| *column == wanted);
        at.and_then(|at| record.get(at))
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let questions = columns
        .iter()
        .zip(record)
        .filter(|(column, _)| **column == Column::Question);
    let variants = questions
        .flat_map(|(_, text)| text.split('|'))
        .map(str::trim)
        .filter(|text| !text.is_empty());
    entry.questions = variants.map(|text| Question(Text::from(text))).collect();
    entry.title = cell(Column::Title).map(Text::from);
    entry.answer_bn = cell(Column::AnswerBn).map(Text::from);
    entry.answer_en = cell(Column::AnswerEn).map(Text::from);
    if let Some(answer) = cell(Column::Answer) {
        let is_bangla = match cell(Column::Language)
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            Some("bn" | "bangla") => true,
            Some("en" | "english") => false,
            None => answer
                .chars()
                .any(|letter| ('\u{980}'..='\u{9ff}').contains(&letter)),
            Some(_) => return Err("must be bn, en or empty"),
        };
        let slot = if is_bangla {
            &mut entry.answer_bn
        } else {
            &mut entry.answer_en
        };
        slot.get_or_insert(Text::from(answer));
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(csv: &str) -> ApiResult<Vec<KnowledgeText>> {
        ImportKnowledge {
            entries: None,
            csv: Some(csv.to_owned()),
        }
        .checked()
    }

    fn wrong_fields(csv: &str) -> Vec<String> {
        match import(csv) {
            Err(ApiError::Invalid(problems)) => {
                problems.into_iter().map(|problem| problem.field).collect()
            }
            other => panic!("expected wrong fields, got {other:?}"),
        }
    }

    #[test]
    fn variants_may_share_a_cell_or_have_columns() {
        let one = import("question,answer_bn\nদাম কত?| dam koto? |,৫০০ টাকা\n").unwrap();
        let many = import("\u{feff}Question_1,question_2,answer_bn\r\nদাম কত?,dam koto?,৫০০ টাকা\r\n")
            .unwrap();
        assert_eq!(one, many);
        assert_eq!(one[0].questions, ["দাম কত?", "dam koto?"]);
    }

    #[test]
    fn an_answer_with_a_language_column_goes_where_it_says() {
        let rows = import("question,answer,language\nq,one,en\nq,দুই,\nq,teen,bangla\n").unwrap();
        let answers: Vec<_> = rows
            .iter()
            .map(|row| (row.answer_bn.as_deref(), row.answer_en.as_deref()))
            .collect();
        assert_eq!(
            answers,
            [
                (None, Some("one")),
                (Some("দুই"), None),
                (Some("teen"), None)
            ]
        );
        assert_eq!(
            wrong_fields("question,answer,language\nq,a,hindi\n"),
            ["csv[row 2].language"]
        );
    }

    #[test]
    fn quoted_cells_may_hold_commas_and_line_breaks() {
        let rows = import("question,answer_en\n\"a, b\",\"line\nline\"\n").unwrap();
        assert_eq!(
            (rows[0].questions[0].as_str(), rows[0].answer_en.as_deref()),
            ("a, b", Some("line\nline"))
        );
    }

    #[test]
    fn wrong_rows_are_named_as_a_spreadsheet_counts_them() {
        assert_eq!(
            wrong_fields("question,answer_en\nq,a\n,a\nq,\n"),
            ["csv[row 3].questions", "csv[row 4].answer_bn"]
        );
        assert_eq!(wrong_fields("question,answer_en\nq,a,b\n"), ["csv[row 2]"]);
    }

    #[test]
    fn a_header_without_the_needed_columns_is_refused() {
        assert_eq!(wrong_fields("frage,answer_en\nq,a\n"), ["csv[column 1]"]);
        assert_eq!(wrong_fields("question,title\nq,a\n"), ["csv"]);
        assert_eq!(
            wrong_fields("question,answer_en,answer_en\nq,a,b\n"),
            ["csv[column 3]"]
        );
        assert_eq!(wrong_fields("question,answer_en\n"), [""]);
        assert_eq!(wrong_fields(""), ["csv"]);
    }

    #[test]
    fn at_most_fifty_problems_are_listed() {
        assert_eq!(
            wrong_fields(&format!("question,answer_en\n{}", "q,\n".repeat(80))).len(),
            50
        );
    }

    proptest::proptest! {
        #[test]
        fn no_csv_text_panics(text in "(question,answer\n)?[a,\"\n|\\PC]{0,60}") {
            let _ = import(&text);
        }
    }
}
