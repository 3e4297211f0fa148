//! How alike two phonetic keys are: an edit distance in which vowels are cheap and often-confused consonants half price.

/// 0 (nothing in common) to 1 (equal).
pub(super) fn similarity(one: &str, other: &str) -> f32 {
    if one == other {
        return 1.0;
    }
    let (a, b) = (one.as_bytes(), other.as_bytes());
    let most = mass(a).max(mass(b));
    if most <= 0.0 || (mass(a) - mass(b)).abs() > most * 0.4 {
        return 0.0;
    }
    (1.0 - distance(a, b) / most).max(0.0)
}

/// Whether two keys may be taken for one word. The shorter the word, the less may differ: "dam" and "dim" are two words.
pub(super) fn alike(one: &str, other: &str) -> Option<f32> {
    if one == other {
        return Some(1.0);
    }
    let digits = |text: &str| text.bytes().any(|c| !c.is_ascii_lowercase());
    if digits(one) || digits(other) {
        return None;
    }
    let sounds = consonants(one).min(consonants(other));
    let floor = match sounds {
        0 | 1 => 0.95,
        2 => 0.88,
        3 => 0.82,
        _ => 0.78,
    };
    Some(similarity(one, other)).filter(|likeness| *likeness >= floor)
}

/// The consonants of a key in order; equal skeletons are the cheapest sign that two keys may be one word.
pub(super) fn skeleton(key: &str) -> String {
    key.chars().filter(|c| !is_vowel(*c as u8)).collect()
}

pub(super) fn consonants(key: &str) -> usize {
    key.bytes().filter(|c| !is_vowel(*c)).count()
}

fn is_vowel(c: u8) -> bool {
    matches!(c, b'a' | b'e' | b'i' | b'u' | b'w')
}

fn mass(key: &[u8]) -> f32 {
    key.iter()
        .map(|c| if is_vowel(*c) { 0.4 } else { 1.0 })
        .sum()
}

fn drop_cost(c: u8) -> f32 {
    match c {
        b'a' => 0.15,
        b'h' => 0.35,
        c if is_vowel(c) => 0.3,
        _ => 1.0,
    }
}

fn swap_cost(a: u8, b: u8) -> f32 {
    if a == b {
        return 0.0;
    }
    let pair = (a.min(b), a.max(b));
    match pair {
        (b'e', b'i') => 0.12,
        (b'u', b'w') => 0.12,
        (x, y) if is_vowel(x) && is_vowel(y) => 0.35,
        (b'c', b's') | (b'c', b'k') | (b'f', b'p') | (b'b', b'w') => 0.4,
        (b'd', b't') | (b'g', b'j') | (b'c', b'j') | (b'k', b's') | (b'j', b's') | (b'b', b'p') => {
            0.6
        }
        _ => 1.0,
    }
}

fn distance(a: &[u8], b: &[u8]) -> f32 {
    let mut row: Vec<f32> = Vec::with_capacity(b.len() + 1);
    row.push(0.0);
    for c in b {
        row.push(row[row.len() - 1] + drop_cost(*c));
    }
    for x in a {
        let mut diagonal = row[0];
        row[0] += drop_cost(*x);
        for (j, y) in b.iter().enumerate() {
            let swapped = diagonal + swap_cost(*x, *y);
            diagonal = row[j + 1];
            row[j + 1] = swapped
                .min(row[j + 1] + drop_cost(*x))
                .min(row[j] + drop_cost(*y));
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_vowel_costs_little_and_a_missing_consonant_much() {
        assert!(similarity("kata", "kta") > 0.85);
        assert!(similarity("kabata", "kaata") < similarity("kabata", "kabta"));
    }

    #[test]
    fn short_words_must_agree_almost_exactly() {
        assert!(alike("dam", "dim").is_none());
        assert!(alike("delibari", "deleberi").is_some());
        assert!(alike("m10", "m11").is_none());
    }
}
