//! Cuts a long answer into messages that a platform accepts (R75, trap 20).

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::TextLimit;

impl TextLimit {
    /// The most that one message may hold, in the platform's unit.
    pub fn max(self) -> usize {
        match self {
            Self::Utf16(max) | Self::Utf8Bytes(max) | Self::Chars(max) => max,
        }
    }

    /// How long a text is, in the platform's unit.
    pub fn measure(self, text: &str) -> usize {
        match self {
            Self::Utf16(_) => text.encode_utf16().count(),
            Self::Utf8Bytes(_) => text.len(),
            Self::Chars(_) => text.chars().count(),
        }
    }
}

/// The text in parts that each fit the limit, in order. Cut after a paragraph, else after a line, else after a sentence,
/// else at white space, else between two graphemes: never inside one, unless it alone is longer than the limit. Only
/// white space at the cuts and at the ends is lost. Text of white space only gives no part.
pub fn split_text(text: &str, limit: TextLimit) -> Vec<String> {
    let pieces = pieces(text, limit);
    let mut parts = Vec::new();
    let mut start = skip_space(&pieces, 0);
    while start < pieces.len() {
        let end = cut(&pieces, start, limit.max());
        let last = (start..end)
            .rev()
            .find(|at| !pieces[*at].is_space)
            .unwrap_or(start);
        parts.push(text[pieces[start].bytes.start..pieces[last].bytes.end].to_owned());
        start = skip_space(&pieces, end);
    }
    parts
}

/// A grapheme, or a character of a grapheme that is longer than the limit.
struct Piece {
    bytes: Range<usize>,
    length: usize,
    is_space: bool,
    line_breaks: usize,
    ends_sentence: Ending,
}

#[derive(Clone, Copy, PartialEq)]
enum Ending {
    No,
    /// Marks that also stand inside of numbers and addresses: they end a sentence before white space only.
    BeforeSpace,
    /// Dandas end a sentence wherever they stand.
    Always,
}

fn pieces(text: &str, limit: TextLimit) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (at, grapheme) in text.grapheme_indices(true) {
        if limit.measure(grapheme) <= limit.max() {
            pieces.push(Piece::new(at, grapheme, limit));
        } else {
            let characters = grapheme
                .char_indices()
                .map(|(inner, c)| (at + inner, &grapheme[inner..inner + c.len_utf8()]));
            pieces.extend(characters.map(|(at, character)| Piece::new(at, character, limit)));
        }
    }
    pieces
}

impl Piece {
    fn new(at: usize, text: &str, limit: TextLimit) -> Self {
        let ends_sentence = match text.chars().next() {
            Some('।' | '॥') => Ending::Always,
            Some('.' | '!' | '?' | '…') => Ending::BeforeSpace,
            _ => Ending::No,
        };
        Self {
            bytes: at..at + text.len(),
            length: limit.measure(text),
            is_space: text.chars().all(char::is_whitespace),
            line_breaks: usize::from(text.contains(['\n', '\u{2029}'])),
            ends_sentence,
        }
    }
}

fn skip_space(pieces: &[Piece], from: usize) -> usize {
    (from..pieces.len())
        .find(|at| !pieces[*at].is_space)
        .unwrap_or(pieces.len())
}

/// Where the part that begins at `start` ends.
fn cut(pieces: &[Piece], start: usize, max: usize) -> usize {
    let mut length = 0;
    let fits = |piece: &&Piece| {
        length += piece.length;
        length <= max
    };
    // At least one, so that it ends even where a single character is longer than the limit.
    let full = start + pieces[start..].iter().take_while(fits).count().max(1);
    if skip_space(pieces, full) == pieces.len() {
        return full;
    }
    // Good ends near the beginning would make a tiny message: they count from a third on.
    let early = start + (full - start) / 3;
    let last = |from: usize, is_end: &dyn Fn(usize) -> bool| {
        (from + 1..=full).rev().find(|at| is_end(*at))
    };
    last(early, &|at| breaks_after(pieces, at) >= 2)
        .or_else(|| last(early, &|at| breaks_after(pieces, at) >= 1))
        .or_else(|| last(early, &|at| is_sentence_end(pieces, at)))
        .or_else(|| last(start, &|at| pieces[at].is_space && !pieces[at - 1].is_space))
        .unwrap_or(full)
}

/// The line breaks in the white space that begins at `at`; none if it does not begin there.
fn breaks_after(pieces: &[Piece], at: usize) -> usize {
    if pieces[at - 1].is_space {
        return 0;
    }
    pieces[at..]
        .iter()
        .take_while(|piece| piece.is_space)
        .map(|piece| piece.line_breaks)
        .sum()
}

