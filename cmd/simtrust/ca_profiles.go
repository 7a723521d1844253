package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"simtrust/ca"
)

type caProfilesCmd struct{}

// Help says what the columns are (kong's HelpProvider).
func (*caProfilesCmd) Help() string {
	return "NEEDS are the flags that simtrust ca issue and authorise must be given, MAY those that they can be; a+b|c means a and b, or c. TENURE ENDS and " +
		"SIM CHANGES say what these do to a certificate. Certificates on a tenure are a subscriber's, the others are for machines and organisations. " +
		"What each is for stands in docs/ca.md."
}

func (*caProfilesCmd) Run() error {
	profiles, err := ca.Profiles()
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PROFILE\tLINE\tKEYS\tDAYS\tTENURE ENDS\tSIM CHANGES\tNEEDS\tMAY")
	for _, name := range slices.Sorted(maps.Keys(profiles)) {
		p := profiles[name]
		if p.Delegate || p.Escrowed { // made in a ceremony, or as the second of a pair
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", name, p.Line, keyKinds(p), p.Validity/(24*time.Hour),
			cmp.Or(string(p.OnTenureEnded), "-"), cmp.Or(string(p.OnSIMChanged), "-"), flagsOf(p, true), flagsOf(p, false))
	}
	return t.Flush()
}

func keyKinds(p *ca.Profile) string {
	kinds := make([]string, len(p.Keys))
	for i, k := range p.Keys {
		kinds[i] = string(k)
	}
	return strings.Join(kinds, " ")
}

// subjectFlags are the flags by which commands take the attributes of a subject.
var subjectFlags = map[ca.Attribute]string{
	ca.Country: "--country", ca.Province: "--province", ca.Locality: "--locality", ca.Organization: "--organization", ca.OrganizationID: "--org-id",
	ca.OrganizationalUnit: "--unit", ca.GivenName: "--given-name", ca.Surname: "--surname", ca.Pseudonym: "--pseudonym", ca.CommonName: "--name",
}

// flagsOf are the flags that a request of a profile must give, or those that it may. A country has a default.
func flagsOf(p *ca.Profile, required bool) string {
	var flags, names []string
	for _, r := range p.Subject {
		personal := r.Attribute == ca.Surname || r.Attribute == ca.GivenName || r.Attribute == ca.Pseudonym
		if (r.Required && r.Attribute != ca.Country) == required && !(p.Person && personal) {
			flags = append(flags, subjectFlags[r.Attribute])
		}
	}
	if p.Person && required {
		flags = append(flags, "--surname+--given-name|--pseudonym")
	}
	wanted := ca.Optional
	if required {
		wanted = ca.Required
	}
	for flag, presence := range map[string]ca.Presence{"--tenure": p.Tenure, "--relying-party": p.RelyingParty} {
		if presence == wanted {
			flags = append(flags, flag)
		}
	}
	for flag, presence := range map[string]ca.Presence{"--dns": p.DNS, "--ip": p.IP, "--uri": p.URI} {
		if presence == wanted || p.SomeSAN && required && presence != ca.Forbidden {
			names = append(names, flag)
		}
	}
	slices.Sort(names)
	if p.SomeSAN && required {
		names = []string{strings.Join(names, "|")}
	} else if p.SomeSAN {
		names = nil
	}
	return strings.Join(append(slices.Sorted(slices.Values(flags)), names...), " ")
}
