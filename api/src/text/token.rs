//! A text as tokens with meanings: the form in which questions and entries are compared.

use super::fold::fold_token;
use super::lexicon::{IMPLIED, MeaningId, STOP, canonical, lexicon};
use super::normalize::normalize;
use super::similar;

/// A word, or a phrase that has a meaning of its own.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    /// Phonetic key as written; of a phrase, the keys joined by spaces.
    pub key: String,
    /// The key without Bangla endings.
    pub stem: String,
    pub meanings: Vec<MeaningId>,
}

impl Token {
    pub fn is_stop(&self) -> bool {
        self.meanings.as_slice() == [STOP]
    }

    pub fn is_known(&self) -> bool {
        !self.meanings.is_empty()
    }

    pub fn has_digit(&self) -> bool {
        self.key.bytes().any(|c| c.is_ascii_digit())
    }

    /// How much the token may count at most: unknown words fully, they are mostly the thing itself.
    pub fn weight(&self) -> f32 {
        let heaviest = self
            .meanings
            .iter()
            .map(|id| lexicon().meanings[usize::from(*id)].weight)
            .reduce(f32::max);
        heaviest.unwrap_or(if self.key.bytes().all(|c| c.is_ascii_digit()) {
            0.5
        } else {
            1.0
        })
    }

    /// 0 to 1: how surely two tokens stand for the same thing.
    pub fn matches(&self, other: &Self) -> f32 {
        if self.key == other.key {
            return 1.0;
        }
        let mut best = 0.0f32;
        for mine in &self.meanings {
            for theirs in &other.meanings {
                best = best.max(meanings_match(*mine, *theirs));
            }
        }
        // A listed word is compared by meaning only: its misspellings were recognised when it was read.
        if self.is_known() || other.is_known() || self.has_digit() || other.has_digit() {
            return best;
        }
        if self.stem == other.stem {
            return 0.95;
        }
        let likeness = similar::alike(&self.key, &other.key)
            .or_else(|| similar::alike(&self.stem, &other.stem));
        likeness.map_or(0.0, |likeness| likeness * 0.95)
    }
}

fn meanings_match(one: MeaningId, other: MeaningId) -> f32 {
    if one == STOP || other == STOP {
        return 0.0;
    }
    if one == other {
        return 1.0;
    }
    let implied = |id: MeaningId| lexicon().meanings[usize::from(id)].implies;
    if implied(one) == Some(other) || implied(other) == Some(one) {
        IMPLIED
    } else {
        0.0
    }
}

/// The tokens of a text, phrases taken together, longest first.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let words: Vec<Word> = words(&normalize(text))
        .into_iter()
        .map(Word::new)
        .filter(|word| !word.key.is_empty())
        .collect();
    let mut out = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let (token, used) = phrase(&words[at..]).unwrap_or_else(|| (words[at].token(), 1));
        out.push(token);
        at += used;
    }
    out
}

struct Word {
    written: String,
    key: String,
    canonical: String,
}

impl Word {
    fn new(written: String) -> Self {
        let key = fold_token(&written);
        let canonical = canonical(&key);
        Self {
            written,
            key,
            canonical,
        }
    }

    fn token(&self) -> Token {
        let stems = stems(&self.key);
        let stem = stems.last().unwrap_or(&self.key).clone();
        Token {
            key: self.key.clone(),
            stem,
            meanings: self.meanings(&stems),
        }
    }

    fn meanings(&self, stems: &[String]) -> Vec<MeaningId> {
        let lexicon = lexicon();
        let listed = lexicon
            .find_written(&self.written)
            .or_else(|| lexicon.find(&self.canonical));
        if let Some(meanings) =
            listed.or_else(|| stems.iter().find_map(|stem| lexicon.find(&canonical(stem))))
        {
            return meanings.to_vec();
        }
        let guess = lexicon
            .find_stem(&self.canonical)
            .or_else(|| lexicon.find_misspelt(&self.key));
        guess
            .or_else(|| stems.iter().find_map(|stem| lexicon.find_misspelt(stem)))
            .into_iter()
            .collect()
    }
}

