package csr

// Parse reads and checks a request. Errors are [simtrust.KindInvalid] with one of the reasons of this package.
func Parse(der []byte, checks ...Check) (*Request, error) {
	if len(der) > MaxSize {
		return nil, refuse(ReasonTooLarge, "the request is too large")
	}
	return nil, refuse(ReasonMalformed, "not a certification request")
}
