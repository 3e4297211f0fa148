//! Own budgets per account, far below the platforms' limits (R17, reference 5.4): a flood of answers waits here instead of being
//! refused there.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::channels::{ChannelKind, channel};
use crate::ids::AccountId;

/// The budgets of this process, one per account that sent lately.
pub struct Pace {
    by_platform: Vec<(ChannelKind, DefaultKeyedRateLimiter<AccountId>)>,
    clock: DefaultClock,
}

impl Default for Pace {
    fn default() -> Self {
        let limiter = |kind: ChannelKind| {
            let per_second = NonZeroU32::new(channel(kind)?.limits().sends_per_second)?;
            Some((kind, RateLimiter::keyed(Quota::per_second(per_second))))
        };
        Self {
            by_platform: ChannelKind::ALL.into_iter().filter_map(limiter).collect(),
            clock: DefaultClock::default(),
        }
    }
}

impl Pace {
    /// Takes one send out of the account's budget; the error is how long to wait for one.
    pub fn take(&self, platform: ChannelKind, account: AccountId) -> Result<(), Duration> {
        let limiter = self.by_platform.iter().find(|(kind, _)| *kind == platform);
        let Some((_, limiter)) = limiter else {
            return Ok(());
        };
        limiter.check_key(&account).map_err(|not_yet| {
            not_yet
                .wait_time_from(self.clock.now())
                .max(Duration::from_millis(10))
        })
    }

    /// Forgets accounts whose budget is full again, so that the table does not grow for ever (R24).
    pub fn forget_idle(&self) {
        for (_, limiter) in &self.by_platform {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R17: the budget is per account, and a told wait is enough.
    #[test]
    fn a_flood_of_one_account_waits_and_leaves_the_others_alone() {
        let pace = Pace::default();
        let (flooding, quiet) = (AccountId::new(), AccountId::new());
        let refused = (0..10_000).find_map(|_| pace.take(ChannelKind::Instagram, flooding).err());
        let wait = refused.expect("ten thousand sends at once are over any budget");
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(pace.take(ChannelKind::Instagram, quiet), Ok(()));
        std::thread::sleep(wait);
        assert_eq!(pace.take(ChannelKind::Instagram, flooding), Ok(()));
    }

    #[test]
    fn idle_accounts_are_forgotten() {
        let pace = Pace::default();
        assert_eq!(pace.take(ChannelKind::Whatsapp, AccountId::new()), Ok(()));
        std::thread::sleep(Duration::from_millis(1_100));
        pace.forget_idle();
        assert!(
            pace.by_platform
                .iter()
                .all(|(_, limiter)| limiter.is_empty())
        );
    }
}
