package messaging_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/messaging"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
)

// auth takes the token as the client's name.
type auth struct{}

func (auth) Authenticate(r *http.Request) (rpc.Caller, error) {
	_, name, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return rpc.Caller{Client: name, Scopes: []string{messaging.ScopeSend}}, nil
}

type server struct {
	t    *testing.T
	url  string
	logs *bytes.Buffer
}

func (w *world) serve(t *testing.T) *server {
	s := &server{t: t, logs: &bytes.Buffer{}}
	router := rpc.NewRouter(rpc.Config{Auth: auth{}, Log: slog.New(slog.NewJSONHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	w.Mount(router)
	h := httptest.NewServer(router)
	t.Cleanup(h.Close)
	s.url = h.URL
	return s
}

func (s *server) do(client, method, path, kind, body string) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+client)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if len(body) > 10<<20 {
		req.Header.Set("Expect", "100-continue") // the server does not read it: the answer would race with a reset
	}
	c := *http.DefaultClient
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := c.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res, string(text)
}

const carousel = `{"chatbot":"bot_shop","key":"k1","class":"service","to":["+8613800000001","+8613800000002"],"hold_if_sim_changed_within":3600,
"channels":[{"channel":"rcs","after":30},{"channel":"sms","when":"unreachable"}],
"content":{"message":{"generalPurposeCardCarousel":{"layout":{"cardWidth":"MEDIUM_WIDTH"},"content":[
 {"title":"绿茶","description":"一百克","media":{"mediaUrl":"https://media.example/a.jpg","mediaContentType":"image/jpeg","mediaFileSize":1000,"height":"TALL_HEIGHT"},
  "suggestions":[{"reply":{"displayText":"购买","postback":{"data":"buy-1"}}}]},
 {"title":"红茶","suggestions":[{"action":{"displayText":"查看","postback":{"data":"view-2"},"urlAction":{"openUrl":{"url":"https://shop.example/products/a-very-long-address-of-a-page?with=parameters","application":"browser"}}}}]}]}}}}`

// TestOverHTTP: the own API as it travels, and no number or content in the log.
func TestOverHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.serve(t)
		res, text := s.do("shop", "POST", "/messaging/v1/messages", "application/json", carousel)
		var sent messaging.SentWire
		if err := json.Unmarshal([]byte(text), &sent); err != nil || res.StatusCode != http.StatusAccepted || sent.Accepted != 2 {
			t.Fatalf("%s %s", res.Status, text)
		}
		w.drain(t)
		path := "/messaging/v1/messages/" + sent.Message
		for _, c := range []struct {
			client, method, path, body string
			status                     int
			has                        string
		}{
			{"shop", "GET", path, "", 200, `"states":{"submitted":2}`},
			{"shop", "GET", path + "/deliveries?from=1&limit=5", "", 200, `"recipient":1`},
			{"bank", "GET", path, "", 404, "unknown_message"},
			{"bank", "GET", path + "/deliveries", "", 404, "unknown_message"},
			{"bank", "POST", path + "/revocation", "{}", 404, "unknown_message"},
			{"shop", "POST", path + "/revocation", `{"deliveries":["` + sent.Recipients[0].Delivery + `"]}`, 202, `"open":1`},
			{"shop", "POST", "/messaging/v1/messages", carousel, 202, `"repeated":true`},
			{"shop", "POST", "/messaging/v1/messages", strings.Replace(strings.Replace(carousel, "TALL_HEIGHT", "HUGE_HEIGHT", 1), `"key":"k1",`, "", 1), 400, "content_refused"},
			{"shop", "POST", "/messaging/v1/messages", strings.Replace(carousel, `"key":"k1"`, `"key":"k1","x":1`, 1), 400, "unknown_member"},
			{"shop", "POST", "/messaging/v1/messages", strings.Replace(carousel, "bot_shop", "bot_bank", 1), 403, "not_your_chatbot"},
		} {
			kind := ""
			if c.body != "" {
				kind = "application/json"
			}
			if res, text := s.do(c.client, c.method, c.path, kind, c.body); res.StatusCode != c.status || !strings.Contains(text, c.has) {
				t.Errorf("%s %s by %s: %s %s", c.method, c.path, c.client, res.Status, text)
			}
		}
		for _, never := range []string{"13800000001", "绿茶", "buy-1"} {
			if strings.Contains(s.logs.String(), never) {
				t.Errorf("the log has %s", never)
			}
		}
	})
}

var shortLink = regexp.MustCompile(regexp.QuoteMeta(issuer) + `(/m/[0-9a-z]{12})`)

// TestShortLinks: a text message's links lead to its page and to the URLs in it, for as long as it is kept; opening them changes nothing.
func TestShortLinks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.bearer.rcs = false
		s := w.serve(t)
		if res, text := s.do("shop", "POST", "/messaging/v1/messages", "application/json", carousel); res.StatusCode != http.StatusAccepted {
			t.Fatal(text)
		}
		w.drain(t)
		text := string(w.bearer.sent[0].Payload)
		var pages, redirects int
		links := shortLink.FindAllStringSubmatch(text, -1)
		for _, l := range links {
			res, body := s.do("", "GET", l[1], "", "")
			switch {
			case res.StatusCode == http.StatusOK && strings.Contains(body, "绿茶") && strings.Contains(res.Header.Get("Content-Security-Policy"), "https://media.example"):
				pages++
			case res.StatusCode == http.StatusFound && strings.HasPrefix(res.Header.Get("Location"), "https://shop.example/products/"):
				redirects++
			default:
				t.Errorf("%s: %s", l[1], res.Status)
			}
		}
		if pages != 1 || redirects != 1 {
			t.Errorf("%d pages and %d other links in %s", pages, redirects, text)
		}
		if res, _ := s.do("", "GET", "/m/000000000000", "", ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("a guess: %s", res.Status)
		}
		if got := w.log.types(); len(got) != 2 {
			t.Errorf("%q", got)
		}
		w.senders.dead[shop] = refusal(simtrust.KindDenied, sender.ReasonSuspended)
		for _, l := range links {
			if res, body := s.do("", "GET", l[1], "", ""); res.StatusCode != http.StatusNotFound || strings.Contains(body, "绿茶") {
				t.Errorf("of a suspended sender: %s", res.Status)
			}
		}
		delete(w.senders.dead, shop)
		w.pass(32 * 24 * time.Hour)
		if err := w.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		if res, _ := s.do("", "GET", links[0][1], "", ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("after its time: %s", res.Status)
		}
	})
}

