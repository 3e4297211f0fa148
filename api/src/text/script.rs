//! In which writing a message is: Bangla letters, Bangla in Latin letters, English, or a mixture.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::fold::fold_token;
use super::lexicon::canonical;

/// The writing of a text. Digits, emoji and punctuation do not count.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    /// Bangla letters; Latin sizes, units and model names do not change that.
    Bangla,
    /// Romanised Bangla, also next to English words.
    Banglish,
    English,
    /// Bangla letters and at least one Latin word.
    Mixed,
    /// No letters that tell.
    Unknown,
}

/// Latin tokens that stand in Bangla text without making it mixed: sizes and units.
const NEUTRAL: &[&str] = &[
    "xs", "s", "m", "l", "xl", "xxl", "xxxl", "gb", "mb", "tb", "ml", "mah", "tk", "k", "usb",
    "kg", "g", "gm", "mm", "cm", "w", "v", "mp", "inch", "in", "ft", "bdt", "spf", "ok", "pcs",
    "pc",
];

/// English words that are not romanised Bangla as well ("to", "age", "den" are both and therefore missing).
const ENGLISH: &str = "the is are was were do does did you your yours i im me my we us our it its they their this that these those what when \
    where which who whose why how much many can could would will should may might must shall have has had not dont doesnt cant wont if \
    and or but for from with without of at by about after before inside outside into any some there here please want wanted need \
    needed like give get got buy order sell send receive received return exchange refund price cost charge delivery deliver shipping \
    available stock size color colour open close shop store address location discount offer pay payment cash card warranty original \
    hello hi hey good morning evening night thanks thank talk speak person human someone real agent worst service bad nobody still yet \
    today tomorrow yesterday day days week weeks month until long short big small new old same other another more less best better \
    also just only make made know tell show see help work working product item items be been am a an in on";

/// Romanised Bangla that is no English word: grammar and everyday words.
const BANGLISH: &str = "ami amar amr amake amra amader apni apnar apnara apnader apnake tumi tomar apu apa bhai vai vaia vaiya bhaiya bhaia \
    ki kii eta eita eitar oita oitar ota seta ekta ekti ektu akta akti je jodi tahole taile ekhon ekhn akhon ebar abar abr ar kintu naki nai nei \
    noy kore korle korte korben koren kora korbo krbo krte korbe korchen kori korar koira hobe hbe hoy hoye hole holo hoite hocche \
    hoyeche ache achen asen ase acen achi thake thaka thakle thaki thakbe chilo jabe jbe jay jai jaay jete gele gelo giye jabo parbo parben \
    pari paren pare parbe chai cai chacchi chaile diben dibe dibo dibe den deben debo dite diye dile dilam dewa deya deoya dey nen niben nibo nite \
    nile niye neya newa nebo rakhen rakhben rakha bolen bolun bolben bolte bolle bolsi jante janaben janan bujhbo dekhte dekhi \
    dekhlam sathe shathe jonno jonne moto theke hisebe ekdom khub onek onk valo bhalo shob sob kichu kisu kono konta kon kun keu kew \
    kar kader shudhu lagbe lage dorkar porbe pore asbe asle ashle ashbe aste ashe esheche pabo pawa paowa paoya peye pele paisi \
    payechi paben pete dam daam koto kotto kto kobe kothay kothai kivabe kibhabe kmne kemne keno kno koydin koyta kemon kmn din dine taka \
    takar hajar hazar kom komano dokan thikana baire vitore bhitore moddhe modhe agrim bikash nogod kisti batil nosto vanga chera \
    bodol bodlano bodla notun purono asol nokol khola bondho lal kalo sada nil sobuj holud boro choto lomba kapor jama shari sharee \
    meye chele baccha bacca ma biye biyer dhonnobad assalamualaikum salam slm walaikum nomoskar hlw kal aj ajke ajker ajkei rat shokal bikal \
    dupur raat mash bochor por porer ekhono asche ashe nijei nije giyei dada didi inshallah alhamdulillah jazakallah mashallah haat hate \
    er ta tar te na to tk pp r e o tai oi ei onno thik bhul vul chobi kaj kotha bolbo manush malik";

