package sender

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"simtrust/messaging/gsma"
)

// Profile is how a chatbot presents itself. Links are https URLs; what is empty is not shown.
type Profile struct {
	Logo       string `json:"logo,omitzero"`
	Background string `json:"background,omitzero"`
	// Description has up to 500 characters (serviceDescription).
	Description string `json:"description,omitzero"`
	Colour      string `json:"colour,omitzero"` // such as #0A2540
	Website     string `json:"website,omitzero"`
	Terms       string `json:"terms,omitzero"`
	Email       string `json:"email,omitzero"`
	Phone       string `json:"phone,omitzero"` // of its service desk: + and digits, or a short number
	// Signature has up to 50 characters and stands in 【】 before a text message. Empty: the chatbot's name does.
	Signature string `json:"signature,omitzero"`
}

const (
	maxDescription = 500
	maxURL         = 2048
	maxEmail       = 254
)

var (
	colourForm = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)
	emailForm  = regexp.MustCompile(`^[!#-'*+/-9=?A-Z^-~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$`)
	phoneForm  = regexp.MustCompile(`^\+?[0-9]{3,15}$`)
)

func (p Profile) check() error {
	for _, link := range [][2]string{{"logo", p.Logo}, {"background", p.Background}, {"website", p.Website}, {"terms", p.Terms}} {
		if link[1] != "" && !isLink(link[1]) {
			return invalid(ReasonProfile, link[0]+": an https URL of up to 2048 characters, without user and fragment")
		}
	}
	switch {
	case utf8.RuneCountInString(p.Description) > maxDescription || gsma.CheckText("", p.Description) != nil:
		return invalid(ReasonProfile, "description: up to 500 visible characters")
	case p.Colour != "" && !colourForm.MatchString(p.Colour):
		return invalid(ReasonProfile, "colour: such as #0A2540")
	case p.Email != "" && (len(p.Email) > maxEmail || !emailForm.MatchString(p.Email)):
		return invalid(ReasonProfile, "email: such as service@bank.example")
	case p.Phone != "" && !phoneForm.MatchString(p.Phone):
		return invalid(ReasonProfile, "phone: 3 to 15 digits, with + before a country code")
	case p.Signature != "" && (!named(p.Signature, maxSignature) || strings.ContainsAny(p.Signature, "【】")):
		return invalid(ReasonProfile, "signature: one line of up to 50 visible characters; the brackets 【】 are put around it")
	}
	return nil
}

func isLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxURL && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && u.Fragment == "" &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// names are those by which people take the chatbot for somebody.
func (p Profile) names() []string {
	if p.Signature == "" {
		return nil
	}
	return []string{p.Signature}
}
