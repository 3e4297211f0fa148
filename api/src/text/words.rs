//! Words for finding conversations: what is stored of a text, and what a search looks for.
//!
//! Narrower than the search for knowledge: whoever looks for "karim" wants no cream, and whoever looks for "koto" not every price. So a
//! word is its phonetic key, with the vowels that people mix up made one; long words are also kept by their consonants, because loan
//! words differ in vowels only ("delivery", ডেলিভারি), and of short loan words the spellings that the lexicon lists are looked for too.

use std::collections::BTreeSet;

use super::fold::fold_token;
use super::lexicon::{canonical, lexicon};
use super::normalize::normalize;
use super::similar;

/// Longer texts are found by their beginning.
const MAX_TEXT: usize = 8000;
/// Words stored of one text.
const MAX_WORDS: usize = 200;
/// Letters of a word that count.
const MAX_LETTERS: usize = 32;
/// Words of a search that count.
const MAX_TERMS: usize = 8;
/// A shorter word is looked for as it is, a longer one may go on: Bangla hangs its endings on.
const PREFIX_LETTERS: usize = 3;
/// From so many consonants on, they alone tell which word it is.
const SKELETON: usize = 4;

/// A word of a search: a text has it if one of its words is one of `words` or begins with one of `prefixes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchTerm {
    pub words: Vec<String>,
    pub prefixes: Vec<String>,
}

/// The words that are stored of a text, each once.
pub fn index_words(text: &str) -> BTreeSet<String> {
    let text = &text[..text.floor_char_boundary(MAX_TEXT)];
    let mut words = BTreeSet::new();
    for token in normalize(text).split(' ') {
        let word = word(token);
        if word.is_empty() {
            continue;
        }
        words.extend(consonants(&word));
        words.insert(word);
        if words.len() >= MAX_WORDS {
            break;
        }
    }
    words
}

/// What a search looks for; a text must have all of it. Empty when nothing was asked for but signs.
pub fn search_terms(query: &str) -> Vec<SearchTerm> {
    let normal = normalize(query);
    let tokens = normal.split(' ').filter(|token| !token.is_empty());
    tokens.map(term).take(MAX_TERMS).collect()
}

fn term(token: &str) -> SearchTerm {
    // As written too: texts from before there were phonetic keys are kept so.
    let mut spellings = BTreeSet::from([word(token), cut(token)]);
    spellings.extend(listed_spellings(token));
    spellings.remove("");
    let mut term = SearchTerm {
        words: consonants(&word(token)).into_iter().collect(),
        prefixes: Vec::new(),
    };
    for spelling in spellings {
        if spelling.chars().count() >= PREFIX_LETTERS {
            term.prefixes.push(spelling);
        } else {
            term.words.push(spelling);
        }
    }
    term
}

fn word(token: &str) -> String {
    cut(&canonical(&fold_token(token)))
}

fn cut(word: &str) -> String {
    word.chars().take(MAX_LETTERS).collect()
}

/// `~` and the consonants of a word that has enough of them.
fn consonants(word: &str) -> Option<String> {
    let plain = word.bytes().all(|c| c.is_ascii_lowercase());
    (plain && similar::consonants(word) >= SKELETON)
        .then(|| format!("~{}", similar::skeleton(word)))
}

/// How else the lexicon spells a word: the same meaning in nearly the same sounds.
fn listed_spellings(token: &str) -> Vec<String> {
    let key = fold_token(token);
    let meanings = lexicon().find(&canonical(&key)).unwrap_or_default();
    lexicon()
        .alike(&key)
        .filter(|(_, meaning)| meanings.contains(meaning))
        .map(|(spelling, _)| word(spelling))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(query: &str, text: &str) -> bool {
        let words = index_words(text);
        search_terms(query).iter().all(|term| {
            words.iter().any(|word| {
                term.words.contains(word)
                    || term.prefixes.iter().any(|prefix| word.starts_with(prefix))
            })
        })
    }

    #[test]
    fn the_three_writings_find_each_other() {
        for (query, text) in [
            ("dam koto", "ভাই, এটার দাম কত?"),
            ("দাম কত", "apu daam kotto eitar"),
            ("delivery charge", "ডেলিভারি চার্জ কত"),
            ("ডেলিভারি", "delivery kobe"),
            ("price", "প্রাইস কত"),
            ("প্রাইস", "price please"),
            ("রহিম", "Rahim Uddin"),
            ("shari", "শাড়ির দাম"),
            ("deliv", "ডেলিভারি চার্জ"),
            ("017", "amar number 01711223344"),
            ("০১৭১১", "amar number 01711223344"),
        ] {
            assert!(
                finds(query, text),
                "{query} / {text}: {:?} {:?}",
                search_terms(query),
                index_words(text)
            );
        }
    }

    #[test]
    fn other_words_are_not_found() {
        for (query, text) in [
            ("karim", "cream ache?"),
            ("dam", "dim ache?"),
            ("dam koto", "দাম বেশি"),
            ("koto", "taka"),
            ("n", "nokia"),
        ] {
            assert!(!finds(query, text), "{query} / {text}");
        }
    }

    #[test]
    fn signs_alone_ask_for_nothing_and_long_texts_are_bounded() {
        assert!(search_terms("?! 😀").is_empty());
        let long: String = (0..5000).map(|n| format!("w{n} ")).collect();
        assert!(index_words(&long).len() <= MAX_WORDS + 1);
        assert_eq!(search_terms(&long).len(), MAX_TERMS);
    }

    proptest::proptest! {
        #[test]
        fn a_text_is_found_by_each_of_its_words(text in "[a-zক-হা-ৌ ]{1,40}") {
            for query in text.split(' ') {
                proptest::prop_assert!(finds(query, &text), "{query} / {text}");
            }
        }
    }
}
