//! A client that is cut off anywhere and comes back, against a database in memory whose transactions overlap: it misses nothing,
//! and is told again only what its position does not cover.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::ids::ConversationId;

/// A change of a conversation, by the moments of its transaction in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Transaction {
    conversation: u128,
    began: i64,
    changed: i64,
    committed: i64,
}

fn moment(ms: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(10_000) + TimeDelta::milliseconds(ms)
}

fn conversation(number: u128) -> Changed {
    Changed::Conversation(ConversationId(uuid::Uuid::from_u128(number)))
}

/// What `models::change` reads at a moment.
#[derive(Debug)]
struct Database(Vec<Transaction>);

impl Database {
    /// `change::horizon`.
    fn horizon(&self, now: i64) -> DateTime<Utc> {
        let running = self
            .0
            .iter()
            .filter(|one| one.began <= now && now < one.committed);
        let oldest = running.map(|one| one.began).min();
        moment(oldest.unwrap_or(now).min(now)) - TimeDelta::microseconds(1)
    }

    fn changes(&self, now: i64, since: DateTime<Utc>) -> Vec<(Changed, DateTime<Utc>)> {
        let committed = self.0.iter().filter(|one| one.committed <= now);
        let mut rows: HashMap<Changed, (i64, DateTime<Utc>)> = HashMap::new();
        for one in committed {
            let row = rows.entry(conversation(one.conversation)).or_default();
            *row = (*row).max((one.committed, moment(one.changed)));
        }
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|(what, (_, at))| (what, at))
            .filter(|(_, at)| *at > since)
            .collect();
        rows.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        rows
    }

    fn seen(&self, now: i64, upto: Option<DateTime<Utc>>) -> Seen {
        let horizon = self.horizon(now);
        Seen {
            horizon,
            changes: self.changes(now, upto.unwrap_or(horizon)),
            apps: HashMap::new(),
            is_cut: false,
        }
    }
}

/// Transactions that overlap, but for those of one conversation: they wait for each other's row.
fn any_database() -> impl Strategy<Value = Database> {
    let one = (0..5_u128, 0..400_i64, 0..100_i64, 0..200_i64);
    prop::collection::vec(one, 0..25).prop_map(|drawn| {
        let mut free: HashMap<u128, i64> = HashMap::new();
        let transactions =
            drawn
                .into_iter()
                .map(|(conversation, began, until_change, until_commit)| {
                    let row_is_free = free.get(&conversation).copied().unwrap_or_default();
                    let changed = (began + until_change).max(row_is_free + 1);
                    let committed = changed + until_commit;
                    free.insert(conversation, committed);
                    Transaction {
                        conversation,
                        began,
                        changed,
                        committed,
                    }
                });
        Database(transactions.collect())
    })
}

/// One event of a stream: its position, and what changed when.
#[derive(Debug, Clone)]
struct Event {
    id: Vec<u8>,
    what: Option<(Changed, DateTime<Utc>)>,
}

fn events(frame: Frame) -> Vec<Event> {
    let text = String::from_utf8(frame.bytes().to_vec()).expect("text");
    let line = |event: &str, name: &str| {
        event
            .lines()
            .find_map(|line| line.strip_prefix(name).map(str::to_owned))
    };
    let event = |event: &str| {
        let data: serde_json::Value =
            serde_json::from_str(&line(event, "data: ").expect("data")).expect("JSON");
        let what = (line(event, "event: ").as_deref() == Some("conversation")).then(|| {
            let id = serde_json::from_value(data["conversation_id"].clone()).expect("an id");
            (
                Changed::Conversation(id),
                serde_json::from_value(data["changed_at"].clone()).expect("a time"),
            )
        });
        Event {
            id: line(event, "id: ").expect("an id").into_bytes(),
            what,
        }
    };
    text.split_terminator("\n\n").map(event).collect()
}

/// The greeting that `greet` gives a client which comes back at `now`.
fn come_back(database: &Database, now: i64, position: Position) -> Vec<Event> {
    let horizon = database.horizon(now);
    let missed = database.changes(now, position.moment());
    events(welcome_back(position, missed, &HashMap::new(), horizon))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_client_that_is_cut_off_anywhere_misses_nothing_and_is_told_twice_only_what_it_may(
        database in any_database(), looks in prop::collection::btree_set(0..700_i64, 2..12), cut in any::<prop::sample::Index>(), away in 0..400_i64,
    ) {
        let looks: Vec<i64> = looks.into_iter().collect();
        let end = 2_000;
        let beginning = database.horizon(looks[0]);
        let mut got = events(greeting(Position::new(beginning), false, beginning));
        let mut told = Told::default();
        for now in &looks {
            let upto = told.upto;
            let news = told.news(database.seen(*now, upto));
            got.extend(events(news));
        }
        // Cut off behind any event; then back, at another process, whose reader begins anew.
        got.truncate(1 + cut.index(got.len()));
        let Start::After(position) = Start::read(Some(&got[got.len() - 1].id)) else { panic!("an id of ours") };
        let back = looks[looks.len() - 1] + away;
        prop_assert!(position <= Position::new(database.horizon(back)), "a position from the future");
        let mut reader = Told::default();
        reader.news(database.seen(back, None));
        let again = come_back(&database, back, position);
        for (_, at) in again.iter().filter_map(|event| event.what.as_ref()) {
            prop_assert!(*at > position.moment(), "told again although its position covers it");
        }
        got.extend(again);
        for now in [back + 50, back + 300, end] {
            let upto = reader.upto;
            got.extend(events(reader.news(database.seen(now, upto))));
        }
        let heard: Vec<_> = got.into_iter().filter_map(|event| event.what).collect();
        // A new client reads what is there once it was greeted; told it is what comes later.
        let read = database.changes(looks[0], beginning);
        for change in database.changes(end, beginning).into_iter().filter(|change| !read.contains(change)) {
            prop_assert!(heard.contains(&change), "missed {change:?} of {:?}", database.0);
        }
    }
}
