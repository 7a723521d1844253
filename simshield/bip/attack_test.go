package bip_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"simtrust/simshield/bip"
	"simtrust/simshield/bip/session"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// seen is all of an answer that a stranger can see, but for what every answer has its own of.
func (a answer) seen() string {
	h := a.header.Clone()
	h.Del("Date")
	h.Del("X-Correlator")
	body, _, _ := bytes.Cut(a.body, []byte(`"correlator"`))
	return fmt.Sprintf("%d %v %s", a.status, h, body)
}

func TestAttackEnumeration(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		idle, bySMS, unknown := n.card(1, gateway.WayPolling), n.card(2, gateway.WaySMS), &card{iccid: "8986009999999999999"}
		n.ask(bySMS, "by short message")
		for _, query := range []string{"", "?wait=0", "?wait=1"} {
			want := n.said(query, idle.first()).seen()
			for what, c := range map[string]*card{"reached by short message": bySMS, "unknown": unknown} {
				if got := n.said(query, c.first()).seen(); got != want {
					t.Errorf("a card that is %s shows by\n%s\nin place of\n%s", what, got, want)
				}
			}
		}
		forged := bytes.Repeat([]byte{0}, 40)
		forged[1], forged[2] = 38, 18
		for what, packet := range map[string][]byte{"forged": forged, "no packet": {1}} {
			want := n.said("", idle.brings(packet)).seen()
			for _, c := range []*card{bySMS, unknown} {
				if got := n.said("", c.brings(packet)).seen(); got != want || !strings.HasPrefix(got, "403") {
					t.Errorf("%s: %s, want %s", what, got, want)
				}
			}
		}
	})
}

func TestAttackResponses(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		c, foreign := n.card(1, gateway.WayPolling), n.card(2, gateway.WayPolling)
		n.ask(c, "a")
		n.ask(foreign, "other")
		packet := n.packet(c.first())
		command, theirs := c.open(t, packet), foreign.open(t, n.packet(foreign.first()))
		good := c.response(t, command, ota.OK, "yes")
		ahead, elsewhere := command, command
		ahead.Counter++
		elsewhere.TAR = ota.TAR{0x53, 0x42, 0x02}
		for what, req := range map[string]session.Request{
			"another card's":         c.brings(foreign.response(t, theirs, ota.OK, "yes")),
			"as another card's":      foreign.brings(good),
			"as an unknown card's":   {ICCID: "8986009999999999999", Status: session.OK, Response: good},
			"to another counter":     c.brings(c.response(t, ahead, ota.OK, "yes")),
			"to another application": c.brings(c.response(t, elsewhere, ota.OK, "yes")),
			"without checksum":       c.brings(ota.AppendRefusal(nil, bank, ota.OK)),
			"a bit changed":          c.brings(append(good[:len(good)-1:len(good)-1], good[len(good)-1]^1)),
			"cut short":              c.brings(good[:len(good)-1]),
			"the command itself":     c.brings(packet),
		} {
			if a := n.said("", req); a.status != http.StatusForbidden || bytes.Contains(a.body, []byte(c.iccid)) {
				t.Errorf("%s: %d %s", what, a.status, a.body)
			}
			if !bytes.Equal(n.packet(c.first()), packet) {
				t.Errorf("%s moved the packet", what)
			}
		}
		n.want()
		n.packet(c.brings(good))
		n.want("a=yes")
		for range 2 { // replayed
			n.packet(c.brings(good))
		}
		n.ask(c, "b")
		if next := n.packet(c.brings(good)); next == nil || string(c.open(t, next).Data) != "ask b" {
			t.Error("a replayed response kept the next packet back")
		}
		n.want("a=yes")
	})
}

func TestAttackFetchedByAStranger(t *testing.T) {
	n := only(t)
	c, stranger := n.card(1, gateway.WayPolling), n.card(2, gateway.WayPolling)
	n.ask(c, "a")
	packet := n.packet(c.first())
	if bytes.Contains(packet, []byte("ask")) {
		t.Error("the packet is in clear")
	}
	if _, status := stranger.keys.OpenCommand(nil, packet, ota.Gate{}); status == ota.OK {
		t.Error("another card opens the packet")
	}
	for _, status := range []session.Status{session.SecurityError, session.UnknownApplication, session.NotASecurityDomain} {
		n.said("", session.Request{ICCID: c.iccid, Status: status}) // anybody can say so: it changes nothing
	}
	n.packet(c.brings(c.response(t, c.open(t, n.packet(c.first())), ota.OK, "yes")))
	n.want("a=yes")
}

