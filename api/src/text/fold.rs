//! The phonetic key: Bangla script, Banglish and English loan words written as they sound, in few letters.
//!
//! The alphabet of a key is `a e i u` for vowels (o and a are one: the inherent vowel is written either way), and
//! `b c d f g h j k l m n p r s t w` for consonants. Aspiration, vowel length and doubled letters are dropped, because
//! people who write Bangla in Latin letters agree on none of them. `c` is চ.

use super::normalize::normalize;

/// The phonetic Latin key of a text, token by token.
pub fn fold(text: &str) -> String {
    let normal = normalize(text);
    let mut out = String::with_capacity(normal.len());
    for token in normal.split(' ').filter(|token| !token.is_empty()) {
        let key = fold_token(token);
        if !key.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&key);
        }
    }
    out
}

/// The key of one normalized token. Tokens with a digit (sizes, model names) are taken as they are.
pub(super) fn fold_token(token: &str) -> String {
    if token.is_ascii() {
        if token.bytes().any(|b| b.is_ascii_digit()) {
            return token.to_owned();
        }
        return latin(token.as_bytes());
    }
    let roman = bangla(token);
    squeeze(&roman)
}

/// Bangla letters to key letters; everything else passes.
fn bangla(token: &str) -> String {
    const HASANTA: char = '\u{9cd}';
    let chars: Vec<char> = token.chars().collect();
    let mut out = String::with_capacity(chars.len() * 2);
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        let next = chars.get(at + 1).copied();
        let joined = at > 0 && chars[at - 1] == HASANTA;
        let nukta = next == Some('\u{9bc}');
        at += if nukta { 2 } else { 1 };
        let after = chars.get(at).copied();
        // ওয় is w: পাওয়া is "pawa".
        if c == 'ও' && after == Some('য') && chars.get(at + 1) == Some(&'\u{9bc}') {
            out.push('w');
            at += 2;
            continue;
        }
        let key = match (c, nukta) {
            ('ড' | 'ঢ' | 'ব', true) => "r",
            ('য', true) => "i",
            // The second half of a conjunct: য-ফলা only changes the vowel, ব-ফলা is silent except after m and b.
            ('য', _) if joined => "",
            ('ব', _) if joined && !out.ends_with(['m', 'b']) => "",
            ('ষ', _) if joined && out.ends_with('k') => "",
            ('ঞ', _) if joined && out.ends_with('j') => {
                out.pop();
                "g"
            }
            _ => bangla_letter(c),
        };
        if key.is_empty() && !is_bangla_consonant(c) && !is_silent(c) {
            out.push(c);
        }
        out.push_str(key);
        // The inherent vowel is heard between consonants and (mostly) silent at the end of a word.
        if is_bangla_consonant(c)
            && !(c == 'য' && nukta)
            && after.is_some_and(|a| is_bangla_consonant(a) || is_bangla_vowel(a))
        {
            out.push('a');
        }
    }
    out
}

fn is_bangla_consonant(c: char) -> bool {
    matches!(c, 'ক'..='হ')
}

fn is_bangla_vowel(c: char) -> bool {
    matches!(c, 'অ'..='ঔ')
}

fn is_silent(c: char) -> bool {
    matches!(c, '\u{981}' | '\u{983}' | '\u{9bc}' | '\u{9cd}' | '\u{9d7}')
}

fn bangla_letter(c: char) -> &'static str {
    match c {
        'ক' | 'খ' => "k",
        'গ' | 'ঘ' => "g",
        'ঙ' | 'ং' => "ng",
        'চ' | 'ছ' => "c",
        'জ' | 'ঝ' | 'য' => "j",
        'ট' | 'ঠ' | 'ত' | 'থ' | 'ৎ' => "t",
        'ড' | 'ঢ' | 'দ' | 'ধ' => "d",
        'ঞ' | 'ণ' | 'ন' => "n",
        'প' => "p",
        'ফ' => "f",
        'ব' | 'ভ' => "b",
        'ম' => "m",
        'র' => "r",
        'ল' => "l",
        'শ' | 'ষ' | 'স' => "s",
        'হ' => "h",
        'অ' | 'আ' | 'া' | 'ও' | 'ো' => "a",
        'ই' | 'ঈ' | 'ি' | 'ী' => "i",
        'উ' | 'ঊ' | 'ু' | 'ূ' => "u",
        'ঋ' | 'ৃ' => "ri",
        'এ' | 'ে' => "e",
        'ঐ' | 'ৈ' => "ai",
        'ঔ' | 'ৌ' => "au",
        _ => "",
    }
}

/// Latin letters, in Banglish or English spelling, to key letters.
fn latin(token: &[u8]) -> String {
    let mut out = String::with_capacity(token.len());
    let mut at = 0;
    while at < token.len() {
        let rest = &token[at..];
        let (key, used) = latin_group(rest, at, token.len());
        out.push_str(key);
        at += used;
    }
    squeeze(&out)
}

