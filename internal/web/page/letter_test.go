package page

import (
	"strings"
	"testing"
)

func TestMarkdown_notesHaveTheLanguagesDigits(t *testing.T) {
	for language, want := range map[string]string{"en": ">1</a></sup>", "ar": ">١</a></sup>", "fa": ">۱</a></sup>", "xx": ">1</a></sup>"} {
		html := string(Markdown("a 1[^n]\n\n[^n]: note 2", language))
		if !strings.Contains(html, want) || !strings.Contains(html, "a 1<") || !strings.Contains(html, "note 2") || !strings.Contains(html, `href="#fn:1"`) {
			t.Errorf("%s: %s", language, html)
		}
	}
}

func TestComma(t *testing.T) {
	for language, want := range map[string]string{"en": ", ", "fr": ", ", "ar": "، ", "ckb": "، ", "he": ", "} {
		if got := Comma(language); got != want {
			t.Errorf("%s: %q", language, got)
		}
	}
}
