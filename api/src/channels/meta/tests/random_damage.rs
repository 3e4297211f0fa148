//! Any value in any place of a recorded body: nothing panics, and nothing but the damaged item is lost (R7).

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Every place in a value, as JSON pointers.
pub fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(index, inner)| places(inner, &format!("{at}/{index}"), found)),
        Value::Object(members) => members
            .iter()
            .for_each(|(name, inner)| places(inner, &format!("{at}/{name}"), found)),
        _ => {}
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(vec!["0", "text", "comment", "add", "id", "image"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(
                prop::sample::select(vec![
                    "id",
                    "type",
                    "payload",
                    "message",
                    "field",
                    "value",
                    "text",
                    "mid",
                    "attachments"
                ])
                .prop_map(String::from),
                inner,
                0..4,
            )
            .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

pub fn any_sample() -> impl Strategy<Value = String> {
    let index = String::from_utf8(sample("index.md")).expect("text");
    let files: Vec<String> = index
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned()))
        .filter(|file| !file.starts_with("x-"))
        .collect();
    prop::sample::select(files)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_value_anywhere_in_an_entry_never_panics_and_never_loses_a_sibling(
        file in any_sample(), place in any::<prop::sample::Index>(), damage in any_json(),
    ) {
        let text_file = TEXTS.into_iter().find(|text| kind_of(text) == kind_of(&file)).expect("a text");
        let kind = kind_of(&file);
        let mut body = value_of(&file);
        let mut all = Vec::new();
        places(&body["entry"], "/entry", &mut all);
        // Not the list of entries itself: what replaces it has no siblings.
        let place = &all[1 + place.index(all.len() - 1)];
        *body.pointer_mut(place).expect("found before") = damage;

        let alone = parse_value(kind, &body);
        let sibling = value_of(text_file)["entry"][0].clone();
        body["entry"].as_array_mut().expect("a list").push(sibling);
        let together = parse_value(kind, &body);
        let intact = item(text_file);
        let expected = message(text_file).external_id;
        // The same id of another account (the damaged one) is another message.
        let is_sibling = |item: &&Inbound| {
            item.account == intact.account && matches!(&item.event, Event::Message(message) if message.external_id == expected)
        };
        prop_assert_eq!(together.iter().filter(is_sibling).count(), 1);
        // The sample may be the sibling itself, or what is left of it.
        let doubles = alone.iter().filter(is_sibling).count();
        prop_assert_eq!(together.len() + doubles, alone.len() + 1);
    }

    #[test]
    fn any_value_in_an_item_leaves_the_items_beside_it_as_they_were(
        file in prop::sample::select(TEXTS.to_vec()), place in any::<prop::sample::Index>(), damage in any_json(),
    ) {
        let list = if file.starts_with("whatsapp") { "/entry/0/changes/0/value/messages" } else { "/entry/0/messaging" };
        let mut body = value_of(file);
        let items = body.pointer_mut(list).and_then(Value::as_array_mut).expect("a list");
        let damaged = items[0].clone();
        items.insert(0, damaged);
        let mut all = Vec::new();
        places(&items[0], "", &mut all);
        *items[0].pointer_mut(&all[place.index(all.len())]).expect("found before") = damage;
        let expected = message(file);
        let parsed = parse_value(kind_of(file), &body);
        let same = |item: &Inbound| matches!(&item.event, Event::Message(message) if message.external_id == expected.external_id);
        prop_assert!(parsed.iter().any(same), "{:?}", names(&parsed));
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for kind in [ChannelKind::Facebook, ChannelKind::Instagram, ChannelKind::Whatsapp] {
            let _ = channel(kind).expect("served").parse(&bytes);
        }
    }
}
