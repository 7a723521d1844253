package applet

// Result is how a command ended. Its numbers are those of the wire.
type Result uint8

// The results.
const (
	Done          Result = 0  // installed, or cancelled
	Signed        Result = 1  // with a signature
	Enrolled      Result = 2  // with a fresh key
	Cancelled     Result = 3  // by the person
	NoResponse    Result = 4  // the person did not answer in time
	PINBlocked    Result = 5  // the last try at the PIN was wrong, now or before
	NoKey         Result = 6  // no key of that kind, or not the one that is meant
	HandsetUnable Result = 7  // the handset cannot show or ask this
	Busy          Result = 8  // another prompt is open, or the handset does something else
	Expired       Result = 9  // not after has passed
	IDCancelled   Result = 10 // the server cancelled this id before
	Malformed     Result = 11 // not a command, or one whose text must not be shown
)

var resultNames = map[Result]string{Done: "done", Signed: "signed", Enrolled: "enrolled", Cancelled: "cancelled", NoResponse: "no_response",
	PINBlocked: "pin_blocked", NoKey: "no_key", HandsetUnable: "handset_unable", Busy: "busy", Expired: "expired", IDCancelled: "id_cancelled",
	Malformed: "malformed"}

func (r Result) String() string { return nameOf(resultNames, r) }

// Response is an applet's answer to a command.
type Response struct {
	ID     ID // the command's
	Result Result
	// Tries are those left at the PIN of the kind; 0: blocked.
	Tries uint8
	// Signature is there where Result is Signed, and only there.
	Signature *Signature
	// Enrolment is there where Result is Enrolled, and only there.
	Enrolment *Enrolment
}

// Enrolment is a fresh key with the proof that the card has it.
type Enrolment struct {
	PublicKey [33]byte // compressed (SEC 1, section 2.3.3)
	Code      string   // the one-time code as the person entered it
	Proof     Signature
}
