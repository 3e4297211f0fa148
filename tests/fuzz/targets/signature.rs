#![no_main]

use banglachat_fuzz::checks;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| checks::signature(input));
