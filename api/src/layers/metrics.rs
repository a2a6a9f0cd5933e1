//! How many requests there were and how long they took, as Prometheus reads it.

use std::sync::OnceLock;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{counter, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::exchange::Exchange;

const REQUESTS: &str = "ledgerdesk_http_requests_total";
const DURATION: &str = "ledgerdesk_http_request_duration_seconds";
/// In seconds; the target for an answer is 200 ms.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0];

/// There is one recorder to a process, whichever desk asked first.
static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts to record, once per process.
pub(super) fn install() {
    RECORDER.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        let builder = builder.set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &BUCKETS).ok()?;
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).ok()?;
        metrics::describe_counter!(REQUESTS, "Requests served, by route, method and status.");
        metrics::describe_histogram!(DURATION, "How long requests took, in seconds.");
        Some(handle)
    });
}

/// Everything recorded so far; none if another program's recorder was there first.
pub(crate) fn render() -> Option<String> {
    let handle = RECORDER.get()?.as_ref()?;
    handle.run_upkeep();
    Some(handle.render())
}

/// Notes that a request was served.
pub(super) fn served(exchange: &Exchange, status: StatusCode, took: Duration) {
    let endpoint = exchange.endpoint().to_owned();
    let method = word(exchange.method());
    counter!(REQUESTS, "endpoint" => endpoint.clone(), "method" => method, "status" => status.as_str().to_owned())
        .increment(1);
    histogram!(DURATION, "endpoint" => endpoint, "method" => method).record(took);
}

/// Callers make up methods; each made-up one would be a series of its own.
fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
