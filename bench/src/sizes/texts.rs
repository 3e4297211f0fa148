//! What people and agents of the filled conversations say.

use sandbox::wire;
use serde_json::json;

use crate::webhook::TEXTS;

/// Answers of the length that shops write.
const ANSWERS: [&str; 6] = [
    "ঢাকার ভেতরে ডেলিভারি চার্জ ৭০ টাকা, ঢাকার বাইরে ১৩০ টাকা।",
    "জি আপু, জামদানি শাড়ির দাম ৪৫০০ টাকা থেকে শুরু।",
    "অর্ডার করতে নাম, ঠিকানা আর মোবাইল নম্বর পাঠিয়ে দিন।",
    "Ji vaiya, cash on delivery ache, product hate peye taka diben.",
    "সাইজ ৩৬ থেকে ৪৪ পর্যন্ত আছে, চার্টের ছবি পাঠাচ্ছি।",
    "আমাদের শোরুম মিরপুর ১০ এ, সকাল ১০টা থেকে রাত ৮টা পর্যন্ত খোলা।",
];

/// Rows for `bench_texts (customer, number, text, wire)`; the last is the text inside a body as Meta writes it, with its quotes.
pub fn rows() -> String {
    let questions = TEXTS
        .iter()
        .enumerate()
        .map(|(number, text)| row(true, number, text));
    let answers = ANSWERS
        .iter()
        .enumerate()
        .map(|(number, text)| row(false, number, text));
    questions.chain(answers).collect::<Vec<_>>().join(", ")
}

fn row(customer: bool, number: usize, text: &str) -> String {
    let wire = wire::to_wire(&json!(text));
    format!(
        "({customer}, {number}, {}, {})",
        quoted(text),
        quoted(wire.trim_matches('"'))
    )
}

/// Backslashes mean nothing in a plain SQL string.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
