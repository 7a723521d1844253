package lint

// Suppressions lists lint and profile of what is left out.
func Suppressions() (pairs [][2]string) {
	for _, s := range suppressed {
		pairs = append(pairs, [2]string{s.lint, s.profile})
	}
	return pairs
}

// Redundant says whether a lint of zlint is left out of a profile because an own one refuses what it looks at.
func Redundant(lint, profile string) bool { return isRedundant(lint, profiles[profile]) }
