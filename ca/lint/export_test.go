package lint

// Suppressions lists lint and profile of what is left out.
func Suppressions() (pairs [][2]string) {
	for _, s := range suppressed {
		pairs = append(pairs, [2]string{s.lint, s.profile})
	}
	return pairs
}
