// Package obs is what an operator watches: the log, the metrics, the traces and the health of one process.
//
//	/metrics  [Obs.MetricsHandler]   the metrics of the modules, the Go runtime, the process and the build, for Prometheus
//	/healthz  [Health.LiveHandler]   the process answers: 200 {"status":"ok"}
//	/readyz   [Health.ReadyHandler]  its dependencies answer too: 200, or 503 with the names of the failing checks
//
// Traces follow OpenTelemetry: every request has a trace id, taken over from the caller by W3C Trace Context or new, for the
// log to name. Spans leave the process only from a program built with the tag otlp and started with
// OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT; the other OTEL_ variables of the OTLP/HTTP exporter, the
// sampler and the resource hold too. The tag is there because the exporter brings gRPC and protobuf into the program.
//
// Nothing here knows a number, a key or a secret, and the handlers show no error text: /readyz names the check, the log says
// why.
package obs
