package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// maxScans is how many bytes the files of one form may have together.
const maxScans = delivery.MaxFile + 5<<20

// DeliveriesPage is where a letter is handed over.
type DeliveriesPage struct {
	page.Base
	Form            page.Form
	Action          string
	Draft           bool
	Addressees      []AddresseeView
	To              []page.Option
	Channels, Kinds []page.Option
	Correctable     []page.Option // deliveries that were entered
	Unserved        bool          // a reminder was asked for to somebody who never got the letter
	Deliveries      []DeliveryView
	Dates           []DateView
}

// DateView is a day that editors entered.
type DateView struct {
	ID, Day, Label string
	Yearly         bool
}

// AddresseeView is who a letter goes to.
type AddresseeView struct {
	Number, Role, Email string
	Name                page.Tagged
	URL                 string // of the form about them
	Members             string // how many of a group have answered
	Reason, Rule        string
	Confidential        bool   // nobody may know that they got it
	Gone                bool   // the text addresses them no more, and somebody else of whom nothing is known
	NewHolder           string // that somebody else holds the office since it was handed over, "" for not
}

// DeliveryView is a delivery as editors see it.
type DeliveryView struct {
	ID, To, Kind, Channel, State, At string
	Note, Tracking, Commitment, Copy string // Copy is the number that the commitment is made with
	Private, Corrected               bool
	Retracts                         bool   // it can be taken back
	Soon                             bool   // it is not in the log yet
	Until                            string // of an embargo
	Bounces                          bool   // it can still come back
	Arrives                          bool   // it came back, and may have arrived all the same
	Files                            []FileView
	Notices                          []NoticeView
}

// NoticeView is what a machine of theirs said of a delivery. It changes nothing but where it says that the delivery came back.
type NoticeView struct{ URL, What, At string }

// FileView is a file that can be fetched.
type FileView struct{ URL, Name, Role string }

// Template is its file.
func (DeliveriesPage) Template() string { return "desk/deliveries" }

// ShowDeliveries shows what was handed over, and the forms to do it.
func (h *Handlers) ShowDeliveries(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.deliveriesPage(w, r, d, url.Values{"at": {h.Now().UTC().Format(time.DateOnly)}}, nil)
}

// options are values with their words.
func options[T ~string](loc *i18n.Locale, prefix string, values ...T) (list []page.Option) {
	for _, x := range values {
		list = append(list, page.Option{Value: string(x), Text: loc.T(prefix + string(x))})
	}
	return list
}

// addresseeOptions are those that a letter goes to.
func addresseeOptions(loc *i18n.Locale, st delivery.Standing) (list []page.Option) {
	for _, a := range st.Addressees {
		list = append(list, page.Option{Value: strconv.Itoa(a.Number), Text: loc.Isolate(a.Called())})
	}
	return list
}

func (h *Handlers) deliveriesPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	t := l.Edition.Text(l.Edition.Language)
	path := page.Local(r, "/desk/letters/"+l.Slug)
	p := DeliveriesPage{Base: h.base(r, d, loc.T("desk.deliveries.title")), Form: page.NewForm(r, typed, err),
		Action: path + "/deliveries", Draft: l.State == letter.Draft,
		Channels: options(loc, "delivery.channel.", delivery.ByEmail, delivery.ByPost, delivery.ByHand, delivery.ByForm, delivery.ByPortal, delivery.InPublic),
		Unserved: typed.Get("unserved") == "1" || slices.ContainsFunc(fault.All(err), func(f *fault.Error) bool { return f.Key == "delivery.unserved" }),
		Kinds:    options(loc, "delivery.kind.", delivery.First, delivery.Reminder, delivery.FollowUp, delivery.Reply, delivery.Correction)}
	st, failed := h.Deliveries.Standing(r.Context(), l, delivery.ForEditors)
	if failed != nil {
		return failed
	}
	p.To = addresseeOptions(loc, st)
	for _, a := range st.Addressees {
		v := AddresseeView{Number: strconv.Itoa(a.Number), Role: loc.T("desk.deliveries.is_" + string(a.Role)), Email: a.Email,
			Name: page.Tag(a.Called(), t.Language), URL: path + "/addressees/" + strconv.Itoa(a.Number), Reason: a.Reason,
			Gone: a.Place == 0 && a.Role == delivery.Asks && a.Reason == "", Confidential: a.Confidential()}
		if a.Members > 0 {
			v.Members = loc.N("answers.members_answered", a.Members, "Answered", loc.Number(st.MembersAnswered(a.Number)))
		}
		if holder, changed := st.NewHolder(a); changed {
			if from, err := time.Parse(time.DateOnly, holder.From); err == nil {
				v.NewHolder = loc.T("desk.deliveries.new_holder", "Name", holder.Name, "Date", loc.Date(from))
			}
		}
		if a.Rule != nil {
			v.Rule = loc.N("counts.days_n", a.Rule.Days) + " · " + a.Rule.Source
		}
		p.Addressees = append(p.Addressees, v)
	}
	notices, failed := h.Inbox.Notices(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	for _, x := range st.Deliveries {
		to, _ := st.Find(x.Addressee)
		v := DeliveryView{ID: delivery.ID(x.ID), To: to.Called(), Kind: loc.T("delivery.kind." + string(x.Kind)),
			Channel: loc.T("delivery.channel." + string(x.Channel)), At: loc.Date(x.At), Note: x.Note, Tracking: x.Tracking, Commitment: x.Commitment(),
			Private: !x.IsPublic(), Bounces: x.State == delivery.Handed, Arrives: x.State == delivery.Bounced, Corrected: x.Corrected,
			Retracts: x.Channel != delivery.ByEmail && !x.Corrected}
		if x.Channel != delivery.ByEmail && !x.Corrected {
			p.Correctable = append(p.Correctable, page.Option{Value: v.ID, Text: v.At + " · " + loc.Isolate(v.To) + " · " + v.Channel})
		}
		v.Soon = !x.Logged
		if x.State != "" {
			v.State = loc.T("delivery.state." + string(x.State))
		}
		if v.Private && !x.Embargo.IsZero() {
			v.Until = loc.Date(x.Embargo)
		}
		for i, f := range x.Files {
			if f.Role == delivery.Pack && v.Copy == "" {
				v.Copy = f.Copy
			}
			v.Files = append(v.Files, FileView{p.Action + "/" + v.ID + "/" + strconv.Itoa(i+1), f.Name, string(f.Role)})
		}
		for _, i := range notices {
			if i.Delivery == x.ID {
				v.Notices = append(v.Notices, NoticeView{path + "/mail/" + mailID(i.ID), loc.T("desk.inbox.what." + string(i.Sorted.What)), loc.Date(i.At())})
			}
		}
		p.Deliveries = append(p.Deliveries, v)
	}
	for _, k := range st.Dates {
		p.Dates = append(p.Dates, DateView{delivery.ID(k.ID), loc.Date(k.Day), k.Label, k.Yearly})
	}
	return h.Render(w, page.Status(err), p)
}

