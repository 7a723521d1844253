package renumber_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"simtrust/renumber"
)

func ExampleCSV() {
	file, err := renumber.NewCSV(strings.NewReader(`seq,event,number,holder,effective
1,assign,+8613800000001,sub-1,2021-03-04T00:00:00+08:00
2,release,+8613800000001,,yesterday
3,transfer,+8613800000002
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for {
		e, line, err := file.Next()
		bad, ok := errors.AsType[*renumber.LineError](err)
		switch {
		case ok:
			fmt.Println(bad)
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			fmt.Println(err)
			return
		default:
			fmt.Printf("line %d: %v\n", line, e)
		}
	}
	// Output:
	// line 2: {1 assign +86138****0001}
	// line 3: effective is not an RFC 3339 instant such as 2021-03-04T00:00:00+08:00
	// line 4: 3 fields where the header has 5
}
