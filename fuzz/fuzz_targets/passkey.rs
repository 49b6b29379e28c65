//! Whatever an authenticator answers: the reader ends without panic, and takes no key that it could not read again.
#![no_main]

use directory::sign_in::readers::passkey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    passkey(bytes);
});
