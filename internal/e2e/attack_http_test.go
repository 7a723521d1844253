//go:build e2e

package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// TestSpoofedHeaders: no header that a client can send makes its connection somebody else's, in either direction.
func TestSpoofedHeaders(t *testing.T) { eachAttacked(t, attackSpoofedHeaders) }

func attackSpoofedHeaders(t *testing.T, s *sandbox) {
	camara, victim := s.app("camara"), s.Subscribers[2]
	headers := map[string][]string{
		"X-Forwarded-For":             {victim.IP, victim.IP + ", 127.0.0.1", "127.0.0.1, " + victim.IP, "::ffff:" + victim.IP},
		"Forwarded":                   {"for=" + victim.IP, `for="` + victim.IP + `:1234";proto=https`, "for=127.0.0.1, for=" + victim.IP},
		"X-Real-Ip":                   {victim.IP},
		"X-Client-Ip":                 {victim.IP},
		"Client-Ip":                   {victim.IP},
		"True-Client-Ip":              {victim.IP},
		"Cf-Connecting-Ip":            {victim.IP},
		"X-Forwarded-Host":            {"evil.example"},
		"Via":                         {"1.1 proxy"},
		"X-Msisdn":                    {victim.Number, victim.Number[1:]},
		"x-msisdn":                    {victim.Number},
		"X_MSISDN":                    {victim.Number},
		"X-Up-Calling-Line-Id":        {victim.Number},
		"X-Nokia-Msisdn":              {victim.Number},
		"X-Wap-Network-Client-Msisdn": {victim.Number},
		"X-Imsi":                      {victim.IMSI},
		"X-Mdn":                       {victim.Number},
		"X-Phone-Number":              {victim.Number},
		"X-Subscriber-Id":             {victim.IMSI},
		"Subscriber-Assertion":        {"eyJhbGciOiJub25lIn0.e30.", victim.Number},
		"subscriber-assertion":        {"x"},
		"Subscriber_Assertion":        {"x"},
	}
	dropped := s.metric(t, "simtrust_enrichment_headers_dropped_total")
	turn := 0
	for name, values := range headers {
		me := s.Subscribers[3+turn%20] // each number has its limit
		turn++
		for _, value := range values {
			for _, given := range [][]string{{value}, {value, value}, {me.IP, value}} {
				if got := spoofed(t, camara, "127.9.9.9", name, given).Get("error"); got != "access_denied" {
					t.Errorf("%s: %q from Wi-Fi: %q", name, given, got)
				}
				f := newFlow(callback)
				token := camara.token(t, f, spoofedFlow(t, camara, me.IP, name, given, f))
				if got := camara.verify(t, token.AccessToken, me.Number); got.Verified == nil || !*got.Verified {
					t.Errorf("%s: %q from a phone: %+v", name, given, got)
				}
			}
		}
	}
	if now := s.metric(t, "simtrust_enrichment_headers_dropped_total"); now < dropped+50 {
		t.Errorf("%v headers were counted as dropped", now-dropped)
	}
}

func spoofed(t *testing.T, a app, ip, name string, values []string) url.Values {
	t.Helper()
	return a.authorizeWith(t, phone(ip), newFlow(callback), func(r *http.Request) { r.Header[name] = values })
}

func spoofedFlow(t *testing.T, a app, ip, name string, values []string, f flow) string {
	t.Helper()
	return a.authorizeWith(t, phone(ip), f, func(r *http.Request) { r.Header[name] = values }).Get("code")
}

// TestConsentAttacks: an answer to the consent page counts from our own page, in the browser it was shown to, on the same data
// session, once.
func TestConsentAttacks(t *testing.T) { eachAttacked(t, attackConsent) }