fn is_sentence_end(pieces: &[Piece], at: usize) -> bool {
    match pieces[at - 1].ends_sentence {
        Ending::No => false,
        Ending::BeforeSpace => pieces[at].is_space,
        Ending::Always => pieces[at].ends_sentence == Ending::No,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_text_is_one_part_and_white_space_is_none() {
        assert_eq!(
            split_text("দাম ১৮৫০ টাকা।", TextLimit::Utf8Bytes(1000)),
            ["দাম ১৮৫০ টাকা।"]
        );
        for text in ["", " ", "\n\r\n\t\u{3000}"] {
            assert!(split_text(text, TextLimit::Chars(5)).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn the_best_cut_that_fits_is_taken() {
        let limit = TextLimit::Chars(20);
        assert_eq!(
            split_text("First one. Two.\n\nThird one here. Fourth.", limit),
            ["First one. Two.", "Third one here.", "Fourth."]
        );
        assert_eq!(
            split_text("Line one here\nline two and more", limit),
            ["Line one here", "line two and more"]
        );
        assert_eq!(
            split_text("দাম ১৮৫০ টাকা।স্টকে আছে আপু।", TextLimit::Chars(18)),
            ["দাম ১৮৫০ টাকা।", "স্টকে আছে আপু।"]
        );
        assert_eq!(
            split_text("Price 3.50 or 12.75 only", TextLimit::Chars(13)),
            ["Price 3.50 or", "12.75 only"]
        );
        assert_eq!(
            split_text("abcdefghij", TextLimit::Chars(4)),
            ["abcd", "efgh", "ij"]
        );
    }

    #[test]
    fn a_cut_near_the_beginning_is_no_better_than_a_later_one() {
        let text = "Hi.\n\nThis sentence is quite long and goes on";
        assert_eq!(
            split_text(text, TextLimit::Chars(30)),
            ["Hi.\n\nThis sentence is quite", "long and goes on"]
        );
    }

    #[test]
    fn an_emoji_family_and_a_conjunct_stay_whole() {
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(
            split_text(&family.repeat(3), TextLimit::Utf8Bytes(60)),
            [family.repeat(2), family.to_owned()]
        );
        // 25 bytes do not fit into 20: then at least no character is broken.
        let parts = split_text(family, TextLimit::Utf8Bytes(20));
        assert_eq!(parts.concat(), family);
        assert!(parts.iter().all(|part| part.len() <= 20));
        assert_eq!(split_text("ক্ষক্ষ", TextLimit::Chars(4)), ["ক্ষ", "ক্ষ"]);
        assert_eq!(split_text("কিকিকি", TextLimit::Chars(5)), ["কিকি", "কি"]);
    }

    #[test]
    fn each_platform_counts_in_its_own_unit() {
        assert_eq!(TextLimit::Utf16(0).measure("ক😊"), 3);
        assert_eq!(TextLimit::Utf8Bytes(0).measure("ক😊"), 7);
        assert_eq!(TextLimit::Chars(0).measure("ক😊"), 2);
        assert_eq!(
            split_text(&"ক".repeat(334), TextLimit::Utf8Bytes(1000)).len(),
            2
        );
    }

    fn texts() -> impl Strategy<Value = String> {
        let words = prop::sample::select(vec![
            "দাম",
            "কত?",
            "আছে।",
            "ক্ষ",
            " ",
            "\n",
            "\n\n",
            "\r\n",
            "ok.",
            "😍",
            "👨‍👩‍👧‍👦",
            "🇧🇩",
            "e\u{301}",
            " \u{301}",
            "\u{600} ",
            "\u{200d}",
            "12.5",
            "\t",
        ]);
        prop_oneof![
            prop::collection::vec(words, 0..60).prop_map(|words| words.concat()),
            ".{0,80}"
        ]
    }

    fn limits() -> impl Strategy<Value = TextLimit> {
        (4_usize..60, 0..3).prop_map(|(max, unit)| match unit {
            0 => TextLimit::Utf16(max),
            1 => TextLimit::Utf8Bytes(max),
            _ => TextLimit::Chars(max),
        })
    }

    proptest! {
        #[test]
        fn parts_fit_keep_everything_but_white_space_and_are_cut_between_graphemes(text in texts(), limit in limits()) {
            let borders: HashSet<usize> = text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect();
            let oversized = text.graphemes(true).any(|grapheme| limit.measure(grapheme) > limit.max());
            let mut at = 0;
            for part in split_text(&text, limit) {
                prop_assert!(limit.measure(&part) <= limit.max());
                prop_assert!(!part.trim().is_empty());
                // What lies before the part is white space, taken character by character.
                while !text[at..].starts_with(&part) {
                    let skipped = text[at..].chars().next().expect("the parts come from the text");
                    prop_assert!(skipped.is_whitespace());
                    at += skipped.len_utf8();
                }
                prop_assert!(oversized || borders.contains(&at));
                at += part.len();
                prop_assert!(oversized || borders.contains(&at));
            }
            prop_assert!(text[at..].trim().is_empty());
        }
    }
}