func TestAttackRequests(t *testing.T) {
	n := only(t)
	c := n.card(1, gateway.WayPolling)
	n.ask(c, "a")
	good := c.brings(c.response(t, c.open(t, n.packet(c.first())), ota.OK, "yes"))
	for what, r := range map[string]struct {
		query   string
		req     session.Request
		changes []string
		status  int
	}{
		"another protocol":      {"", good, []string{"X-Admin-Protocol", "globalplatform-remote-admin/2.0"}, 400},
		"no card":               {"", good, []string{"X-Admin-From", ""}, 400},
		"a card of letters":     {"", good, []string{"X-Admin-From", "//se-id/iccid/8986001234567890abcd"}, 400},
		"a quotation":           {"", good, []string{"X-Admin-From", "//se-id/iccid/898600' or '1'='1"}, 400},
		"another name":          {"", good, []string{"X-Admin-From", "//se-id/imsi/460001234560001"}, 400},
		"another status":        {"", good, []string{"X-Admin-Script-Status", "security-error"}, 400},
		"another content type":  {"", good, []string{"Content-Type", "application/json"}, 415},
		"a command's":           {"", good, []string{"Content-Type", session.CommandType}, 415},
		"too long":              {"", c.brings(make([]byte, session.MaxPacket+1)), nil, 413},
		"far too long":          {"", c.brings(make([]byte, 200<<10)), nil, 413},
		"too long a wait":       {"?wait=26", good, nil, 400},
		"a wait of minus one":   {"?wait=-1", good, nil, 400},
		"a wait without figure": {"?wait=", good, nil, 400},
		"two waits":             {"?wait=1&wait=2", good, nil, 400},
	} {
		if a := n.said(r.query, r.req, r.changes...); a.status != r.status || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
	if status := n.chunked(c); status != http.StatusRequestEntityTooLarge {
		t.Errorf("too long, without saying so: %d", status)
	}
	res, err := n.http.Client().Get(n.http.URL + bip.Path)
	must(t, err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", res.StatusCode)
	}
	n.want()
	n.packet(good)
	n.want("a=yes")
}

// chunked sends a response that is too long without saying how long it is.
func (n *node) chunked(c *card) int {
	n.t.Helper()
	r, err := http.NewRequestWithContext(n.t.Context(), http.MethodPost, n.http.URL+bip.Path, io.MultiReader(bytes.NewReader(make([]byte, session.MaxPacket+1))))
	must(n.t, err)
	c.brings([]byte{1}).Put(r.Header)
	res, err := n.http.Client().Do(r)
	must(n.t, err)
	defer res.Body.Close()
	return res.StatusCode
}

func TestAttackTooManyRequests(t *testing.T) {
	shared := only(t)
	n := newNode(t, shared.db, shared.clock, 60)
	c, other := n.card(1, gateway.WayPolling), n.card(2, gateway.WayPolling)
	refused := 0
	for range 30 {
		a := n.said("", c.first(), "Test-Address", "192.0.2.1:1000")
		if a.status == http.StatusTooManyRequests && a.header.Get("Retry-After") != "" {
			refused++
		} else if a.status != http.StatusNoContent {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if refused != 20 {
		t.Errorf("%d of 30 requests were refused", refused)
	}
	for what, a := range map[string]answer{
		"the card itself, from elsewhere": n.said("", c.first(), "Test-Address", "192.0.2.2:1000"),
		"another card behind the address": n.said("", other.first(), "Test-Address", "192.0.2.1:1001"),
	} {
		if a.status != http.StatusNoContent {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
	if a := n.said("", c.first(), "Test-Address", "nowhere"); a.status != http.StatusInternalServerError {
		t.Errorf("without an address: %d", a.status)
	}
	n.clock.pass(retry)
	if a := n.said("", c.first(), "Test-Address", "192.0.2.1:1000"); a.status != http.StatusNoContent {
		t.Errorf("later: %d %s", a.status, a.body)
	}
}
