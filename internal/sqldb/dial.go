package sqldb

import (
	"context"
	"net"
	"time"
)

// The patience with a PostgreSQL server that does not answer. A machine that vanishes sends no reset, and without a limit the
// system would wait some fifteen minutes for it, and with it the batch that was being committed.
const (
	connectTimeout = 10 * time.Second
	unacknowledged = 30 * time.Second
)

// dialer dials PostgreSQL; its Control sets the limit on unacknowledged data, which a long-running statement does not meet.
type dialer struct{ *net.Dialer }

func newDialer() dialer { return dialer{&net.Dialer{Control: limitUnacknowledged}} }

// DialTimeout is what the driver calls when the URL gives a connect_timeout.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}
