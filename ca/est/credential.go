package est

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"simtrust"
	"simtrust/ca"
)

// anyName in a credential's names makes its holder a registration authority.
const anyName = "*"

// maxNames bounds the names of a credential.
const maxNames = 100

// Credential is what a client authenticates with, without the password.
type Credential struct {
	Username string
	Profile  string
	// Names are what its certificates may be called, each with everything below it: DNS names, IP addresses, common names. The name
	// * alone allows any.
	Names []string
	// Subject is the subject beside the common name.
	Subject   ca.Subject
	Created   time.Time
	CreatedBy string
	// LastUsed is when it was last authenticated with, to the minute; zero: never.
	LastUsed time.Time
	// Withdrawn is when it ended; zero: it is in use.
	Withdrawn   time.Time
	WithdrawnBy string
}

// useGrain is how exactly the last use is recorded: a fleet does not write a row for each of its members.
const useGrain = time.Minute

// MakeReq asks for a credential.
type MakeReq struct {
	Profile string
	Names   []string
	Subject ca.Subject
	By      string
}

// Make makes a credential and its password, which is not kept. Errors: KindInvalid with [ReasonLabel] or [ReasonNames].
func (s *Service) Make(ctx context.Context, req MakeReq) (Credential, string, error) {
	if _, ok := s.labels[req.Profile]; !ok {
		return Credential{}, "", invalid(ReasonLabel, "certificates of this profile are not enrolled for here")
	}
	if err := checkNames(req); err != nil {
		return Credential{}, "", err
	}
	password := simtrust.NewSecret()
	c := Credential{Username: simtrust.NewID("est"), Profile: req.Profile, Names: req.Names, Subject: req.Subject,
		Created: s.now().UTC().Truncate(time.Millisecond), CreatedBy: req.By}
	if err := s.insert(ctx, c, sha256.Sum256([]byte(password))); err != nil {
		return Credential{}, "", err
	}
	s.log.InfoContext(ctx, "est: a credential was made", "credential", c.Username, "profile", c.Profile, "by", c.CreatedBy)
	return c, password, nil
}

func checkNames(req MakeReq) error {
	switch {
	case len(req.Names) == 0 || len(req.Names) > maxNames:
		return invalid(ReasonNames, "a credential authorises between one and a hundred names")
	case slices.Contains(req.Names, anyName):
		if len(req.Names) > 1 || req.Subject != (ca.Subject{}) {
			return invalid(ReasonNames, "any name leaves nothing else to be said")
		}
	case req.Subject.CommonName != "":
		return invalid(ReasonNames, "common names are authorised as names")
	}
	for _, n := range req.Names {
		if n == "" || strings.TrimSpace(n) != n || n != anyName && strings.ContainsRune(n, '*') {
			return invalid(ReasonNames, "a name is empty or a pattern; every name stands for those below it too")
		}
	}
	return nil
}

// Withdraw ends a credential. Certificates obtained with it stay valid. Errors: KindNotFound with [ReasonNoCredentials].
func (s *Service) Withdraw(ctx context.Context, username, by string) error {
	switch found, err := s.withdraw(ctx, username, by); {
	case err != nil:
		return err
	case !found:
		return &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonNoCredentials, Op: "est", Msg: "no such credential"}
	}
	s.log.InfoContext(ctx, "est: a credential was withdrawn", "credential", username, "by", by)
	return nil
}

var errCredential = error(&simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: ReasonCredential, Op: "est",
	Msg: "user name and password of an EST credential are needed"})

// Authenticate returns the credential of a user name and password. Errors: KindUnauthenticated with [ReasonCredential].
func (s *Service) Authenticate(ctx context.Context, username, password string) (Credential, error) {
	c, secret, ok, err := s.find(ctx, username)
	if err != nil {
		return Credential{}, err
	}
	if digest := sha256.Sum256([]byte(password)); !ok || subtle.ConstantTimeCompare(digest[:], secret) != 1 {
		return Credential{}, errCredential
	}
	if now := s.now(); now.Sub(c.LastUsed) >= useGrain {
		if err := s.use(ctx, username, now); err != nil {
			return Credential{}, err
		}
	}
	return c, nil
}

// Credentials lists credentials in the order of their user names, those withdrawn among them. next is the After of the following
// page, or "" after the last.
func (s *Service) Credentials(ctx context.Context, p ca.Page) (list []Credential, next string, err error) {
	if p.Limit <= 0 || p.Limit > maxPage {
		p.Limit = maxPage
	}
	list, err = s.page(ctx, p.After, p.Limit+1)
	if err == nil && len(list) > p.Limit {
		list = list[:p.Limit]
		next = list[p.Limit-1].Username
	}
	return list, next, err
}

// maxPage bounds a page of credentials.
const maxPage = 1000

// requester is how the credential stands in the register beside what it obtained.
func (c Credential) requester() string { return "est:" + c.Username }

func (c Credential) allowsAny() bool { return slices.Contains(c.Names, anyName) }

// allows reports whether a name is one of the credential's or below one.
func (c Credential) allows(name string) bool {
	return c.allowsAny() || slices.ContainsFunc(c.Names, func(n string) bool { return name == n || strings.HasSuffix(name, "."+n) })
}

// allowsAddress reports whether an address is one of the credential's: there is nothing below it.
func (c Credential) allowsAddress(text string) bool {
	return c.allowsAny() || slices.Contains(c.Names, text)
}
