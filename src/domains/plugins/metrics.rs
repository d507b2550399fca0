//! Figures of plugins for Prometheus. The labels are ids and release numbers of manifests that the operator trusts.

use metrics::{counter, gauge};

use crate::permissions::arbiter::Arbiter;
use crate::plugins::Plugins;

/// Writes the figures of every plugin in use.
pub fn record(plugins: &Plugins) {
    let set = plugins.set();
    for running in set.running() {
        let figures = running.figures();
        let labels = [("plugin", running.release.id().to_owned()), ("release", running.release.seq().to_string())];
        counter!("kith_plugin_calls_total", &labels).absolute(figures.calls);
        counter!("kith_plugin_denials_total", &labels).absolute(figures.denials);
        counter!("kith_plugin_faults_total", &labels).absolute(figures.faults);
        counter!("kith_plugin_crashes_total", &labels).absolute(figures.crashes);
        counter!("kith_plugin_kills_total", &labels).absolute(figures.kills);
        counter!("kith_plugin_restarts_total", &labels).absolute(figures.restarts);
        gauge!("kith_plugin_ready", &labels).set(if figures.state == "READY" { 1.0 } else { 0.0 });
        gauge!("kith_plugin_p99_seconds", &labels).set(figures.p99.as_secs_f64());
        if let Some(shadow) = running.shadow() {
            let compared = shadow.compared();
            counter!("kith_plugin_shadow_compared_total", &labels).absolute(compared.compared);
            counter!("kith_plugin_shadow_disagreed_total", &labels).absolute(compared.disagreed);
        }
    }
    counter!("kith_plugin_generation").absolute(set.generation());
    gauge!("kith_plugin_refused_files").set(f64::from(u32::try_from(plugins.faults().len()).unwrap_or(u32::MAX)));
}
