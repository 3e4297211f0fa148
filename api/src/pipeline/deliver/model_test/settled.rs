//! People who settle a message while it is on its way: given up, it stays so; sent again, it says that it may be there twice.

use super::world::{Answer, Behaviour, Crash, Deed, Told, World};
use crate::channels::ChannelKind;

const DAY: i64 = 86_400;

fn behaviour(answer: Answer, seconds: i64) -> Behaviour {
    Behaviour {
        answer,
        crash: Crash::Not,
        seconds,
        look: 119,
    }
}

/// A person's message of so many parts, run to its end.
fn run(parts: usize, behaviours: Vec<Behaviour>, deeds: &[(i64, Deed)]) -> World {
    let mut world = World::new(ChannelKind::Facebook, false, parts, DAY, behaviours);
    for (seconds, deed) in deeds {
        world.plan(*seconds, *deed);
    }
    world.run();
    for call in &world.calls {
        assert_eq!(call.forbidden, None, "{call:?}");
    }
    world
}

/// The states of the message and of its parts.
fn states(world: &World) -> (&str, Vec<&str>) {
    let outbox = &world.rows.outbox;
    let parts = outbox.parts.iter().map(|part| part.state.as_str());
    (outbox.message.state.as_str(), parts.collect())
}

/// R15's one resend is not for what a person gave up, whatever webhooks say.
#[test]
fn an_unconfirmed_part_is_not_sent_again_once_its_message_is_given_up() {
    let silent = behaviour(Answer::AcceptsThenSilence(Told::Never), 0);
    let left = run(1, vec![silent], &[(60, Deed::OtherWebhook)]);
    assert_eq!(left.calls.len(), 2, "without a person's word it is");
    let deeds = [(30, Deed::Dismiss), (60, Deed::OtherWebhook)];
    let world = run(1, vec![silent], &deeds);
    assert_eq!(world.calls.len(), 1);
    assert_eq!(states(&world), ("cancelled", vec!["unknown"]));
}

/// The first part arrived after all; the job that waited for it does not go on with the others.
#[test]
fn the_rest_of_a_message_that_was_given_up_stays_unsent() {
    let doubtful = behaviour(Answer::AcceptsThen5xx(Told::After(40)), 0);
    let world = run(3, vec![doubtful], &[(20, Deed::Dismiss)]);
    assert_eq!(world.calls.len(), 1);
    assert_eq!(
        states(&world),
        ("cancelled", vec!["sent", "cancelled", "cancelled"])
    );
}

/// A call that runs while its message is given up does not open it again by its outcome.
#[test]
fn a_refusal_that_comes_late_does_not_take_a_persons_word_back() {
    let first = behaviour(Answer::AcceptsThenReportsFailure(5), 0);
    let second = behaviour(Answer::Limited(None), 19);
    let world = run(2, vec![first, second], &[(10, Deed::Dismiss)]);
    assert_eq!(world.calls.len(), 2);
    assert_eq!(states(&world), ("cancelled", vec!["failed", "cancelled"]));
}

/// Sent again while a call of it runs, a part may be there twice, and says so.
#[test]
fn a_part_whose_call_runs_is_flagged_when_a_person_sends_its_message_again() {
    let first = behaviour(Answer::AcceptsThenReportsFailure(5), 0);
    let second = behaviour(Answer::Accepts(Told::Never), 19);
    let third = behaviour(Answer::Accepts(Told::Never), 0);
    let behaviours = vec![first, second, third, third];
    let world = run(2, behaviours, &[(10, Deed::Resend)]);
    assert_eq!(states(&world), ("sent", vec!["sent", "sent"]));
    let parts: Vec<usize> = world.calls.iter().map(|call| call.part).collect();
    assert_eq!(parts, [0, 1, 0, 1]);
    assert!(world.rows.outbox.parts[1].possible_duplicate);
}

/// The worker died in its call, and the part before it failed meanwhile: the outcome is unknown, not for ever on its way.
#[test]
fn a_lost_call_behind_a_failed_part_is_told_as_unknown() {
    let first = behaviour(Answer::AcceptsThenReportsFailure(5), 0);
    let second = Behaviour {
        crash: Crash::AfterTheCall,
        ..behaviour(Answer::Accepts(Told::Never), 0)
    };
    let world = run(2, vec![first, second], &[]);
    assert_eq!(states(&world), ("failed", vec!["failed", "unknown"]));
    // Given up before that, it ends so as well.
    let world = run(2, vec![first, second], &[(10, Deed::Dismiss)]);
    assert_eq!(states(&world), ("cancelled", vec!["failed", "unknown"]));
}

/// The echo of an earlier attempt comes while a later one is refused for good: the rest of the message goes out all the same.
#[test]
fn a_refusal_of_what_has_arrived_does_not_hold_up_the_rest() {
    let silent = behaviour(Answer::AcceptsThenSilence(Told::After(275)), 8);
    let refused = behaviour(Answer::Never, 15);
    let second = behaviour(Answer::Accepts(Told::Never), 0);
    let world = run(2, vec![silent, refused, second], &[(265, Deed::Resend)]);
    assert_eq!(states(&world), ("sent", vec!["sent", "sent"]));
}