// SubmitDeliveries hands the letter over, notes a day that matters, publishes a delivery, or notes that one came back.
func (h *Handlers) SubmitDeliveries(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, files, err := page.ReadUploads(w, r, maxScans)
	if err != nil && (v == nil || !comesBack(err)) {
		return err
	}
	done := "saved"
	if err == nil {
		id, _ := delivery.ParseID(v.Get("id"))
		switch v.Get("do") {
		case "deliver":
			err = h.deliver(r, d, v, files)
		case "date":
			err = h.addDate(r, d, v)
		case "forget_date":
			done, err = "removed", h.Deliveries.RemoveDate(r.Context(), d.Letter.Slug, id, d.User.ID)
		case "publish":
			done, err = "made_public", h.Deliveries.Publish(r.Context(), d.Letter.Slug, id, d.User.ID)
		case "retract":
			err = h.Deliveries.Retract(r.Context(), d.Letter.Slug, id, d.User.ID)
		case "bounced":
			err = h.Deliveries.MarkBounced(r.Context(), d.Letter.Slug, id, d.User.ID)
		case "arrived":
			err = h.Deliveries.MarkArrived(r.Context(), d.Letter.Slug, id, d.User.ID)
		default:
			err = fault.New(fault.Invalid, "form.encoding")
		}
	}
	if comesBack(err) {
		return h.deliveriesPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/deliveries", done)
}

func (h *Handlers) deliver(r *http.Request, d *Visit, v url.Values, files map[string]page.Upload) error {
	hand := delivery.HandOver{Kind: delivery.DeliveryKind(v.Get("kind")), Channel: delivery.Channel(v.Get("channel")), Note: v.Get("note"),
		Unserved: v.Get("unserved") == "1", Tracking: v.Get("tracking"), Private: v.Get("private") == "1", Text: v.Get("text"), Early: v.Get("early") == "1"}
	hand.Addressee, _ = strconv.Atoi(v.Get("addressee"))
	var faults fault.List
	if typed := v.Get("corrects"); typed != "" {
		id, err := delivery.ParseID(typed)
		if hand.Corrects = id; err != nil {
			faults = append(faults, fault.New(fault.Invalid, "delivery.corrects").On("corrects"))
		}
	}
	for field, to := range map[string]*time.Time{"at": &hand.At, "embargo": &hand.Embargo} {
		if typed := strings.TrimSpace(v.Get(field)); typed != "" {
			at, err := time.Parse(time.DateOnly, typed)
			if err != nil {
				faults = append(faults, fault.New(fault.Invalid, "day.unreadable").On(field))
			}
			*to = at
		}
	}
	if len(faults) > 0 {
		return faults
	}
	for field, role := range map[string]delivery.FileRole{"file": delivery.Pack, "proof": delivery.Proof} {
		if f, there := files[field]; there {
			hand.Files = append(hand.Files, delivery.File{Role: role, Name: f.Name, Content: f.Data})
		}
	}
	if hand.Kind == "" { // one that begins the clock again is chosen, never slipped into
		st, err := h.Deliveries.Standing(r.Context(), d.Letter, delivery.ForEditors)
		if err != nil {
			return err
		}
		if hand.Kind = delivery.First; st.Served(hand.Addressee) {
			hand.Kind = delivery.Reminder
		}
	}
	_, err := h.Deliveries.Deliver(r.Context(), d.Letter.Slug, hand, d.User.ID)
	return err
}

func (h *Handlers) addDate(r *http.Request, d *Visit, v url.Values) error {
	on, err := dayIn(v, "date")
	if err != nil {
		return err
	}
	return h.Deliveries.AddDate(r.Context(), d.Letter.Slug, delivery.KeyDate{Day: on, Label: line1(v.Get("label")), Yearly: v.Get("yearly") == "1"}, d.User.ID)
}

// SendDelivered sends a file of a delivery, counted from 1.
func (h *Handlers) SendDelivered(w http.ResponseWriter, r *http.Request, d *Visit) error {
	id, err := delivery.ParseID(r.PathValue("id"))
	number, wrong := strconv.Atoi(r.PathValue("number"))
	if err != nil || wrong != nil {
		return fault.New(fault.NotFound, "page.unknown")
	}
	return h.Attach(w, r, func() (page.Attachment, error) {
		f, err := h.Deliveries.File(r.Context(), d.Letter, id, number)
		return page.Attachment{Name: f.Name, Type: f.Type, Hash: f.Commitment, Content: f.Content}, err
	})
}
