//! Arguments → [`kith::cli`].

use std::process::ExitCode;

/// Many small, short-lived allocations on many threads: mimalloc serves them with less contention than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The child of an isolated plugin puts walls around itself: before any thread, any file and any configuration.
    #[cfg(target_os = "linux")]
    if std::env::args_os().nth(1).is_some_and(|first| first == kith_plugin_host::child::ARGUMENT) {
        return kith_plugin_host::child::main();
    }
    kith::cli::main()
}
