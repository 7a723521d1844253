package web

// TapOffer is the page behind a link for one person where no network tells who is there: its one button posts to Action, which has
// a code shown on the phone.
type TapOffer struct {
	App, Action string
	// Targets are the origins to which the answer may redirect: the app's.
	Targets []string
}

// TapCode takes the code that the phone shows; the form posts it as code to Action. Left is how many tries are left after a wrong
// one, else 0.
type TapCode struct {
	App, Action string
	Left        int
	Targets     []string
}

// TapEnd says why a link leads no further. RetryURL is the link.
type TapEnd struct {
	App      string
	Cause    TapCause
	RetryURL string
}

// TapCause is why a link leads no further.
type TapCause string

// The causes.
const (
	TapOthers    TapCause = "others"    // the link is for somebody else than is on this connection
	TapPast      TapCause = "past"      // used, too old, or no such link
	TapDead      TapCause = "dead"      // the code was wrong too often
	TapElsewhere TapCause = "elsewhere" // the code was asked for in another browser
	TapLate      TapCause = "late"      // the code was not typed in in time
	TapLimited   TapCause = "limited"   // the phone was asked too often
	TapUnable    TapCause = "unable"    // the phone cannot show a code now
)

// Retry reports whether the link may still do on mobile data.
func (e TapEnd) Retry() bool {
	return e.Cause == TapDead || e.Cause == TapElsewhere || e.Cause == TapLate || e.Cause == TapLimited || e.Cause == TapUnable
}

func (TapOffer) page() string { return "tapoffer.html" }
func (TapCode) page() string  { return "tapcode.html" }
func (TapEnd) page() string   { return "tapend.html" }

func (o TapOffer) formTargets() []string { return o.Targets }
func (c TapCode) formTargets() []string  { return c.Targets }
func (TapEnd) formTargets() []string     { return nil }
