//! Measures the understanding of messages on the development corpus and holds it to floors.

use std::collections::HashMap;

use super::*;

#[derive(serde::Deserialize)]
struct Shops {
    shops: Vec<Shop>,
}

#[derive(serde::Deserialize)]
struct Shop {
    id: String,
    entries: Vec<Entry>,
}

#[derive(serde::Deserialize)]
struct Entry {
    id: String,
    title_bn: String,
    title_en: String,
    questions: Vec<String>,
    answer_bn: String,
    answer_en: String,
}

#[derive(serde::Deserialize)]
struct Row {
    shop: String,
    text: String,
    expected: serde_json::Value,
    none_ok: bool,
    script: Option<Script>,
}

impl Row {
    fn acceptable(&self) -> Vec<&str> {
        self.expected
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str())
            .collect()
    }
}

#[derive(Default)]
struct Tally {
    rows: usize,
    with_entry: usize,
    top_1: usize,
    wrong: usize,
    said_none: usize,
    said_none_rightly: usize,
    none_rows: usize,
    none_found: usize,
    scripts: usize,
    scripts_right: usize,
}

fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 {
        1.0
    } else {
        part as f32 / whole as f32
    }
}

impl Tally {
    fn line(&self, name: &str) -> String {
        format!(
            "{name:9} rows {:3}  top-1 {:.3}  wrong {:.3}  none precision {:.3}  none recall {:.3}  script {:.3}",
            self.rows,
            share(self.top_1, self.with_entry),
            share(self.wrong, self.rows),
            share(self.said_none_rightly, self.said_none),
            share(self.none_found, self.none_rows),
            share(self.scripts_right, self.scripts),
        )
    }

    fn add(&mut self, row: &Row, named: Option<&str>) {
        let acceptable = row.acceptable();
        self.rows += 1;
        match named {
            Some(id) => self.wrong += usize::from(!acceptable.contains(&id)),
            None if !row.none_ok => {
                self.said_none += 1;
                self.said_none_rightly += usize::from(acceptable.is_empty());
            }
            None => {}
        }
        if acceptable.is_empty() {
            self.none_rows += 1;
            self.none_found += usize::from(named.is_none());
        } else {
            self.with_entry += 1;
            self.top_1 += usize::from(named.map_or(row.none_ok, |id| acceptable.contains(&id)));
        }
        if let Some(script) = row.script {
            self.scripts += 1;
            self.scripts_right += usize::from(detect_script(&row.text) == script);
        }
    }
}

fn corpus(name: &str) -> String {
    let path = format!(
        "{}/../tests/fixtures/corpus/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The entry that would be answered with, as `language_model::knowledge` decides it.
fn named<'a>(shop: &'a Shop, text: &str) -> (Option<&'a str>, Vec<(usize, f32)>) {
    let titles: Vec<String> = shop
        .entries
        .iter()
        .map(|e| format!("{} {}", e.title_bn, e.title_en))
        .collect();
    let candidates: Vec<Candidate<'_>> = shop
        .entries
        .iter()
        .zip(&titles)
        .map(|(entry, title)| Candidate {
            title: Some(title),
            questions: &entry.questions,
            answer_bn: Some(&entry.answer_bn),
            answer_en: Some(&entry.answer_en),
        })
        .collect();
    let ranked = score(text, &candidates);
    let best = ranked
        .first()
        .filter(|(_, score)| *score >= KNOWN_THRESHOLD)
        .map(|(index, _)| shop.entries[*index].id.as_str());
    let aside = is_smalltalk(text) || wants_human(text) || is_complaint(text);
    (best.filter(|_| !aside), ranked)
}

#[test]
fn most_questions_find_their_entry_and_few_get_a_wrong_one() {
    let shops: Shops = serde_json::from_str(&corpus("shops.json")).unwrap();
    let shops: HashMap<&str, &Shop> = shops
        .shops
        .iter()
        .map(|shop| (shop.id.as_str(), shop))
        .collect();
    let mut tallies: Vec<(String, Tally)> = vec![("all".to_owned(), Tally::default())];
    for line in corpus("retrieval-dev.jsonl").lines() {
        let row: Row = serde_json::from_str(line).unwrap();
        let shop = shops[row.shop.as_str()];
        let (answered, ranked) = named(shop, &row.text);
        let name = row
            .script
            .map_or("none".to_owned(), |script| format!("{script:?}"));
        if !tallies.iter().any(|(known, _)| *known == name) {
            tallies.push((name.clone(), Tally::default()));
        }
        for (_, tally) in tallies
            .iter_mut()
            .filter(|(known, _)| *known == "all" || *known == name)
        {
            tally.add(&row, answered);
        }
        explain(&row, shop, answered, &ranked);
    }
    for (name, tally) in &tallies {
        println!("{}", tally.line(name));
    }
    let all = &tallies[0].1;
    assert!(share(all.top_1, all.with_entry) >= 0.88, "top-1 fell");
    assert!(share(all.wrong, all.rows) <= 0.06, "wrong answers rose");
    assert!(
        share(all.none_found, all.none_rows) >= 0.88,
        "recall of none fell"
    );
    assert!(
        share(all.scripts_right, all.scripts) >= 0.95,
        "script accuracy fell"
    );
}

/// With `EXPLAIN=1` every miss is printed with its best entries.
fn explain(row: &Row, shop: &Shop, answered: Option<&str>, ranked: &[(usize, f32)]) {
    if std::env::var_os("EXPLAIN").is_none() {
        return;
    }
    let acceptable = row.acceptable();
    let right = answered.map_or(acceptable.is_empty() || row.none_ok, |id| {
        acceptable.contains(&id)
    });
    let best: Vec<String> = ranked
        .iter()
        .take(3)
        .map(|(i, s)| format!("{} {s:.2}", shop.entries[*i].id))
        .collect();
    if !right {
        let aside = (
            is_smalltalk(&row.text),
            wants_human(&row.text),
            is_complaint(&row.text),
        );
        println!(
            "MISS {} | aside {aside:?} | want {acceptable:?} | said {answered:?} | {best:?}",
            row.text.replace('\n', " ")
        );
    }
    if row
        .script
        .is_some_and(|script| script != detect_script(&row.text))
    {
        println!(
            "SCRIPT {} | want {:?} | said {:?}",
            row.text,
            row.script,
            detect_script(&row.text)
        );
    }
}
