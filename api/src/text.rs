//! Understanding short customer messages in Bangla, Banglish and English, as pure functions.
//!
//! Three writings of one word have to meet: "দাম কত", "dam koto" and "daam kotto" are the same question. So text is compared
//! in two forms: [`normalize`] keeps the writing and only irons out how it was typed, [`fold`] is a phonetic Latin key that
//! all three writings share. On top of them stand the search (wide, in SQL, by trigrams over [`search_text`]) and the
//! scorer (narrow, in Rust, [`score`]) that says which knowledge entry answers a question, if any does.
//!
//! Words that people use for the same thing are listed in `text/lexicon.txt`; that file is the place to teach new ones.

mod fold;
mod intent;
mod lexicon;
mod normalize;
mod score;
mod script;
mod similar;
mod token;
mod words;

pub use fold::fold;
pub use intent::{Smalltalk, is_complaint, smalltalk, wants_human};
pub use normalize::normalize;
pub use score::{Candidate, Collection, KNOWN_THRESHOLD, score, search_query, search_text};
pub use script::{Script, detect_script};
pub use words::{SearchTerm, index_words, search_terms};

/// A greeting or thanks and nothing else; see [`smalltalk`].
pub fn is_smalltalk(text: &str) -> bool {
    smalltalk(text).is_some()
}

#[cfg(test)]
mod corpus_test;
