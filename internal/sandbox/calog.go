package sandbox

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxLogKey is far more than a verifier key has.
const maxLogKey = 4096

// fetchLogKey asks the server for the key that verifies the checkpoints of its certificate log.
func fetchLogKey(ctx context.Context, log string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, log+"/key", nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("sandbox: the key of the certificate log: %s", res.Status)
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxLogKey))
	return strings.TrimSpace(string(text)), err
}
