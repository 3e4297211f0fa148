//! Changes of a JSON text that keep it JSON. libFuzzer's own changes of bytes mostly break the syntax, and would rarely get
//! behind the first error; these reach the meaning: members left out, doubled, moved, or of another type.

use serde_json::{Value, json};

/// Changes one place of the text in `data[..size]`; the new size, or `None` where libFuzzer is to do it itself: every second
/// time, and where the text is no JSON or the result does not fit.
pub fn json(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> Option<usize> {
    let mut random = Random(u64::from(seed) << 1 | 1);
    if random.below(2) == 0 {
        return None;
    }
    let mut body: Value = serde_json::from_slice(data.get(..size)?).ok()?;
    for _ in 0..=random.below(3) {
        change(&mut body, &mut random);
    }
    let text = serde_json::to_vec(&body).ok()?;
    let fits = text.len() <= max_size.min(data.len());
    fits.then(|| data[..text.len()].copy_from_slice(&text))?;
    Some(text.len())
}

fn change(body: &mut Value, random: &mut Random) {
    let places = places(body);
    let place = &places[random.below(places.len())];
    let other = body
        .pointer(&places[random.below(places.len())])
        .cloned()
        .unwrap_or_default();
    match random.below(4) {
        0 => replace(body, place, odd_value(random)),
        1 => replace(body, place, other),
        2 => remove(body, place),
        _ => double(body, place, random),
    }
}

fn replace(body: &mut Value, place: &str, value: Value) {
    if let Some(found) = body.pointer_mut(place) {
        *found = value;
    }
}

fn remove(body: &mut Value, place: &str) {
    let Some((holder, name)) = place.rsplit_once('/') else {
        return;
    };
    match body.pointer_mut(holder) {
        Some(Value::Object(members)) => {
            members.remove(&unescaped(name));
        }
        Some(Value::Array(list)) => {
            let index = name.parse().ok().filter(|index| *index < list.len());
            index.map(|index: usize| list.remove(index));
        }
        _ => {}
    }
}

/// An element a second time, or a member under a second name.
fn double(body: &mut Value, place: &str, random: &mut Random) {
    let Some((holder, name)) = place.rsplit_once('/') else {
        return;
    };
    let copy = body.pointer(place).cloned().unwrap_or_default();
    match body.pointer_mut(holder) {
        Some(Value::Object(members)) => {
            let names: Vec<String> = members.keys().cloned().collect();
            let target = if random.below(2) == 0 {
                NAMES[random.below(NAMES.len())].to_owned()
            } else {
                names[random.below(names.len())].clone()
            };
            members.insert(target, copy);
        }
        Some(Value::Array(list)) => {
            let at = name.parse::<usize>().unwrap_or_default().min(list.len());
            list.insert(random.below(at + 1), copy);
        }
        _ => {}
    }
}

/// Names that mean something where they usually are not.
const NAMES: [&str; 32] = [
    "messaging",
    "standby",
    "changes",
    "field",
    "value",
    "message",
    "postback",
    "delivery",
    "reaction",
    "attachments",
    "payload",
    "quick_reply",
    "is_echo",
    "is_deleted",
    "is_self",
    "mid",
    "sender",
    "recipient",
    "user_ref",
    "id",
    "from",
    "messages",
    "statuses",
    "errors",
    "message_echoes",
    "metadata",
    "contacts",
    "context",
    "type",
    "interactive",
    "timestamp",
    "time",
];

fn odd_value(random: &mut Random) -> Value {
    match random.below(16) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(i64::MAX),
        5 => json!(i64::MIN),
        6 => json!(u64::MAX),
        7 => json!(1e300),
        8 => json!(""),
        9 => json!("0"),
        10 => json!("\u{0}"),
        11 => json!([]),
        12 => json!({}),
        13 => json!([[], {}]),
        14 => json!(99_999_999_999_i64),
        _ => json!("\u{202e}রহিম👨‍👩‍👧\u{300}"),
    }
}

/// Every place in a value, as JSON pointers.
fn places(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut at = 0;
    while at < found.len() {
        let place = found[at].clone();
        match value.pointer(&place) {
            Some(Value::Array(list)) => {
                found.extend((0..list.len()).map(|index| format!("{place}/{index}")))
            }
            Some(Value::Object(members)) => found.extend(
                members
                    .keys()
                    .map(|name| format!("{place}/{}", escaped(name))),
            ),
            _ => {}
        }
        at += 1;
    }
    found
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescaped(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}

/// A generator of which libFuzzer knows the seed, so that a run can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % bound.max(1) as u64) as usize
    }
}
