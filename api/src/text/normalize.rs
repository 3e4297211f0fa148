//! The search form of a text: what was written, without how it was typed.

use unicode_normalization::UnicodeNormalization;

/// The search form that is stored beside each message and knowledge entry.
///
/// NFKC first, so that styled letters (𝐩𝐫𝐢𝐜𝐞), full-width forms and the two encodings of য় ড় ঢ় become one; then lower case, Bangla
/// digits as ASCII, joiners and direction marks dropped, everything else that is no letter, mark or digit to a space.
/// The result has single spaces and none at the ends; normalizing again changes nothing.
pub fn normalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space_due = false;
    let mut put = |c: char, space_due: &mut bool| {
        if std::mem::take(space_due) && !out.is_empty() {
            out.push(' ');
        }
        out.push(c);
    };
    for c in text.nfkc().flat_map(char::to_lowercase).nfc() {
        match c {
            // ZWNJ, ZWJ, direction marks, BOM, variation selectors: invisible, and typed at random. A combining dot is what
            // lower-casing a Turkish capital leaves behind.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => {}
            '\u{feff}' | '\u{ad}' | '\u{fe00}'..='\u{fe0f}' | '\u{307}' => {}
            // An apostrophe inside a word joins it: don't, what's.
            '\'' | '\u{2019}' => {}
            '০'..='৯' => put(ascii_digit(c), &mut space_due),
            c if is_word_char(c) => put(c, &mut space_due),
            _ => space_due = true,
        }
    }
    out
}

fn ascii_digit(bangla: char) -> char {
    char::from_digit(u32::from(bangla) - u32::from('০'), 10).unwrap_or(bangla)
}

/// Letters and digits of any script, and the Bangla signs (vowel signs, hasanta, nukta, chandrabindu are no letters to Unicode).
fn is_word_char(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '\u{981}'..='\u{983}' | '\u{9bc}'..='\u{9d7}' | '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_of_yya_become_one() {
        assert_eq!(normalize("পাওয়া"), normalize("পাওয\u{9bc}া"));
        assert_eq!(normalize("বা\u{9dc}ি"), normalize("বাড\u{9bc}ি"));
    }

    #[test]
    fn digits_marks_and_punctuation_are_ironed_out() {
        assert_eq!(normalize("  দাম ১২৫০\u{a0}টাকা?! "), "দাম 1250 টাকা");
        assert_eq!(normalize("র\u{200d}্যাপ"), normalize("র্যাপ"));
        assert_eq!(normalize("𝐩𝐫𝐢𝐜𝐞 KOTO"), "price koto");
        assert_eq!(normalize("don't"), "dont");
        assert_eq!(normalize("😀 ❤️"), "");
    }

    proptest::proptest! {
        #[test]
        fn normalizing_twice_is_normalizing_once(text in "\\PC{0,40}") {
            let once = normalize(&text);
            proptest::prop_assert_eq!(normalize(&once), once);
        }
    }
}
