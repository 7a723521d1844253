package main

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"simtrust"
	"simtrust/ca"
)

type caCmd struct {
	Profiles  caProfilesCmd  `cmd:"" group:"Certificates" help:"List the profiles: what each needs, which keys, how long."`
	Issue     caIssueCmd     `cmd:"" group:"Certificates" help:"Issue a certificate for a certification request."`
	Authorise caAuthoriseCmd `cmd:"" group:"Certificates" help:"Make a single-use token for one certificate, for a client with scope ca:issue."`
	Pair      caPairCmd      `cmd:"" group:"Certificates" help:"Issue a pair of SM2 certificates, to sign with and to encrypt to."`
	Renew     caRenewCmd     `cmd:"" group:"Certificates" help:"Renew a certificate as its holder, over mutual TLS."`
	List      caListCmd      `cmd:"" group:"Certificates" help:"List and search certificates."`
	Show      caShowCmd      `cmd:"" group:"Certificates" help:"Show a certificate of the register."`
	Proof     caProofCmd     `cmd:"" group:"Certificates" help:"Verify that a certificate is in the transparency log, as anybody can."`

	Revoke     caRevokeCmd     `cmd:"" group:"Revocation" help:"Revoke a certificate, hold it, or release it from hold."`
	BulkRevoke caBulkRevokeCmd `cmd:"" group:"Revocation" name:"bulk-revoke" help:"Revoke everything that a search finds."`
	Block      caBlockCmd      `cmd:"" group:"Revocation" help:"Block a compromised key for ever, and revoke its certificates."`

	EAB caEABCmd `cmd:"" group:"Enrolment of machines" name:"eab" help:"ACME: keys that say which names a server's accounts may order."`
	EST caESTCmd `cmd:"" group:"Enrolment of machines" name:"est" help:"EST: credentials by which devices enrol."`

	Init      caInitCmd      `cmd:"" group:"The authority itself" help:"Make or extend the hierarchy of authorities from a reviewed file: the key ceremony."`
	Hierarchy caHierarchyCmd `cmd:"" group:"The authority itself" help:"Show the hierarchy that a server uses, and whether it took over what a ceremony added."`
	Audit     caAuditCmd     `cmd:"" group:"The authority itself" help:"Verify that the transparency log, the register and the audit chain tell the same."`
}

// Help teaches the first steps (kong's HelpProvider).
func (*caCmd) Help() string {
	return "A first certificate, in a sandbox (export SIMTRUST_SANDBOX=…/sandbox.json):\n\n" +
		"    openssl ecparam -name prime256v1 -genkey -noout -out key.pem\n" +
		"    openssl req -new -key key.pem -subj / -out csr.pem\n" +
		"    simtrust ca issue tls-client csr.pem --name reports --out cert.pem\n" +
		"    curl -o roots.pem SERVER/ca/roots.pem\n" +
		"    openssl verify -CAfile roots.pem -untrusted cert.pem cert.pem\n" +
		"    simtrust ca revoke ID --reason superseded\n\n" +
		"A profile says what a certificate is for: bank-sim (signatures by a SIM card), eid (identity of a person), enterprise (seal or sender), " +
		"tls-client and tls-server (services) and others; simtrust ca profiles lists them with what each needs. Certificates of persons hang on a " +
		"tenure (simtrust number show prints it), never on a number: when somebody else gets the number, they are revoked.\n\n" +
		"The key never leaves its owner: the server gets a certification request (CSR), and only its key counts. docs/ca.md has the whole story."
}

// caSubjectFlags say for whom a certificate is.
type caSubjectFlags struct {
	Name         string            `help:"Common name: of a person, an organisation's seal, a service."`
	Country      string            `help:"ISO 3166-1, two capital letters. Default: CN, where the profile has a country."`
	Organization string            `help:"Organisation (O)."`
	Unit         string            `help:"Unit of the organisation (OU)."`
	OrgID        string            `name:"org-id" help:"Organisation identifier, such as NTRCN-91440300…"`
	Province     string            `help:"Province (ST)."`
	Locality     string            `help:"Town (L)."`
	Surname      string            `help:"Surname, for eid."`
	GivenName    string            `help:"Given name, for eid."`
	Pseudonym    string            `help:"Pseudonym, for eid instead of the names."`
	DNS          []string          `placeholder:"NAME" help:"DNS name; repeat for several."`
	IP           []netip.Addr      `placeholder:"ADDR" help:"IP address; repeat for several."`
	URI          []string          `placeholder:"URI" help:"URI, for tls-client; repeat for several."`
	Tenure       simtrust.TenureID `placeholder:"ten_…" help:"Tenure the certificate hangs on."`
	RelyingParty string            `help:"Who the certificate is used with: the subject's serial number differs from one to the next."`
	Days         int               `help:"End earlier than the profile says."`
}

