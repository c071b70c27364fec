package document

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// cells are how many parts of a side of a picture are compared: programs that draw a page differ in where the edges of letters are.
const cells = 16

// inkOf says for each part of a picture how far it is from the colour of its left edge, in hundredths.
func inkOf(m image.Image) (ink [cells][cells]int) {
	b := m.Bounds()
	for i := range cells {
		for j := range cells {
			r := image.Rect(b.Min.X+b.Dx()*j/cells, b.Min.Y+b.Dy()*i/cells, b.Min.X+b.Dx()*(j+1)/cells, b.Min.Y+b.Dy()*(i+1)/cells)
			sum := 0
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					here, edge := color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y, color.GrayModel.Convert(m.At(b.Min.X, y)).(color.Gray).Y
					sum += max(int(here)-int(edge), int(edge)-int(here))
				}
			}
			ink[i][j] = sum * 100 / (255 * r.Dx() * r.Dy())
		}
	}
	return ink
}

// looksAs compares a picture with the one that testdata remembers; -update remembers this one.
func looksAs(t *testing.T, name string, m image.Image) {
	t.Helper()
	got := inkOf(m)
	file := filepath.Join("testdata", name+".ink")
	if *update {
		var out strings.Builder
		for _, line := range got {
			for _, dark := range line {
				fmt.Fprintf(&out, "%3d", dark)
			}
			out.WriteString("\n")
		}
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(string(data))
	if len(want) != cells*cells {
		t.Fatalf("%s has %d parts", file, len(want))
	}
	all, apart := 0, 0
	for i, line := range got {
		for j, dark := range line {
			remembered, err := strconv.Atoi(want[i*cells+j])
			if err != nil {
				t.Fatal(err)
			}
			all += max(dark, remembered)
			apart += max(dark-remembered, remembered-dark)
		}
	}
	if apart*8 > all {
		t.Errorf("%s looks otherwise: %d of %d hundredths of ink are elsewhere (-update remembers it)", name, apart, all)
	}
}

// drawn is a page of a document as a picture of 60 dots an inch.
func drawn(t *testing.T, pdf []byte, page int) image.Image {
	t.Helper()
	file := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftoppm", "-png", "-r", "60", "-f", strconv.Itoa(page), "-l", strconv.Itoa(page), file).Output()
	if err != nil {
		t.Fatalf("pdftoppm (make tools installs it): %v", err)
	}
	m, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A page of each kind looks as it did when somebody last looked at it.
func TestPDF_looksAsItDid(t *testing.T) {
	if testing.Short() {
		t.Skip("pages are drawn")
	}
	texts := samples(t)
	many, report := write(t, signed(led(inputOf(everything())), 250))
	looksAs(t, "letterhead", drawn(t, many, 1))
	looksAs(t, "blocks", drawn(t, many, 2))
	looksAs(t, "signatories", drawn(t, many, 3))
	looksAs(t, "sheet", drawn(t, many, report.Pages))
	persian, report := write(t, signed(led(inputOf(texts["../cli/samples/river.fa.md"])), 12))
	looksAs(t, "letterhead.fa", drawn(t, persian, 1))
	looksAs(t, "sheet.fa", drawn(t, persian, report.Pages))
}
