package rbm

// Maps reports whether a reason has a status of its own.
func Maps(reason string) bool {
	for c := range statuses {
		if c.reason == reason {
			return true
		}
	}
	return false
}
