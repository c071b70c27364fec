package web

import (
	"net/http"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/web/desk"
)

// routes is the only list of URLs, with who may use those of the desk. A leading language segment is taken off before (localise). Slugs may carry a suffix
// such as ".json": a pattern's wildcard takes whole segments, so the handlers split it.
func (s *Server) routes() {
	p, d := s.public, s.editors
	s.handle("GET /{$}", p.ShowHome)
	s.handle("GET /letters.json", p.ListLettersJSON)
	s.handle("GET /openapi.json", p.SendDescription)
	s.handle("GET /feed.atom", p.SendFeed)
	s.handle("GET /feed.json", p.SendFeed)
	s.handle("GET /letters/{slug}", p.ShowLetter)
	s.handle("GET /letters/{slug}/call", p.ShowCall)
	s.handle("GET /letters/{slug}/feed.atom", p.SendLetterFeed)
	s.handle("GET /letters/{slug}/feed.json", p.SendLetterFeed)
	s.handle("GET /letters/{slug}/updates/{number}", p.ShowUpdate)
	s.handle("GET /letters/{slug}/editions", p.ShowEditions)
	s.handle("GET /letters/{slug}/editions/{edition}", p.ShowEdition)
	s.handle("GET /letters/{slug}/editions/{edition}/diff/{other}", p.ShowDiff)
	s.handle("GET /letters/{slug}/signatories", p.ShowSignatories)
	s.handle("GET /letters/{slug}/signatories.csv", p.SendSignatoriesCSV)
	s.handle("GET /letters/{slug}/signatories.json", p.SendSignatoriesJSON)
	s.handle("GET /letters/{slug}/check", p.ShowCheck)
	s.handle("GET /letters/{slug}/embed", p.ShowEmbed)
	s.handle("GET /letters/{slug}/badge.svg", p.SendBadge)
	s.handle("GET /oembed", p.SendOEmbed)
	s.handle("GET /letters/{slug}/bundle.zip", p.SendBundle)
	s.handle("GET /letters/{slug}/demands/{number}", p.ShowDemand)
	s.handle("GET /letters/{slug}/responses/{id}", p.ShowResponse)
	s.handle("GET /letters/{slug}/responses/{id}/file", p.SendResponseFile)
	s.handle("GET /letters/{slug}/statements/{id}/file", p.SendStatedFile)
	s.handle("GET /letters/{slug}/calendar.ics", p.SendCalendar)
	s.handle("GET /addressees/{slug}", p.ShowAddressee)
	s.handle("GET /exhibits/{sha256}", p.SendExhibit)
	s.handle("GET /letters/{slug}/follow", p.ShowFollow)
	s.handle("POST /letters/{slug}/follow", s.limited(p.SubmitFollow))
	s.handle("GET /follow/{token}", p.ShowFollowConfirm)
	s.handle("POST /follow/{token}", s.limited(p.SubmitFollowConfirm))
	s.handle("GET /following/{token}", p.ShowFollowing)
	s.handle("POST /following/{token}", s.limited(p.SubmitFollowing))
	s.handle("GET /letters/{slug}/{file}", p.SendTakeaway)
	s.handle("GET /letters/{slug}/signatures", s.refuseRead) // {file} would take it
	s.handle("POST /letters/{slug}/signatures", s.limited(p.SubmitSignature))
	s.handle("GET /letters/{slug}/check-mail", p.ShowCheckMail)
	s.handle("POST /letters/{slug}/check-mail", s.limited(p.SubmitResend))
	s.handle("GET /confirm/{token}", p.ShowConfirm)
	s.handle("POST /confirm/{token}", s.limited(p.SubmitConfirm))
	s.handle("GET /invitations/{token}", p.ShowInvitation)
	s.handle("POST /invitations/{token}", s.limited(p.SubmitInvitation))
	s.handle("GET /office/{token}", p.ShowOffice)
	s.handle("POST /office/{token}", s.limited(p.SubmitOffice))
	s.handle("GET /office/confirm/{token}", p.ShowOfficeConfirm)
	s.handle("POST /office/confirm/{token}", s.limited(p.SubmitOfficeConfirm))
	s.handle("GET /office/confirm/{token}/file", p.SendOfficeFile)
	s.handle("GET /unsubscribe/{token}", p.ShowUnsubscribe)
	s.handle("POST /unsubscribe/{token}", p.SubmitUnsubscribe) // not limited: a mail provider sends those of all its users
	s.handle("GET /signature", p.ShowSignature)
	s.handle("POST /signature", s.limited(p.SubmitOwnSignature))
	s.handle("GET /circulation/{token}", p.ShowCirculation)
	s.handle("POST /circulation/{token}", s.limited(p.SubmitCirculation))
	s.handle("GET /organisations/{slug}", p.ShowOrganisation)
	s.handle("GET /log/checkpoint", p.SendCheckpoint)
	s.handle("GET /log/key", p.SendLogKey)
	s.handle("GET /log/former", p.SendFormerLogs)
	s.handle("GET /log/tile/{path...}", p.SendTile)
	s.handle("GET /log/openings/{n}", p.SendOpenings)
	s.handle("GET /about", p.ShowAbout)
	s.handle("GET /about/who-can-learn", p.ShowLearn)
	s.handle("GET /media/{hash}", p.ShowPicture)
	s.handle("GET /static/{hash}/{name}", s.showAsset)
	s.handle("GET /robots.txt", p.ShowRobots)
	s.handle("GET /healthz", p.ShowHealth)
	s.handle("GET /readyz", p.ShowReady)
	if s.o.Catcher != nil {
		s.handle("GET /dev/mailbox", p.ShowMailbox)
		s.handle("GET /dev/desk/{session}", d.EnterDemo)
	}

	s.handle("GET /desk/sign-in", d.ShowSignIn)
	s.handle("POST /desk/sign-in", s.limited(d.SubmitSignIn))
	s.handle("GET /desk/join/{token}", d.ShowJoin)
	s.handle("POST /desk/join/{token}", s.limited(d.SubmitJoin))
	s.desk("POST /desk/sign-out", desk.SignedIn, d.SubmitSignOut)
	s.desk("GET /desk", desk.SignedIn, d.ShowHome)
	s.desk("GET /desk/account", desk.SignedIn, d.ShowAccount)
	s.desk("POST /desk/account", desk.SignedIn, d.SubmitAccount)
	s.desk("GET /desk/account/recovery", desk.SignedIn, d.ShowRecovery)
	s.desk("GET /desk/organisations", desk.Operator, d.ShowFound)
	s.desk("POST /desk/organisations", desk.Operator, d.SubmitFound)
	s.desk("GET /desk/organisations/{slug}", desk.InOrganisation(account.Viewer), d.ShowOrganisation)
	s.desk("POST /desk/organisations/{slug}", desk.InOrganisation(account.Owner), d.SubmitOrganisation)
	s.desk("GET /desk/jobs", desk.Operator, d.ShowJobs)
	s.desk("POST /desk/jobs", desk.Operator, d.SubmitJobs)
	s.desk("GET /desk/mail", desk.Operator, d.ShowMail)
	s.desk("POST /desk/mail", desk.Operator, d.SubmitMail)
	s.desk("GET /desk/mail/{id}", desk.Operator, d.ShowIncoming)
	s.desk("POST /desk/mail/{id}", desk.Operator, d.SubmitIncoming)
	s.desk("GET /desk/mail/{id}/{part}", desk.Operator, d.SendIncoming)
	s.desk("GET /desk/new", desk.SignedIn, d.ShowNewLetter)
	s.desk("POST /desk/new", desk.SignedIn, d.SubmitNewLetter)
	s.desk("GET /desk/letters/{slug}", desk.OnLetter(account.Viewer), d.ShowBoard)
	s.desk("POST /desk/letters/{slug}", desk.OnLetter(account.Editor), d.SubmitBoard)
	s.desk("POST /desk/letters/{slug}/approvals", desk.OnLetter(account.Editor), d.SubmitApproval)
	s.desk("GET /desk/letters/{slug}/demands", desk.OnLetter(account.Editor), d.ShowDemands)
	s.desk("POST /desk/letters/{slug}/demands", desk.OnLetter(account.Editor), d.SubmitDemands)
	s.desk("GET /desk/letters/{slug}/settings", desk.OnLetter(account.Editor), d.ShowSettings)
	s.desk("POST /desk/letters/{slug}/settings", desk.OnLetter(account.Editor), d.SubmitSettings)
	s.desk("GET /desk/letters/{slug}/texts", desk.OnLetter(account.Viewer), d.ShowTranslations)
	s.desk("GET /desk/letters/{slug}/texts/{language}", desk.OnLetter(account.Editor), d.ShowText)
	s.desk("POST /desk/letters/{slug}/texts/{language}", desk.OnLetter(account.Editor), d.SubmitText)
	s.desk("POST /desk/letters/{slug}/texts/{language}/blocks", desk.OnLetter(account.Editor), d.SubmitBlocks)
	s.desk("GET /desk/letters/{slug}/texts/{language}/preview", desk.OnLetter(account.Viewer), d.ShowPreview)
	s.desk("GET /desk/letters/{slug}/signatures", desk.OnLetter(account.Reviewer), d.ShowHeld)
	s.desk("POST /desk/letters/{slug}/signatures", desk.OnLetter(account.Reviewer), d.SubmitHeld)
	s.desk("GET /desk/letters/{slug}/invitations", desk.OnLetter(account.Editor), d.ShowInvitations)
	s.desk("POST /desk/letters/{slug}/invitations", desk.OnLetter(account.Editor), d.SubmitInvitations)
	s.desk("GET /desk/letters/{slug}/intake", desk.OnLetter(account.Editor), d.ShowIntake)
	s.desk("POST /desk/letters/{slug}/intake", desk.OnLetter(account.Editor), d.SubmitIntake)
	s.desk("GET /desk/letters/{slug}/intake/{id}", desk.OnLetter(account.Editor), d.ShowProposal)
	s.desk("POST /desk/letters/{slug}/intake/{id}", desk.OnLetter(account.Editor), d.SubmitProposal)
	s.desk("GET /desk/letters/{slug}/deliveries", desk.OnLetter(account.Editor), d.ShowDeliveries)
	s.desk("POST /desk/letters/{slug}/deliveries", desk.OnLetter(account.Editor), d.SubmitDeliveries)
	s.desk("GET /desk/letters/{slug}/addressees/{number}", desk.OnLetter(account.Editor), d.ShowAddressee)
	s.desk("POST /desk/letters/{slug}/addressees/{number}", desk.OnLetter(account.Editor), d.SubmitAddressee)
	s.desk("GET /desk/letters/{slug}/deliveries/{id}/{number}", desk.OnLetter(account.Editor), d.SendDelivered)
	s.desk("GET /desk/letters/{slug}/answers", desk.OnLetter(account.Editor), d.ShowAnswers)
	s.desk("POST /desk/letters/{slug}/answers", desk.OnLetter(account.Editor), d.SubmitAnswers)
	s.desk("GET /desk/letters/{slug}/answers/{id}", desk.OnLetter(account.Editor), d.ShowResponse)
	s.desk("POST /desk/letters/{slug}/answers/{id}", desk.OnLetter(account.Editor), d.SubmitResponse)
	s.desk("GET /desk/letters/{slug}/answers/{id}/file", desk.OnLetter(account.Editor), d.SendOriginal)
	s.desk("GET /desk/letters/{slug}/answers/{id}/copy", desk.OnLetter(account.Editor), d.SendCopy)
	s.desk("GET /desk/letters/{slug}/statements", desk.OnLetter(account.Editor), d.ShowStatements)
	s.desk("POST /desk/letters/{slug}/statements", desk.OnLetter(account.Editor), d.SubmitStatements)
	s.desk("GET /desk/letters/{slug}/statements/{id}/file", desk.OnLetter(account.Editor), d.SendStatedFile)
	s.desk("GET /desk/letters/{slug}/mail", desk.OnLetter(account.Editor), d.ShowMail)
	s.desk("POST /desk/letters/{slug}/mail", desk.OnLetter(account.Editor), d.SubmitMail)
	s.desk("GET /desk/letters/{slug}/mail/{id}", desk.OnLetter(account.Editor), d.ShowIncoming)
	s.desk("POST /desk/letters/{slug}/mail/{id}", desk.OnLetter(account.Editor), d.SubmitIncoming)
	s.desk("GET /desk/letters/{slug}/mail/{id}/{part}", desk.OnLetter(account.Editor), d.SendIncoming)
	s.desk("GET /desk/letters/{slug}/documents", desk.OnLetter(account.Editor), d.ShowDocuments)
	s.desk("POST /desk/letters/{slug}/documents", desk.OnLetter(account.Editor), d.SubmitDocuments)
	s.desk("GET /desk/letters/{slug}/documents/{file}", desk.OnLetter(account.Editor), d.SendDocument)
	s.desk("GET /desk/letters/{slug}/exports", desk.OnLetter(account.Editor), d.ShowExports)
	s.desk("POST /desk/letters/{slug}/exports", desk.OnLetter(account.Editor), d.SubmitExports)
	s.desk("GET /desk/letters/{slug}/agreement", desk.OnLetter(account.Editor), d.ShowAgreement)
	s.desk("POST /desk/letters/{slug}/agreement", desk.OnLetter(account.Editor), d.SubmitAgreement)
	s.desk("GET /desk/letters/{slug}/updates/{update}", desk.OnLetter(account.Editor), d.ShowUpdate)
	s.desk("POST /desk/letters/{slug}/updates/{update}", desk.OnLetter(account.Editor), d.SubmitUpdate)
	s.desk("GET /desk/letters/{slug}/circulation", desk.OnLetter(account.Editor), d.ShowCirculation)
	s.desk("POST /desk/letters/{slug}/circulation", desk.OnLetter(account.Editor), d.SubmitCirculation)
	s.desk("GET /desk/letters/{slug}/news", desk.OnLetter(account.Editor), d.ShowNews)
	s.desk("POST /desk/letters/{slug}/news", desk.OnLetter(account.Editor), d.SubmitNews)
	s.desk("GET /desk/letters/{slug}/trail", desk.OnLetter(account.Viewer), d.ShowTrail)
}

