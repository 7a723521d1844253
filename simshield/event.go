package simshield

// Signed says that a person has signed: the transaction's id and the SHA-256 of its evidence, which is all that may be published.
type Signed struct {
	ID     string `json:"id"`
	SHA256 []byte `json:"sha256"`
}

// KeyEnded says that a key was ended, suspended, or taken back into use: its certificate follows.
type KeyEnded struct {
	Key         string `json:"key"`
	Certificate string `json:"certificate"`
	State       string `json:"state"`
	Cause       string `json:"cause"`
}
