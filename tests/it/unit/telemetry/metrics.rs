use kith::telemetry::metrics::*;

#[test]
fn what_is_counted_is_rendered() {
    let handle = install().unwrap();
    metrics::counter!("kith_test_total", "kind" => "unit").increment(2);
    metrics::histogram!("kith_test_seconds").record(0.02);
    assert!(install().is_ok(), "a second call gives the same handle");
    let text = handle.render();
    assert!(text.contains("kith_test_total{kind=\"unit\"} 2"), "{text}");
    assert!(text.contains("kith_test_seconds_bucket{le=\"0.025\"} 1"), "{text}");
}
