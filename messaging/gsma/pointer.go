package gsma

import "strconv"

// pointer is where a checker is; it becomes a JSON pointer only when something is wrong there. The nil pointer is the whole.
type pointer struct {
	up    *pointer
	name  string
	index int // of a member of a list, where name is empty
}

func (p *pointer) at(name string) *pointer { return &pointer{up: p, name: name} }

func (p *pointer) item(i int) *pointer { return &pointer{up: p, index: i} }

// String is the JSON pointer (RFC 6901). No name here needs escaping.
func (p *pointer) String() string {
	switch {
	case p == nil:
		return ""
	case p.name == "":
		return p.up.String() + "/" + strconv.Itoa(p.index)
	default:
		return p.up.String() + "/" + p.name
	}
}