func (f caSubjectFlags) authorisation(profile string, now time.Time) ca.Authorisation {
	a := ca.Authorisation{
		Profile: profile,
		Subject: ca.Subject{
			Country: f.Country, Province: f.Province, Locality: f.Locality, Organization: f.Organization, OrganizationID: f.OrgID,
			OrganizationalUnit: f.Unit, GivenName: f.GivenName, Surname: f.Surname, Pseudonym: f.Pseudonym, CommonName: f.Name,
		},
		SANs: ca.SANs{DNS: f.DNS, IPs: f.IP, URIs: f.URI}, Tenure: f.Tenure, RelyingParty: f.RelyingParty,
	}
	if f.Country == "" && hasCountry(profile) {
		a.Subject.Country = "CN"
	}
	if f.Days > 0 {
		a.NotAfter = now.AddDate(0, 0, f.Days)
	}
	return a
}

// hasCountry reports whether subjects of a profile have a country. Which profiles there are is the server's to say.
func hasCountry(profile string) bool {
	profiles, err := ca.Profiles()
	p, ok := profiles[profile]
	return err != nil || !ok || slices.ContainsFunc(p.Subject, func(r ca.AttributeRule) bool { return r.Attribute == ca.Country })
}

type caAuthoriseCmd struct {
	remoteFlags
	caSubjectFlags
	Profile string        `arg:"" help:"Profile; simtrust ca profiles lists them."`
	Life    time.Duration `default:"10m" help:"How long the token waits for its request, up to 24h."`
}

// Help teaches the two steps (kong's HelpProvider).
func (*caAuthoriseCmd) Help() string {
	return "Who decides and who asks need not be the same: an officer authorises one certificate for one subject, a client with scope ca:issue turns the " +
		"token and its request into the certificate. simtrust ca issue does both.\n\n" +
		"    TOKEN=$(simtrust ca authorise tls-server --dns api.bank.example)\n" +
		"    jq -n --arg token \"$TOKEN\" --rawfile csr csr.pem '{token: $token, csr: $csr}' |\n" +
		"      curl -H \"Authorization: Bearer $CLIENT_TOKEN\" -H 'Content-Type: application/json' --data @- SERVER/ca/v1/certificates"
}

func (c *caAuthoriseCmd) Run(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	token, err := ca.NewClient(client).Authorise(ctx, ca.AuthoriseReq{Authorisation: c.authorisation(c.Profile, time.Now()), Life: c.Life})
	if err != nil {
		return err
	}
	fmt.Println(token.Text)
	fmt.Fprintln(os.Stderr, "valid until", day(token.Expires.UTC()), "for one certificate")
	return nil
}

type caIssueCmd struct {
	remoteFlags
	caSubjectFlags
	Profile string `arg:"" help:"Profile; simtrust ca profiles lists them."`
	CSR     string `arg:"" type:"existingfile" help:"Certification request, PEM."`
	Out     string `short:"o" default:"-" help:"Where the certificate goes, followed by its issuer: PEM; - is standard output."`
}

// Help teaches with an example (kong's HelpProvider).
func (*caIssueCmd) Help() string {
	return "The request is made where the key is; the key stays there.\n\n" +
		"    openssl req -new -key key.pem -subj / -out csr.pem\n" +
		"    simtrust ca issue tls-server csr.pem --dns api.bank.example --out cert.pem\n" +
		"    simtrust ca issue bank-sim csr.pem --name 王小明 --tenure ten_… --relying-party bank.example\n\n" +
		"Only the key of the request counts. Alternative names in it must be among those given here; its subject is not looked at. " +
		"simtrust ca profiles says what each profile needs."
}

func (c *caIssueCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	der, err := readRequest(c.CSR)
	if err != nil {
		return err
	}
	client := ca.NewClient(remote)
	token, err := client.Authorise(ctx, ca.AuthoriseReq{Authorisation: c.authorisation(c.Profile, time.Now())})
	if err != nil {
		return err
	}
	cert, err := client.Redeem(ctx, ca.RedeemReq{Token: token.Text, Profile: c.Profile, CSR: der})
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "issued", cert.ID, "valid until", day(cert.NotAfter.UTC()))
	return writeCertificate(c.Out, cert)
}

func readRequest(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || !strings.HasSuffix(block.Type, "CERTIFICATE REQUEST") {
		return nil, fmt.Errorf("%s holds no certification request in PEM; openssl req -new -key key.pem -subj / makes one", path)
	}
	return block.Bytes, nil
}

// writeCertificate writes the certificate and the authorities between it and the root.
func writeCertificate(path string, c ca.Certificate) error {
	var text strings.Builder
	ders := append([][]byte{c.Raw}, c.Chain[:max(len(c.Chain)-1, 0)]...)
	for _, der := range ders {
		if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
			return err
		}
	}
	if path == "-" {
		_, err := io.WriteString(os.Stdout, text.String())
		return err
	}
	return os.WriteFile(path, []byte(text.String()), 0o644)
}