// TestFiles: what is what it says it is can be fetched by its name, and does not run.
func TestFiles(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.serve(t)
		const png = "\x89PNG\r\n\x1a\n0000"
		path := "/messaging/v1/chatbots/bot_shop/files"
		for name, c := range map[string]struct {
			client, kind, body string
			status             int
		}{
			"a script in disguise":   {"shop", "image/png", "<script>alert(1)</script>", 400},
			"a page":                 {"shop", "text/html", "<html>", 400},
			"a drawing that runs":    {"shop", "image/svg+xml", "<svg/>", 400},
			"nothing":                {"shop", "image/png", "", 400},
			"no type":                {"shop", "", png, 400},
			"another kind":           {"shop", "image/jpeg", png, 400},
			"another's chatbot":      {"bank", "image/png", png, 403},
			"more than ten mebibyte": {"shop", "image/png", png + strings.Repeat("0", 10<<20), 400},
		} {
			if res, text := s.do(c.client, "POST", path, c.kind, c.body); res.StatusCode != c.status && res.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: %s %s", name, res.Status, text)
			}
		}
		res, text := s.do("shop", "POST", path, "image/png", png)
		var file struct{ URL, ContentType string }
		if err := json.Unmarshal([]byte(text), &file); err != nil || res.StatusCode != http.StatusCreated {
			t.Fatalf("%s %s", res.Status, text)
		}
		res, text = s.do("", "GET", strings.TrimPrefix(file.URL, issuer), "", "")
		if h := res.Header; text != png || h.Get("Content-Type") != "image/png" || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s %v", res.Status, h)
		}
		if res, _ := s.do("", "GET", "/messaging/v1/files/fil_00000000000000000000000000", "", ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("a guess: %s", res.Status)
		}
	})
}

// TestContentTravels: the content that was sent is the one on the page, whatever it is.
func TestContentTravels(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.bearer.rcs = false
		s := w.serve(t)
		for _, c := range []gsma.Content{
			{Text: "您好 \\ \" </script> 🎉"},
			{Location: &gsma.Location{Latitude: 31.2304, Longitude: 121.4737, System: "gcj02", Label: "外滩"}},
			{File: &gsma.File{FileInfo: gsma.FileInfo{URL: "https://media.example/x.pdf", ContentType: "application/pdf", Size: 100, Name: "账单.pdf"}}},
		} {
			w.bearer.sent = nil
			r := request(1)
			r.Content, r.Steps = c, []messaging.Step{{Channel: gsma.CardSMS}}
			w.send(t, r)
			link := shortLink.FindStringSubmatch(string(w.bearer.sent[0].Payload))
			if link == nil {
				t.Errorf("no link in %s", w.bearer.sent[0].Payload)
				continue
			}
			res, page := s.do("", "GET", link[1], "", "")
			if res.StatusCode != 200 || strings.Contains(page, "</script>") {
				t.Errorf("%s %s", res.Status, page)
			}
		}
	})
}

// TestFileRoom: a chatbot's files are bounded in number and in size, and one that is full leaves room to others.
func TestFileRoom(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.serve(t)
		const png = "\x89PNG\r\n\x1a\n"
		put := func(client, data string) int {
			res, _ := s.do(client, "POST", "/messaging/v1/chatbots/bot_"+client+"/files", "image/png", data)
			return res.StatusCode
		}
		for range 8 {
			if got := put("shop", png); got != http.StatusCreated {
				t.Fatal(got)
			}
		}
		if got := put("shop", png); got != http.StatusTooManyRequests {
			t.Errorf("the ninth: %d", got)
		}
		if got := put("bank", png+strings.Repeat("0", 256)); got != http.StatusTooManyRequests {
			t.Errorf("too much: %d", got)
		}
		if got := put("bank", png); got != http.StatusCreated {
			t.Errorf("another's: %d", got)
		}
		w.pass(61 * 24 * time.Hour)
		if err := w.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := put("shop", png); got != http.StatusCreated {
			t.Errorf("after their time: %d", got)
		}
	})
}

// TestSecondsOverflow: a time that is longer than there are numbers for is refused, not a short one.
func TestSecondsOverflow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.serve(t)
		const wraps = "36893488148" // times a thousand million it is 2^65 and some: 0.4 s
		for member, reason := range map[string]string{`"hold_if_sim_changed_within":` + wraps: "hold_back_refused", `"channels":[{"channel":"rcs","after":` + wraps + `}]`: "invalid_plan"} {
			body := `{"chatbot":"bot_shop","class":"service","to":["` + number(1) + `"],"content":{"text":"x"},` + member + `}`
			if res, text := s.do("shop", "POST", "/messaging/v1/messages", "application/json", body); res.StatusCode != http.StatusBadRequest || !strings.Contains(text, reason) {
				t.Errorf("%s: %s %s", member, res.Status, text)
			}
		}
	})
}
