use kith::plugins::scan::passes;

#[test]
fn what_a_busy_machine_refuses_is_tried_again_and_what_the_rules_refuse_is_not() {
    for code in ["CHILD_SLOW", "PROBE_SLOW", "CHILD_IO", "SEAL_IO", "FILE_IO"] {
        assert!(passes(code), "{code}");
    }
    for code in ["FILE_WRITABLE", "MANIFEST_EXPIRED", "LIBRARY_DIGEST", "CHILD_DIED"] {
        assert!(!passes(code), "{code}");
    }
}
