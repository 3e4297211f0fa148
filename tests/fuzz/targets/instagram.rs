#![no_main]

use banglachat_fuzz::channels::ChannelKind;
use banglachat_fuzz::{checks, mutate};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|body: &[u8]| checks::body(ChannelKind::Instagram, body));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::json(data, size, max_size, seed).unwrap_or_else(|| fuzzer_mutate(data, size, max_size))
});
