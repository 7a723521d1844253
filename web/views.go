package web

import "time"

// Consent asks a person on their own data session to log in to an app. The form posts handle and decision (allow or deny) to Action.
type Consent struct {
	// App is the app's name, Masked the masked number, Asked the scopes that the app asks for.
	App, Masked string
	Asked       []string
	// Purpose is the one that the app names, a term such as dpv:Marketing, or empty.
	Purpose string
	// ByCode: the person was told apart by a code on the phone, not by the connection.
	ByCode bool
	// Action and Handle are the target of the form and its one-time handle.
	Action, Handle string
	// Targets are the origins to which the answer redirects: the app's redirect URI.
	Targets []string
}

// NoNetwork says that the connection does not prove a number, and what to do about it.
type NoNetwork struct {
	App      string
	RetryURL string
	BackURL  string
}

// Problem is an error that must not be sent back to an app. Code and Text are for the app's developer.
type Problem struct {
	Status     int
	Cause      Cause
	Code, Text string
	BackURL    string
}

// Cause says whose affair a problem is; the zero Cause is the request of the app.
type Cause string

// The causes beside the app's request.
const (
	CauseApp  Cause = ".app"  // the app may not log people in now
	CauseLate Cause = ".late" // the page was answered before or is too old
	CauseBusy Cause = ".busy" // the server cannot answer now
)

// ShopHome is the demo shop for a person who is not logged in.
type ShopHome struct{ LoginURL string }

// ShopAccount is the demo shop for a customer.
type ShopAccount struct {
	Masked, Subject string
	No, Visits      int
	Since           time.Time
	LogoutURL       string
}

// ShopOffer is an article of the demo shop. Masked is the customer's number; empty: nobody is logged in.
type ShopOffer struct {
	Name, Words, Picture string
	Masked               string
	Visits               int
	LoginURL, HomeURL    string
}

// ShopNoLogin is the demo shop for a person who comes back from the operator without a login: Denied where they, or the network,
// did not agree; else Detail says what went wrong.
type ShopNoLogin struct {
	Denied            bool
	Detail            string
	LoginURL, HomeURL string
}

// Lost says that there is no such page.
type Lost struct{ HomeURL string }

// Desk is the page of the simulated operator.
type Desk struct {
	Shop, Phones string
	Said         string
	Numbers      []DeskNumber
}

// DeskNumber is one line on the desk. Actions are those that its state allows.
type DeskNumber struct {
	Row              int
	Masked, Holder   string
	Tenure, IP       string
	Since            time.Time
	Assigned, Online bool
	Previous         int
	Actions          []string
}

func (Consent) page() string     { return "consent.html" }
func (NoNetwork) page() string   { return "nonetwork.html" }
func (Problem) page() string     { return "problem.html" }
func (ShopHome) page() string    { return "shop.html" }
func (ShopAccount) page() string { return "shopaccount.html" }
func (ShopOffer) page() string   { return "shopoffer.html" }
func (ShopNoLogin) page() string { return "shopnologin.html" }
func (Desk) page() string        { return "desk.html" }
func (Lost) page() string        { return "lost.html" }

func (c Consent) formTargets() []string   { return c.Targets }
func (NoNetwork) formTargets() []string   { return nil }
func (Problem) formTargets() []string     { return nil }
func (ShopHome) formTargets() []string    { return nil }
func (ShopAccount) formTargets() []string { return nil }
func (ShopOffer) formTargets() []string   { return nil }
func (ShopOffer) sources() []string       { return []string{"'self'"} }
func (ShopNoLogin) formTargets() []string { return nil }
func (Desk) formTargets() []string        { return nil }
func (Lost) formTargets() []string        { return nil }
