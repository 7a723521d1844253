package ceremony

import (
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"

	"simtrust/ca"
	"simtrust/internal/keys"
)

// identifier is the form of an id: it stands in URLs, file names and key names.
var identifier = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$`)

// index holds the entries by id.
type index struct {
	roots     map[string]Root
	issuing   map[string]Issuing
	timestamp map[string]Timestamp
	all       map[string]string // id to what it is
}

// check refuses what must not be signed, whatever the file says.
func (s Spec) check() error {
	if err := s.checkHead(); err != nil {
		return err
	}
	x, err := s.index()
	if err != nil {
		return err
	}
	for _, r := range s.Roots {
		if err := checkRoot(r); err != nil {
			return err
		}
	}
	for _, i := range s.Issuing {
		if err := x.checkIssuing(i); err != nil {
			return err
		}
	}
	for _, c := range s.Cross {
		if err := x.checkCross(c); err != nil {
			return err
		}
	}
	for _, t := range s.Timestamp {
		if err := x.checkTimestamp(t); err != nil {
			return err
		}
	}
	for _, r := range s.Revoked {
		if err := x.checkRevoked(r); err != nil {
			return err
		}
	}
	return s.checkActive()
}

func (s Spec) checkHead() error {
	u, err := url.Parse(s.BaseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.HasSuffix(s.BaseURL, "/") {
		return refused("base_url must be an http or https URL without query and without a slash at its end")
	}
	if seed, err := hex.DecodeString(s.Seed); err != nil || s.Seed != "" && len(seed) < 32 {
		return refused("seed must be 32 random bytes or more in hexadecimal: openssl rand -hex 32")
	}
	if len(s.Roots) == 0 || len(s.Issuing) == 0 {
		return refused("a hierarchy needs a root and an issuing CA")
	}
	return nil
}

func (s Spec) index() (index, error) {
	x := index{roots: map[string]Root{}, issuing: map[string]Issuing{}, timestamp: map[string]Timestamp{}, all: map[string]string{}}
	names := map[Subject]string{}
	add := func(id, what string, name Subject) error {
		if !identifier.MatchString(id) || strings.HasSuffix(id, ocspSuffix) {
			return refused("id " + quoted(id) + " must be 1 to 48 lower-case letters, digits and hyphens, and not end in " + ocspSuffix)
		}
		if x.all[id] != "" {
			return refused("id " + id + " is used twice")
		}
		x.all[id] = what
		if other := names[name]; name != (Subject{}) && other != "" {
			return refused(id + " has the subject of " + other + ": relying parties could not tell them apart")
		}
		names[name] = id
		return nil
	}
	for _, r := range s.Roots {
		if err := add(r.ID, "root", r.Subject.within(s)); err != nil {
			return x, err
		}
		x.roots[r.ID] = r
	}
	for _, i := range s.Issuing {
		if err := add(i.ID, "issuing CA", i.Subject.within(s)); err != nil {
			return x, err
		}
		x.issuing[i.ID] = i
	}
	for _, c := range s.Cross {
		if err := add(c.ID, "cross-certificate", Subject{}); err != nil {
			return x, err
		}
	}
	for _, t := range s.Timestamp {
		if err := add(t.ID, "time-stamping delegate", t.Subject.within(s)); err != nil {
			return x, err
		}
		x.timestamp[t.ID] = t
	}
	return x, nil
}

func quoted(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return `"` + s + `"`
}

// checkActive refuses two certificates of which nobody could say which one signs.
func (s Spec) checkActive() error {
	type place struct {
		line ca.Line
		alg  keys.KeyAlgorithm
	}
	replaced, active := s.replaced(), map[place]string{}
	for _, i := range s.Issuing {
		p := place{i.Line, i.Algorithm}
		if replaced[i.ID] {
			continue
		}
		if other := active[p]; other != "" {
			return refused(i.ID + " and " + other + " are both active for " + string(i.Line) + " with " + string(i.Algorithm) + ": let one replace the other")
		}
		active[p] = i.ID
	}
	stamping := ""
	for _, t := range s.Timestamp {
		if replaced[t.ID] {
			continue
		}
		if stamping != "" {
			return refused(t.ID + " and " + stamping + " are both active time-stamping delegates: let one replace the other")
		}
		stamping = t.ID
	}
	return nil
}
