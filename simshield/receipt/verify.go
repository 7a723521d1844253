package receipt

import (
	"encoding/asn1"
	"errors"
	"strings"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/mod/sumdb/note"

	"simtrust"
	"simtrust/ca/tsp"
	"simtrust/simshield/applet"
	"simtrust/simshield/request"
)

// Options say what a bundle is held to, beside the roots.
type Options struct {
	// Arcs are the object identifiers under which the authority has, or once had, its policies; none: [DefaultArc].
	Arcs []asn1.ObjectIdentifier
	// Log verifies checkpoints of the transparency log; nil: its proof is not judged.
	Log note.Verifier
}

// DefaultArc is for documentation (RFC 5612), as the authority has it where nothing else is configured.
var DefaultArc = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 1}

// Outcome is how a step of the verification ended.
type Outcome string

// The outcomes.
const (
	Passed Outcome = "passed"
	Failed Outcome = "failed"
	Open   Outcome = "open" // not judged; Text says why
)

// Step is one step of the verification.
type Step struct {
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	Text    string  `json:"text"` // a sentence
}

// Report is the outcome of a verification. What it says of the signature holds only where Valid is set.
type Report struct {
	Valid bool   `json:"valid"`
	ID    string `json:"id"`
	Party string `json:"party"` // as the card showed it
	Kind  string `json:"kind"`
	Text  string `json:"text,omitzero"` // as the card showed it
	// Signed is the time of the time stamp.
	Signed time.Time `json:"signed,omitzero"`
	Steps  []Step    `json:"steps"`
}

// Verify verifies a bundle offline, under roots in DER, and explains every step. The error, of kind invalid, is there wherever the bundle
// does not prove what it says: [ReasonUnproven] where a step failed, [ReasonMalformed] and [ReasonTooLarge] where there was nothing to
// verify, [ReasonRoots] where there is nothing to verify with.
func Verify(evidence []byte, roots [][]byte, o Options) (Report, error) {
	v := &verification{arcs: o.Arcs, log: o.Log, roots: roots, trusted: smx509.NewCertPool()}
	if len(v.arcs) == 0 {
		v.arcs = []asn1.ObjectIdentifier{DefaultArc}
	}
	if err := v.trust(); err != nil {
		return Report{}, err
	}
	b, err := decode(evidence)
	if err != nil {
		return Report{}, err
	}
	v.bundle = b
	r := Report{Valid: true, ID: b.ID, Party: b.PartyName, Kind: b.Kind, Text: b.Text}
	for _, s := range steps {
		step, why := v.take(s.name, s.run)
		r.Steps = append(r.Steps, step)
		if why != "" && r.Valid {
			r.Valid, err = false, invalid(ReasonUnproven, s.name+": "+why)
		}
	}
	r.Signed = v.stamped.Time
	return r, err
}

// verification is one on its way. What a step establishes is there for those after it.
type verification struct {
	*bundle
	arcs    []asn1.ObjectIdentifier
	log     note.Verifier
	roots   [][]byte
	trusted *smx509.CertPool

	kind      applet.Kind
	algorithm applet.Algorithm
	signature applet.Signature
	asked     *request.Request      // nil: not signed by the party
	prompt    *applet.Prompt        // nil: a hash was signed, or no statement
	stamped   tsp.Info              // zero: no time stamp
	chain     []*smx509.Certificate // the signer's to a root; nil: none
	status    *status               // nil: none that is signed
}

// steps are in the order of what they rest on.
var steps = []struct {
	name string
	run  func(*verification) (string, error)
}{
	{"form", (*verification).checkForm},
	{"request", (*verification).checkRequest},
	{"display", (*verification).checkDisplay},
	{"terms", (*verification).checkTerms},
	{"code", (*verification).checkCode},
	{"time stamp", (*verification).checkStamp},
	{"certificate", (*verification).checkCertificate},
	{"signature", (*verification).checkSignature},
	{"status", (*verification).checkStatus},
	{"seal", (*verification).checkSeal},
	{"times", (*verification).checkTimes},
	{"log", (*verification).checkLog},
}

// undecided is why a step was not judged.
type undecided string

func (u undecided) Error() string { return string(u) }

// take does a step; why says what made it fail.
func (v *verification) take(name string, run func(*verification) (string, error)) (s Step, why string) {
	text, err := run(v)
	if open, ok := errors.AsType[undecided](err); ok {
		return Step{name, Open, string(open)}, ""
	}
	if err != nil {
		why = said(err)
		return Step{name, Failed, strings.ToUpper(why[:1]) + why[1:] + "."}, why
	}
	return Step{name, Passed, text}, ""
}

// said is an error's text without kinds and names of operations.
func said(err error) string {
	if e, ok := errors.AsType[*simtrust.Error](err); ok {
		return e.Msg
	}
	return err.Error()
}

func (v *verification) trust() error {
	for _, der := range v.roots {
		c, err := smx509.ParseCertificate(der)
		if err != nil {
			return fault(simtrust.KindInvalid, ReasonRoots, "a root that is not a certificate", err)
		}
		v.trusted.AddCert(c)
	}
	if len(v.roots) == 0 {
		return invalid(ReasonRoots, "no roots to verify with")
	}
	return nil
}
