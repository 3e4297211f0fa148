//! Which of a customer's messages are left open when the agent hands over because nothing fits.

use crate::language_model::KnowledgeHit;
use crate::language_model::knowledge::is_fragment;
use crate::models::unanswered_question::Asked;
use crate::text::{self, Candidate, KNOWN_THRESHOLD};

/// The messages that no entry fits. Where entries fit them all, they did not help with the last one.
pub fn open_questions(asked: &[Asked], knowledge: &[KnowledgeHit]) -> Vec<Asked> {
    let alone = asked.len() == 1;
    let questions: Vec<&Asked> = asked
        .iter()
        .filter(|asked| !text::is_smalltalk(&asked.text))
        // "apu", "M size": a piece of a question that another message completes.
        .filter(|asked| alone || !is_fragment(&asked.text))
        .collect();
    let open: Vec<Asked> = questions
        .iter()
        .filter(|asked| !is_known(&asked.text, knowledge))
        .map(|asked| (*asked).clone())
        .collect();
    if open.is_empty() {
        questions
            .last()
            .map(|asked| vec![(*asked).clone()])
            .unwrap_or_default()
    } else {
        open
    }
}

fn is_known(question: &str, knowledge: &[KnowledgeHit]) -> bool {
    let candidates: Vec<Candidate<'_>> = knowledge
        .iter()
        .map(|hit| Candidate {
            title: hit.title.as_deref(),
            questions: &hit.questions,
            answer_bn: hit.answer_bn.as_deref(),
            answer_en: hit.answer_en.as_deref(),
        })
        .collect();
    text::score(question, &candidates)
        .first()
        .is_some_and(|(_, score)| *score >= KNOWN_THRESHOLD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::MessageId;

    fn open(texts: &[&str]) -> Vec<String> {
        let asked: Vec<Asked> = texts
            .iter()
            .map(|text| Asked {
                message: MessageId::new(),
                text: (*text).to_owned(),
            })
            .collect();
        let delivery = KnowledgeHit {
            entry_id: uuid::Uuid::nil(),
            title: None,
            questions: vec!["ডেলিভারি চার্জ কত?".to_owned()],
            answer_bn: Some("৬০ টাকা".to_owned()),
            answer_en: None,
            score: 0.9,
        };
        let open = open_questions(&asked, &[delivery]);
        open.into_iter().map(|asked| asked.text).collect()
    }

    #[test]
    fn only_what_no_entry_fits_is_open() {
        assert_eq!(
            open(&["delivery charge koto?", "cotton er kapor ache ki?"]),
            ["cotton er kapor ache ki?"]
        );
    }

    #[test]
    fn greetings_and_pieces_are_no_questions() {
        assert_eq!(open(&["আসসালামু আলাইকুম"]), Vec::<String>::new());
        assert_eq!(
            open(&["apu", "cotton er kapor ache ki?"]),
            ["cotton er kapor ache ki?"]
        );
        assert_eq!(open(&["cotton"]), ["cotton"]);
    }

    #[test]
    fn an_entry_that_fits_but_did_not_help_is_told_too() {
        assert_eq!(open(&["delivery charge koto?"]), ["delivery charge koto?"]);
    }
}