func attackConsent(t *testing.T, s *sandbox) {
	shop := s.app("shop")
	me, other := s.Subscribers[5], s.Subscribers[6]
	allow := func(p consentPage) consentAnswer {
		return consentAnswer{page: p, ip: me.IP, origin: []string{s.Issuer}, cookie: p.cookie}
	}

	p := shop.consentPage(t, me.IP)
	h := p.header
	if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "default-src 'none'") ||
		h.Get("X-Frame-Options") != "DENY" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || strings.Contains(csp, "unsafe") {
		t.Errorf("the page can be framed or kept: %v", h)
	}
	if !strings.Contains(p.body, "138****") || strings.Contains(p.body, me.Number[3:]) {
		t.Errorf("the number on the page is not masked:\n%s", p.body)
	}
	stranger := shop.consentPage(t, me.IP)
	elsewhere := shop.consentPage(t, other.IP)
	for name, tt := range map[string]struct {
		change func(*consentAnswer)
		status int
	}{
		"no Origin":                 {func(a *consentAnswer) { a.origin = nil }, 403},
		"Origin null":               {func(a *consentAnswer) { a.origin = []string{"null"} }, 403},
		"empty Origin":              {func(a *consentAnswer) { a.origin = []string{""} }, 403},
		"another origin":            {func(a *consentAnswer) { a.origin = []string{"https://evil.example"} }, 403},
		"another port":              {func(a *consentAnswer) { a.origin = []string{"http://127.0.0.1:1"} }, 403},
		"another scheme":            {func(a *consentAnswer) { a.origin = []string{strings.Replace(s.Issuer, "http", "https", 1)} }, 403},
		"origin as a prefix":        {func(a *consentAnswer) { a.origin = []string{s.Issuer + ".evil.example"} }, 403},
		"two origins":               {func(a *consentAnswer) { a.origin = []string{s.Issuer, "https://evil.example"} }, 403},
		"no cookie":                 {func(a *consentAnswer) { a.cookie = nil }, 400},
		"cookie of another browser": {func(a *consentAnswer) { a.cookie = stranger.cookie }, 400},
		"cookie of another person":  {func(a *consentAnswer) { a.cookie = elsewhere.cookie }, 400},
		"handle of another page":    {func(a *consentAnswer) { a.page.handle = elsewhere.handle }, 400},
		"no handle":                 {func(a *consentAnswer) { a.page.handle = "" }, 400},
		"guessed handle":            {func(a *consentAnswer) { a.page.handle = strings.Repeat("a", 52) }, 400},
		"two cookies":               {func(a *consentAnswer) { a.extra = stranger.cookie }, 400},
	} {
		t.Run(name, func(t *testing.T) {
			a := allow(p)
			tt.change(&a)
			if res, err := shop.answerConsent(a); err != nil || res.StatusCode != tt.status || res.Header.Get("Location") != "" {
				t.Errorf("%v %v", res, err)
			}
		})
	}
	stolen := shop.consentPage(t, me.IP)
	for _, ip := range []string{other.IP, "127.9.9.9"} {
		a := allow(stolen)
		a.ip = ip
		res, err := shop.answerConsent(a)
		if err != nil || strings.Contains(res.Header.Get("Location"), "code=") {
			t.Errorf("from %s: %v %v", ip, res, err)
		}
	}
	t.Run("16 at once", func(t *testing.T) {
		var mu sync.Mutex
		codes, refusals := 0, 0
		var clicks sync.WaitGroup
		for range 16 {
			clicks.Go(func() {
				res, err := shop.answerConsent(allow(p))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil && res.StatusCode == http.StatusSeeOther && strings.Contains(res.Header.Get("Location"), "code="):
					codes++
				case err == nil && res.StatusCode == http.StatusBadRequest:
					refusals++
				}
			})
		}
		clicks.Wait()
		if codes != 1 || refusals != 15 {
			t.Errorf("%d codes, %d refusals", codes, refusals)
		}
	})
	if res, err := shop.answerConsent(allow(p)); err != nil || res.StatusCode != http.StatusBadRequest {
		t.Errorf("again later: %v %v", res, err)
	}
	if got := shop.authorize(t, phone(other.IP), newFlow(callback), "openid phone", "prompt", "none"); got.Get("error") != "consent_required" {
		t.Errorf("somebody else's consent came about: %v", got)
	}
}
