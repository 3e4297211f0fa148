//! A client that is cut off anywhere and comes back, against a database in memory whose transactions overlap: it misses nothing,
//! and is told again only what its position does not cover.

use proptest::prelude::*;

use super::*;
use crate::ids::ConversationId;

/// A change of a conversation, by the moments of its transaction in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Transaction {
    conversation: u128,
    began: i64,
    /// Its first statement that writes or locks a row: from here on others see that it writes.
    wrote: i64,
    changed: i64,
    committed: i64,
}

fn moment(ms: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(10_000) + TimeDelta::milliseconds(ms)
}

fn conversation(number: u128) -> Changed {
    Changed::Conversation(ConversationId(uuid::Uuid::from_u128(number)))
}

/// By then all has been committed and told.
const END: i64 = 2_000;

/// What `models::change` reads at a moment.
#[derive(Debug)]
struct Database(Vec<Transaction>);

impl Database {
    /// `change::horizon`: a transaction counts from its first write, and with the moment at which it began.
    fn horizon(&self, now: i64) -> DateTime<Utc> {
        let running = self
            .0
            .iter()
            .filter(|one| one.wrote <= now && now < one.committed);
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
    let one = (0..5_u128, 0..400_i64, 0..100_i64, 0..100_i64, 0..200_i64);
    prop::collection::vec(one, 0..25).prop_map(|drawn| {
        let mut free: HashMap<u128, i64> = HashMap::new();
        let transactions = drawn.into_iter().map(
            |(conversation, began, until_write, until_change, until_commit)| {
                let wrote = began + until_write;
                let row_is_free = free.get(&conversation).copied().unwrap_or_default();
                let changed = (wrote + until_change).max(row_is_free + 1);
                let committed = changed + until_commit;
                free.insert(conversation, committed);
                Transaction {
                    conversation,
                    began,
                    wrote,
                    changed,
                    committed,
                }
            },
        );
        Database(transactions.collect())
    })
}

/// One event of a stream: its position, and what changed when.
#[derive(Debug, Clone)]
struct Event {
    id: Vec<u8>,
    what: Option<(Changed, DateTime<Utc>)>,
    is_resync: bool,
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
        let name = line(event, "event: ").expect("a name");
        let what = (name == "conversation").then(|| {
            let id = serde_json::from_value(data["conversation_id"].clone()).expect("an id");
            (
                Changed::Conversation(id),
                serde_json::from_value(data["changed_at"].clone()).expect("a time"),
            )
        });
        Event {
            id: line(event, "id: ").expect("an id").into_bytes(),
            what,
            is_resync: name == "resync",
        }
    };
    text.split_terminator("\n\n").map(event).collect()
}

/// The greeting that `greet` gives a client which comes back at `now`.
fn come_back(database: &Database, now: i64, position: Position) -> Vec<Event> {
    let horizon = database.horizon(now);
    let here = Position::new(horizon);
    let Some(position) = goes_on_from(Start::After(position), here) else {
        return events(greeting(here, true, horizon));
    };
    let missed = database.changes(now, position.moment());
    events(welcome_back(position, missed, &HashMap::new(), horizon))
}

/// What a client hears, or reads because it is told to, that comes at the first look, is cut off behind one of its events (`cut` chooses of how many) and is back at
/// `back`, at another process, whose reader begins anew.
fn cut_off_once(
    database: &Database,
    looks: &[i64],
    cut: impl Fn(usize) -> usize,
    back: i64,
) -> Result<Vec<(Changed, DateTime<Utc>)>, TestCaseError> {
    let beginning = database.horizon(looks[0]);
    let mut got = events(greeting(Position::new(beginning), false, beginning));
    let mut told = Told::default();
    for now in looks {
        let upto = told.upto;
        got.extend(events(told.news(database.seen(*now, upto))));
    }
    got.truncate(1 + cut(got.len()));
    let Start::After(position) = Start::read(Some(&got[got.len() - 1].id)) else {
        return Err(TestCaseError::fail("no id of ours"));
    };
    prop_assert!(
        position < Position::new(moment(looks[looks.len() - 1])),
        "a position from the future"
    );
    let mut reader = Told::default();
    reader.news(database.seen(back, None));
    let again = come_back(database, back, position);
    for (_, at) in again.iter().filter_map(|event| event.what.as_ref()) {
        prop_assert!(
            *at > position.moment(),
            "told again although its position covers it"
        );
    }
    let reads_anew = again.iter().any(|event| event.is_resync);
    got.extend(again);
    for now in [back + 50, back + 300, END] {
        let upto = reader.upto;
        got.extend(events(reader.news(database.seen(now, upto))));
    }
    let mut heard: Vec<_> = got.into_iter().filter_map(|event| event.what).collect();
    if reads_anew {
        heard.extend(database.changes(back, DateTime::UNIX_EPOCH));
    }
    Ok(heard)
}

