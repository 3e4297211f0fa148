//! The oracle notices: each kind of breach, planted into a world that keeps every promise.

use std::collections::BTreeSet;

use super::{Breach, Invariant, breaches};
use crate::facts::{Attempt, Customer, Effect, Message, Owner, Part, Posted, Tokens, World};

/// Two questions in one conversation, each answered.
fn good() -> World {
    let customer = Customer {
        account: "page".into(),
        id: "rahim".into(),
    };
    let posted = |id: &str, platform_time_ms| Posted {
        external_id: id.into(),
        customer: customer.clone(),
        text: format!("text of {id}"),
        platform_time_ms,
        acknowledged_ms: Some(platform_time_ms),
    };
    let message = |id: &str, author: &str| Message {
        id: id.into(),
        organization: "shop".into(),
        conversation: "c".into(),
        author: author.into(),
        text: String::new(),
        external_id: None,
        state: "sent".into(),
        answer_state: None,
        answered_by: None,
    };
    let question = |id: &str, answer: &str| Message {
        text: format!("text of {id}"),
        external_id: Some(id.into()),
        state: "received".into(),
        answer_state: Some("answered".into()),
        answered_by: Some(answer.into()),
        ..message(&format!("row of {id}"), "customer")
    };
    let part = |message: &str| Part {
        message: message.into(),
        number: 0,
        text: String::new(),
        state: "sent".into(),
        possible_duplicate: false,
    };
    let attempt = |id: &str, message: &str, started_ms| Attempt {
        id: id.into(),
        message: message.into(),
        part: 0,
        started_ms,
        outcome: None,
    };
    let effect = |attempt: &str, time_ms| Effect {
        account: "page".into(),
        token: "token".into(),
        recipient: "rahim".into(),
        correlation: Some(attempt.into()),
        time_ms,
        text: String::new(),
    };
    World {
        posted: vec![posted("q1", 100), posted("q2", 200)],
        messages: vec![
            question("q1", "a1"),
            message("a1", "agent"),
            question("q2", "a2"),
            message("a2", "agent"),
        ],
        parts: vec![part("a1"), part("a2")],
        attempts: vec![attempt("d1", "a1", 150), attempt("d2", "a2", 250)],
        effects: vec![effect("d1", 160), effect("d2", 260)],
        accounts: [(
            "page".to_owned(),
            Owner {
                organization: "shop".into(),
                tokens: BTreeSet::from(["token".to_owned()]),
            },
        )]
        .into(),
        ..World::default()
    }
}

/// The one breach of a good world after `harm`, but for answers that thereby answer nothing.
fn breach(harm: impl FnOnce(&mut World)) -> String {
    let mut world = good();
    harm(&mut world);
    let mut found = breaches(&world);
    if found.len() > 1 {
        found.retain(|breach| !breach.what.starts_with("answer to nothing"));
    }
    assert_eq!(found.len(), 1, "{found:?}");
    let found = found.remove(0);
    assert_eq!(
        broken_by(&found.what),
        found.invariant,
        "filed under the wrong promise"
    );
    found.what
}

fn nothing_is_wrong(change: impl FnOnce(&mut World)) {
    let mut world = good();
    change(&mut world);
    assert_eq!(breaches(&world), Vec::new());
}

#[test]
fn a_world_that_keeps_its_promises_has_no_breach() {
    nothing_is_wrong(|_| {});
}

#[test]
fn a_lost_message_is_noticed_if_it_was_acknowledged() {
    assert!(breach(|world| drop(world.messages.remove(2))).starts_with("lost: q2"));
    // Never acknowledged, it is nobody's loss; only its answer is left without a question.
    let mut world = good();
    world.messages.remove(2);
    world.posted[1].acknowledged_ms = None;
    let found = breaches(&world);
    let only_the_answer = |breach: &Breach| breach.what.starts_with("answer to nothing: a2");
    assert!(found.iter().all(only_the_answer), "{found:?}");
}

