//! What needs no knowledge: greetings and thanks, the wish for a person, and complaints.
//!
//! Words are compared by stems of their phonetic key, so one spelling of each is enough. Being generous is right here: a question
//! taken for a complaint reaches a person, a complaint taken for a question gets an answer that makes it worse.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::fold::fold_token;
use super::normalize::normalize;
use super::score::known_meanings;

/// Talk that wants only politeness back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Smalltalk {
    Greeting,
    Thanks,
}

/// A word of a message: as normalized, and its phonetic key.
struct Word {
    written: String,
    key: String,
}

fn words(text: &str) -> Vec<Word> {
    let normal = normalize(text);
    let tokens = normal.split(' ').filter(|token| !token.is_empty());
    tokens
        .map(|token| Word {
            written: token.to_owned(),
            key: fold_token(token),
        })
        .collect()
}

/// Words to look for. Long ones are found by key in any spelling and with any ending. Of short ones too many sound alike ("chor",
/// thief, and "char", discount), so they are found only as written.
struct Words {
    written: HashSet<String>,
    keys: Vec<String>,
}

impl Words {
    fn of(list: &str) -> Self {
        let words = words(list);
        let keys = words
            .iter()
            .map(|word| word.key.clone())
            .filter(|key| key.len() >= 5)
            .collect();
        Self {
            written: words.into_iter().map(|word| word.written).collect(),
            keys,
        }
    }

    fn has(&self, word: &Word) -> bool {
        self.written.contains(&word.written)
            || self
                .keys
                .iter()
                .any(|key| word.key.starts_with(key.as_str()))
    }

    fn any(&self, words: &[Word]) -> bool {
        words.iter().any(|word| self.has(word))
    }
}

struct Cues {
    greeting: Words,
    greeting_rest: Words,
    thanks: Words,
    asking: Words,
    person: Words,
    reach: Words,
    machine: Words,
    abuse: Words,
    bad: Words,
    happened: Words,
    still: Words,
    nothing: Words,
    waited: Words,
}

static CUES: LazyLock<Cues> = LazyLock::new(|| Cues {
    greeting: Words::of(
        "hi hello helo hey hlw hlo hy assalamualaikum assalamu asalamualaikum salamualaikum আসসালামু আসসালামুআলাইকুম salam slm সালাম walaikum \
         ওয়ালাইকুম nomoskar namaskar নমস্কার adab আদাব হ্যালো হাই morning evening afternoon সকাল সন্ধ্যা shuvo shubho শুভ good sokal shokal sondha",
    ),
    greeting_rest: Words::of(
        "alaikum আলাইকুম walaikum rahmatullah kemon kmn কেমন how are there keu কেউ kew anyone achen asen আছেন ase night day রাত্রি রাত বিকেল দুপুর \
         apu apa vai bhai vaiya bhaiya sir madam dear admin আপু ভাই ভাইয়া team page all everyone valo bhalo ভালো ji জি u you and to o ki everybody din",
    ),
    thanks: Words::of(
        "thanks thank thx tnx tnq thnx ty thankyou dhonnobad donnobad ধন্যবাদ থ্যাংকস থ্যাংক jazakallah jazak জাযাকাল্লাহ জাজাকাল্লাহ shukria শুকরিয়া \
         kritoggo কৃতজ্ঞ grateful alhamdulillah আলহামদুলিল্লাহ",
    ),
    asking: Words::of(
        "koto কত kobe কবে kothay কোথায় kivabe কীভাবে কিভাবে কি কী ki kokhon কখন kno keno কেন how when where what which why can could price dam দাম \
         lagbe লাগবে chai চাই kinte order",
    ),
    person: Words::of(
        "manush মানুষ human person agent এজেন্ট admin অ্যাডমিন এডমিন representative protinidhi প্রতিনিধি malik মালিক owner operator অপারেটর manager \
         ম্যানেজার someone somebody keu কেউ kau কাউকে kauke karo কারো কারও staff স্টাফ executive bekti ব্যক্তি lok লোক moderator মডারেটর boss official",
    ),
    reach: Words::of(
        "talk speak chat kotha কথা connect call কল phone ফোন line লাইন deke ডেকে daken ডাকেন transfer contact jogajog যোগাযোগ den দেন din দিন dao want \
         need chai চাই bolte বলতে bolben বলব bolbo reply real live",
    ),
    machine: Words::of("robot রোবট bot বট machine মেশিন auto automated অটো computer ai এআই"),
    abuse: Words::of(
        "faltu ফালতু chor চোর batpar বাটপার thokbaz thogbaz ঠকবাজ protarok প্রতারক protarona প্রতারণা bhua ভুয়া cheat cheater chitar চিটার fraud ফ্রড scam \
         scammer worst terrible pathetic useless joghonno জঘন্য baje বাজে horrible ridiculous disgusting rubbish disappointed disappointing hotash হতাশ \
         birokto বিরক্ত obhijog অভিযোগ complaint complain unacceptable dhoka ধোঁকা harami হারামি",
    ),
    bad: Words::of(
        "vanga ভাঙা ভাঙ্গা chera chira cera chhera ছেঁড়া ছেড়া nosto নষ্ট kharap খারাপ vul bhul ভুল wrong broken torn damaged damage defective fake nokol নকল pocha পচা \
         expired fata ফাটা missing dirty moyla ময়লা different onno অন্য",
    ),
    happened: Words::of(
        "paisi peyechi peyesi পেয়েছি পাইছি dichen disen diyechen diyesen দিয়েছেন দিছেন দিলেন dilen pathaichen pathiyechen pathaisen পাঠিয়েছেন পাঠাইছেন \
         esheche ashche eseche এসেছে আসছে received got sent came arrived dise dhoray ধরিয়ে dichilen dekhi dekhlam দেখি",
    ),
    still: Words::of("ekhono akhono ekhno এখনো এখনও aj-o আজও still yet"),
    nothing: Words::of(
        "nai নাই নেই na না ni নি no not paini pai পাইনি pelam পেলাম havent hasnt didnt nobody never none ashe asheni আসেনি aseni ashena kono কোনো khobor খবর",
    ),
    waited: Words::of(
        "gelo গেল hoye হয়ে since ago waiting opekkha অপেক্ষা reply replies উত্তর response answer dhoren ধরেন uttor khobor খবর message মেসেজ confirmation",
    ),
});

