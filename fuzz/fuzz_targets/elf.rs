//! `kith_plugin_loader::fuzz_elf` must return, whatever the bytes are.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kith_plugin_loader::fuzz_elf(bytes));
