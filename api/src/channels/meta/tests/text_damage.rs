//! Damage that a JSON value cannot show, only its text: a member twice, another order, half an emoji, numbers beyond every
//! float, nesting without end, bytes that are no text. The items beside the damaged one are read as without it (R7).

use proptest::prelude::*;
use serde_json::{Value, json};

use super::random_damage::{any_sample, places};
use super::*;

#[derive(Debug, Clone)]
enum Damage {
    Dropped,
    Doubled,
    Reversed,
    /// What stands there instead.
    Text(Vec<u8>),
}

fn any_damage() -> impl Strategy<Value = Damage> {
    let texts = [
        "1e999",
        "-1E+400",
        "18446744073709551616",
        "1e-999",
        "0.1",
        "-0",
        "null",
        "true",
        "[]",
        "{}",
        "[[]]",
        "\"\"",
        "\" \"",
        "\"0\"",
        r#""\ud83d""#,
        r#""\ude0a\ud83d x""#,
        r#""a\u0000b""#,
        r#"{"a\u0000":1,"a":2}"#,
        r#"{"id":"1","id":{}}"#,
        "\"a\nb\"",
    ];
    let mut texts: Vec<Vec<u8>> = texts.map(|text| text.as_bytes().to_vec()).to_vec();
    texts.extend([
        b"\"\xff\"".to_vec(),
        b"\"\xe0\xa6\"".to_vec(),
        b"\"\0\"".to_vec(),
        "9".repeat(400).into_bytes(),
    ]);
    texts.extend(
        [100, 127, 5_000]
            .map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes()),
    );
    texts.push(format!("{}1{}", r#"{"a":"#.repeat(3_000), "}".repeat(3_000)).into_bytes());
    prop_oneof![
        Just(Damage::Dropped),
        Just(Damage::Doubled),
        Just(Damage::Reversed),
        prop::sample::select(texts).prop_map(Damage::Text),
    ]
}

/// Writes values, one place of them damaged.
struct Writer<'a> {
    place: &'a str,
    damage: &'a Damage,
    text: Vec<u8>,
}

impl Writer<'_> {
    fn write(&mut self, value: &Value, at: &str) {
        let reversed = at == self.place && matches!(self.damage, Damage::Reversed);
        let (open, close, mut inner) = match value {
            Value::Object(members) => (
                '{',
                '}',
                members
                    .iter()
                    .map(|(name, value)| (Some(name), format!("{at}/{name}"), value))
                    .collect::<Vec<_>>(),
            ),
            Value::Array(list) => (
                '[',
                ']',
                list.iter()
                    .enumerate()
                    .map(|(index, value)| (None, format!("{at}/{index}"), value))
                    .collect(),
            ),
            leaf => return self.text.extend(leaf.to_string().bytes()),
        };
        if reversed {
            inner.reverse();
        }
        self.text.push(open as u8);
        let began = self.text.len();
        for (name, at, value) in inner {
            for _ in 0..self.times(&at) {
                if self.text.len() > began {
                    self.text.push(b',');
                }
                name.iter()
                    .for_each(|name| self.text.extend(format!("{}:", json!(name)).bytes()));
                self.inner(value, &at);
            }
        }
        self.text.push(close as u8);
    }

    fn inner(&mut self, value: &Value, at: &str) {
        match self.damage {
            Damage::Text(text) if at == self.place => self.text.extend(text),
            _ => self.write(value, at),
        }
    }

    fn times(&self, at: &str) -> usize {
        match self.damage {
            Damage::Dropped if at == self.place => 0,
            Damage::Doubled if at == self.place => 2,
            _ => 1,
        }
    }
}

/// The text of an undamaged value, of a damaged one, and of an undamaged one again, as elements of a list.
fn list(
    before: &Value,
    damaged: &Value,
    place: &str,
    damage: &Damage,
    after: &Value,
) -> [Vec<u8>; 3] {
    // A list of its own, so that an element can also be dropped or doubled.
    let mut writer = Writer {
        place,
        damage,
        text: Vec::new(),
    };
    writer.write(&json!([damaged]), "");
    let inner = writer.text[1..writer.text.len() - 1].to_vec();
    [
        before.to_string().into_bytes(),
        inner,
        after.to_string().into_bytes(),
    ]
}

