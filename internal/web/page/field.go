package page

import "strings"

// FieldView is one field of a form. Templates make it with Base.Field and say more about it by the methods.
type FieldView struct {
	Name, Kind, Label, Hint, Value, Error string
	Auto                                  string // autocomplete
	Lang, Dir                             string // of what is typed
	Rows                                  int    // of a text of several lines
	Optional                              string // the word for it, "" when something must be typed
	Options                               []Option
	None                                  string // first of the options, for none
}

// Field is a field of a form: its name, kind (text, email, password, code, date) and label.
func (b Base) Field(f Form, name, kind, label string) FieldView {
	v := FieldView{Name: name, Kind: kind, Label: label, Value: f.Value(name), Error: f.Errors[name]}
	switch kind {
	case "email", "code":
		v.Dir = "ltr"
	case "password":
		v.Value = ""
	}
	return v
}

// Hinted adds a sentence that helps.
func (v FieldView) Hinted(hint string) FieldView { v.Hint = hint; return v }

// Known says what the browser may fill in.
func (v FieldView) Known(auto string) FieldView { v.Auto = auto; return v }

// Free says that nothing need be typed; word is said with the label.
func (v FieldView) Free(word string) FieldView { v.Optional = word; return v }

// Long makes the field one of several lines.
func (v FieldView) Long(rows int) FieldView { v.Rows = rows; return v }

// In says in which language something is typed.
func (v FieldView) In(lang, dir string) FieldView { v.Lang, v.Dir = lang, dir; return v }

// From makes the field a choice.
func (v FieldView) From(options []Option, none string) FieldView {
	v.Options, v.None = options, none
	return v
}

// DescribedBy returns the ids of the field's error and hint, those it has.
func (v FieldView) DescribedBy() string {
	var ids []string
	if v.Error != "" {
		ids = append(ids, "e-"+v.Name)
	}
	if v.Hint != "" {
		ids = append(ids, "h-"+v.Name)
	}
	return strings.Join(ids, " ")
}

// formOf is a form with what every page has.
type formOf struct {
	Base
	Form Form
}

// WrongOf puts what is wrong with a form into the page's language.
func (b Base) WrongOf(f Form) formOf { return formOf{Base: b, Form: f} }
