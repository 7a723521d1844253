package rbm

import (
	"net/url"
	"path"
	"strings"

	"simtrust/messaging/gsma"
)

// FilePrefix begins the name of an uploaded file.
const FilePrefix = "files/"

// mostOctets is what all files of a message have together at most, and mostThumbnail what the small picture of one has.
const (
	mostOctets    = 100 << 20
	mostThumbnail = 100_000
)

// Known are the files that were uploaded, by URL and by name. One of size 0 is a name for its URL, and no more is known of it.
type Known map[string]gsma.File

// Files names every file of a message, by URL or by name.
func (m *AgentMessage) Files() (list []string) {
	add := func(refs ...string) {
		for _, r := range refs {
			if r != "" {
				list = append(list, r)
			}
		}
	}
	for _, s := range m.sources() {
		add(s.file, s.thumbnail)
	}
	return list
}

// sources are the files of a message in their order.
func (m *AgentMessage) sources() (list []source) {
	c := m.ContentMessage
	if c == nil {
		return nil
	}
	list = append(list, sourceOf(c.FileName, c.UploadedFile, c.ContentInfo))
	if r := c.RichCard; r != nil {
		var cards []CardContent
		if r.Standalone != nil && r.Standalone.Content != nil {
			cards = append(cards, *r.Standalone.Content)
		}
		if r.Carousel != nil {
			cards = append(cards, r.Carousel.Contents...)
		}
		for _, card := range cards {
			if card.Media != nil {
				list = append(list, card.Media.source())
			}
		}
	}
	return list
}

// source is a file with its small picture, each by URL or by name.
type source struct {
	file, thumbnail string
	many            bool // named in more ways than one
}

func (m *Media) source() source { return sourceOf(m.FileName, m.UploadedFile, m.ContentInfo) }

func sourceOf(name string, u *UploadedFile, c *ContentInfo) (s source) {
	n := 0
	if name != "" {
		s.file, n = name, n+1
	}
	if u != nil {
		s.file, s.thumbnail, n = u.FileName, u.ThumbnailName, n+1
		if s.thumbnail == "" {
			s.thumbnail = u.ThumbnailURL
		}
	}
	if c != nil {
		s.file, s.thumbnail, n = c.FileURL, c.ThumbnailURL, n+1
	}
	s.many = n > 1
	return s
}

// isName reports whether a file is named by what its upload was answered with.
func isName(ref string) bool { return strings.HasPrefix(ref, FilePrefix) }

// types are those of Google's guides, by the ending of a name.
var types = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp",
	".mp4": "video/mp4", ".m4v": "video/m4v", ".mpeg": "video/mpeg", ".mpg": "video/mpeg", ".webm": "video/webm", ".h263": "video/h263",
	".pdf": "application/pdf", ".mp3": "audio/mpeg", ".amr": "audio/amr", ".aac": "audio/aac", ".ogg": "audio/ogg",
}

// unknownType is a file that its receiver looks at to tell what it is.
const unknownType = "application/octet-stream"

// info is what is known of a file at a URL that nobody looked at.
func info(ref string, size int64) gsma.FileInfo {
	kind := unknownType
	if u, err := url.Parse(ref); err == nil {
		if t, ok := types[strings.ToLower(path.Ext(u.Path))]; ok {
			kind = t
		}
	}
	return gsma.FileInfo{URL: ref, ContentType: kind, Size: size}
}