fn joined(parts: &[Vec<u8>]) -> Vec<u8> {
    let present: Vec<&[u8]> = parts
        .iter()
        .filter(|part| !part.is_empty())
        .map(Vec::as_slice)
        .collect();
    present.join(&b',')
}

/// The body of a sample with other text where its list at `pointer` stands.
fn with_list(body: &Value, pointer: &str, elements: &[u8]) -> Vec<u8> {
    let mut body = body.clone();
    *body.pointer_mut(pointer).expect("a list") = json!("THE LIST");
    let text = body.to_string();
    let (head, tail) = text.split_once("\"THE LIST\"").expect("written above");
    [head.as_bytes(), b"[", elements, b"]", tail.as_bytes()].concat()
}

/// A text message of the platform with an id of its own.
fn sibling(file: &str, name: &str) -> Value {
    let text = value_of(file).to_string();
    let Event::Message(message) = item(file).event else {
        panic!("a message")
    };
    let renamed = text.replace(
        &message.external_id,
        &format!("{}{name}", message.external_id),
    );
    serde_json::from_str(&renamed).expect("JSON")
}

/// All of one and the other's is what both together give.
fn is_sum(
    kind: ChannelKind,
    body: &Value,
    pointer: &str,
    parts: &[Vec<u8>; 3],
) -> Result<(), TestCaseError> {
    let alone = parts
        .iter()
        .map(|part| parse(kind, &with_list(body, pointer, part)));
    let alone: Vec<Inbound> = alone.flatten().collect();
    let together = parse(kind, &with_list(body, pointer, &joined(parts)));
    let doubles = alone.len() - together.len();
    // An item that was doubled counts once; nothing else may be missing.
    prop_assert!(
        doubles == 0 || parts[1].len() > together.len() && doubles == 1,
        "{doubles} missing"
    );
    let (first, last) = (&alone[0], &alone[alone.len() - 1]);
    prop_assert_eq!(first, &together[0]);
    prop_assert_eq!(last, &together[together.len() - 1]);
    for item in &together {
        prop_assert!(alone.contains(item), "only together: {item:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn an_entry_of_damaged_text_leaves_the_entries_beside_it_as_they_were(
        file in any_sample(), place in any::<prop::sample::Index>(), damage in any_damage(),
    ) {
        let text_file = TEXTS.into_iter().find(|text| kind_of(text) == kind_of(&file)).expect("a text");
        let body = value_of(&file);
        let mut all = Vec::new();
        places(&body["entry"][0], "/0", &mut all);
        let (before, after) = (sibling(text_file, "b"), sibling(text_file, "a"));
        let parts = list(&before["entry"][0], &body["entry"][0], &all[place.index(all.len())], &damage, &after["entry"][0]);
        is_sum(kind_of(&file), &body, "/entry", &parts)?;
    }

    #[test]
    fn an_item_of_damaged_text_leaves_the_items_beside_it_as_they_were(
        file in prop::sample::select(TEXTS.to_vec()), place in any::<prop::sample::Index>(), damage in any_damage(),
    ) {
        let pointer = if file.starts_with("whatsapp") { "/entry/0/changes/0/value/messages" } else { "/entry/0/messaging" };
        let body = value_of(file);
        let inner = |body: &Value| body.pointer(pointer).expect("a list")[0].clone();
        let mut all = Vec::new();
        places(&inner(&body), "/0", &mut all);
        let (before, after) = (sibling(file, "b"), sibling(file, "a"));
        let parts = list(&inner(&before), &inner(&body), &all[place.index(all.len())], &damage, &inner(&after));
        is_sum(kind_of(file), &body, pointer, &parts)?;
    }
}
