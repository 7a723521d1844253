//go:build !otlp

package obs_test

import (
	"bytes"
	"strings"
	"testing"

	"simtrust/internal/obs"
)

func TestExportAskedOfAProgramWithoutExporter(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
	var out bytes.Buffer
	newObs(t, obs.Config{Output: &out})
	if !strings.Contains(out.String(), "without the tag otlp") {
		t.Errorf("log: %q", out.String())
	}
}
