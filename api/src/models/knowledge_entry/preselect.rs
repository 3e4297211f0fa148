//! The wide half of the search in large collections: which entries share words with a question, rare words first.
//!
//! Here and not in SQL, where word by word trigram comparison of 5,000 texts takes up to two seconds and their words as a set
//! half of one; this takes milliseconds of one statement that reads the folded texts.

use std::collections::{HashMap, HashSet};

/// Words of a question that count; the longest messages have no more that mean anything.
const MAX_WORDS: usize = 32;

/// Words that nobody wrote like this and that are looked for by likeness.
const MAX_UNKNOWN: usize = 8;

/// A shorter word is like too many others.
const LIKE_LENGTH: usize = 4;

/// Share of common trigrams above which two words are alike, as pg_trgm counts.
const ALIKE: f32 = 0.4;

/// The indexes of the `limit` best texts, best first. Question and texts are folded (`text::search_query`, `text::search_text`).
pub fn preselect(question: &str, texts: &[&str], limit: usize) -> Vec<usize> {
    let holders = holders(texts);
    let mut weights = vec![0.0_f32; texts.len()];
    for (token, alike) in wanted(question, &holders) {
        let Some(found) = holders.get(token) else {
            continue;
        };
        // A word that every entry has says nothing.
        let rarity = (1.0 + texts.len() as f32 / found.len() as f32).ln();
        found.iter().for_each(|at| weights[*at] += alike * rarity);
    }
    let mut ranked: Vec<usize> = (0..texts.len()).filter(|at| weights[*at] > 0.0).collect();
    ranked.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]).then(a.cmp(b)));
    ranked.truncate(limit);
    ranked
}

/// Which texts hold a word, each once.
fn holders<'a>(texts: &[&'a str]) -> HashMap<&'a str, Vec<usize>> {
    let mut holders: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, text) in texts.iter().enumerate() {
        for token in text.split(' ').filter(|token| !token.is_empty()) {
            let found = holders.entry(token).or_default();
            if found.last() != Some(&at) {
                found.push(at);
            }
        }
    }
    holders
}

/// The question's words as the texts spell them, with how sure that is.
fn wanted<'a>(question: &'a str, holders: &HashMap<&'a str, Vec<usize>>) -> HashMap<&'a str, f32> {
    let mut wanted = HashMap::new();
    let mut unknown = Vec::new();
    let words: HashSet<&str> = question
        .split(' ')
        .filter(|word| !word.is_empty())
        .take(MAX_WORDS)
        .collect();
    for word in words {
        if holders.contains_key(word) {
            wanted.insert(word, 1.0);
        } else if word.chars().count() >= LIKE_LENGTH {
            unknown.push(word);
        }
    }
    unknown.sort_by_key(|word| (std::cmp::Reverse(word.len()), *word));
    unknown.truncate(MAX_UNKNOWN);
    let unknown: Vec<HashSet<[char; 3]>> = unknown.into_iter().map(trigrams).collect();
    if unknown.is_empty() {
        return wanted;
    }
    for token in holders.keys() {
        let of_token = trigrams(token);
        let likeness = unknown
            .iter()
            .map(|word| likeness(word, &of_token))
            .fold(0.0, f32::max);
        if likeness >= ALIKE {
            wanted.entry(*token).or_insert(likeness);
        }
    }
    wanted
}

/// Three letters each, with two spaces before and one behind the word.
fn trigrams(word: &str) -> HashSet<[char; 3]> {
    let padded: Vec<char> = [' ', ' ']
        .into_iter()
        .chain(word.chars())
        .chain([' '])
        .collect();
    padded
        .windows(3)
        .map(|three| [three[0], three[1], three[2]])
        .collect()
}

fn likeness(one: &HashSet<[char; 3]>, other: &HashSet<[char; 3]>) -> f32 {
    let common = one.intersection(other).count();
    common as f32 / (one.len() + other.len() - common) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 4] = [
        "qprice dam sari m77",
        "qprice dam panjabi m78",
        "qdelivery deliberi carj",
        "qprice dam samsang galaksi",
    ];

    #[test]
    fn rare_words_decide_among_entries_that_share_the_common_ones() {
        assert_eq!(preselect("qprice dam m78", &TEXTS, 1), [1]);
        assert_eq!(preselect("qprice dam", &TEXTS, 9), [0, 1, 3]);
    }

    #[test]
    fn a_misspelt_name_finds_the_word_it_is_like() {
        assert_eq!(preselect("qprice samsng", &TEXTS, 1), [3]);
        assert_eq!(preselect("galaksy", &TEXTS, 9), [3]);
    }

    #[test]
    fn nothing_in_common_is_nothing_found() {
        assert!(preselect("xyzzy", &TEXTS, 9).is_empty());
        assert!(preselect("", &TEXTS, 9).is_empty() && preselect("dam", &[], 9).is_empty());
    }

    #[test]
    fn likeness_counts_as_pg_trgm_does() {
        let of = |one: &str, other: &str| likeness(&trigrams(one), &trigrams(other));
        assert!((of("word", "word") - 1.0).abs() < 1e-6);
        // SELECT similarity('word', 'two') = 0 and similarity('galaksi', 'galaksy') = 0.6
        assert!(of("word", "two") < 1e-6);
        assert!((of("galaksi", "galaksy") - 0.6).abs() < 1e-6);
    }

    proptest::proptest! {
        #[test]
        fn never_more_than_the_limit_and_never_twice(question in "[a-d ]{0,30}", texts in proptest::collection::vec("[a-d ]{0,20}", 0..20), limit in 0..10_usize) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let found = preselect(&question, &texts, limit);
            let distinct: HashSet<_> = found.iter().collect();
            proptest::prop_assert!(found.len() <= limit && distinct.len() == found.len());
        }
    }
}
