//go:build e2e

package radius_test

import (
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust/authn/radius"
)

// patient has radclient repeat a request, ten times and every 5 s: an answer may be late, and a repetition is recognised.
var patient = []string{"-r", "10", "-t", "5"}

// radclient sends one request with FreeRADIUS's own client and reports whether it was acknowledged to its satisfaction.
func radclient(t *testing.T, s *server, repeat []string, secret, attributes string) bool {
	t.Helper()
	program, err := exec.LookPath("radclient")
	if err != nil {
		t.Fatalf("%v: install freeradius-utils", err)
	}
	cmd := exec.CommandContext(t.Context(), program, append(slices.Clone(repeat), "-x", s.Addr().String(), "acct", secret)...)
	cmd.Stdin = strings.NewReader(attributes)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	return err == nil && strings.Contains(string(out), "Received Accounting-Response")
}

const radclientStart = `Acct-Status-Type = Start, Acct-Session-Id = "0a1b2c3d", Calling-Station-Id = "8613800000001",
Framed-IP-Address = 10.0.0.7, Framed-IPv6-Prefix = 2001:db8:1:2::/64, Called-Station-Id = "cmnet", NAS-IP-Address = 127.0.0.1,
3GPP-IMSI = "460001234567890", 3GPP-IMEISV = "3512345678901234", 3GPP-RAT-Type = 6, 3GPP-GGSN-Address = 192.0.2.9,
IP-Port-Range-Ext-IPv4-Addr = 192.0.2.1, IP-Port-Range-Alloc = Allocation, IP-Port-Range-Range-Start = 1024,
IP-Port-Range-Range-End = 2047, Event-Timestamp = "Nov 22 2026 11:59:00 UTC", Acct-Delay-Time = 60,
Proxy-State = 0x6f75746572, Proxy-State = 0x696e6e6572`

func TestRadclientAttaches(t *testing.T) {
	acc := newLedger()
	s := start(t, acc, radius.Options{}, gateway)
	if !radclient(t, s, patient, string(secret), strings.ReplaceAll(radclientStart, "\n", " ")) {
		t.Fatal("radclient got no valid response")
	}
	want := radius.Record{NAS: "gw1", Realm: "cmnet", Status: radius.Start, SessionID: "0a1b2c3d", Number: number(t, "+8613800000001"),
		IMSI: "460001234567890", IMEISV: "3512345678901234", IPv4: netip.MustParseAddr("10.0.0.7"), IPv6: netip.MustParsePrefix("2001:db8:1:2::/64"),
		Ports: radius.PortRange{Addr: netip.MustParseAddr("192.0.2.1"), Low: 1024, High: 2047}, At: today.Add(-time.Minute), Received: today}
	if diff := cmp.Diff(want, acc.next(t), equal); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

func TestRadclientAnnouncesARestart(t *testing.T) {
	acc := newLedger()
	s := start(t, acc, radius.Options{}, gateway)
	if !radclient(t, s, patient, string(secret), "Acct-Status-Type = Accounting-On, NAS-Identifier = gw1") {
		t.Fatal("radclient got no valid response")
	}
	if got := acc.next(t).Status; got != radius.AccountingOn {
		t.Errorf("record of %s", got)
	}
}

func TestRadclientWithAnotherSecret(t *testing.T) {
	acc := newLedger()
	s := start(t, acc, radius.Options{}, gateway)
	if radclient(t, s, []string{"-r", "1", "-t", "1"}, "another secret", strings.ReplaceAll(radclientStart, "\n", " ")) {
		t.Error("radclient got a response")
	}
	s.expect(t, radius.Forged)
	acc.none(t)
}