/// The key of the first sound of `rest`, and how many letters it took.
fn latin_group(rest: &[u8], at: usize, len: usize) -> (&'static str, usize) {
    let soft = rest.get(1).is_some_and(|c| matches!(c, b'e' | b'i' | b'y'));
    match rest {
        [b't', b'i', b'o', b'n', ..] => ("san", 4),
        [b'c', b'h', b'h', ..] => ("c", 3),
        [b's', b'c', b'h', ..] => ("sk", 3),
        [b'c', b'h', ..] => ("c", 2),
        [b'c', b'k', ..] | [b'k', b'h', ..] => ("k", 2),
        [b's', b'h', ..] => ("s", 2),
        [b't', b'h', ..] => ("t", 2),
        [b'd', b'h', ..] => ("d", 2),
        [b'g', b'h', ..] => ("g", 2),
        [b'b', b'h', ..] => ("b", 2),
        [b'j', b'h', ..] => ("j", 2),
        [b'p', b'h', ..] => ("f", 2),
        [b'e', b'e', ..] | [b'e', b'a', ..] => ("i", 2),
        [b'o', b'o', ..] => ("u", 2),
        // A silent last e after a consonant; it softens g and c before it. Short words are Banglish: "age" is আগে.
        [b'g', b'e'] if len >= 5 => ("j", 2),
        [b'c', b'e'] if at > 0 => ("s", 2),
        [b'c', ..] => (if soft { "s" } else { "k" }, 1),
        [b'q', b'u', ..] => ("ku", 2),
        [first, ..] => (latin_letter(*first), 1),
        [] => ("", 1),
    }
}

fn latin_letter(c: u8) -> &'static str {
    match c {
        b'a' | b'o' => "a",
        b'b' | b'v' => "b",
        b'd' => "d",
        b'e' => "e",
        b'f' => "f",
        b'g' => "g",
        b'h' => "h",
        b'i' | b'y' => "i",
        b'j' | b'z' => "j",
        b'k' | b'q' => "k",
        b'l' => "l",
        b'm' => "m",
        b'n' => "n",
        b'p' => "p",
        b'r' => "r",
        b's' => "s",
        b't' => "t",
        b'u' => "u",
        b'w' => "w",
        b'x' => "ks",
        _ => "",
    }
}

/// Doubled letters once; `h` after a consonant is aspiration and goes.
fn squeeze(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    let mut last = None;
    for c in key.chars() {
        let aspiration = c == 'h'
            && last.is_some_and(|l| matches!(l, 'b'..='d' | 'f' | 'g' | 'j'..='n' | 'p'..='t'));
        if last != Some(c) && !aspiration {
            out.push(c);
            last = Some(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::similar::similarity;

    #[test]
    fn the_three_writings_of_a_price_question_have_one_key() {
        assert_eq!(fold("দাম কত"), "dam kat");
        assert_eq!(fold("dam koto"), "dam kata");
        assert_eq!(fold("daam kotto"), "dam kata");
    }

    #[test]
    fn loan_words_meet_their_bangla_spelling() {
        for (bangla, latin) in [
            ("ডেলিভারি", "delivery"),
            ("ডেলিভারি", "delivari"),
            ("চার্জ", "charge"),
            ("প্রাইস", "price"),
            ("সাইজ", "size"),
            ("পাওয়া", "pawa"),
            ("এক্সচেঞ্জ", "exchange"),
            ("ধন্যবাদ", "dhonnobad"),
            ("কোথায়", "kothay"),
            ("ক্যাশ", "cash"),
            ("নম্বর", "number"),
            ("ওয়ারেন্টি", "warranty"),
            ("ভাই", "bhai"),
            ("ভাই", "vai"),
        ] {
            let likeness = similarity(&fold(bangla), &fold(latin));
            assert!(
                likeness >= 0.8,
                "{bangla} {} / {latin} {}: {likeness}",
                fold(bangla),
                fold(latin)
            );
        }
    }

    #[test]
    fn different_words_stay_different() {
        for (one, other) in [
            ("dam", "kom"),
            ("charge", "charger"),
            ("kobe", "koto"),
            ("mouse", "mic"),
            ("dhaka", "taka"),
        ] {
            assert!(
                similarity(&fold(one), &fold(other)) < 0.86,
                "{one} / {other}"
            );
        }
    }

    #[test]
    fn sizes_and_model_names_pass_unchanged() {
        assert_eq!(fold("3XL ৬৪ M10"), "3xl 64 m10");
    }

    proptest::proptest! {
        #[test]
        fn any_text_folds_without_panic(text in "\\PC{0,40}") {
            let _ = fold(&text);
        }
    }
}
