//! `kith_plugin_host::wire::fuzz_frame` must return, whatever the bytes are.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kith_plugin_host::wire::fuzz_frame(bytes));
