//! Metrics in the text format of Prometheus. Labels are words from our own code, never anything a caller wrote, so that
//! their number stays bounded and nothing private gets in (h35).

use std::sync::OnceLock;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds, in seconds, of the buckets of everything that is measured in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Installs the recorder for the whole process, once, and gives the handle that renders what it has seen. The caller has to
/// call [`PrometheusHandle::run_upkeep`] now and then (every few seconds), or histograms grow until they are rendered.
///
/// # Errors
/// Another recorder was installed by somebody else.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    if let Some(handle) = RECORDER.get() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder();
    match handle {
        Ok(handle) => Ok(RECORDER.get_or_init(|| handle).clone()),
        // Two threads at once: the other one was first.
        Err(error) => RECORDER.get().cloned().ok_or(error),
    }
}
