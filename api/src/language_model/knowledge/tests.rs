//! The built-in model, by what a customer gets to read.

use super::super::prompt::tests::{hit, request, turn};
use super::*;

fn shop() -> Vec<KnowledgeHit> {
    vec![
        hit(
            "ডেলিভারি চার্জ কত? delivery charge koto",
            "ডেলিভারি চার্জ ৭০ টাকা।",
            "Delivery costs 70 taka.",
            0.9,
        ),
        hit("bkash number ta den", "বিকাশ নম্বর ০১।", "", 0.8),
    ]
}

fn reply(messages: &[&str], hits: Vec<KnowledgeHit>) -> Answer {
    answer(&request(
        messages
            .iter()
            .map(|text| turn(Speaker::Customer, text))
            .collect(),
        hits,
    ))
    .unwrap()
}

#[test]
fn a_known_question_is_answered_in_the_customers_language() {
    let hits = || shop()[..1].to_vec();
    for (question, expected) in [
        ("ডেলিভারি চার্জ কত?", "ডেলিভারি চার্জ ৭০ টাকা।"),
        ("delivery charge koto vai", "ডেলিভারি চার্জ ৭০ টাকা।"),
        ("How much is the delivery?", "Delivery costs 70 taka."),
    ] {
        let answer = reply(&[question], hits());
        assert_eq!(
            (answer.text.as_str(), answer.handoff),
            (expected, None),
            "{question}"
        );
    }
}

#[test]
fn the_policy_and_a_missing_translation_decide_otherwise() {
    let mut fixed = request(
        vec![turn(Speaker::Customer, "ডেলিভারি চার্জ কত?")],
        shop()[..1].to_vec(),
    );
    fixed.language = LanguagePolicy::English;
    assert_eq!(answer(&fixed).unwrap().text, "Delivery costs 70 taka.");
    assert_eq!(
        reply(&["What is your bKash number?"], shop()[1..].to_vec()).text,
        "বিকাশ নম্বর ০১।"
    );
}

#[test]
fn an_unknown_question_calls_a_colleague_and_says_so() {
    let weak = vec![hit("saree", "শাড়ি", "", KNOWN_THRESHOLD - 0.05)];
    let answer = reply(&["ড্রোনের দাম কত?"], weak);
    assert_eq!(answer.handoff, Some(Handoff::NotKnown));
    assert!(answer.text.contains("সহকর্মী"));
    let english = reply(&["Do you sell drones?"], Vec::new());
    assert!(english.text.contains("colleague"));
}

#[test]
fn a_person_is_called_for_those_who_ask_and_those_who_complain() {
    assert_eq!(
        reply(&["I want to talk to a human"], shop()).handoff,
        Some(Handoff::HumanRequested)
    );
    assert_eq!(
        reply(&["faltu service, chera jama paisi"], shop()).handoff,
        Some(Handoff::Complaint)
    );
}

#[test]
fn smalltalk_gets_smalltalk() {
    let greeting = reply(&["Assalamu alaikum apu"], shop());
    assert!(
        greeting.handoff.is_none() && greeting.text.starts_with("ওয়ালাইকুম"),
        "{}",
        greeting.text
    );
    assert!(reply(&["অনেক ধন্যবাদ"], shop()).text.contains("ধন্যবাদ"));
    assert!(reply(&["Hello"], shop()).text.starts_with("Hello"));
}

#[test]
fn a_burst_is_answered_question_by_question() {
    let both = reply(
        &[
            "assalamu alaikum",
            "bkash number den",
            "delivery charge koto?",
        ],
        shop(),
    );
    assert_eq!(
        (both.text.as_str(), both.handoff),
        ("বিকাশ নম্বর ০১।\n\nডেলিভারি চার্জ ৭০ টাকা।", None)
    );
    let half = reply(
        &["delivery charge koto?", "drone camera bechen apnara?"],
        shop(),
    );
    assert!(
        half.text.starts_with("ডেলিভারি চার্জ ৭০ টাকা।\n\n") && half.handoff == Some(Handoff::NotKnown),
        "{half:?}"
    );
}

#[test]
fn a_question_in_two_messages_is_one() {
    let answer = reply(&["apu delivery", "charge koto"], shop()[..1].to_vec());
    assert_eq!(
        (answer.text.as_str(), answer.handoff),
        ("ডেলিভারি চার্জ ৭০ টাকা।", None)
    );
}

#[test]
fn only_messages_after_the_shops_last_one_are_answered() {
    let turns = vec![
        turn(Speaker::Customer, "I want a human"),
        turn(Speaker::Shop, "ok"),
        turn(Speaker::Customer, "delivery charge koto"),
    ];
    assert_eq!(questions(&turns), ["delivery charge koto"]);
    assert_eq!(answer(&request(turns, shop())).unwrap().handoff, None);
    let nothing = answer(&request(vec![turn(Speaker::Shop, "ok")], shop()));
    assert!(matches!(nothing, Err(ModelError::BadRequest(_))));
}
