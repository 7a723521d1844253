package radius_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust"
	"simtrust/authn/radius"
	"simtrust/internal/radacct"
)

var equal = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	cmp.Comparer(func(a, b simtrust.Number) bool { return a == b }),
}

func number(t *testing.T, s string) simtrust.Number {
	t.Helper()
	n, err := simtrust.ParseNumber(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestRecord sends requests that differ from attach and from the record that it makes in one respect each.
func TestRecord(t *testing.T) {
	external := netip.MustParseAddr("192.0.2.1")
	held := radacct.PortRange{External: external, Low: 1024, High: 2047}
	for name, c := range map[string]struct {
		send func(*radacct.Request)
		want func(*radius.Record)
	}{
		"plain":                   {func(*radacct.Request) {}, func(*radius.Record) {}},
		"number with plus":        {func(r *radacct.Request) { r.CallingStationID = "+8613800000001" }, func(*radius.Record) {}},
		"no number":               {func(r *radacct.Request) { r.CallingStationID = "" }, func(r *radius.Record) { r.Number = simtrust.Number{} }},
		"no IMSI":                 {func(r *radacct.Request) { r.IMSI = "" }, func(r *radius.Record) { r.IMSI = "" }},
		"IMEISV":                  {func(r *radacct.Request) { r.IMEISV = "3512345678901234" }, func(r *radius.Record) { r.IMEISV = "3512345678901234" }},
		"stop":                    {func(r *radacct.Request) { r.Status = radacct.Stop }, func(r *radius.Record) { r.Status = radius.Stop }},
		"interim update":          {func(r *radacct.Request) { r.Status = radacct.InterimUpdate }, func(r *radius.Record) { r.Status = radius.InterimUpdate }},
		"IPv6 /64":                {func(r *radacct.Request) { r.IPv6 = netip.MustParsePrefix("2001:db8:1:2::/64") }, func(r *radius.Record) { r.IPv6 = netip.MustParsePrefix("2001:db8:1:2::/64") }},
		"IPv6 /128":               {func(r *radacct.Request) { r.IPv6 = netip.MustParsePrefix("2001:db8:1:2::9/128") }, func(r *radius.Record) { r.IPv6 = netip.MustParsePrefix("2001:db8:1:2::/64") }},
		"event in the past":       {func(r *radacct.Request) { r.Event = today.Add(-time.Hour) }, func(r *radius.Record) { r.At = today.Add(-time.Hour) }},
		"event ahead":             {func(r *radacct.Request) { r.Event = today.Add(time.Hour) }, func(r *radius.Record) { r.At = today }},
		"event and delay":         {func(r *radacct.Request) { r.Event = today.Add(-time.Hour); r.Delay = time.Minute }, func(r *radius.Record) { r.At = today.Add(-time.Hour) }},
		"event ahead, sent again": {func(r *radacct.Request) { r.Event = today.Add(time.Hour); r.Delay = 10 * time.Second }, func(r *radius.Record) { r.At = today.Add(-10 * time.Second) }},
		"event after its sending": {func(r *radacct.Request) { r.Event = today.Add(-5 * time.Second); r.Delay = 10 * time.Second }, func(r *radius.Record) { r.At = today.Add(-10 * time.Second) }},
		"event in its second":     {func(r *radacct.Request) { r.Event = today.Add(-9 * time.Second); r.Delay = 10 * time.Second }, func(r *radius.Record) { r.At = today.Add(-9 * time.Second) }},
		"delay only":              {func(r *radacct.Request) { r.Event = time.Time{}; r.Delay = time.Minute }, func(r *radius.Record) { r.At = today.Add(-time.Minute) }},
		"neither":                 {func(r *radacct.Request) { r.Event = time.Time{} }, func(r *radius.Record) { r.At = today }},
		"ports of an external address": {
			func(r *radacct.Request) { r.Ports = []radacct.PortRange{held} },
			func(r *radius.Record) { r.Ports = radius.PortRange{Addr: external, Low: 1024, High: 2047} },
		},
		"ports of the framed address": {
			func(r *radacct.Request) { r.Ports = []radacct.PortRange{{Low: 1024, High: 2047}} },
			func(r *radius.Record) {
				r.Ports = radius.PortRange{Addr: r.IPv4, Low: 1024, High: 2047}
				r.IPv4 = netip.Addr{}
			},
		},
		"ports of an external address that is the framed one": {
			func(r *radacct.Request) {
				r.Ports = []radacct.PortRange{{External: r.IPv4, Protocol: 6, Low: 1024, High: 2047}}
			},
			func(r *radius.Record) {
				r.Ports = radius.PortRange{Addr: r.IPv4, Low: 1024, High: 2047}
				r.IPv4 = netip.Addr{}
			},
		},
		"ports of UDP only": {
			func(r *radacct.Request) { r.Ports = []radacct.PortRange{{Protocol: 17, Low: 1024, High: 2047}} },
			func(r *radius.Record) { r.IPv4 = netip.Addr{} },
		},
		"ports taken and given back": {
			func(r *radacct.Request) {
				r.Ports = []radacct.PortRange{held, {External: external, Low: 3072, High: 4095, Released: true}}
			},
			func(r *radius.Record) {
				r.Ports = radius.PortRange{Addr: external, Low: 1024, High: 2047}
				r.Released = radius.PortRange{Addr: external, Low: 3072, High: 4095}
			},
		},
		"accounting on": {
			func(r *radacct.Request) { *r = radacct.Request{Status: radacct.AccountingOn} },
			func(r *radius.Record) {
				*r = radius.Record{NAS: r.NAS, Realm: r.Realm, Status: radius.AccountingOn, At: today, Received: today}
			},
		},
		"accounting off": {
			func(r *radacct.Request) {
				*r = radacct.Request{Status: radacct.AccountingOff, SessionID: "boot", Event: today}
			},
			func(r *radius.Record) {
				*r = radius.Record{NAS: r.NAS, Realm: r.Realm, Status: radius.AccountingOff, SessionID: "boot", At: today, Received: today}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			acc := newLedger()
			s := start(t, acc, radius.Options{}, gateway)
			request := attach
			c.send(&request)
			want := radius.Record{NAS: "gw1", Realm: "cmnet", Status: radius.Start, SessionID: "s1", Number: number(t, "+8613800000001"),
				IMSI: "460001234567890", IPv4: netip.MustParseAddr("10.0.0.7"), At: today, Received: today}
			c.want(&want)
			newStation(t, s).send(t, encode(t, request, 1, secret))
			if diff := cmp.Diff(want, acc.next(t), equal); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
			s.expect(t, radius.Acknowledged)
		})
	}
}

// TestUnclearRecords sends authentic requests that decode, but cannot be attributed to one subscriber beyond doubt.
func TestUnclearRecords(t *testing.T) {
	external := netip.MustParseAddr("192.0.2.1")
	for name, mend := range map[string]func(*radacct.Request){
		"number is no number":    func(r *radacct.Request) { r.CallingStationID = "sip:anna@example.net" },
		"number with two pluses": func(r *radacct.Request) { r.CallingStationID = "++8613800000001" },
		"number begins with 0":   func(r *radacct.Request) { r.CallingStationID = "013800000001" },
		"number of 16 digits":    func(r *radacct.Request) { r.CallingStationID = "8613800000001234" },
		"prefix wider than /64":  func(r *radacct.Request) { r.IPv6 = netip.MustParsePrefix("2001:db8::/56") },
		"ports of no address": func(r *radacct.Request) {
			r.IPv4 = netip.Addr{}
			r.Ports = []radacct.PortRange{{Low: 1024, High: 2047}}
		},
		"two ranges held": func(r *radacct.Request) {
			r.Ports = []radacct.PortRange{{External: external, Low: 1024, High: 2047}, {External: external, Low: 3072, High: 4095}}
		},
		"two ranges released": func(r *radacct.Request) {
			r.Ports = []radacct.PortRange{{External: external, Low: 1024, High: 2047, Released: true}, {External: external, Low: 3072, High: 4095, Released: true}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			acc := newLedger()
			s := start(t, acc, radius.Options{}, gateway)
			request := attach
			mend(&request)
			newStation(t, s).send(t, encode(t, request, 1, secret))
			s.expect(t, radius.Malformed)
			acc.none(t)
		})
	}
}

func TestRecordLogsNoSubscriber(t *testing.T) {
	r := radius.Record{NAS: "gw1", Status: radius.Start, SessionID: "s1", Number: number(t, "+8613812348000"), IMSI: "460001234567890",
		IMEISV: "3512345678901234", IPv4: netip.MustParseAddr("10.0.0.7")}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("record", "record", r)
	slog.New(slog.NewTextHandler(&out, nil)).Info("record", "record", r)
	for _, private := range []string{r.Number.E164(), r.IMSI, r.IMEISV, r.IPv4.String()} {
		if strings.Contains(out.String(), private) {
			t.Errorf("the log shows %s: %s", private, out.String())
		}
	}
	if want := fmt.Sprint(r.Number); !strings.Contains(out.String(), want) {
		t.Errorf("the log does not show %s: %s", want, out.String())
	}
}
