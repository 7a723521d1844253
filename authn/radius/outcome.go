package radius

// Outcome says what became of one datagram; fit for the label of a metric.
type Outcome string

// The outcomes. Only the first two send a response.
const (
	Acknowledged  Outcome = "acknowledged"   // Account returned nil
	Replayed      Outcome = "replayed"       // a retransmission of an acknowledged request
	UnderWay      Outcome = "under_way"      // a retransmission while the first copy is being handled
	UnknownNAS    Outcome = "unknown_nas"    // the source is in no prefix of the table
	NotAccounting Outcome = "not_accounting" // another code than Accounting-Request
	Forged        Outcome = "forged"         // wrong Request Authenticator: another secret, or not from the NAS
	Malformed     Outcome = "malformed"      // authentic, but not to be understood in full; or no RADIUS packet at all
	Overloaded    Outcome = "overloaded"     // too many requests under way
	Refused       Outcome = "refused"        // Account returned an error
)
