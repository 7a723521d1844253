//go:build bench

package e2e

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"simtrust/internal/radacct"
)

// accountingContender is a gateway with so many requests under way. Each is an Interim-Update of another second, so each changes a row,
// and its acknowledgement says that the change is durable.
func accountingContender(b *testing.B, s *server, underWay int) contender {
	gateway := netip.MustParseAddr("127.0.0.1")
	clients, turns := make([]*radacct.Client, underWay), make([]int, underWay)
	for i := range clients {
		c, err := radacct.Dial(gateway, s.RADIUS.Accounting, []byte(s.RADIUS.Secret))
		if err != nil {
			b.Fatal(err)
		}
		clients[i] = c
		b.Cleanup(func() { _ = c.Close() })
	}
	return contender{name: fmt.Sprintf("%s, %d under way", s.name, underWay), process: s.process, clients: underWay, step: func(c int) error {
		turns[c]++
		sub := s.Subscribers[(c+turns[c]*underWay)%len(s.Subscribers)]
		return clients[c].Send(context.Background(), radacct.Request{Status: radacct.InterimUpdate, SessionID: "bench-" + sub.IMSI,
			CallingStationID: strings.TrimPrefix(sub.Number, "+"), IMSI: sub.IMSI, IMEISV: sub.IMEI[:14] + "01", IPv4: netip.MustParseAddr(sub.IP)})
	}}
}

// benchAccounting measures acknowledged accounting records.
func benchAccounting(b *testing.B, servers []*server) {
	var rows [][]string
	for _, underWay := range []int{1, 64, 256} {
		var contenders []contender
		for _, s := range servers {
			contenders = append(contenders, accountingContender(b, s, underWay))
		}
		all := contest(b, "accounting", 3, time.Second, 2*time.Second, contenders)
		for i, c := range contenders {
			s := all[c.name]
			rows = append(rows, []string{servers[i].name, fmt.Sprint(underWay), fmt.Sprintf("%.0f", median(s, rate)), milliseconds(median(s, p50)),
				milliseconds(median(s, p99)), microseconds(median(s, cpu))})
			b.ReportMetric(median(s, rate), fmt.Sprintf("%s-%d/s", strings.ReplaceAll(servers[i].name, " ", "-"), underWay))
		}
	}
	results.add("RADIUS accounting: records acknowledged after they are durable",
		[]string{"server", "under way", "records/s", "p50", "p99", "server CPU a record"}, rows...)
}
