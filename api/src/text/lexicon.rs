//! What words mean, read once from `lexicon.txt` and `places.txt`: several words and phrases share one meaning.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::fold::fold_token;
use super::normalize::normalize;
use super::similar;

/// A meaning, as an index into [`Lexicon::meanings`].
pub(super) type MeaningId = u16;

pub(super) struct Meaning {
    /// Stands for the meaning in stored search texts, so it depends on the name and not on the place in the file.
    pub code: String,
    /// How much the meaning counts in a match; 0 is a stop word.
    pub weight: f32,
    /// Another meaning that this one suggests.
    pub implies: Option<MeaningId>,
}

pub(super) struct Lexicon {
    pub meanings: Vec<Meaning>,
    names: HashMap<String, MeaningId>,
    /// Single words as written (normalized). They come first: many words sound alike and mean different things.
    written: HashMap<String, Vec<MeaningId>>,
    /// Canonical keys of words and phrases, joined by a space.
    words: HashMap<String, Vec<MeaningId>>,
    /// Beginnings of words, longest first.
    stems: Vec<(String, MeaningId)>,
    /// Single words by their consonants, for misspelt ones.
    skeletons: HashMap<String, Vec<(String, MeaningId)>>,
    /// The longest phrase, in words.
    pub longest: usize,
}

/// Noise words: matched, but never counted.
pub(super) const STOP: MeaningId = 0;
/// How strongly an implied meaning stands for its own.
pub(super) const IMPLIED: f32 = 0.6;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon::empty();
    lexicon.read_words(include_str!("lexicon.txt"));
    lexicon.read_places(include_str!("places.txt"));
    lexicon
        .stems
        .sort_by_key(|(stem, _)| std::cmp::Reverse(stem.len()));
    lexicon
});

pub(super) fn lexicon() -> &'static Lexicon {
    &LEXICON
}

/// The form under which words are looked up: vowels that people mix up are one, a last inherent vowel is dropped.
pub(super) fn canonical(key: &str) -> String {
    let plain: String = key
        .chars()
        .map(|c| if c == 'e' { 'i' } else { c })
        .collect();
    match plain.strip_suffix('a') {
        Some(short) if similar::consonants(short) >= 2 => short.to_owned(),
        _ => plain,
    }
}

impl Lexicon {
    fn empty() -> Self {
        let stop = Meaning {
            code: String::new(),
            weight: 0.0,
            implies: None,
        };
        Self {
            meanings: vec![stop],
            names: HashMap::from([("stop".to_owned(), STOP)]),
            written: HashMap::new(),
            words: HashMap::new(),
            stems: Vec::new(),
            skeletons: HashMap::new(),
            longest: 1,
        }
    }

    /// The meanings of a word that is listed exactly as written.
    pub fn find_written(&self, word: &str) -> Option<&[MeaningId]> {
        self.written.get(word).map(Vec::as_slice)
    }

    /// The meanings of a word or phrase, given by its canonical keys.
    pub fn find(&self, canonical: &str) -> Option<&[MeaningId]> {
        self.words.get(canonical).map(Vec::as_slice)
    }

    /// The meaning whose stem a canonical key begins with.
    pub fn find_stem(&self, canonical: &str) -> Option<MeaningId> {
        self.stems
            .iter()
            .find(|(stem, _)| canonical.starts_with(stem.as_str()))
            .map(|(_, id)| *id)
    }

    /// The meaning of the listed word that a misspelt one is most like: same consonants, or nearly the same key.
    pub fn find_misspelt(&self, key: &str) -> Option<MeaningId> {
        if similar::consonants(key) < 3 || key.bytes().any(|c| !c.is_ascii_lowercase()) {
            return None;
        }
        let mut best: Option<(f32, MeaningId)> = None;
        for (word, id) in self
            .skeletons
            .get(&similar::skeleton(key))
            .into_iter()
            .flatten()
        {
            if let Some(likeness) =
                similar::alike(word, key).filter(|l| best.is_none_or(|(b, _)| *l > b))
            {
                best = Some((likeness, *id));
            }
        }
        best.map(|(_, id)| id)
    }

    /// Listed single words that a key may be another spelling of, with their meanings.
    pub fn alike<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (&'a str, MeaningId)> {
        let same_consonants = self.skeletons.get(&similar::skeleton(key));
        same_consonants
            .into_iter()
            .flatten()
            .filter(|(word, _)| similar::alike(word, key).is_some())
            .map(|(word, id)| (word.as_str(), *id))
    }