// showAsset sends a file that never changes under its address.
func (s *Server) showAsset(w http.ResponseWriter, r *http.Request) error {
	if !s.site.Assets.Has(r.URL.Path) {
		return fault.New(fault.NotFound, "page.unknown")
	}
	s.site.Assets.ServeHTTP(w, r)
	return nil
}

// refuseRead answers whoever reads what can only be sent to.
func (s *Server) refuseRead(w http.ResponseWriter, r *http.Request) error {
	s.refuseMethod(w, r, http.MethodPost)
	return nil
}

// handle registers a handler that may fail; fail picks status, page and log line.
func (s *Server) handle(pattern string, fn func(w http.ResponseWriter, r *http.Request) error) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := fn(w, r); err != nil {
			s.site.Fail(w, r, err)
		}
	})
}

// desk registers a handler of the editors' desk with who may use it.
func (s *Server) desk(pattern string, who desk.Need, fn func(w http.ResponseWriter, r *http.Request, d *desk.Visit) error) {
	s.handle(pattern, s.editors.Admit(who, fn))
}

// limited refuses a network that sends forms too fast.
func (s *Server) limited(fn func(w http.ResponseWriter, r *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if s.o.RateLimit && !s.limits.allow(r) {
			return fault.New(fault.Limited, "too_often")
		}
		return fn(w, r)
	}
}
