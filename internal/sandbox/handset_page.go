package sandbox

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"simtrust"
	"simtrust/web"
)

// beijing is the time on the phones.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// phoneRoutes mounts the pages: the phones, and the screen and keys of each.
func (o *operator) phoneRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		web.Render(w, r, http.StatusOK, o.phones(o.numbers()))
	})
	mux.HandleFunc("GET /subscribers/{number}", func(w http.ResponseWriter, r *http.Request) {
		number := r.PathValue("number")
		page, err := o.handsets.page(number, o.now(), r.URL.Query().Get("said"))
		if err != nil {
			lost(w, r)
			return
		}
		page.InboxURL, page.Unread = inboxURL(number), unread(o.exchange.mail.list(number))
		web.Render(w, r, http.StatusOK, page)
	})
	mux.HandleFunc("POST /subscribers/{number}", func(w http.ResponseWriter, r *http.Request) {
		number := r.PathValue("number")
		said := o.press(r, number)
		http.Redirect(w, r, phoneURL(number)+"?said="+said, http.StatusSeeOther)
	})
	mux.HandleFunc("GET /", lost)
}

func phoneURL(number string) string { return "/subscribers/" + number }

// numbers are those of the world, in their order.
func (o *operator) numbers() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []string
	for _, s := range o.world.Subscribers {
		out = append(out, s.Number)
	}
	return out
}

// press carries out a button of the page, and returns what the page says of it.
func (o *operator) press(r *http.Request, number string) string {
	action := r.PostFormValue("action")
	if to, ok := switches[action]; ok {
		_, _ = o.setDevice(number, to) // of an unknown number there is no page
		return ""
	}
	_, err := o.handsets.answered(r.Context(), number, replyWire{ID: r.PostFormValue("id"), Action: action, PIN: r.PostFormValue("pin")})
	switch {
	case errors.Is(err, errEntry):
		return "entry"
	case err != nil:
		return "gone"
	}
	return map[string]string{"confirm": "sent", "cancel": "cancelled", "ignore": "ignored"}[action]
}

var (
	yes, no  = true, false
	switches = map[string]deviceWire{"on": {Online: &yes}, "off": {Online: &no}, "rcs-on": {RCS: &yes}, "rcs-off": {RCS: &no}}
)

// sayings are what a page can say; anything else in its address is nobody's.
var sayings = map[string]bool{"sent": true, "cancelled": true, "ignored": true, "gone": true, "entry": true}

func (h *handsets) page(number string, now time.Time, said string) (web.Phone, error) {
	l, err := h.line(number)
	if err != nil {
		return web.Phone{}, err
	}
	p, err := h.prompt(number)
	if err != nil {
		return web.Phone{}, err
	}
	page := web.Phone{Masked: masked(number), Action: phoneURL(number), Online: l.device.Online, RCS: l.device.RCS, Now: now.In(beijing)}
	if sayings[said] {
		page.Said = said
	}
	if p != nil {
		page.Prompt = &web.PhonePrompt{ID: p.ID, Kind: p.Kind, Text: p.Text, Notice: p.Notice, Min: p.input.Min, Max: p.input.Max}
		page.Prompt.Code, page.Prompt.Typed = codes(p)
	}
	if facts, err := h.card(number); err == nil {
		page.Card = &web.PhoneCard{ICCID: facts.ICCID, LoginTries: facts.LoginTries, SigningTries: facts.SigningTries}
	}
	return page, nil
}

func (o *operator) phones(numbers []string) web.Phones {
	var page web.Phones
	for _, n := range numbers[:min(len(numbers), phoneRows)] {
		l, err := o.handsets.line(n)
		if err != nil {
			continue
		}
		p, _ := o.handsets.prompt(n)
		page.Phones = append(page.Phones, web.PhoneLine{URL: phoneURL(n), Masked: masked(n), Card: len(l.sims) > 0, Online: l.device.Online, Asking: p != nil,
			Unread: unread(o.exchange.mail.list(n))})
	}
	return page
}

// phoneRows is how many phones the page lists.
const phoneRows = 100

func masked(number string) string {
	n, _ := simtrust.ParseNumber(number)
	return n.String()
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// codes are the one that is to be compared with another screen, or where a log-in shows a longer one that ends in it, that one, to be typed in
// there.
func codes(p *Prompt) (compared, typed string) {
	for _, longer := range sixDigits.FindAllString(p.Text, -1) {
		if p.Kind == "login" && strings.HasSuffix(longer, p.VerificationCode) {
			return "", longer
		}
	}
	return p.VerificationCode, ""
}
