package oidc

import (
	"context"
	"crypto/hmac"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"time"

	"simtrust"
	"simtrust/renumber"
	"simtrust/web"
)

// Screen shows codes on the SIMs of people.
type Screen interface {
	// Show has a code shown, once for each Ref, and returns the name of the prompt. KindUnavailable where it is not known whether
	// it will be shown; any other error: it will not.
	Show(ctx context.Context, c Code) (prompt string, err error)
	// Clear takes a prompt of the client's off the screen, if it is still there.
	Clear(ctx context.Context, client, prompt string) error
}

// Code is what is shown: six digits, the last four of them a number below 8192, which a SIM can show again where it asks for a PIN; in the
// name of the app whose client id Client is, to whoever holds Number. Language is zh or en.
type Code struct {
	Client, Ref string
	Number      simtrust.Number
	Digits      string
	Language    string
}

const (
	codeDigits = 6
	codeEnds   = 1 << 13 // see Code
	// maxAsked is how many codes a person may be shown in askedSpan, whoever asks.
	maxAsked  = 5
	askedSpan = time.Hour
)

// serveTapAnswer takes what the pages of a link post: that a code is wanted, or the code. It counts only from our own origin.
func (p *Provider) serveTapAnswer(w http.ResponseWriter, r *http.Request) {
	form, e := readForm(r)
	if e != nil {
		p.showProblem(w, r, e)
		return
	}
	v, err := p.visit(r)
	switch {
	case err != nil:
		p.turnAway(w, r, v, err)
	case v.own || v.provenIn(v.cookie, p.now(), provenLife):
		p.sendToApp(w, r, v)
	case !p.sameOrigin(r) || v.cookie == "" || p.screen == nil:
		p.turnAway(w, r, v, errForeignForm)
	case form.get("code") == "":
		p.showCode(w, r, v)
	default:
		p.tryCode(w, r, v, strings.ReplaceAll(form.get("code"), " ", ""))
	}
}

// codeOf derives the code of a ticket. It is as good as a random one to everybody without the key, and a prompt that is repeated
// after a crash shows the same.
func (p *Provider) codeOf(secret string) string {
	n := binary.BigEndian.Uint64(p.ticketMAC("code", []byte(secret)))
	return fmt.Sprintf("%02d%04d", n/codeEnds%100, n%codeEnds)
}

// showCode has the code shown on the phone, once a ticket, and the page shown that takes it.
func (p *Provider) showCode(w http.ResponseWriter, r *http.Request, v visit) {
	err := p.claim(r.Context(), &v)
	if err == nil && v.prompt == "" {
		err = p.prompt(r, &v)
	}
	if err != nil {
		p.turnAway(w, r, v, err)
		return
	}
	http.SetCookie(w, p.cookie(v.cookie))
	p.askForCode(w, r, v, 0)
}

// claim binds the prompt of the ticket to this browser. Another's is errOtherBrowser; errTooManyCodes.
func (p *Provider) claim(ctx context.Context, v *visit) error {
	if !v.asked.IsZero() {
		return nil // askForCode looks whose it is
	}
	h, err := p.codeHolder(ctx, v.tenure)
	if err != nil {
		return err
	}
	v.asked, v.browser, v.simRecorded = p.now(), digest(v.cookie), h.SIMChangedRecorded
	won, err := claimTicket(ctx, p.db, v.ticket, v.asked.Add(-askedSpan))
	if err != nil || won {
		return err
	}
	v.ticket, err = selectTicket(ctx, p.db, v.id)
	return err
}

// codeHolder is the holding of a tenure whose phone may be asked.
func (p *Provider) codeHolder(ctx context.Context, id simtrust.TenureID) (renumber.Holding, error) {
	h, err := p.usable(ctx, id)
	if err == errToken {
		err = errPastTicket
	}
	return h, err
}

