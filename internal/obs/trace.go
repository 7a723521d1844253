package obs

import (
	"errors"
	"log/slog"
	"os"
	"runtime/debug"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"simtrust"
)

var errNoExporter = errors.New("built without an exporter")

// newProvider makes trace ids and, where spans can leave the process, records and sends them.
func newProvider(log *slog.Logger) (*sdktrace.TracerProvider, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return silent(), nil
	}
	exporter, err := newExporter(log)
	if errors.Is(err, errNoExporter) {
		log.Warn("traces are not exported: this program was built without the tag otlp")
		return silent(), nil
	}
	if err != nil {
		return nil, &simtrust.Error{Kind: simtrust.KindInvalid, Op: "obs.new", Msg: "the OTEL_EXPORTER_OTLP_ settings do not hold", Err: err}
	}
	about, err := resource.Merge(self(), resource.Environment())
	if err != nil {
		return nil, &simtrust.Error{Kind: simtrust.KindInvalid, Op: "obs.new", Msg: "OTEL_RESOURCE_ATTRIBUTES does not hold", Err: err}
	}
	return sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about)), nil
}

// silent gives every request its ids and records nothing of its own accord, but passes a caller's sampling decision on.
func silent() *sdktrace.TracerProvider {
	return sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.NeverSample())))
}

// self names the program, unless OTEL_SERVICE_NAME does.
func self() *resource.Resource {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	return resource.NewSchemaless(attribute.String("service.name", "simtrust"), attribute.String("service.version", version))
}