    fn meaning(&mut self, name: &str) -> MeaningId {
        if let Some(id) = self.names.get(name) {
            return *id;
        }
        let id = MeaningId::try_from(self.meanings.len()).unwrap_or(MeaningId::MAX);
        let plain = name.chars().filter(char::is_ascii_alphanumeric);
        self.meanings.push(Meaning {
            code: format!("q{}", plain.collect::<String>()),
            weight: 1.0,
            implies: None,
        });
        self.names.insert(name.to_owned(), id);
        id
    }

    fn add(&mut self, phrase: &str, id: MeaningId) {
        let is_stem = phrase.ends_with('*');
        let normal = normalize(phrase);
        let keys: Vec<String> = normal
            .split(' ')
            .map(fold_token)
            .filter(|key| !key.is_empty())
            .collect();
        if keys.is_empty() {
            return;
        }
        if let ([key], false) = (keys.as_slice(), id == STOP)
            && similar::consonants(key) >= 3
        {
            self.skeletons
                .entry(similar::skeleton(key))
                .or_default()
                .push((key.clone(), id));
        }
        let joined = keys
            .iter()
            .map(|key| canonical(key))
            .collect::<Vec<_>>()
            .join(" ");
        if is_stem {
            self.stems.push((joined.clone(), id));
        }
        self.longest = self.longest.max(keys.len());
        add_meaning(self.words.entry(joined).or_default(), id);
        if keys.len() == 1 {
            add_meaning(self.written.entry(normal).or_default(), id);
        }
    }

    /// `name weight > implied: word, two words, stem*`
    fn read_words(&mut self, text: &str) {
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((head, words)) = line.split_once(':') else {
                continue;
            };
            let (own, implied) = match head.split_once('>') {
                Some((own, implied)) => (own.trim(), Some(implied.trim())),
                None => (head.trim(), None),
            };
            let (name, weight) = own.split_once(' ').unwrap_or((own, "1"));
            let implied = implied.map(|name| self.meaning(name));
            let id = self.meaning(name);
            let weight = weight.trim().parse().unwrap_or(1.0);
            let meaning = &mut self.meanings[usize::from(id)];
            (meaning.weight, meaning.implies) = (weight, implied);
            for word in words.split(',') {
                self.add(word.trim(), id);
            }
        }
    }

    /// `zone: phrase, phrase` names the zone itself, `@zone: name/other spelling, name` lists places of it.
    fn read_places(&mut self, text: &str) {
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((head, rest)) = line.split_once(':') else {
                continue;
            };
            let Some(head) = head.strip_prefix('@') else {
                let zone = self.meaning(&format!("zone {head}"));
                self.meanings[usize::from(zone)].weight = 0.8;
                rest.split(',')
                    .for_each(|phrase| self.add(phrase.trim(), zone));
                continue;
            };
            // Where a shop has no price for the suburbs, they are outside.
            let zone = self.meaning(&format!(
                "zone {}",
                if head == "suburb" { "outside" } else { head }
            ));
            for place in rest.split(',').map(str::trim) {
                let id = self.meaning(&format!("place {place}"));
                let meaning = &mut self.meanings[usize::from(id)];
                (meaning.weight, meaning.implies) = (0.8, Some(zone));
                place.split('/').for_each(|name| self.add(name, id));
            }
        }
    }
}

/// A word that means something is no noise, wherever else it is listed.
fn add_meaning(meanings: &mut Vec<MeaningId>, id: MeaningId) {
    if id == STOP && !meanings.is_empty() {
        return;
    }
    meanings.retain(|known| *known != STOP && *known != id);
    meanings.push(id);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meanings(word: &str) -> Vec<MeaningId> {
        let key = normalize(word)
            .split(' ')
            .map(|t| canonical(&fold_token(t)))
            .collect::<Vec<_>>()
            .join(" ");
        lexicon()
            .find(&key)
            .map(<[MeaningId]>::to_vec)
            .unwrap_or_default()
    }

    #[test]
    fn the_three_writings_of_a_word_have_one_meaning() {
        for (one, other) in [
            ("delivery", "ডেলিভারি"),
            ("refund", "টাকা ফেরত"),
            ("kalo", "black"),
            ("কবে", "when"),
        ] {
            let (a, b) = (meanings(one), meanings(other));
            assert!(
                a.iter().any(|id| b.contains(id)),
                "{one} {a:?} / {other} {b:?}"
            );
        }
    }

    #[test]
    fn noise_stays_noise() {
        for word in ["apnader", "আপনাদের", "please", "the", "vai", "কোনো", "was"]
        {
            assert_eq!(lexicon().find_written(word), Some(&[STOP][..]), "{word}");
        }
    }
}
