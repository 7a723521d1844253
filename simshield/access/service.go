package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Reasons of refusal.
const (
	ReasonFace       = "face_unknown"      // invalid
	ReasonName       = "name_refused"      // invalid
	ReasonNetwork    = "network_refused"   // invalid
	ReasonTaken      = "name_taken"        // conflict
	ReasonUnknown    = "unknown_name"      // not found
	ReasonCredential = "credential_needed" // unauthenticated: name, secret and network do not go together
)

// Face is a protocol that knows applications by names of its own.
type Face string

// The faces.
const (
	MobileID Face = "mobile-id"
	MSS      Face = "mss"
)

// maxName is the longest name; FiCom's guideline allows an AP_ID 128 characters.
const maxName = 128

// Access is a name on a face, without its secret.
type Access struct {
	Face        Face
	Name        string
	Application string
	// Networks are where the application calls from; empty: anywhere.
	Networks  []netip.Prefix
	Created   time.Time
	CreatedBy string
	Withdrawn time.Time // zero: in use
}

// Deps is what the package stands on.
type Deps struct {
	DB *sqldb.DB
	// Known says whether an application is registered; the errors are of kind not_found and unavailable.
	Known func(ctx context.Context, application string) error
	Log   *slog.Logger
	Now   func() time.Time
}

// Service keeps the names. Its methods are safe for concurrent use.
type Service struct{ Deps }

// New returns the service.
func New(d Deps) *Service { return &Service{d} }

// Make gives an application a name on a face and returns the secret, which is not kept. Names differ in more than case.
func (s *Service) Make(ctx context.Context, a Access) (secret string, err error) {
	if err := a.check(); err != nil {
		return "", err
	}
	if err := s.Known(ctx, a.Application); err != nil {
		return "", err
	}
	secret = simtrust.NewSecret()
	if a.Face == MobileID {
		secret = simtrust.NewUUID()
	}
	a.Created = s.Now()
	switch made, err := s.insert(ctx, a, digest(a.Face, secret)); {
	case err != nil:
		return "", err
	case !made:
		return "", &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonTaken, Msg: "the name is or was another's"}
	}
	s.Log.InfoContext(ctx, "an application was given a name on a face", "face", a.Face, "name", a.Name, "application", a.Application, "by", a.CreatedBy)
	return secret, nil
}

func (a Access) check() error {
	switch {
	case a.Face != MobileID && a.Face != MSS:
		return invalid(ReasonFace, "face: mobile-id or mss")
	case a.Name == "" || len(a.Name) > maxName || strings.ContainsFunc(a.Name, func(r rune) bool { return r <= ' ' && r != ' ' || r > '~' }):
		return invalid(ReasonName, "name: 1 to 128 characters of ASCII")
	}
	return nil
}

// Withdraw ends a name; it is not given again.
func (s *Service) Withdraw(ctx context.Context, face Face, name, by string) error {
	switch found, err := s.withdraw(ctx, face, name); {
	case err != nil:
		return err
	case !found:
		return &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknown, Msg: "no such name is in use"}
	}
	s.Log.InfoContext(ctx, "a name on a face was withdrawn", "face", face, "name", name, "by", by)
	return nil
}

// Door is the view of one face.
type Door struct {
	service *Service
	face    Face
}

// Door returns the view of a face.
func (s *Service) Door(face Face) Door { return Door{s, face} }

// Authenticate returns the application that a name and secret stand for, called from an address. The errors are of kind
// unauthenticated, with no word of what was wrong, and unavailable.
func (d Door) Authenticate(ctx context.Context, name, secret string, from netip.Addr) (string, error) {
	a, kept, err := d.service.find(ctx, d.face, name)
	if err != nil {
		return "", err
	}
	given := digest(d.face, secret)
	if a == nil || subtle.ConstantTimeCompare(given[:], kept) != 1 || !a.admits(from) {
		return "", errCredential
	}
	return a.Application, nil
}

// Admits says whether an application may come from an address by one of its names. The errors are of kind unauthenticated and unavailable.
func (d Door) Admits(ctx context.Context, application string, from netip.Addr) error {
	list, err := d.service.of(ctx, d.face, application)
	if err == nil && !slices.ContainsFunc(list, func(a Access) bool { return a.admits(from) }) {
		err = errCredential
	}
	return err
}

func (a Access) admits(from netip.Addr) bool {
	return len(a.Networks) == 0 || slices.ContainsFunc(a.Networks, func(p netip.Prefix) bool { return p.Contains(from.Unmap()) })
}

// digest is what is kept of a secret. UUIDs are the same in either case (RFC 9562, section 4).
func digest(face Face, secret string) [32]byte {
	if face == MobileID {
		secret = strings.ToLower(secret)
	}
	return sha256.Sum256([]byte(secret))
}

func invalid(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "access", Msg: msg}
}

var errCredential = error(&simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: ReasonCredential, Op: "access", Msg: "name and secret of an application are needed"})
