//! Arguments → [`kith::cli`].

#![recursion_limit = "512"]

use std::process::ExitCode;

/// Many small, short-lived allocations on many threads: mimalloc serves them with less contention than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before any thread, any file and any configuration: an isolated plugin's child is this program.
    if let Some(code) = kith::plugins::child_entry() {
        return code;
    }
    kith::cli::main()
}
