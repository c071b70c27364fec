package importer

import (
	"fmt"
	"strings"
)

// Warning is something an editor should look at.
type Warning struct {
	Key  string
	Args map[string]any
}

// warningText is the English of every warning; {Name} stands for an argument.
var warningText = map[string]string{
	"addressee_from_introduction": "the addressee was taken from the introducing sentence",
	"addressee_from_title":        "the addressee was taken from the title",
	"addressee_from_salutation":   "the addressee was taken from the salutation",
	"addressee_name_unsure":       "where the office of the addressee ends and the name begins is a guess: {Text}",
	"below_signatures":            "what stands below the signatures becomes the end of the text that is signed, above the closing: {Text}",
	"changes_tracked":             "the document has tracked changes: insertions were kept, deletions left out",
	"comments_left_out":           "the comments of the document were left out",
	"date_ambiguous":              "the date {Text} was read with the day first; it may be meant the other way round",
	"date_calendar":               "the date {Text} is in a calendar that is not read",
	"date_contradicts":            "the letter gives two dates that are not the same day: {Text}",
	"date_impossible":             "there is no such day: {Text}",
	"date_weekday":                "the weekday does not agree with the date: {Text}",
	"deadline_ambiguous":          "there is more than one deadline; the first was taken, not: {Text}",
	"deadline_no_year":            "the deadline has no year and the letter has no date: {Text}",
	"deadline_no_zone":            "the hour of the deadline has no time zone and was left out: {Text}",
	"deadline_summer":             "the deadline names winter time in summer and was taken as written: {Text}",
	"deadline_year":               "the year of the deadline was taken from the letter's date",
	"demand_misplaced":            "this stands in a table, a quotation or code and is no demand there; write it as an item, “1) …”: {Text}",
	"form_unsure":                 "whether this is a letter or an article is a guess",
	"introduction":                "what stands above the letter is not part of what is signed: {Text}",
	"hidden_characters":           "{Count} control or direction-override characters were removed",
	"language_unknown":            "the language was not recognised",
	"language_unread":             "letters in this language are not read; only what needs no words of the language was recognised",
	"name_from_salutation":        "the name of the addressee was taken from the salutation",
	"office_from_salutation":      "the office of the addressee was taken from the salutation",
	"sender_from_introduction":    "the sender was taken from the introducing sentence",
	"too_many":                    "there are more {What} than are listed",
}

// String says in English what to look at.
func (w Warning) String() string {
	text, ok := warningText[w.Key]
	if !ok {
		return w.Key
	}
	for name, value := range w.Args {
		text = strings.ReplaceAll(text, "{"+name+"}", fmt.Sprint(value))
	}
	return text
}

// MarshalText makes a warning a string in JSON.
func (w Warning) MarshalText() ([]byte, error) { return []byte(w.String()), nil }
