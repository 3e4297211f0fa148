//! How often an organization may try a model: a person clicks slowly, a loop does not.
//!
//! Kept per process: it protects the server's streams, not the model's bill, which is the organization's own.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::{ApiError, ApiResult};
use crate::ids::OrganizationId;

const PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
/// Above so many organizations those that have not tried lately are forgotten (R24).
const MANY: usize = 10_000;

pub struct TrialLimit {
    limiter: DefaultKeyedRateLimiter<OrganizationId>,
    clock: DefaultClock,
}

impl Default for TrialLimit {
    fn default() -> Self {
        Self {
            limiter: RateLimiter::keyed(Quota::per_minute(PER_MINUTE)),
            clock: DefaultClock::default(),
        }
    }
}

impl TrialLimit {
    /// Takes one try out of the organization's budget, or says when to come back.
    pub fn take(&self, organization: OrganizationId) -> ApiResult<()> {
        if self.limiter.len() > MANY {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&organization).map_err(|not_yet| {
            let wait = not_yet.wait_time_from(self.clock.now());
            ApiError::RateLimited {
                retry_after: wait.max(Duration::from_secs(1)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_at_once_and_each_organization_by_itself() {
        let (limit, shop) = (TrialLimit::default(), OrganizationId::new());
        for _ in 0..20 {
            limit.take(shop).unwrap();
        }
        assert!(matches!(
            limit.take(shop),
            Err(ApiError::RateLimited { retry_after }) if retry_after <= Duration::from_secs(4)
        ));
        limit.take(OrganizationId::new()).unwrap();
    }
}
