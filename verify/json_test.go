package verify

import "testing"

func TestCheckNames(t *testing.T) {
	for _, good := range []string{`{}`, `{"a":1,"b":{"a":[{"a":"a"},{"a":{}}],"c":"a"}}`, `[{"a":1},{"a":2}]`, `{"a":"b","b":"a"}`, `"a"`, `{"a":[],"b":[[]]}`} {
		if err := checkNames([]byte(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{`{"a":1,"a":2}`, `{"counts":{"persons":1000000},"Counts":{"persons":10}}`, `{"x":[{"n":1,"N":1}]}`, `{"a":{},"b":1,"a":3}`, `[}`} {
		if checkNames([]byte(bad)) == nil {
			t.Errorf("%s passes", bad)
		}
	}
}
