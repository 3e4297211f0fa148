//! Named places where tests make this process fail: compiled only with the feature `fail-points`, which no delivered build has.
//!
//! `FAILPOINTS="deliver::after_send=5%return(kill)"` in the environment ends the process as SIGKILL does, one time in twenty; `sleep(ms)`,
//! `pause` and `panic` are the others (the `fail` crate's words). A name that begins with `planted::` is a defect that the oracle of the
//! chaos run must notice: [`is_set`] asks for it.

/// Reads what is to fail from `FAILPOINTS`; for the program's first line.
pub fn init() {
    #[cfg(feature = "fail-points")]
    std::mem::forget(fail::FailScenario::setup());
}

/// Fails here if tests have asked for it.
#[inline]
pub fn hit(_name: &'static str) {
    #[cfg(feature = "fail-points")]
    if fail::eval(_name, |what| what.as_deref() == Some("kill")) == Some(true) {
        let own = rustix::process::getpid();
        // As the kernel does it: no destructor runs, nothing is flushed.
        let _dead = rustix::process::kill_process(own, rustix::process::Signal::KILL);
        std::process::abort();
    }
}

/// Whether tests have planted this defect.
#[inline]
pub fn is_set(_name: &'static str) -> bool {
    #[cfg(feature = "fail-points")]
    return fail::eval(_name, |_| true) == Some(true);
    #[cfg(not(feature = "fail-points"))]
    false
}

/// How far this process's clock is off: `CLOCK_OFFSET_SECONDS`, for tests only. Processes on different machines never agree (R20).
pub fn clock_offset_ms() -> i64 {
    #[cfg(feature = "fail-points")]
    {
        let told = std::env::var("CLOCK_OFFSET_SECONDS").ok();
        told.and_then(|seconds| seconds.parse::<i64>().ok())
            .unwrap_or_default()
            .saturating_mul(1000)
    }
    #[cfg(not(feature = "fail-points"))]
    0
}
