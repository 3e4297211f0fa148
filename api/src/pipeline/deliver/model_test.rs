//! A message's way through delivery, as a model with a virtual clock: the real decisions and the real classes of answers, over rows
//! in memory, against platforms, workers and people that do anything in any order (R13 to R16, R21).
//!
//! `rows` holds what the database would and writes it as the models do; `world` is the clock, the platform and the people; `settled` has
//! what people decide while a message is on its way, case by case.
//! Here is what must hold, whatever happened.

mod backoff;
mod found;
mod rows;
mod settled;
mod world;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use crate::channels::ChannelKind;
use crate::worker::retry::{MAX_SEND_AGE, MAX_SEND_ATTEMPTS};
use world::{Answer, Behaviour, Call, Crash, Deed, Told, World};

/// How long an unknown outcome is waited for before anything follows from it.
const UNKNOWN_WAIT: Duration = Duration::from_secs(90);
/// No lease, wait or pause lasts longer than this beyond the age of a send.
const SLACK: TimeDelta = TimeDelta::hours(2);

fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_140_000 + seconds, 0).expect("a time")
}

fn any_told() -> impl Strategy<Value = Told> {
    prop_oneof![
        2 => Just(Told::Never),
        1 => Just(Told::BeforeTheAnswer),
        3 => (1..400_i64).prop_map(Told::After),
        1 => (400..100_000_i64).prop_map(Told::After),
    ]
}

fn any_answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        6 => any_told().prop_map(Answer::Accepts),
        2 => any_told().prop_map(Answer::AcceptsThenSilence),
        2 => any_told().prop_map(Answer::AcceptsThen5xx),
        1 => any_told().prop_map(Answer::AcceptsThenGarbage),
        1 => (1..400_i64).prop_map(Answer::AcceptsThenReportsFailure),
        1 => Just(Answer::Silence),
        1 => Just(Answer::NoConnection),
        3 => prop::option::of(0..90_000_u64).prop_map(Answer::Limited),
        1 => Just(Answer::PairLimited),
        1 => Just(Answer::TokenRefused),
        1 => Just(Answer::Never),
        1 => Just(Answer::WindowClosed),
        1 => Just(Answer::UnlistedCode),
    ]
}

fn any_behaviour() -> impl Strategy<Value = Behaviour> {
    let crash = prop_oneof![
        8 => Just(Crash::Not),
        1 => Just(Crash::BeforeTheCall),
        1 => Just(Crash::AfterTheCall),
    ];
    (any_answer(), crash, 0..20_i64, 1..120_i64).prop_map(|(answer, crash, seconds, look)| {
        Behaviour {
            answer,
            crash,
            seconds,
            look,
        }
    })
}

fn any_deed() -> impl Strategy<Value = Deed> {
    prop::sample::select(vec![
        Deed::TakeOver,
        Deed::GiveBack,
        Deed::Resend,
        Deed::Dismiss,
        Deed::Reconnect,
        Deed::Disconnect,
        Deed::OtherWebhook,
        Deed::OtherWebhook,
        Deed::CustomerWrites,
    ])
}

