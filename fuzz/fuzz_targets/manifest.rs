//! `kith_plugin_manifest::fuzz_manifest` must return, whatever the bytes are.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kith_plugin_manifest::fuzz_manifest(bytes));
