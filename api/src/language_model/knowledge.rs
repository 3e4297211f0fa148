//! The built-in model: answers from the shop's own entries, word for word, and calls a colleague when none fits.
//!
//! It needs no outside service and cannot invent anything. It reads the customer's unanswered messages; several questions in one
//! burst are answered one by one.

mod phrases;

use super::{
    Answer, AnswerRequest, Handoff, KnowledgeHit, LanguageModel, LanguagePolicy, ModelError,
    Speaker, Turn, Usage,
};
use crate::text::{self, Candidate, KNOWN_THRESHOLD, Script, Smalltalk};
use phrases::Language;

/// More answers in one message than this are a wall of text.
const MOST_ANSWERS: usize = 3;
/// Within a burst the entry was found by its own question; among the few found, it only has to be the nearest.
const NEAR_ENOUGH: f32 = KNOWN_THRESHOLD * 0.85;

/// The built-in model.
#[derive(Debug, Clone, Copy, Default)]
pub struct Knowledge;

impl LanguageModel for Knowledge {
    fn answer<'a>(
        &'a self,
        request: &'a AnswerRequest,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Answer, ModelError>> + Send + 'a>> {
        Box::pin(std::future::ready(answer(request)))
    }
}

/// The customer's unanswered messages as the questions to look up: search the knowledge for each of these and give the model
/// all entries found, each with its best score.
pub fn questions(turns: &[Turn]) -> Vec<String> {
    let unanswered = unanswered(turns);
    let mut questions: Vec<String> = unanswered
        .iter()
        .flat_map(|turn| parts(&turn.text))
        .collect();
    questions.extend(unanswered.iter().map(|turn| turn.text.clone()));
    questions.push(joined(&unanswered));
    let mut seen = std::collections::HashSet::new();
    questions
        .retain(|question| !text::normalize(question).is_empty() && seen.insert(question.clone()));
    questions
}

/// Why a person is called, judged by what the customer wrote last.
pub(super) fn reason_for_handoff(turns: &[Turn]) -> Handoff {
    let unanswered = unanswered(turns);
    if unanswered.iter().any(|turn| text::wants_human(&turn.text)) {
        Handoff::HumanRequested
    } else if unanswered.iter().any(|turn| text::is_complaint(&turn.text)) {
        Handoff::Complaint
    } else {
        Handoff::NotKnown
    }
}

/// The sentence that says so, in the customer's language.
pub(super) fn handoff_sentence(reason: Handoff, request: &AnswerRequest) -> String {
    phrases::handoff(reason, language(request)).to_owned()
}

fn answer(request: &AnswerRequest) -> Result<Answer, ModelError> {
    let unanswered = unanswered(&request.turns);
    if unanswered.is_empty() {
        return Err(ModelError::BadRequest(
            "there is no customer message to answer".to_owned(),
        ));
    }
    let language = language(request);
    let reason = reason_for_handoff(&request.turns);
    if reason != Handoff::NotKnown {
        return Ok(said(
            phrases::handoff(reason, language).to_owned(),
            Some(reason),
        ));
    }
    let asking: Vec<&str> = unanswered
        .iter()
        .map(|turn| turn.text.as_str())
        .filter(|text| !text::is_smalltalk(text))
        .collect();
    if asking.is_empty() {
        return Ok(said(polite(&unanswered, language), None));
    }
    let found = Found::look_up(&asking, &request.knowledge);
    let texts: Vec<&str> = found
        .hits
        .iter()
        .filter_map(|hit| in_language(hit, language))
        .collect();
    Ok(match (texts.is_empty(), found.open) {
        (true, _) => said(
            phrases::handoff(Handoff::NotKnown, language).to_owned(),
            Some(Handoff::NotKnown),
        ),
        (false, true) => said(
            format!("{}\n\n{}", texts.join("\n\n"), phrases::rest(language)),
            Some(Handoff::NotKnown),
        ),
        (false, false) => said(texts.join("\n\n"), None),
    })
}

fn said(text: String, handoff: Option<Handoff>) -> Answer {
    Answer {
        text,
        handoff,
        usage: Usage::default(),
        model: "knowledge".to_owned(),
    }
}

/// The customer's messages after the shop's last one.
fn unanswered(turns: &[Turn]) -> Vec<&Turn> {
    let tail = turns
        .iter()
        .rev()
        .take_while(|turn| turn.speaker == Speaker::Customer)
        .count();
    turns[turns.len() - tail..]
        .iter()
        .filter(|turn| !turn.text.trim().is_empty())
        .collect()
}