// prompt has the code shown. Where the phone cannot be asked the claim is given back.
func (p *Provider) prompt(r *http.Request, v *visit) error {
	ctx := r.Context()
	if !v.askedIn(v.cookie) {
		return errOtherBrowser
	}
	h, err := p.codeHolder(ctx, v.tenure)
	if err != nil {
		return err
	}
	v.prompt, err = p.screen.Show(ctx, Code{Client: v.ticket.app, Ref: v.id, Number: h.Number, Digits: p.codeOf(v.secret), Language: web.Language(r)})
	if err != nil {
		return p.notShown(ctx, v, err)
	}
	v.asked = p.now()
	return setPrompt(ctx, p.db, v.ticket)
}

// notShown gives the claim back where it is known that the phone shows nothing.
func (p *Provider) notShown(ctx context.Context, v *visit, why error) error {
	switch simtrust.KindOf(why) {
	case simtrust.KindUnavailable, simtrust.KindInternal:
		return why
	}
	p.log.InfoContext(ctx, "a code cannot be shown", "client", v.ticket.app, "reason", simtrust.ReasonOf(why))
	if err := releaseTicket(ctx, p.db, v.id); err != nil {
		return err
	}
	return errNotShown
}

// tryCode takes a code that was typed in. What is not six digits is no try.
func (p *Provider) tryCode(w http.ResponseWriter, r *http.Request, v visit, typed string) {
	if len(typed) != codeDigits || strings.Trim(typed, "0123456789") != "" || !v.askedIn(v.cookie) || !v.awaitsCode(p.now()) {
		p.askForCode(w, r, v, codeTries-v.tries)
		return
	}
	left, err := p.try(r.Context(), &v, typed)
	switch {
	case err != nil:
		p.turnAway(w, r, v, err)
	case left == 0:
		http.SetCookie(w, p.cookie(v.cookie))
		p.sendToApp(w, r, v)
	default:
		p.askForCode(w, r, v, left)
	}
}

// try compares the code, and counts: left is how many tries remain after a wrong one, 0 after the right one.
func (p *Provider) try(ctx context.Context, v *visit, typed string) (left int, err error) {
	if err := p.stillAsked(ctx, v); err != nil {
		return 0, err
	}
	right := hmac.Equal([]byte(typed), []byte(p.codeOf(v.secret)))
	taken, tries, err := tryTicket(ctx, p.db, v.ticket, right, p.now())
	switch {
	case err != nil:
		return 0, err
	case !taken:
		return 0, p.overtaken(ctx, v)
	case right:
		p.clear(ctx, v)
		return 0, nil
	case tries >= codeTries:
		return 0, errDeadCode
	}
	return codeTries - tries, nil
}

// stillAsked looks whether the code still means something: the number is held as it was, on the same SIM.
func (p *Provider) stillAsked(ctx context.Context, v *visit) error {
	h, err := p.codeHolder(ctx, v.tenure)
	if err == nil && !h.SIMChangedRecorded.Equal(v.simRecorded) {
		err = errPastTicket
	}
	return err
}

// overtaken tells what became of a ticket meanwhile: nothing wrong, where the same browser has just proven it.
func (p *Provider) overtaken(ctx context.Context, v *visit) (err error) {
	v.ticket, err = selectTicket(ctx, p.db, v.id)
	switch {
	case err != nil:
		return err
	case v.codeDead():
		return errDeadCode
	case !v.alive(p.now()):
		return errPastTicket
	case v.provenIn(v.cookie, p.now(), provenLife):
		return nil
	}
	return errPastCode
}

// clear takes the code off the phone, which then is free for other questions. It would leave by itself.
func (p *Provider) clear(ctx context.Context, v *visit) {
	if err := p.screen.Clear(ctx, v.ticket.app, v.prompt); err != nil {
		p.log.InfoContext(ctx, "a code stays on the screen until its time is up", "client", v.ticket.app, "reason", simtrust.ReasonOf(err))
	}
}

var (
	errTooManyCodes = &simtrust.Error{Kind: simtrust.KindLimited, Reason: reasonTicket, Msg: "the phone was asked for codes too often"}
	errNotShown     = &simtrust.Error{Kind: simtrust.KindConflict, Reason: reasonTicket, Msg: "the phone cannot show a code now"}
)
