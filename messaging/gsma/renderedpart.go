package gsma

// Part writes a rendered content as the body that its bearer carries: what Encode writes for a rich channel, multipart/mixed of text and
// file where an enhanced message has both, else text/plain. Errors are those of Check.
func (r Rendered) Part() (Part, error) {
	if r.Content != nil {
		return Encode(*r.Content, r.Channel.Limits())
	}
	words := text(r.Text)
	if r.File == nil {
		return words, nil
	}
	b, err := r.File.xml()
	file := Part{TypeFile, b}
	if err != nil || r.Text == "" {
		return file, err
	}
	return join([]Part{words, file})
}
