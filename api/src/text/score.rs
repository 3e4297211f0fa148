//! Which knowledge entry answers a question, if any does.
//!
//! A good match holds in both directions: the entry covers what the question asks, and the question names what the entry is
//! about. Words count by how rare they are among the candidates; a word of the question that no entry knows counts fully, so that
//! "drone camera price" is not answered with the price of another camera.

mod kept;

use std::collections::HashMap;
use std::sync::Arc;

use super::lexicon::{STOP, lexicon};
use super::token::{Token, tokens};

/// At or above this score the entry is taken to answer the question. Tuned on the corpus so that wrong answers stay rare.
pub const KNOWN_THRESHOLD: f32 = 0.42;

/// A knowledge entry as the scorer sees it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Candidate<'a> {
    pub title: Option<&'a str>,
    pub questions: &'a [String],
    pub answer_bn: Option<&'a str>,
    pub answer_en: Option<&'a str>,
}

/// Words in the answer are weaker evidence than those in question variants and title.
const ANSWER_WEIGHT: f32 = 0.75;
/// The share of the score that covering the question alone can reach.
const COVER_SHARE: f32 = 0.45;

/// The weight from which a question says enough to be judged by what it covers.
const SAYS_ENOUGH: f32 = 0.5;

/// Ranks the candidates for a question, best first, as (index, score 0 to 1). Those without anything in common are left out.
pub fn score(question: &str, entries: &[Candidate<'_>]) -> Vec<(usize, f32)> {
    Collection::read(entries).score(question)
}

/// Candidates that were read once, for any number of questions.
pub struct Collection {
    entries: Vec<Entry>,
    rarity: Rarity,
}

impl Collection {
    /// The words of all candidates; of those that were read lately, what was kept.
    pub fn read(candidates: &[Candidate<'_>]) -> Arc<Self> {
        kept::collection(candidates)
    }

    fn read_now(candidates: &[Candidate<'_>]) -> Self {
        let entries: Vec<Entry> = candidates.iter().map(Entry::read).collect();
        let rarity = Rarity::count(&entries);
        Self { entries, rarity }
    }

    /// Ranks them for a question, as [`score`] does.
    pub fn score(&self, question: &str) -> Vec<(usize, f32)> {
        let asked = content(tokens(question));
        if asked.is_empty() {
            return Vec::new();
        }
        let matched: Vec<Vec<f32>> = self
            .entries
            .iter()
            .map(|entry| entry.matched_words(&asked))
            .collect();
        let weights: Vec<f32> = (0..asked.len())
            .map(|word| {
                let holders = matched.iter().filter(|row| row[word] >= 0.55).count();
                asked_weight(&asked[word], holders, self.entries.len())
            })
            .collect();
        let total: f32 = weights.iter().sum();
        if total <= 0.0 {
            return Vec::new();
        }
        // "How much?" alone is covered by every product: the less is asked, the more the entry itself must be named.
        let share = COVER_SHARE * (total / SAYS_ENOUGH).min(1.0);
        let mut ranked: Vec<(usize, f32)> = Vec::new();
        for (index, entry) in self.entries.iter().enumerate() {
            let covered: f32 = weights
                .iter()
                .zip(&matched[index])
                .map(|(weight, hit)| weight * hit)
                .sum::<f32>()
                / total;
            if covered > 0.0 {
                let named = entry.named(&asked, &self.rarity);
                ranked.push((index, covered * (share + (1.0 - share) * named)));
            }
        }
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked
    }
}

/// The text stored beside an entry for the wide search in SQL: phonetic keys of all its texts, and the names of their meanings.
pub fn search_text(
    title: Option<&str>,
    questions: &[String],
    answer_bn: Option<&str>,
    answer_en: Option<&str>,
) -> String {
    let texts = questions
        .iter()
        .map(String::as_str)
        .chain(title)
        .chain(answer_bn)
        .chain(answer_en);
    searchable(texts.flat_map(tokens))
}

/// The question in the form that is compared with [`search_text`]: without noise words.
pub fn search_query(question: &str) -> String {
    searchable(tokens(question))
}

fn searchable(tokens: impl IntoIterator<Item = Token>) -> String {
    let mut seen = std::collections::HashSet::new();
    let mut out = String::new();
    for token in tokens.into_iter().filter(|token| !token.is_stop()) {
        // A meaning is written as a code of its own, so that "lal" finds "red".
        let codes = token
            .meanings
            .iter()
            .map(|id| lexicon().meanings[usize::from(*id)].code.clone());
        for word in codes.chain(std::iter::once(token.key.clone())) {
            if seen.insert(word.clone()) {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(&word);
            }
        }
    }
    out
}

/// The tokens that say something, each meaning once.
fn content(all: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(all.len());
    for token in all {
        let again = |known: &Token| {
            known.key == token.key || (token.is_known() && known.meanings == token.meanings)
        };
        if !token.is_stop() && !out.iter().any(again) {
            out.push(token);
        }
    }
    out
}

struct Entry {
    /// Question variants and title, each by itself: one of them has to fit.
    fields: Vec<Vec<Token>>,
    answers: Vec<Token>,
}

impl Entry {
    fn read(candidate: &Candidate<'_>) -> Self {
        let fields = candidate
            .questions
            .iter()
            .map(String::as_str)
            .chain(candidate.title);
        let answers = candidate.answer_bn.into_iter().chain(candidate.answer_en);
        Self {
            fields: fields
                .map(|text| content(tokens(text)))
                .filter(|field| !field.is_empty())
                .collect(),
            answers: content(answers.flat_map(tokens).collect()),
        }
    }

    /// For each word of the question, how surely the entry has it.
    fn matched_words(&self, asked: &[Token]) -> Vec<f32> {
        let best = |word: &Token, among: &mut dyn Iterator<Item = &Token>| {
            among.map(|t| word.matches(t)).fold(0.0, f32::max)
        };
        asked
            .iter()
            .map(|word| {
                let asked_for = best(word, &mut self.fields.iter().flatten());
                if asked_for >= ANSWER_WEIGHT {
                    asked_for
                } else {
                    asked_for.max(ANSWER_WEIGHT * best(word, &mut self.answers.iter()))
                }
            })
            .collect()
    }

    /// How much of the best fitting variant the question names.
    fn named(&self, asked: &[Token], rarity: &Rarity) -> f32 {
        let share = |field: &Vec<Token>| {
            let (mut hit, mut total) = (0.0, 0.0);
            for token in field {
                let weight = token.weight() * rarity.of(token);
                hit += weight
                    * asked
                        .iter()
                        .map(|word| word.matches(token))
                        .fold(0.0, f32::max);
                total += weight;
            }
            if total > 0.0 { hit / total } else { 0.0 }
        };
        self.fields.iter().map(share).fold(0.0, f32::max)
    }
}

/// How many entries know a word, by meaning or else by stem.
struct Rarity {
    meanings: HashMap<u16, usize>,
    stems: HashMap<String, usize>,
    entries: usize,
}

impl Rarity {
    fn count(entries: &[Entry]) -> Self {
        let (mut meanings, mut stems) = (HashMap::new(), HashMap::new());
        for entry in entries {
            let mut seen_meanings = std::collections::HashSet::new();
            let mut seen_stems = std::collections::HashSet::new();
            for token in entry.fields.iter().flatten() {
                token
                    .meanings
                    .iter()
                    .filter(|id| **id != STOP)
                    .for_each(|id| _ = seen_meanings.insert(*id));
                seen_stems.insert(&token.stem);
            }
            seen_meanings
                .into_iter()
                .for_each(|id| *meanings.entry(id).or_insert(0) += 1);
            seen_stems
                .into_iter()
                .for_each(|stem| *stems.entry(stem.clone()).or_insert(0) += 1);
        }
        Self {
            meanings,
            stems,
            entries: entries.len(),
        }
    }

    fn of(&self, token: &Token) -> f32 {
        let by_meaning = token
            .meanings
            .iter()
            .filter_map(|id| self.meanings.get(id))
            .max();
        let holders = by_meaning
            .or_else(|| self.stems.get(&token.stem))
            .copied()
            .unwrap_or(0);
        rarity(holders, self.entries)
    }
}

/// 1 for a word that nobody has, down to a quarter for one that all have.
fn rarity(holders: usize, entries: usize) -> f32 {
    let (holders, entries) = (holders as f32, entries.max(8) as f32);
    let scaled = ((entries + 1.0) / (holders + 0.5)).ln() / ((entries + 1.0) / 0.5).ln();
    scaled.clamp(0.25, 1.0)
}

fn asked_weight(word: &Token, holders: usize, entries: usize) -> f32 {
    let base = word.weight() * rarity(holders, entries);
    if holders == 0 && !word.is_known() {
        base * unknown_weight(word)
    } else {
        base
    }
}

/// A word that neither the lexicon nor any entry knows: what is asked about, unless it looks like a Bangla verb or a number.
fn unknown_weight(word: &Token) -> f32 {
    const VERB_ENDINGS: [&str; 14] = [
        "ben", "cen", "cilam", "lam", "ci", "ce", "ba", "bi", "be", "si", "se", "le", "te", "ten",
    ];
    if word.has_digit() {
        0.4
    } else if VERB_ENDINGS
        .iter()
        .any(|end| word.key.ends_with(end) && word.key.len() > end.len() + 1)
    {
        0.5
    } else {
        0.9
    }
}

/// Whether a text says anything beyond noise words that the lexicon knows.
pub(super) fn known_meanings(text: &str) -> bool {
    tokens(text).iter().any(|token| {
        token
            .meanings
            .iter()
            .any(|id| *id != STOP && lexicon().meanings[usize::from(*id)].weight > 0.25)
    })
}

#[cfg(test)]
mod tests;
