use std::sync::atomic::{AtomicU32, Ordering};

use kith::plugins::native::*;
use kith_plugin_loader::LogLevel;

#[test]
fn h23_a_flood_of_log_lines_in_this_process_is_cut() {
    let kept = AtomicU32::new(0);
    let log = within_budget(|_, _| {
        kept.fetch_add(1, Ordering::Relaxed);
    });
    for _ in 0..LINES_PER_SECOND * 20 {
        log(LogLevel::Info, "flood");
    }
    // A second may end in the middle.
    let kept = kept.load(Ordering::Relaxed);
    assert!((LINES_PER_SECOND..=2 * LINES_PER_SECOND).contains(&kept), "{kept}");
}
