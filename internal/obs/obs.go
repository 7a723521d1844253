package obs

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Config says how the process is watched. The zero value logs text from level info to standard error.
type Config struct {
	Level  string           // debug, info, warn or error
	Format string           // text or json
	Output io.Writer        // of the log
	Now    func() time.Time // the clock of the health checks, default time.Now
}

// Obs holds what the modules of one process log, count and trace with.
type Obs struct {
	Log      *slog.Logger
	Registry *prometheus.Registry
	Tracer   trace.Tracer
	Health   *Health

	provider *sdktrace.TracerProvider
}

// New makes them. A level or format it does not know is of kind invalid.
func New(cfg Config) (*Obs, error) {
	if cfg.Output == nil {
		cfg.Output = os.Stderr
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	log, err := newLog(cfg.Output, cfg.Level, cfg.Format)
	if err != nil {
		return nil, err
	}
	provider, err := newProvider(log)
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewBuildInfoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &Obs{Log: log, Registry: registry, Tracer: provider.Tracer("simtrust"), Health: newHealth(log, cfg.Now), provider: provider}, nil
}

// MetricsHandler serves the registry to Prometheus. A collector that fails costs its own metrics only.
func (o *Obs) MetricsHandler() http.Handler {
	return promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(o.Log.Handler(), slog.LevelError),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: 4,
		Timeout:             10 * time.Second,
	})
}

// Close sends the spans that are still waiting.
func (o *Obs) Close(ctx context.Context) error { return o.provider.Shutdown(ctx) }
