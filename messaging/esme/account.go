package esme

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/sms"
	"simtrust/messaging/dispatch"
)

// Reasons of refusal.
const (
	ReasonSystemID = "system_id_refused" // invalid
	ReasonSource   = "source_refused"    // invalid
	ReasonClass    = "class_unknown"     // invalid
	ReasonNetwork  = "network_refused"   // invalid
	ReasonTaken    = "system_id_taken"   // conflict
	ReasonUnknown  = "unknown_system_id" // not found
)

// Account is who may bind, without the password.
type Account struct {
	SystemID string
	// Chatbot is the sender that it speaks for, and Class that of its messages.
	Chatbot string
	Class   dispatch.Class
	// RCS has its texts tried as rich messages first.
	RCS bool
	// Source is the source_addr of its messages: digits, with a plus sign where they are international, or a name.
	Source string
	// Networks are where it binds from; empty: anywhere.
	Networks  []netip.Prefix
	Created   time.Time
	CreatedBy string
	Withdrawn time.Time // zero: in use
}

var (
	systemID = regexp.MustCompile(`^[!-~]{1,15}$`)
	digits   = regexp.MustCompile(`^\+?[0-9]{1,20}$`)
	name     = regexp.MustCompile(`^[0-9A-Za-z][ -~]{0,10}$`)
)

func (a Account) check() error {
	switch {
	case !systemID.MatchString(a.SystemID):
		return invalid(ReasonSystemID, "system_id: 1 to 15 visible characters of ASCII")
	case !digits.MatchString(a.Source) && !name.MatchString(a.Source):
		return invalid(ReasonSource, "source_addr: up to 20 digits, or a name of up to 11 characters")
	case !slices.Contains([]dispatch.Class{dispatch.ClassAuthentication, dispatch.ClassTransaction, dispatch.ClassService, dispatch.ClassPromotion}, a.Class):
		return invalid(ReasonClass, "class: authentication, transaction, service or promotion")
	}
	return nil
}

// address is the source of its messages as packets have it.
func (a Account) address() sms.Address {
	switch {
	case strings.HasPrefix(a.Source, "+"):
		return sms.Address{Type: sms.International, Plan: sms.E164, Value: a.Source[1:]}
	case digits.MatchString(a.Source):
		return sms.Address{Value: a.Source}
	}
	return sms.Address{Type: sms.Alphanumeric, Value: a.Source}
}

func (a Account) admits(from netip.Addr) bool {
	return len(a.Networks) == 0 || slices.ContainsFunc(a.Networks, func(p netip.Prefix) bool { return p.Contains(from.Unmap()) })
}

// Make gives a chatbot an account and returns the password, which is not kept. It is told of what happens from now on.
func (s *Service) Make(ctx context.Context, a Account) (password string, err error) {
	if err := a.check(); err != nil {
		return "", err
	}
	if err := s.Known(ctx, a.Chatbot); err != nil {
		return "", err
	}
	head, err := s.Events.Head(ctx, a.Chatbot)
	if err != nil {
		return "", err
	}
	password, a.Created = newPassword(), s.Now()
	switch made, err := s.insert(ctx, a, s.digest("password", a.SystemID, password), head); {
	case err != nil:
		return "", err
	case !made:
		return "", &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonTaken, Msg: "the system_id is or was another's"}
	}
	s.Log.InfoContext(ctx, "a chatbot was given an SMPP account", "system_id", a.SystemID, "chatbot", a.Chatbot, "by", a.CreatedBy)
	return password, nil
}

// Withdraw ends an account; its system_id is not given again.
func (s *Service) Withdraw(ctx context.Context, systemID, by string) error {
	switch found, err := s.withdraw(ctx, systemID); {
	case err != nil:
		return err
	case !found:
		return &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknown, Msg: "no such system_id is in use"}
	}
	s.Log.InfoContext(ctx, "an SMPP account was withdrawn", "system_id", systemID, "by", by)
	return nil
}

// passwordLength is what a bind has room for (SMPP 3.4 §5.2.2).
const passwordLength = 8

// newPassword draws each octet from the 94 visible characters of ASCII: 52 bits in all, the most that SMPP allows.
func newPassword() string {
	const first, count = '!', '~' - '!' + 1
	password := make([]byte, 0, passwordLength)
	for len(password) < passwordLength {
		var b [1]byte
		_, _ = rand.Read(b[:]) // never fails
		if c := b[0] & 0x7F; c < count {
			password = append(password, first+c)
		}
	}
	return string(password)
}

// digest is what is kept of a password or number: without the key, which is not in the store, it cannot be tried out.
func (s *Service) digest(of ...string) []byte {
	mac := hmac.New(sha256.New, s.Key)
	for _, part := range of {
		mac.Write([]byte{byte(len(part))})
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

func invalid(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "messaging.esme", Msg: msg}
}
