//! What a new password must be (R30): 12 to 128 characters and not one that is tried first. No composition rules.
//!
//! A list of common passwords alone would let `Password2024!!` pass. So the characters are counted that a guesser cannot foresee:
//! a common word, a year, a run (`12345`, `aaaa`), a walk over the keyboard, or the person's own name or address counts as one,
//! a repetition of what stood before as none.

use std::sync::LazyLock;

use secrecy::ExposeSecret;

use super::Password;

pub const MIN_CHARACTERS: usize = 12;
pub const MAX_CHARACTERS: usize = 128;
/// Below this many unforeseeable characters a password is refused.
const MIN_UNFORESEEN: usize = 7;

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    Length,
    /// Among the commonest, or put together from such and from what is known about the person.
    Guessable,
}

static COMMON: LazyLock<Vec<&str>> = LazyLock::new(|| lines(include_str!("common_passwords.txt")));
static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| lines(include_str!("common_words.txt")));

/// Rows, and columns from the left, as fingers walk them.
const KEYBOARD: [&str; 6] = [
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
];

fn lines(text: &'static str) -> Vec<&'static str> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect()
}

/// Judges a new password of the person with this e-mail address and name.
pub fn judge(password: &Password, email: &str, name: &str) -> Result<(), Weakness> {
    let text = password.0.expose_secret();
    if !(MIN_CHARACTERS..=MAX_CHARACTERS).contains(&text.chars().count()) {
        return Err(Weakness::Length);
    }
    let lower = text.to_lowercase();
    if COMMON.contains(&lower.as_str())
        || unforeseen(&lower, &known_of(email, name)) < MIN_UNFORESEEN
    {
        return Err(Weakness::Guessable);
    }
    Ok(())
}

/// The pieces of an address and a name, of three letters and more.
fn known_of(email: &str, name: &str) -> Vec<String> {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let host = domain.split('.').next().unwrap_or_default();
    let joined: String = name.split_whitespace().collect();
    let pieces = [local, host]
        .into_iter()
        .flat_map(|part| part.split(|c: char| !c.is_alphanumeric()))
        .chain(name.split_whitespace());
    let whole = [local, host, joined.as_str()].into_iter();
    pieces
        .chain(whole)
        .map(str::to_lowercase)
        .filter(|piece| piece.chars().count() >= 3)
        .collect()
}

/// The least number of characters that have to be guessed one by one, over all ways to take the text apart.
fn unforeseen(lower: &str, known: &[String]) -> usize {
    let text: Vec<char> = lower
        .chars()
        .filter(|c| !matches!(c, ' ' | '.' | '-' | '_'))
        .collect();
    let words: Vec<Vec<char>> = WORDS
        .iter()
        .copied()
        .chain(known.iter().map(String::as_str))
        .map(|word| word.chars().collect())
        .collect();
    let mut cost: Vec<usize> = (0..=text.len()).collect();
    for start in 0..text.len() {
        let rest = &text[start..];
        let mut reach = |len: usize, price: usize| {
            cost[start + len] = cost[start + len].min(cost[start] + price)
        };
        reach(1, 1);
        words
            .iter()
            .filter(|word| begins_with(rest, word))
            .for_each(|word| reach(word.len(), 1));
        (3..=run_length(rest))
            .chain(4..=walk_length(rest))
            .for_each(|len| reach(len, 1));
        if is_year(rest) {
            reach(4, 1);
        }
        (2..=start.min(rest.len()))
            .filter(|len| text[start - len..start] == rest[..*len])
            .for_each(|len| reach(len, 0));
    }
    cost[text.len()]
}

/// Whether the text begins with the word, letters written as digits and signs included (`p4$$w0rd`).
fn begins_with(text: &[char], word: &[char]) -> bool {
    text.len() >= word.len()
        && word
            .iter()
            .zip(text)
            .all(|(letter, written)| letter == written || stands_for(*written, *letter))
}

fn stands_for(written: char, letter: char) -> bool {
    let letters = match written {
        '0' => "o",
        '1' | '!' => "il",
        '3' => "e",
        '4' | '@' => "a",
        '5' | '$' => "s",
        '7' => "t",
        _ => return false,
    };
    letters.contains(letter)
}

/// How long the text goes on in equal or neighbouring steps: `1111`, `4567`, `dcba`.
fn run_length(text: &[char]) -> usize {
    let step = |pair: &[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
    let Some(first) = text
        .windows(2)
        .next()
        .map(step)
        .filter(|first| first.abs() <= 1)
    else {
        return 1;
    };
    1 + text
        .windows(2)
        .take_while(|pair| step(pair) == first)
        .count()
}

/// How long the text follows a row or column of the keyboard, in either direction.
fn walk_length(text: &[char]) -> usize {
    let along = |keys: &[char]| {
        let from = |start: usize| {
            keys[start..]
                .iter()
                .zip(text)
                .take_while(|(key, written)| key == written)
                .count()
        };
        (0..keys.len()).map(from).max().unwrap_or(0)
    };
    let both_ways = |row: &str| {
        let forward: Vec<char> = row.chars().collect();
        let backward: Vec<char> = row.chars().rev().collect();
        along(&forward).max(along(&backward))
    };
    KEYBOARD.iter().map(|row| both_ways(row)).max().unwrap_or(0)
}

fn is_year(text: &[char]) -> bool {
    matches!(text, ['1', '9', a, b, ..] | ['2', '0', a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(password: &str) -> Result<(), Weakness> {
        judge(
            &Password::new(&password.into()),
            "rahim.uddin@shapla-store.example",
            "Rahim Uddin",
        )
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        assert_eq!(judged("k8#vTq2mZx!"), Err(Weakness::Length));
        assert_eq!(judged("k8#vTq2mZx!w"), Ok(()));
        assert_eq!(judged("নদীর ধারে বসে"), Ok(()));
        assert_eq!(judged(&"k8#vTq2mZx!w".repeat(11)), Err(Weakness::Length));
    }

    #[test]
    fn common_passwords_are_refused_however_they_are_dressed() {
        for password in [
            "1qaz2wsx3edc",
            "Password2024!!",
            "p4$$w0rd-1971!",
            "iloveyou123456",
            "Bangladesh1971",
            "qwertyuiop[]12",
            "poiuytrewq4321",
            "aaaaaaaaaaaaaa",
            "123456789012",
            "abcdefghijkl",
            "qlzqlzqlzqlz",
            "x7!x7!x7!x7!x7!",
            "admin-admin-admin",
            "dragon monkey shadow",
        ] {
            assert_eq!(judged(password), Err(Weakness::Guessable), "{password}");
        }
    }

    #[test]
    fn the_own_name_and_address_are_refused() {
        for password in ["rahimuddin2024", "Uddin.Rahim!!99", "rahim.uddin@shapla"] {
            assert_eq!(judged(password), Err(Weakness::Guessable), "{password}");
        }
    }

    #[test]
    fn passphrases_and_random_passwords_are_taken() {
        for password in [
            "correct horse battery staple",
            "830174926510",
            "sonar tori bhashe rupar jole",
            "Zq9-vLm2-Xw7k",
            "ami tomar shathe ekmot noi",
        ] {
            assert_eq!(judged(password), Ok(()), "{password}");
        }
    }
}
