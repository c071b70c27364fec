package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// checkNames refuses JSON with two names in one object that differ in case at most: readers take the first or the last of
// such, or whatever case they like, and a site could so tell two of them different numbers.
func checkNames(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	type object struct {
		seen map[string]bool // nil for an array
		name bool            // a name comes next
	}
	var open []*object
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var in *object
		if len(open) > 0 {
			in = open[len(open)-1]
		}
		switch t := token.(type) {
		case json.Delim:
			switch t {
			case '{':
				open = append(open, &object{map[string]bool{}, true})
				continue
			case '[':
				open = append(open, &object{})
				continue
			}
			if open = open[:len(open)-1]; len(open) > 0 {
				in = open[len(open)-1]
			} else {
				in = nil
			}
		case string:
			if in != nil && in.seen != nil && in.name {
				folded := strings.ToLower(t)
				if in.seen[folded] {
					return fmt.Errorf("the name %q stands twice in one object", t)
				}
				in.seen[folded], in.name = true, false
				continue
			}
		}
		if in != nil && in.seen != nil {
			in.name = true // a value has ended
		}
	}
}