/// A greeting or thanks, when the message holds nothing that asks for more.
pub fn smalltalk(text: &str) -> Option<Smalltalk> {
    let (words, cues) = (words(text), &*CUES);
    let asks = text.contains('?') || cues.asking.any(&words);
    if cues.thanks.any(&words) && !asks && words.len() <= 12 && !is_complaint(text) {
        return Some(Smalltalk::Thanks);
    }
    let greets = cues.greeting.any(&words) || (words.len() <= 3 && cues.greeting_rest.any(&words));
    let rest = words
        .iter()
        .filter(|word| !cues.greeting.has(word) && !cues.greeting_rest.has(word))
        .count();
    let only_greeting =
        greets && (rest == 0 || (rest == 1 && words.len() > 2 && !asks && !known_meanings(text)));
    only_greeting.then_some(Smalltalk::Greeting)
}

/// Whether the customer asks for a person.
pub fn wants_human(text: &str) -> bool {
    let (words, cues) = (words(text), &*CUES);
    let talk = Words::of("kotha কথা talk speak chat");
    let wish = Words::of("chai cai চাই want bolbo বলব let please need can চাচ্ছি den দেন din দিন");
    if cues.machine.any(&words) && (cues.nothing.any(&words) || cues.person.any(&words)) {
        return true;
    }
    if cues.person.any(&words)
        && cues.reach.any(&words)
        && (talk.any(&words) || is_short_wish(&words, &wish))
    {
        return true;
    }
    // "I want to talk", "kotha bolte chai": with whom is not said, but it is not with us.
    talk.any(&words) && words.len() <= 6 && Words::of("chai cai চাই want চাচ্ছি bolbo বলব").any(&words)
}

/// A wish for somebody is said in few words and names no goods: "agent den", not "manusher chobi dewa mug den".
fn is_short_wish(words: &[Word], wish: &Words) -> bool {
    let strong = Words::of(
        "manush মানুষ human agent এজেন্ট admin অ্যাডমিন এডমিন representative protinidhi প্রতিনিধি malik মালিক owner operator manager ম্যানেজার person kauke কাউকে moderator staff",
    );
    words.len() <= 9
        && strong.any(words)
        && (wish.any(words) || Words::of("call কল deke ডেকে line connect phone").any(words))
}

/// Whether the customer complains: abuse, or a bad experience of their own.
pub fn is_complaint(text: &str) -> bool {
    if text.contains(['😡', '🤬', '😠', '👎']) {
        return true;
    }
    let (words, cues) = (words(text), &*CUES);
    let waited_in_vain = cues.nothing.any(&words)
        && (cues.still.any(&words) || cues.waited.any(&words))
        && words.len() >= 4;
    cues.abuse.any(&words)
        || (cues.bad.any(&words) && cues.happened.any(&words) && !asks_in_advance(&words))
        || (waited_in_vain && (cues.still.any(&words) || waits(&words)))
}

/// "What if it arrives broken?" is a question about the rules, not a complaint.
fn asks_in_advance(words: &[Word]) -> bool {
    Words::of("if jodi যদি hole হলে pele পেলে ele এলে asle আসলে").any(words)
}

fn waits(words: &[Word]) -> bool {
    Words::of("gelo গেল waiting opekkha অপেক্ষা nobody dhoren ধরেন reply replies উত্তর response confirmation").any(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_and_thanks_are_smalltalk_unless_they_ask() {
        assert_eq!(smalltalk("Assalamu alaikum apu"), Some(Smalltalk::Greeting));
        assert_eq!(smalltalk("হ্যালো"), Some(Smalltalk::Greeting));
        assert_eq!(smalltalk("onek dhonnobad vai"), Some(Smalltalk::Thanks));
        assert_eq!(smalltalk("hello, saree dam koto"), None);
        assert_eq!(smalltalk("ধন্যবাদ, ডেলিভারি কবে?"), None);
        assert_eq!(smalltalk("hi delivery charge"), None);
    }

    #[test]
    fn the_wish_for_a_person_is_heard_in_three_writings() {
        for text in [
            "মানুষের সাথে কথা বলতে চাই",
            "manusher sathe kotha bolte chai",
            "Can I talk to a human?",
            "agent den",
            "robot na, manush chai",
        ] {
            assert!(wants_human(text), "{text}");
        }
        for text in [
            "দাম কত",
            "what is your phone number",
            "je watch diye kotha bola jay",
            "delivery man ki call dibe",
        ] {
            assert!(!wants_human(text), "{text}");
        }
    }

    #[test]
    fn a_bad_experience_is_a_complaint_and_a_rule_question_is_not() {
        for text in [
            "faltu service",
            "chera jama paisi",
            "ভাঙা প্লেট দিয়েছেন",
            "10 days and still not received",
            "ekhono parcel pai nai",
        ] {
            assert!(is_complaint(text), "{text}");
        }
        for text in [
            "What if it arrives broken?",
            "ভুল পণ্য পেলে কী করব?",
            "delivery koto din lage",
            "refund hoy na?",
        ] {
            assert!(!is_complaint(text), "{text}");
        }
    }
}
