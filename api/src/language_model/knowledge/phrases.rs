//! What the built-in model says in its own words, in both languages.

use super::super::Handoff;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Bangla,
    English,
}

pub(super) fn handoff(reason: Handoff, language: Language) -> &'static str {
    match (reason, language) {
        (Handoff::NotKnown, Language::Bangla) => {
            "দুঃখিত, এই বিষয়টি আমার নিশ্চিতভাবে জানা নেই। আমি একজন সহকর্মীকে জানাচ্ছি, তিনি এখানেই আপনাকে উত্তর দেবেন।"
        }
        (Handoff::NotKnown, Language::English) => {
            "Sorry, I do not know this for sure. I will call a colleague, who will answer you here."
        }
        (Handoff::HumanRequested, Language::Bangla) => {
            "ঠিক আছে, আমি আমাদের একজন সহকর্মীকে জানাচ্ছি। তিনি এখানেই আপনার সাথে কথা বলবেন।"
        }
        (Handoff::HumanRequested, Language::English) => {
            "Of course. I will call a colleague, who will talk to you here."
        }
        (Handoff::Complaint, Language::Bangla) => {
            "আপনার অসুবিধার জন্য আমরা আন্তরিকভাবে দুঃখিত। একজন সহকর্মী বিষয়টি দেখে এখানেই আপনাকে জানাবেন।"
        }
        (Handoff::Complaint, Language::English) => {
            "We are sorry for the trouble. A colleague will look into it and answer you here."
        }
    }
}

/// After some answers, when a question is left over.
pub(super) fn rest(language: Language) -> &'static str {
    match language {
        Language::Bangla => "বাকি প্রশ্নের উত্তরের জন্য আমি একজন সহকর্মীকে জানাচ্ছি।",
        Language::English => "For the rest of your question I will call a colleague.",
    }
}

pub(super) fn smalltalk(thanks: bool, salam: bool, language: Language) -> &'static str {
    match (thanks, language, salam) {
        (true, Language::Bangla, _) => "আপনাকেও ধন্যবাদ! আর কিছু জানার থাকলে লিখবেন।",
        (true, Language::English, _) => {
            "You are welcome! Write to us any time if you need anything else."
        }
        (false, Language::Bangla, true) => "ওয়ালাইকুম আসসালাম! আপনাকে কীভাবে সাহায্য করতে পারি?",
        (false, Language::Bangla, false) => "স্বাগতম! আপনাকে কীভাবে সাহায্য করতে পারি?",
        (false, Language::English, true) => "Walaikum assalam! How can I help you?",
        (false, Language::English, false) => "Hello! How can I help you?",
    }
}
