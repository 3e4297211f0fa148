//! What the model found, each as the shortest story that shows it.

use super::world::{Answer, Behaviour, Crash, Deed, Told, World};
use crate::channels::ChannelKind;

const DAY: i64 = 86_400;

fn at_once(answer: Answer) -> Behaviour {
    Behaviour {
        answer,
        crash: Crash::Not,
        seconds: 0,
        look: 119,
    }
}

fn states(world: &World) -> (&str, Vec<&str>) {
    let outbox = &world.rows.outbox;
    let parts = outbox.parts.iter().map(|part| part.state.as_str());
    (&outbox.message.state, parts.collect())
}

/// The job of a message that a person had given up still waited for its echo, and sent it again then.
#[test]
fn what_a_person_gave_up_while_it_was_unknown_is_not_sent_again() {
    let mut world = World::new(
        ChannelKind::Facebook,
        true,
        1,
        DAY,
        vec![at_once(Answer::Silence)],
    );
    world.plan(30, Deed::Dismiss);
    world.plan(31, Deed::OtherWebhook);
    world.run();
    assert_eq!(world.calls.len(), 1);
    assert_eq!(states(&world), ("cancelled", vec!["unknown"]));
}

/// A worker died at the second part while the platform reported the first one as failed: the second stayed `sending` for ever.
#[test]
fn a_lost_attempt_is_seen_also_where_an_earlier_part_has_failed() {
    let lost = Behaviour {
        crash: Crash::BeforeTheCall,
        ..at_once(Answer::Silence)
    };
    let behaviours = vec![at_once(Answer::AcceptsThenReportsFailure(10)), lost];
    let mut world = World::new(ChannelKind::Facebook, true, 2, DAY, behaviours);
    world.run();
    assert_eq!(states(&world), ("failed", vec!["failed", "unknown"]));
}

/// An echo of the first attempt settled the part while the second was refused: the job ended, and the next part never went out.
#[test]
fn the_next_part_goes_out_where_an_echo_settles_the_one_that_was_refused() {
    let behaviours = vec![
        at_once(Answer::AcceptsThenSilence(Told::After(94))),
        Behaviour {
            seconds: 5,
            ..at_once(Answer::Never)
        },
        at_once(Answer::Accepts(Told::Never)),
    ];
    let mut world = World::new(ChannelKind::Facebook, true, 2, DAY, behaviours);
    // Webhooks evidently come, so that it is sent once more by itself; the echo comes during that call.
    world.plan(30, Deed::OtherWebhook);
    world.run();
    assert_eq!(world.calls.len(), 3, "{:?}", world.calls);
    assert_eq!(states(&world), ("sent", vec!["sent", "sent"]));
}

/// Sent again for its first part, which failed again: the second part, long there, was called cancelled, and went out twice at the
/// next try.
#[test]
fn a_part_that_is_there_stays_sent_when_the_one_before_it_fails_anew() {
    let behaviours = vec![
        at_once(Answer::AcceptsThenReportsFailure(10)),
        at_once(Answer::Accepts(Told::Never)),
        at_once(Answer::Never),
        at_once(Answer::Accepts(Told::Never)),
    ];
    let mut world = World::new(ChannelKind::Facebook, true, 2, DAY, behaviours);
    world.plan(20, Deed::Resend);
    world.plan(30, Deed::Resend);
    world.run();
    assert_eq!(world.calls.iter().filter(|call| call.part == 1).count(), 1);
    assert_eq!(states(&world), ("sent", vec!["sent", "sent"]));
}