fn any_world() -> impl Strategy<Value = World> {
    let deeds = prop::collection::vec((0..200_000_i64, any_deed()), 0..5);
    let soon = prop::collection::vec((0..400_i64, any_deed()), 0..5);
    (
        prop::sample::select(vec![ChannelKind::Facebook, ChannelKind::Whatsapp]),
        any::<bool>(),
        1..4_usize,
        prop_oneof![Just(86_400_i64), 0..86_400_i64],
        prop::collection::vec(any_behaviour(), 1..16),
        (deeds, soon),
    )
        .prop_map(
            |(platform, by_agent, parts, window, behaviours, (later, soon))| {
                let mut world = World::new(platform, by_agent, parts, window, behaviours);
                for (seconds, deed) in later.into_iter().chain(soon) {
                    world.plan(seconds, deed);
                }
                world
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn whatever_happens_nothing_is_said_twice_unflagged_nor_out_of_order_nor_for_ever(mut world in any_world()) {
        world.run();
        for part in 0..world.rows.outbox.parts.len() {
            effects_are_flagged(&world, part)?;
            attempts_are_bounded(&world, part)?;
            unknown_is_waited_for(&world, part)?;
            limits_are_honoured(&world, part)?;
        }
        nothing_is_sent_that_must_not_be(&world)?;
        parts_are_in_order(&world)?;
        it_has_ended(&world)?;
    }
}

/// One accepted effect; a second one only where the part is flagged; more only where a person sent it again (R15).
fn effects_are_flagged(world: &World, part: usize) -> Result<(), TestCaseError> {
    let accepted = world
        .calls
        .iter()
        .filter(|call| call.part == part && call.accepted && !call.reported_failed)
        .count();
    let row = &world.rows.outbox.parts[part];
    let by_people = world.resends_of_unknown[part];
    let allowed = if row.possible_duplicate {
        2 + by_people
    } else {
        1
    };
    prop_assert!(
        accepted <= allowed,
        "part {part}: {accepted} effects, {allowed} allowed: {:#?}",
        world.calls
    );
    let again = world
        .calls
        .iter()
        .filter(|call| call.part == part && call.again)
        .count();
    prop_assert!(
        again <= 1,
        "part {part} was sent again by itself {again} times"
    );
    Ok(())
}

/// R16: at most twelve attempts, and none after a day, counted anew when a person sends it again.
fn attempts_are_bounded(world: &World, part: usize) -> Result<(), TestCaseError> {
    let age = TimeDelta::from_std(MAX_SEND_AGE).expect("in range");
    for call in world.calls.iter().filter(|call| call.part == part) {
        let since_queued = world
            .calls
            .iter()
            .filter(|other| other.part == part && other.queued_at == call.queued_at);
        prop_assert!(since_queued.count() <= MAX_SEND_ATTEMPTS as usize);
        prop_assert!(
            call.at - call.queued_at <= age,
            "sent after {}",
            call.at - call.queued_at
        );
    }
    Ok(())
}

/// R15: what may have arrived is not sent again before the wait is over, and then only where webhooks evidently work.
fn unknown_is_waited_for(world: &World, part: usize) -> Result<(), TestCaseError> {
    let wait = TimeDelta::from_std(UNKNOWN_WAIT).expect("in range");
    for (before, after) in pairs(world, part) {
        if before.known || after.queued_at != before.queued_at {
            continue;
        }
        prop_assert!(
            after.again,
            "an unknown outcome was retried: {before:?} then {after:?}"
        );
        prop_assert!(
            after.at - before.at >= wait,
            "after {}",
            after.at - before.at
        );
        prop_assert!(
            after.last_webhook.is_some_and(|at| at > before.at),
            "without a sign that webhooks work"
        );
    }
    Ok(())
}

/// A refusal is not answered by the next try before its time: two seconds, what was told, at most an hour (R16).
fn limits_are_honoured(world: &World, part: usize) -> Result<(), TestCaseError> {
    for (before, after) in pairs(world, part) {
        let Some(told) = before
            .refused
            .filter(|_| after.queued_at == before.queued_at)
        else {
            continue;
        };
        let least = TimeDelta::seconds(told.clamp(2, 3_600));
        prop_assert!(
            after.at - before.at >= least,
            "{} instead of {least}",
            after.at - before.at
        );
    }
    Ok(())
}

/// Calls of a part and the ones that followed them.
fn pairs(world: &World, part: usize) -> Vec<(&Call, &Call)> {
    let calls: Vec<&Call> = world
        .calls
        .iter()
        .filter(|call| call.part == part)
        .collect();
    calls
        .iter()
        .copied()
        .zip(calls.iter().copied().skip(1))
        .collect()
}

/// R21, and a person's word: what the world was like when the call was begun.
fn nothing_is_sent_that_must_not_be(world: &World) -> Result<(), TestCaseError> {
    for call in &world.calls {
        prop_assert!(
            call.forbidden.is_none(),
            "sent although {}: {call:?}",
            call.forbidden.unwrap_or_default()
        );
    }
    Ok(())
}

/// R12: nothing of a part before all that stands before it was accepted.
fn parts_are_in_order(world: &World) -> Result<(), TestCaseError> {
    for (at, call) in world.calls.iter().enumerate() {
        for earlier in 0..call.part {
            let arrived = world.calls[..at]
                .iter()
                .any(|other| other.part == earlier && other.accepted);
            prop_assert!(arrived, "part {} before part {earlier}", call.part);
        }
    }
    Ok(())
}

/// Nothing waits for ever, and nothing stops unseen: sent, failed, cancelled, or shown as not confirmed.
fn it_has_ended(world: &World) -> Result<(), TestCaseError> {
    let rows = &world.rows;
    let states: Vec<&str> = rows
        .outbox
        .parts
        .iter()
        .map(|part| part.state.as_str())
        .collect();
    let state = rows.outbox.message.state.as_str();
    prop_assert!(rows.job.is_none(), "still waiting: {:?}", world.reason);
    prop_assert!(
        matches!(state, "sent" | "failed" | "cancelled" | "unknown"),
        "{state}, parts {states:?}"
    );
    prop_assert!(!states.contains(&"sending"), "{states:?}");
    prop_assert!(
        state != "sent" || states.iter().all(|state| *state == "sent"),
        "{states:?}"
    );
    let last = world.last_queued_at + TimeDelta::from_std(MAX_SEND_AGE).expect("in range") + SLACK;
    prop_assert!(
        world.ended_at <= last,
        "the job ended {} too late",
        world.ended_at - last
    );
    Ok(())
}
