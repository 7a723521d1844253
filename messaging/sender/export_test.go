package sender

import "crypto"

// ReadProof reads a proof as Bind does, before anything is looked up.
func ReadProof(text string, key crypto.PublicKey) (*Proof, error) {
	return readProof(text, key, methodOf(key))
}

// Fill takes a template's text apart and fills it; slots is how many values it wants.
func Fill(text string, value string) (filled string, slots int, err error) {
	b, err := parseBody(text)
	if err != nil {
		return "", 0, err
	}
	values := make([]string, b.count())
	for i := range values {
		values[i] = value
	}
	filled, err = b.fill(values)
	return filled, len(values), err
}
