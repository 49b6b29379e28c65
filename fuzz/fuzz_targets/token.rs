//! Whatever a sign-in service answers: keys, tokens and claims are read without panic, and none for somebody else is
//! taken.
#![no_main]

use directory::sign_in::readers::token;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    token(bytes);
});
