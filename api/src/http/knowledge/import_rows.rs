//! CSV text to rows of knowledge.

use super::requests::{KnowledgeInput, Question};
use crate::error::{ApiError, ApiResult, FieldProblem};
use crate::http::fields::Text;

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

/// A row of the file by its number, as a spreadsheet counts: the first one below the header is 2.
pub struct Row {
    pub number: usize,
    pub entry: Result<KnowledgeInput, FieldProblem>,
}

/// The rows of a file whose header is understood.
pub fn read_csv(text: &str) -> ApiResult<Vec<Row>> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|_| ApiError::field("csv", "csv", "the header line cannot be read"))?;
    let columns = columns(header)?;
    let mut rows = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let number = index + 2;
        let entry = match record {
            Ok(record) if record.iter().all(|cell| cell.trim().is_empty()) => continue,
            Ok(record) => read_row(&columns, &record),
            Err(_) => Err(problem(
                "csv",
                "csv",
                "the row cannot be read; check its quotes",
            )),
        };
        rows.push(Row { number, entry });
    }
    Ok(rows)
}

fn read_row(
    columns: &[Column],
    record: &csv::StringRecord,
) -> Result<KnowledgeInput, FieldProblem> {
    if record.len() > columns.len() {
        let message = "has more cells than the header; put a text with commas into quotes";
        return Err(problem("csv", "csv", message));
    }
    entry(columns, record).map_err(|message| problem("language", "choice", message))
}

fn problem(field: &str, code: &str, message: &str) -> FieldProblem {
    FieldProblem {
        field: field.to_owned(),
        code: code.to_owned(),
        message: message.to_owned(),
    }
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

    fn read(csv: &str) -> Vec<KnowledgeInput> {
        let rows = read_csv(csv).unwrap();
        rows.into_iter().map(|row| row.entry.unwrap()).collect()
    }

    /// (row, field) of what is wrong.
    fn wrong(csv: &str) -> Vec<(usize, String)> {
        let rows = read_csv(csv).unwrap().into_iter();
        rows.filter_map(|row| Some((row.number, row.entry.err()?.field)))
            .collect()
    }

    fn refused(csv: &str) -> String {
        match read_csv(csv) {
            Err(ApiError::Invalid(problems)) => problems[0].field.clone(),
            _ => panic!("{csv:?} should be refused"),
        }
    }

    #[test]
    fn variants_may_share_a_cell_or_have_columns() {
        let one = read("question,answer_bn\nদাম কত?| dam koto? |,৫০০ টাকা\n");
        let many = read("\u{feff}Question_1,question_2,answer_bn\r\nদাম কত?,dam koto?,৫০০ টাকা\r\n");
        assert_eq!(one[0].text(), many[0].text());
        assert_eq!(one[0].text().questions, ["দাম কত?", "dam koto?"]);
    }

    #[test]
    fn an_answer_with_a_language_column_goes_where_it_says() {
        let rows = read("question,answer,language\nq,one,en\nq,দুই,\nq,teen,bangla\n");
        let answers: Vec<_> = rows
            .iter()
            .map(KnowledgeInput::text)
            .map(|row| (row.answer_bn, row.answer_en))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            answers,
            [
                (None, some("one")),
                (some("দুই"), None),
                (some("teen"), None)
            ]
        );
        assert_eq!(
            wrong("question,answer,language\nq,a,hindi\n"),
            [(2, "language".to_owned())]
        );
    }

    #[test]
    fn quoted_cells_may_hold_commas_and_line_breaks() {
        let rows = read("question,answer_en\n\"a, b\",\"line\nline\"\n");
        let row = rows[0].text();
        assert_eq!(
            (row.questions[0].as_str(), row.answer_en.as_deref()),
            ("a, b", Some("line\nline"))
        );
    }

    #[test]
    fn a_wrong_row_is_named_as_a_spreadsheet_counts_and_empty_ones_are_passed_over() {
        assert_eq!(
            wrong("question,answer_en\nq,a\n,\nq,a,b\n"),
            [(4, "csv".to_owned())]
        );
    }

    #[test]
    fn a_header_without_the_needed_columns_is_refused() {
        assert_eq!(refused("frage,answer_en\nq,a\n"), "csv[column 1]");
        assert_eq!(refused("question,title\nq,a\n"), "csv");
        assert_eq!(
            refused("question,answer_en,answer_en\nq,a,b\n"),
            "csv[column 3]"
        );
        assert_eq!(refused(""), "csv");
    }

    proptest::proptest! {
        #[test]
        fn no_csv_text_panics(text in "(question,answer\n)?[a,\"\n|\\PC]{0,60}") {
            let _ = read_csv(&text);
        }
    }
}
