//! When a fault happens: for whom, how often, how likely. What happens is the simulator's own type.

use serde::{Deserialize, Serialize};

/// Most rules at once; more is a runaway test.
const MAX_RULES: usize = 1000;

/// A fault switch. Rules are tried in the order they were added; the first one that fires decides the call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule<F> {
    /// The account's external id (Graph) or the model's name; none means everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// How many calls it still applies to; none means until it is cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u32>,
    /// 0 to 1, how likely it fires on a call it applies to.
    #[serde(default = "always")]
    pub probability: f64,
    /// The same seed gives the same sequence of fired and spared calls.
    #[serde(default)]
    pub seed: u64,
    pub fault: F,
}

fn always() -> f64 {
    1.0
}

impl<F> Rule<F> {
    /// For every call of everybody, until cleared.
    pub fn always(fault: F) -> Self {
        Self {
            target: None,
            calls: None,
            probability: 1.0,
            seed: 0,
            fault,
        }
    }

    /// For the next `calls` calls.
    pub fn next(calls: u32, fault: F) -> Self {
        Self {
            calls: Some(calls),
            ..Self::always(fault)
        }
    }

    /// For each call with this probability; the seed makes it repeatable.
    pub fn sometimes(probability: f64, seed: u64, fault: F) -> Self {
        Self {
            probability,
            seed,
            ..Self::always(fault)
        }
    }

    /// Only for calls of this account or model.
    pub fn of(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }
}

/// The rules in force.
#[derive(Debug)]
pub struct Rules<F> {
    rules: Vec<Active<F>>,
}

#[derive(Debug)]
struct Active<F> {
    rule: Rule<F>,
    random: u64,
}

impl<F> Default for Rules<F> {
    fn default() -> Self {
        Self { rules: Vec::new() }
    }
}

impl<F: Clone> Rules<F> {
    /// False when there are too many already.
    pub fn add(&mut self, rule: Rule<F>) -> bool {
        let fits = self.rules.len() < MAX_RULES;
        if fits {
            let random = rule.seed;
            self.rules.push(Active { rule, random });
        }
        fits
    }

    pub fn clear(&mut self) {
        self.rules.clear();
    }

    pub fn list(&self) -> Vec<Rule<F>> {
        self.rules
            .iter()
            .map(|active| active.rule.clone())
            .collect()
    }

    /// The fault of this call, if any. `suits` tells whether a fault concerns this kind of call at all.
    pub fn draw(&mut self, target: Option<&str>, suits: impl Fn(&F) -> bool) -> Option<F> {
        let fired = self.rules.iter_mut().find_map(|active| {
            let applies = active.rule.target.is_none() || active.rule.target.as_deref() == target;
            (applies && suits(&active.rule.fault) && active.fires())
                .then(|| active.rule.fault.clone())
        });
        self.rules.retain(|active| active.rule.calls != Some(0));
        fired
    }
}

impl<F> Active<F> {
    fn fires(&mut self) -> bool {
        if self.rule.calls == Some(0) || next_unit(&mut self.random) >= self.rule.probability {
            return false;
        }
        if let Some(calls) = &mut self.rule.calls {
            *calls -= 1;
        }
        true
    }
}

/// SplitMix64, as a number in [0, 1).
fn next_unit(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    // 53 bits are exact in an f64.
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(rules: &mut Rules<&'static str>, target: &str, calls: usize) -> Vec<bool> {
        (0..calls)
            .map(|_| rules.draw(Some(target), |_| true).is_some())
            .collect()
    }

    #[test]
    fn a_counted_rule_fires_that_often_and_is_gone() {
        let mut rules = Rules::default();
        rules.add(Rule::next(2, "x"));
        assert_eq!(fired(&mut rules, "a", 4), [true, true, false, false]);
        assert!(rules.list().is_empty());
    }

    #[test]
    fn a_rule_for_one_account_spares_the_others() {
        let mut rules = Rules::default();
        rules.add(Rule::always("x").of("a"));
        assert_eq!(rules.draw(Some("b"), |_| true), None);
        assert_eq!(rules.draw(None, |_| true), None);
        assert_eq!(rules.draw(Some("a"), |_| true), Some("x"));
    }

    #[test]
    fn the_same_seed_spares_the_same_calls() {
        let run = |seed| {
            let mut rules = Rules::default();
            rules.add(Rule::sometimes(0.3, seed, "x"));
            fired(&mut rules, "a", 1000)
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let hits = run(7).into_iter().filter(|hit| *hit).count();
        assert!((250..350).contains(&hits), "{hits} of 1000 at 0.3");
    }
}