static ENGLISH_WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| ENGLISH.split_whitespace().collect());
static BANGLISH_WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| BANGLISH.split_whitespace().collect());
/// Longer Banglish words by their key, so that free spelling is recognised too.
static BANGLISH_KEYS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    BANGLISH
        .split_whitespace()
        .filter(|word| word.len() >= 4)
        .map(|word| canonical(&fold_token(word)))
        .collect()
});

/// The writing of a text, by its letters; between Banglish and English grammar words decide.
pub fn detect_script(text: &str) -> Script {
    let text: String = text
        .nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| !matches!(c, '\'' | '\u{2019}'))
        .collect();
    let bangla = text
        .chars()
        .any(|c| matches!(c, 'অ'..='হ' | '\u{9dc}'..='\u{9df}'));
    // Words of each script by themselves: "orderটা" holds one of both.
    let latin: Vec<&str> = text
        .split(|c: char| !(c.is_ascii_alphanumeric()))
        .filter(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphabetic()))
        .collect();
    if bangla {
        let telling = latin.iter().any(|word| !NEUTRAL.contains(word));
        return if telling {
            Script::Mixed
        } else {
            Script::Bangla
        };
    }
    if latin.is_empty() {
        return Script::Unknown;
    }
    latin_writing(&latin)
}

fn latin_writing(words: &[&str]) -> Script {
    let (mut banglish, mut english) = (0.0f32, 0.0f32);
    for word in words {
        if BANGLISH_WORDS.contains(word) {
            // Short particles ("to", "er", "na") may also be English or a stray letter.
            banglish += if word.len() <= 2 { 0.6 } else { 1.2 };
        } else if ENGLISH_WORDS.contains(word) {
            english += 1.0;
        } else if word.len() >= 4 && BANGLISH_KEYS.contains(&canonical(&fold_token(word))) {
            banglish += 0.8;
        } else if looks_bangla(word) {
            banglish += 0.5;
        }
    }
    // Loan words are half of Banglish vocabulary, so English needs clearly more; its grammar words are what Banglish lacks.
    let grammar = words.iter().filter(|word| is_english_grammar(word)).count() as f32;
    if banglish > grammar * 1.1 {
        Script::Banglish
    } else if english + grammar > 0.0 || banglish == 0.0 {
        Script::English
    } else {
        Script::Banglish
    }
}

fn is_english_grammar(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "is"
            | "are"
            | "was"
            | "were"
            | "do"
            | "does"
            | "did"
            | "you"
            | "your"
            | "i"
            | "im"
            | "my"
            | "we"
            | "our"
            | "it"
            | "its"
            | "this"
            | "that"
            | "what"
            | "when"
            | "where"
            | "which"
            | "who"
            | "how"
            | "can"
            | "could"
            | "would"
            | "will"
            | "should"
            | "have"
            | "has"
            | "if"
            | "and"
            | "or"
            | "but"
            | "for"
            | "from"
            | "with"
            | "of"
            | "at"
            | "by"
            | "after"
            | "before"
            | "any"
            | "there"
            | "a"
            | "an"
            | "in"
            | "on"
            | "be"
            | "me"
            | "us"
            | "u"
            | "need"
            | "want"
            | "not"
            | "dont"
            | "much"
            | "many"
            | "about"
            | "thanks"
            | "they"
    )
}

/// Endings of Bangla verbs and nouns that English words do not have.
fn looks_bangla(word: &str) -> bool {
    const ENDINGS: [&str; 14] = [
        "chen", "tesi", "techi", "echi", "eche", "lam", "iben", "aben", "gulo", "gula", "bo",
        "cche", "yen", "tei",
    ];
    word.len() >= 4 && ENDINGS.iter().any(|end| word.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_writing_is_told_apart() {
        for (text, script) in [
            ("দাম কত?", Script::Bangla),
            ("দাম কত M সাইজ 64GB", Script::Bangla),
            ("saree টার দাম কত", Script::Mixed),
            ("dam koto vai", Script::Banglish),
            ("delivery charge koto", Script::Banglish),
            (
                "How much is the delivery charge to Sylhet?",
                Script::English,
            ),
            ("Price please", Script::English),
            ("👍 123", Script::Unknown),
        ] {
            assert_eq!(detect_script(text), script, "{text}");
        }
    }
}