/// The longest listed phrase of two or more words at the beginning; its last word may have an ending.
fn phrase(words: &[Word]) -> Option<(Token, usize)> {
    let longest = lexicon().longest.min(words.len());
    (2..=longest).rev().find_map(|used| {
        let (last, before) = words[..used].split_last()?;
        let before = before
            .iter()
            .map(|word| word.canonical.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        let endings = stems(&last.key).into_iter().map(|stem| canonical(&stem));
        let spaced = std::iter::once(last.canonical.clone())
            .chain(endings)
            .find_map(|last| lexicon().find(&format!("{before} {last}")));
        // "ফেস ওয়াশ" is also written in one word.
        let together = || lexicon().find(&format!("{before}{}", last.canonical));
        let long = used == 2 && before.len() >= 3 && last.canonical.len() >= 3;
        let meanings = spaced.or_else(|| together().filter(|_| long))?;
        let key = words[..used]
            .iter()
            .map(|word| word.key.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        Some((
            Token {
                stem: key.clone(),
                key,
                meanings: meanings.to_vec(),
            },
            used,
        ))
    })
}

/// Endings of Bangla nouns (articles, cases, plural, emphasis) and the English plural, as they look in a key.
const ENDINGS: [&str; 23] = [
    "gulate", "sah", "gular", "gula", "guli", "tate", "take", "tar", "tir", "tai", "der", "ke",
    "te", "ta", "ti", "er", "re", "ra", "r", "e", "i", "s", "a",
];

/// The key with one, then two endings taken off; two consonants always remain.
fn stems(key: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    if key.bytes().any(|c| !c.is_ascii_lowercase()) {
        return out;
    }
    let mut rest = key;
    for _ in 0..2 {
        let shorter = ENDINGS.iter().find_map(|end| {
            rest.strip_suffix(end)
                .filter(|stem| stem.len() >= 3 && similar::consonants(stem) >= 2)
        });
        let Some(shorter) = shorter else { break };
        out.push(shorter.to_owned());
        rest = shorter;
    }
    out
}

/// Words of a normalized text, with numbers made comparable: "128gb" is two words, "20k" and "20 hajar" are 20000, "xxl" is 2xl.
fn words(normal: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for token in normal.split(' ').filter(|token| !token.is_empty()) {
        let digits = token.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = token.split_at(digits);
        match (number, rest) {
            ("", "xxl") => out.push("2xl".to_owned()),
            ("", "xxxl") => out.push("3xl".to_owned()),
            ("", "hajar" | "hazar" | "হাজার" | "thousand") => thousand(&mut out, token),
            ("", _) | (_, "" | "xl" | "xxl" | "g" | "d") => out.push(token.to_owned()),
            (number, "k" | "হাজার" | "hajar") => out.push(format!("{number}000")),
            (number, rest) => out.extend([number.to_owned(), rest.to_owned()]),
        }
    }
    out
}

fn thousand(out: &mut Vec<String>, word: &str) {
    match out
        .last_mut()
        .filter(|last| last.bytes().all(|c| c.is_ascii_digit()) && last.len() <= 3)
    {
        Some(number) => number.push_str("000"),
        None => out.push(word.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_one_way() {
        assert_eq!(words("20k mah"), ["20000", "mah"]);
        assert_eq!(words("20 hajar 128gb xxl"), ["20000", "128", "gb", "2xl"]);
    }

    #[test]
    fn endings_do_not_hide_a_word() {
        let (plain, bent) = (tokens("শাড়ি"), tokens("sharitar"));
        assert!(plain[0].matches(&bent[0]) > 0.9, "{plain:?} {bent:?}");
    }

    #[test]
    fn a_model_name_matches_only_itself() {
        assert!(tokens("m10")[0].matches(&tokens("m11")[0]) < 0.1);
    }
}
