package document

import (
	"os"
	"testing"
)

func TestSee(t *testing.T) {
	texts := samples(t)
	put := func(name string, d *Document) {
		docx, r := writeWord(t, d)
		t.Log(name, r)
		_ = os.WriteFile("/tmp/see/"+name+".docx", docx, 0o644)
	}
	_ = os.MkdirAll("/tmp/see", 0o755)
	put("everything", Make(signed(led(inputOf(everything())), 45)))
	for _, l := range []string{"en", "fa", "ar", "fr"} {
		put(l, Make(signed(led(inputOf(texts["../cli/samples/river."+l+".md"])), 12)))
	}
	for _, layout := range []Layout{AsStatement, AsReview, AsList} {
		in := signed(led(inputOf(texts["../cli/samples/river.en.md"])), 12)
		in.Layout = layout
		put(string(layout), Make(in))
	}
}