fn joined(turns: &[&Turn]) -> String {
    turns
        .iter()
        .map(|turn| turn.text.as_str())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The questions of one message, if it asks several: pieces that end with a question mark, and what follows the last.
fn parts(text: &str) -> Vec<String> {
    if text.matches(['?', '？']).count() < 2 && !text.contains('\n') {
        return vec![text.to_owned()];
    }
    text.split_inclusive(['?', '？', '\n'])
        .map(str::trim)
        .filter(|part| !text::normalize(part).is_empty())
        .map(str::to_owned)
        .collect()
}

/// What the entries answer of a burst.
struct Found<'a> {
    hits: Vec<&'a KnowledgeHit>,
    /// A question is left that no entry answers.
    open: bool,
}

impl<'a> Found<'a> {
    fn look_up(asking: &[&str], hits: &'a [KnowledgeHit]) -> Self {
        let known: Vec<&KnowledgeHit> = hits
            .iter()
            .filter(|hit| hit.score >= KNOWN_THRESHOLD)
            .collect();
        let questions: Vec<String> = asking
            .iter()
            .flat_map(|text| parts(text))
            .filter(|part| !text::is_smalltalk(part))
            .collect();
        let best = known
            .iter()
            .copied()
            .max_by(|a, b| a.score.total_cmp(&b.score));
        // One question: the search has already found its answer.
        if questions.len() <= 1 {
            return Self {
                hits: best.into_iter().collect(),
                open: false,
            };
        }
        let mut found = Self {
            hits: Vec::new(),
            open: false,
        };
        for question in &questions {
            match nearest(question, &known) {
                Some(hit) => found.keep(hit),
                // "apu", "M size": a fragment of a question that another message completes.
                None => found.open |= !is_fragment(question),
            }
        }
        // A question that is spread over several messages is known as a whole only.
        if let (true, Some(best)) = (found.hits.is_empty(), best) {
            found = Self {
                hits: vec![best],
                open: false,
            };
        }
        found
    }

    fn keep(&mut self, hit: &'a KnowledgeHit) {
        let again = self.hits.iter().any(|kept| std::ptr::eq(*kept, hit));
        if !again && self.hits.len() < MOST_ANSWERS {
            self.hits.push(hit);
        }
    }
}

fn nearest<'a>(question: &str, known: &[&'a KnowledgeHit]) -> Option<&'a KnowledgeHit> {
    let candidates: Vec<Candidate<'_>> = known
        .iter()
        .map(|hit| Candidate {
            title: None,
            questions: &hit.questions,
            answer_bn: hit.answer_bn.as_deref(),
            answer_en: hit.answer_en.as_deref(),
        })
        .collect();
    let (index, score) = text::score(question, &candidates).into_iter().next()?;
    (score >= NEAR_ENOUGH).then(|| known[index])
}

/// One or two words that ask nothing by themselves.
pub fn is_fragment(text: &str) -> bool {
    !text.contains(['?', '？']) && text::normalize(text).split(' ').count() <= 2
}

fn polite(unanswered: &[&Turn], language: Language) -> String {
    let kinds: Vec<Smalltalk> = unanswered
        .iter()
        .filter_map(|turn| text::smalltalk(&turn.text))
        .collect();
    let salam = text::fold(&joined(unanswered)).contains("salam");
    phrases::smalltalk(kinds.contains(&Smalltalk::Thanks), salam, language).to_owned()
}

/// The policy's language, or the customer's: that of the last message that tells.
fn language(request: &AnswerRequest) -> Language {
    match request.language {
        LanguagePolicy::Bangla => return Language::Bangla,
        LanguagePolicy::English => return Language::English,
        LanguagePolicy::Auto => {}
    }
    let written = text::detect_script(&joined(&unanswered(&request.turns)));
    let earlier = || {
        request
            .turns
            .iter()
            .rev()
            .filter(|turn| turn.speaker == Speaker::Customer)
            .map(|turn| text::detect_script(&turn.text))
    };
    let script = Some(written)
        .filter(|s| *s != Script::Unknown)
        .or_else(|| earlier().find(|s| *s != Script::Unknown));
    if script == Some(Script::English) {
        Language::English
    } else {
        Language::Bangla
    }
}

/// Whether an answer of this model holds the entry's words.
pub fn quotes(answer: &str, hit: &KnowledgeHit) -> bool {
    [&hit.answer_bn, &hit.answer_en]
        .into_iter()
        .flatten()
        .any(|text| !text.trim().is_empty() && answer.contains(text.as_str()))
}

/// The entry's answer in the language, or else in the other.
fn in_language(hit: &KnowledgeHit, language: Language) -> Option<&str> {
    let filled =
        |text: &'_ Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    let (first, second) = match language {
        Language::Bangla => (&hit.answer_bn, &hit.answer_en),
        Language::English => (&hit.answer_en, &hit.answer_bn),
    };
    let chosen = if filled(first) { first } else { second };
    chosen.as_deref().filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests;