/// The last state of everything was heard, or stood in what the client read behind its greeting, as the stream's contract asks: that
/// holds all that was committed when it came.
fn nothing_is_missed(
    database: &Database,
    came: i64,
    heard: &[(Changed, DateTime<Utc>)],
) -> Result<(), TestCaseError> {
    let read = database.changes(came, DateTime::UNIX_EPOCH);
    for change in database.changes(END, DateTime::UNIX_EPOCH) {
        prop_assert!(
            heard.contains(&change) || read.contains(&change),
            "missed {change:?} of {:?}",
            database.0
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_client_that_is_cut_off_anywhere_misses_nothing_and_is_told_twice_only_what_it_may(
        database in any_database(), looks in prop::collection::btree_set(0..700_i64, 2..12), cut in any::<prop::sample::Index>(), away in 0..400_i64,
    ) {
        let looks: Vec<i64> = looks.into_iter().collect();
        let back = looks[looks.len() - 1] + away;
        let heard = cut_off_once(&database, &looks, |events| cut.index(events), back)?;
        nothing_is_missed(&database, looks[0], &heard)?;
    }
}

/// A change that is committed when the client comes, ahead of the horizon, because an older transaction holds that back: it is in what
/// the client reads behind its greeting, and told to nobody twice for that. What the older one changes is told.
#[test]
fn what_is_committed_when_a_client_comes_is_read_and_not_told() {
    let transaction = |conversation, began, changed, committed| Transaction {
        conversation,
        began,
        wrote: began,
        changed,
        committed,
    };
    let database = Database(vec![transaction(2, 0, 348, 353), transaction(0, 0, 1, 1)]);
    let heard = cut_off_once(&database, &[1, 353], |events| events - 1, 353);
    let heard = heard.expect("sound positions");
    assert_eq!(heard, [(conversation(2), moment(348))]);
    nothing_is_missed(&database, 1, &heard).expect("nothing is missed");
    // One that came before that commit is told.
    let heard = cut_off_once(&database, &[0, 1, 353], |events| events - 1, 353);
    let heard = heard.expect("sound positions");
    assert_eq!(heard[0], (conversation(0), moment(1)));
    nothing_is_missed(&database, 0, &heard).expect("nothing is missed");
}

/// The horizon goes back when a transaction that began before it writes its first row: a client that is ahead of it reads anew, and is
/// told what that transaction changes.
#[test]
fn a_client_that_the_horizon_went_back_behind_reads_anew() {
    let slow = Transaction {
        conversation: 0,
        began: 0,
        wrote: 87,
        changed: 421,
        committed: 477,
    };
    let database = Database(vec![slow]);
    assert!(database.horizon(87) < database.horizon(2));
    let position = Position::new(database.horizon(2));
    let greeted = come_back(&database, 87, position);
    assert!(greeted[1].is_resync);
    let heard = cut_off_once(&database, &[1, 2], |_| 0, 87).expect("sound positions");
    assert_eq!(heard, [(conversation(0), moment(421))]);
}

/// Two changes of one microsecond: a client that is cut off between them is told the second one when it is back.
#[test]
fn of_two_changes_at_one_moment_neither_is_missed() {
    let change = |conversation| Transaction {
        conversation,
        began: 10,
        wrote: 10,
        changed: 20,
        committed: 20,
    };
    let database = Database(vec![change(0), change(1)]);
    let heard = cut_off_once(&database, &[0, 30], |_| 1, 40).expect("sound positions");
    nothing_is_missed(&database, 0, &heard).expect("nothing is missed");
}