#[test]
fn a_message_stored_twice_or_from_nowhere_is_noticed() {
    assert!(
        breach(|world| world.messages.push(world.messages[2].clone()))
            .starts_with("stored 2 times: q2")
    );
    assert!(
        breach(|world| drop(world.posted.remove(0)))
            .starts_with("stored, but nobody posted it: q1")
    );
}

#[test]
fn our_own_answer_taken_for_a_persons_is_noticed() {
    let found = breach(|world| {
        world.messages.push(Message {
            id: "h".into(),
            text: "by hand".into(),
            author: "human".into(),
            external_id: None,
            answer_state: Some("not_due".into()),
            ..world.messages[0].clone()
        })
    });
    assert!(found.contains("by human"), "{found}");
}

#[test]
fn an_answer_sent_twice_is_noticed_unless_it_is_flagged() {
    let again = |world: &mut World| {
        let (attempt, effect) = (world.attempts[1].clone(), world.effects[1].clone());
        world.attempts.push(Attempt {
            id: "d3".into(),
            started_ms: 300,
            ..attempt
        });
        world.effects.push(Effect {
            correlation: Some("d3".into()),
            time_ms: 310,
            ..effect
        });
    };
    assert!(breach(again).starts_with("doubled: part 0 of a2"));
    nothing_is_wrong(|world| {
        again(world);
        world.parts[1].possible_duplicate = true;
    });
    let thrice = breach(|world| {
        again(world);
        world.parts[1].possible_duplicate = true;
        world.effects.push(world.effects[2].clone());
    });
    assert!(thrice.starts_with("doubled: part 0 of a2 was sent 3 times"));
}

#[test]
fn an_answer_sent_twice_is_noticed_also_where_no_delivery_id_travels() {
    let found = breach(|world| {
        world
            .effects
            .iter_mut()
            .for_each(|effect| effect.correlation = None);
        world.effects.push(world.effects[1].clone());
    });
    assert!(found.starts_with("doubled: part 0 of a2"), "{found}");
}

#[test]
fn an_answer_that_counts_as_sent_and_never_went_out_is_noticed() {
    assert!(breach(|world| drop(world.effects.remove(1))).starts_with("never sent: part 0 of a2"));
}

#[test]
fn answers_out_of_order_are_noticed() {
    assert!(breach(|world| world.effects.swap(0, 1)).starts_with("misordered: part 0 of a1"));
}

#[test]
fn questions_out_of_order_are_noticed() {
    let found = breach(|world| world.posted[0].platform_time_ms = 201);
    assert!(found.starts_with("misordered: row of q2"), "{found}");
    nothing_is_wrong(|world| world.posted[0].platform_time_ms = 200);
}

#[test]
fn an_answer_to_the_wrong_person_or_under_the_wrong_token_is_noticed() {
    assert!(
        breach(|world| world.effects[0].recipient = "karim".into()).starts_with("misdirected: a1")
    );
    assert!(
        breach(|world| world.effects[0].token = "another".into()).starts_with("misdirected: a1")
    );
    assert!(
        breach(|world| world.effects[0].account = "another".into()).starts_with("misdirected: a1")
    );
    assert!(
        breach(|world| {
            world.effects.push(Effect {
                correlation: Some("strange".into()),
                ..world.effects[0].clone()
            });
        })
        .starts_with("an effect that nobody attempted")
    );
}

#[test]
fn what_has_no_end_is_noticed() {
    assert!(
        breach(|world| world.messages[0].answer_state = Some("due".into()))
            .starts_with("not ended: row of q1")
    );
    assert!(
        breach(|world| world.messages[0].answered_by = None).starts_with("not ended: row of q1")
    );
    assert!(breach(|world| world.messages[1].state = "queued".into()).starts_with("not ended: a1"));
    assert!(
        breach(|world| world.parts[1].state = "sending".into())
            .starts_with("not ended: part 0 of a2")
    );
}

