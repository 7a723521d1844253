package simtrust_test

import (
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of rooms into docs/architecture.md")

// A room is a package, or a folder of packages, with its floor and the reason for the rule. A room imports only rooms of lower
// floors, those of its own floor named in beside, and nothing at all beyond only, where that is set.
type room struct {
	path   string
	floor  int
	only   []string
	beside []string
	reason string
}

const (
	floorRoot = iota
	floorGround
	floorHolders
	floorAccounts
	floorAuthn
	floorProvider
	floorConsumers
	floorWiring
	outside
)

var floorNames = [...]string{"0a", "0b", "1", "2", "3", "3", "4", "5", "outside"}

var rooms = []room{
	{path: ".", floor: floorRoot, reason: "the shared vocabulary: standard library only, so that everything may import it"},
	{path: "internal/sqldb", floor: floorGround, reason: "one way to the two stores; knows no table of anybody"},
	{path: "internal/outbox", floor: floorGround, beside: []string{"internal/sqldb"}, reason: "events in the transaction of the change; knows no module's event"},
	{path: "internal/rpc", floor: floorGround, reason: "go-kit once; knows no operation of anybody"},
	{path: "internal/camara", floor: floorGround, beside: []string{"internal/rpc"}, reason: "the CAMARA wire form, shared by the faces of several modules"},
	{path: "internal/keys", floor: floorGround, reason: "the one place that signs; everybody signs through it"},
	{path: "internal/obs", floor: floorGround, reason: "logs, metrics, traces, health"},
	{path: "internal/panics", floor: floorGround, only: []string{}, reason: "contains panics; knows nothing of what of"},
	{path: "internal/waiters", floor: floorGround, only: []string{}, reason: "wakes who polls; knows nothing of what for"},
	{path: "internal/egress", floor: floorGround, reason: "the one way to addresses that others name: public ones only, redirects re-checked"},
	{path: "internal/radacct", floor: floorGround, reason: "RADIUS accounting octets; a codec without domain, used by the listener and by the simulated NAS"},
	{path: "internal/milenage", floor: floorGround, only: []string{}, reason: "authentication of a SIM, for the card and for the home network; a codec without domain"},
	{path: "internal/tlv", floor: floorGround, only: []string{}, reason: "the data objects of smart cards; a codec without domain"},
	{path: "internal/sms", floor: floorGround, only: []string{}, reason: "short messages as octets; a codec without domain, under the card's packets and the text messages"},
	{path: "internal/smpp", floor: floorGround, only: []string{"internal/sms"}, reason: "SMPP 3.4, both sides; a codec and its sessions, without domain"},
	{path: "web", floor: floorGround, beside: []string{"messaging/gsma"}, reason: "pages a person sees; takes plain values and message contents, decides nothing"},
	{path: "simshield/softsim", floor: floorGround, only: []string{"internal/milenage", "internal/tlv", "internal/sms", "simshield/ota", "simshield/applet", "simshield/bip/session"},
		reason: "the card and the telephone around it; the sandbox may import it, so it knows codecs only"},
	{path: "renumber", floor: floorHolders, reason: "who holds a number; knows none of those who act on its events"},
	{path: "ca/csr", floor: floorGround, reason: "certification requests; a codec imports no parent"},
	{path: "ca/qc", floor: floorGround, reason: "QCStatements; a codec"},
	{path: "ca/lint", floor: floorGround, beside: []string{"ca/qc"}, reason: "what a certificate must look like, asked before every signature"},
	{path: "ca/cms", floor: floorGround, reason: "signed data; a codec"},
	{path: "ca/tsp", floor: floorGround, beside: []string{"ca/cms"}, reason: "time stamps as clients ask for and read them; a codec"},
	{path: "ca", floor: floorHolders, reason: "certificates; knows tenures by id only"},
	{path: "ca/ceremony", floor: floorHolders, beside: []string{"ca"}, reason: "makes and loads the hierarchy; the authority does not know where it came from"},
	{path: "ca/status", floor: floorHolders, beside: []string{"ca"}, reason: "OCSP and CRLs: an engine on ca's rows"},
	{path: "ca/acme", floor: floorHolders, beside: []string{"ca"}, reason: "RFC 8555: a face of ca"},
	{path: "ca/est", floor: floorHolders, beside: []string{"ca"}, reason: "RFC 7030: a face of ca"},
	{path: "ca/gm", floor: floorHolders, beside: []string{"ca"}, reason: "SM2 certificates in pairs (GM/T 0015, 0034): a face of ca"},
	{path: "ca/tsa", floor: floorHolders, beside: []string{"ca"}, reason: "RFC 3161: an engine of its own"},
	{path: "ca/tlog", floor: floorHolders, beside: []string{"ca"}, reason: "the transparency log, fed from ca's outbox rows"},
	{path: "simshield/applet", floor: floorGround, beside: []string{"internal/tlv", "ca/cms"},
		reason: "what server and SIM applet say to each other, show and sign; used by both, knows neither"},
	{path: "simshield/request", floor: floorGround, beside: []string{"simshield/applet"}, reason: "what a party asks, as it signed it; a codec read by server and verifier"},
	{path: "simshield/ota", floor: floorGround, only: []string{"internal/sms"}, reason: "secured packets; a codec imports no parent"},
	{path: "authn/radius", floor: floorHolders, only: []string{".", "internal/radacct"}, reason: "listener and records; a codec imports no parent"},
	{path: "simshield/gateway", floor: floorHolders, reason: "cards, their keys and counters, what is on its way to them; knows no transaction"},
	{path: "simshield/bip", floor: floorHolders, reason: "cards that come for their packets over a data channel; knows no key and no counter"},
	{path: "simshield/bip/session", floor: floorGround, only: []string{}, reason: "administration sessions as HTTP has them; a codec for both ends imports no parent"},
	{path: "simshield/receipt", floor: floorAccounts, reason: "the evidence of a signature, made and verified; knows no table"},
	{path: "simshield", floor: floorAccounts, beside: []string{"simshield/receipt"}, reason: "keys in cards and what they sign; stands on tenures and certificates"},
	{path: "simshield/access", floor: floorAccounts, reason: "names and secrets of applications on the faces; decides nothing about cards"},
	{path: "simshield/mobileid", floor: floorAccounts, beside: []string{"simshield"}, reason: "SK's Mobile-ID REST: a face of simshield"},
	{path: "simshield/mss", floor: floorAccounts, beside: []string{"simshield"}, reason: "ETSI TS 102 204: a face of simshield"},
	{path: "simshield/document", floor: floorAccounts, beside: []string{"simshield"}, reason: "signed documents: what is around the SIM's signature"},
	{path: "messaging/gsma", floor: floorGround, only: []string{}, reason: "the content of business messages; a codec imports no parent"},
	{path: "account", floor: floorAccounts, reason: "accounts stand on tenures"},
	{path: "authn", floor: floorAuthn, reason: "who is on this connection; stands on tenures and accounts"},
	{path: "authn/oidc", floor: floorProvider, reason: "the OpenID Provider is an engine on authn: it imports its parent, never the reverse"},
	{path: "messaging", floor: floorConsumers, beside: []string{"messaging/sender", "messaging/optin", "messaging/dispatch", "messaging/events", "messaging/statement"},
		reason: "business messages: a consumer of the identity core, which nothing imports"},
	{path: "messaging/rcs", floor: floorConsumers, beside: []string{"messaging/dispatch"}, reason: "the bearer of rich messages; a translator"},
	{path: "messaging/esme", floor: floorConsumers, beside: []string{"messaging/dispatch", "messaging/parts"},
		reason: "enterprises that send over SMPP; a face, told of what happens by the log of events"},
	{path: "messaging/rbm", floor: floorConsumers, beside: []string{"messaging", "messaging/dispatch", "messaging/events"},
		reason: "Google's RCS for Business v1: its wire form, and a face of messaging"},
	{path: "messaging/csp", floor: floorConsumers, beside: []string{"messaging", "messaging/dispatch", "messaging/events", "messaging/optin", "messaging/sender"},
		reason: "the Chinese interface for chatbots: its wire form, and a face of messaging"},
	{path: "messaging/maap", floor: floorConsumers, beside: []string{"messaging/dispatch", "messaging/rbm", "messaging/csp"},
		reason: "another operator's platform as a bearer, and what it calls back; a translator"},
	{path: "messaging/onetap", floor: floorConsumers, beside: []string{"messaging", "messaging/dispatch"},
		reason: "links that log the person in whom the message was for; tickets are the provider's"},
	{path: "messaging/purchase", floor: floorConsumers, beside: []string{"messaging", "messaging/dispatch", "messaging/events"},
		reason: "a purchase confirmed or denied in a message; what is signed is simshield's"},
	{path: "messaging/redenvelope", floor: floorConsumers, beside: []string{"messaging", "messaging/dispatch", "messaging/events"},
		reason: "money shared out by messages, once to each person, to the last fen"},
	{path: "messaging/parts", floor: floorConsumers, reason: "texts that come in segments, kept until they are whole; knows neither who sends nor where to"},
	{path: "messaging/smsc", floor: floorConsumers, beside: []string{"messaging/dispatch", "messaging/parts"}, reason: "the bearer of text messages; a translator, and the addresses of chatbots"},
	{path: "messaging/statement", floor: floorConsumers, reason: "who sent a message, in a form that anyone can check; knows chatbots by id only"},
	{path: "messaging/sender", floor: floorConsumers, reason: "who may send, in whose name, with what words and how many; knows no recipient"},
	{path: "messaging/events", floor: floorConsumers, reason: "what chatbots' people are told; knows no type of event"},
	{path: "messaging/optin", floor: floorConsumers, reason: "whom a chatbot may write to; knows tenures, and numbers only on their way"},
	{path: "messaging/dispatch", floor: floorConsumers, reason: "which copy is sent when, and what became of it; knows no content and no bearer's protocol"},
	{path: "messaging/dispatch/jetstream", floor: floorConsumers, beside: []string{"messaging/dispatch"}, reason: "hints on an external cluster; the table of deliveries does not know it"},
	{path: "internal/app", floor: floorWiring, reason: "the only package that wires modules to each other"},
	{path: "cmd", floor: floorWiring, beside: []string{"internal/app", "internal/sandbox"}, reason: "flags, files and exit codes"},
	{path: "internal/e2e", floor: floorWiring, reason: "end-to-end tests against the binary"},
	{path: "internal/sandbox", floor: outside, only: []string{".", "internal/rpc", "internal/obs", "internal/radacct", "internal/sms", "messaging/gsma", "internal/smpp", "simshield/softsim", "web"},
		reason: "plays operator, handset and shop through the real interfaces, so it may know no domain package but the software SIM and codecs"},
}

func (a room) mayImport(b room) bool {
	switch {
	case a.path == b.path || slices.Contains(a.beside, b.path):
		return true
	case a.only != nil:
		return slices.Contains(a.only, b.path)
	default:
		return b.floor < a.floor
	}
}

// roomOf returns the room with the longest path that holds dir; test-support packages belong to the room they stand in.
func roomOf(dir string) (room, bool) {
	var best room
	found := false
	for _, r := range rooms {
		inside := dir == r.path || (r.path != "." && strings.HasPrefix(dir, r.path+"/"))
		if inside && (!found || len(r.path) > len(best.path)) {
			best, found = r, true
		}
	}
	return best, found
}

// TestFloors reads the imports of every non-test file and holds them against the table.
func TestFloors(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "tools" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		checkFile(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkFile(t *testing.T, path string) {
	dir := filepath.ToSlash(filepath.Dir(path))
	self, ok := roomOf(dir)
	if !ok {
		t.Errorf("%s: the folder is not in the table of rooms in house_test.go; add it with its floor and a reason", dir)
		return
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		checkImport(t, path, self, name)
	}
}

func checkImport(t *testing.T, path string, self room, name string) {
	if name != "simtrust" && !strings.HasPrefix(name, "simtrust/") {
		if self.floor == floorRoot && strings.Contains(strings.Split(name, "/")[0], ".") {
			t.Errorf("%s imports %s; %s", path, name, self.reason)
		}
		return
	}
	target := strings.TrimPrefix(strings.TrimPrefix(name, "simtrust"), "/")
	if target == "" {
		target = "."
	}
	other, ok := roomOf(target)
	if !ok {
		t.Errorf("%s imports %s, which is in no room", path, name)
		return
	}
	if !self.mayImport(other) {
		t.Errorf("%s imports %s: floor %s may not know floor %s. %s: %s", path, name, floorNames[self.floor], floorNames[other.floor], self.path, self.reason)
	}
}

const (
	tableStart = "<!-- rooms: written by go test . -run TestArchitectureTable -update -->\n"
	tableEnd   = "<!-- end of rooms -->\n"
)

// TestArchitectureTable keeps the table in docs/architecture.md equal to the one above.
func TestArchitectureTable(t *testing.T) {
	const path = "docs/architecture.md"
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(doc), tableStart)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no markers for the table of rooms", path)
	}
	want := before + tableStart + renderRooms() + tableEnd + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(doc) {
		t.Errorf("%s differs from the table in house_test.go; run go test . -run TestArchitectureTable -update", path)
	}
}

func renderRooms() string {
	var b strings.Builder
	b.WriteString("\n| floor | room | why |\n|---|---|---|\n")
	sorted := slices.Clone(rooms)
	slices.SortStableFunc(sorted, func(a, b room) int { return b.floor - a.floor })
	for _, r := range sorted {
		name := r.path
		if name == "." {
			name = "simtrust (root)"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", floorNames[r.floor], name, r.reason)
	}
	return b.String() + "\n"
}
