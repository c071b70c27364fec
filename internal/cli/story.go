package cli

import (
	"context"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/letter"
)

// addStory tells what became of the letter on the river: how it was handed over, what came back, and where its demands stand.
func addStory(ctx context.Context, a *app.App) error {
	day := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 10, 0, 0, 0, time.UTC) }
	if err := a.Letters.Covers.Put(ctx, riverSlug, letter.Cover{Ours: "HW/2026/17", Date: "2026-05-05", Through: "Office of the Secretary General of the Ministry",
		Salutation: "Dear Minister,", Closing: "Yours sincerely,", From: "Marit Oswin, Chair", CC: []string{"The Ombudsman of Almere"}}, 0); err != nil {
		return err
	}
	if err := a.Letters.Demands.AddFact(ctx, riverSlug, "1", letter.Fact{Kind: letter.FactDue, Value: "2026-06-30", Quote: "by 30 June 2026"}, 0); err != nil {
		return err
	}
	if _, err := a.Deliveries.PutAddressee(ctx, riverSlug, delivery.AddresseeChange{Office: new("Ombudsman of Almere"), Role: new(delivery.CC)}, 0); err != nil {
		return err
	}
	for _, h := range []delivery.HandOver{
		{Addressee: 1, Channel: delivery.ByPost, At: day(time.May, 5), Tracking: "AL 4471 2093"},
		{Addressee: 2, Channel: delivery.ByHand, At: day(time.May, 6)},
		{Addressee: 1, Kind: delivery.Reminder, Channel: delivery.ByPost, At: day(time.July, 2)},
	} {
		if _, err := a.Deliveries.Deliver(ctx, riverSlug, h, 0); err != nil {
			return err
		}
	}
	for _, c := range []delivery.Came{
		{Addressee: 1, Kind: delivery.Acknowledgement, At: day(time.May, 8), From: "Registry of the Ministry", Reference: "MWC-2291"},
		{Addressee: 1, Kind: delivery.Answered, At: day(time.May, 22), Written: "2026-05-20", From: "Office of the Minister", Reference: "MWC-2291", Language: "en",
			Excerpt: "The Ministry will publish the series of measurements once it has been checked, and will pay for the tankers until further notice.\n\n" +
				"An inspection by third parties is not foreseen: the owner of the basins has commissioned its own.",
			Said: map[string]delivery.Said{"1": delivery.Promised, "2": delivery.Promised, "3": delivery.Refused, "4": delivery.NotAddressed}},
	} {
		c.Publish = true
		if _, err := a.Deliveries.Receive(ctx, riverSlug, c, 0); err != nil {
			return err
		}
	}
	x, err := a.Deliveries.AddExhibit(ctx, delivery.File{Name: "measurements-published.csv",
		Content: []byte("place,day,method,result\nNess weir,2026-02-12,grab sample,above limit\nPort Almere,2026-02-13,grab sample,above limit\n")})
	if err != nil {
		return err
	}
	for _, k := range []delivery.Known{
		{Demand: "1", Outcome: delivery.PartlyMet, On: day(time.July, 14), Evidence: delivery.Evidence("exhibit:" + x.Hash), Note: "Two of forty series are public."},
		{Demand: "2", Outcome: delivery.Met, On: day(time.June, 10), Evidence: "https://almere-courier.example/water-by-tanker"},
		{Demand: "2", Outcome: delivery.Open, On: day(time.August, 20), Evidence: "https://almere-courier.example/tankers-stopped", Note: "The tankers stopped."},
	} {
		k.Addressee = 1
		if err := a.Deliveries.Note(ctx, riverSlug, k, 0); err != nil {
			return err
		}
	}
	for number, e := range map[string]delivery.EarlierCall{
		"1": {Kind: delivery.CalledFor, Who: "Fishers’ Guild of Port Almere", Title: "Tell us what is in the water", Sent: "2025-11", Published: "2025-12-02",
			Source: "https://guild.example/water"},
		"3": {Kind: delivery.Precedent, Who: "Canton of Brask", Title: "Inspection of the Brask basins by three universities", Sent: "2019",
			Source: "https://brask.example/basins"},
	} {
		if err := a.Deliveries.AddEarlier(ctx, riverSlug, number, e, 0); err != nil {
			return err
		}
	}
	broke := delivery.KeyDate{Day: day(time.February, 11), Label: "The dam of the upper basin broke", Yearly: true}
	if err := a.Deliveries.AddDate(ctx, riverSlug, broke, 0); err != nil {
		return err
	}
	_, err = a.Signing.Publish(ctx)
	return err
}