/// Which promise a complaint is about.
fn broken_by(what: &str) -> Invariant {
    let kinds = [
        ("lost", Invariant::I1),
        ("stored", Invariant::I2),
        ("changed", Invariant::I2),
        ("nobody but", Invariant::I2),
        ("answer to nothing", Invariant::I2),
        ("an effect that nobody", Invariant::I2),
        ("doubled", Invariant::I3),
        ("never sent", Invariant::I4),
        ("not ended", Invariant::I4),
        ("still open", Invariant::I4),
        ("misordered", Invariant::I5),
        ("misdirected", Invariant::I6),
        ("foreign", Invariant::I6),
        ("mixed", Invariant::I6),
        ("secret", Invariant::I7),
        ("charged", Invariant::I8),
    ];
    let kind = kinds.iter().find(|(word, _)| what.starts_with(word));
    kind.unwrap_or_else(|| panic!("an unknown complaint: {what}"))
        .1
}

#[test]
fn what_is_parked_where_people_see_it_is_not_lost() {
    nothing_is_wrong(|world| {
        world.messages.remove(2);
        world.parked.push(r#"{"mid":"q2"}"#.into());
        world.messages.remove(2);
        world.parts.pop();
        world.effects.pop();
    });
    let found = breach(|world| {
        world.messages.remove(2);
        world.parked.push(r#"{"mid":"q21"}"#.into());
        world.messages[1].answered_by = None;
        world.messages[0].answered_by = Some("a1".into());
        world.messages.remove(2);
        world.parts.pop();
        world.effects.pop();
    });
    assert!(found.starts_with("lost: q2"), "{found}");
}

#[test]
fn a_changed_text_and_an_answer_to_nothing_are_noticed() {
    assert!(breach(|world| world.messages[0].text.push('!')).starts_with("changed: q1"));
    let found = breach(|world| world.messages[2].answered_by = Some("a1".into()));
    assert!(found.starts_with("answer to nothing: a2"), "{found}");
}

#[test]
fn an_account_of_another_organization_and_a_mixed_conversation_are_noticed() {
    let found = breach(|world| world.messages[3].organization = "another".into());
    assert!(found.starts_with("foreign: a2"), "{found}");
    let found = breach(|world| {
        world.posted.push(Posted {
            external_id: "q3".into(),
            customer: Customer {
                id: "karim".into(),
                ..world.posted[0].customer.clone()
            },
            text: "text of q3".into(),
            platform_time_ms: 90,
            ..world.posted[0].clone()
        });
        let question = Message {
            id: "row of q3".into(),
            external_id: Some("q3".into()),
            text: "text of q3".into(),
            ..world.messages[0].clone()
        };
        world.messages.insert(0, question);
    });
    assert!(found.starts_with("mixed: row of q3"), "{found}");
}

#[test]
fn rows_left_open_and_leaked_secrets_are_noticed() {
    assert!(breach(|world| world.open.push("a job".into())).starts_with("still open: a job"));
    assert!(breach(|world| world.leaks.push("a token".into())).starts_with("secret: a token"));
}

#[test]
fn a_failure_is_an_end_only_where_a_person_is_called() {
    let fail = |world: &mut World| {
        world.messages[3].state = "failed".into();
        world.parts[1].state = "failed".into();
        world.effects.pop();
    };
    assert!(breach(fail).starts_with("not ended: a2"));
    nothing_is_wrong(|world| {
        fail(world);
        world.calling.insert("c".into());
    });
    nothing_is_wrong(|world| {
        world.messages[2].answer_state = Some("due".into());
        world.given_up.insert("c".into());
    });
}

#[test]
fn tokens_are_never_charged_above_the_report_and_not_below_without_a_fault() {
    let tokens = |reported, charged| Tokens {
        calls: 1,
        reported,
        charged,
    };
    let charge = |world: &mut World, tokens| {
        world.tokens.insert("shop".into(), tokens);
    };
    assert!(
        breach(|world| charge(world, tokens(10, 11))).starts_with("charged: organization shop")
    );
    nothing_is_wrong(|world| charge(world, tokens(10, 9)));
    let found = breach(|world| {
        charge(world, tokens(10, 9));
        world.exact_tokens = true;
    });
    assert!(found.starts_with("charged"), "{found}");
}
