package document

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // the kinds that letters have
	_ "image/jpeg"
	_ "image/png"
)

const (
	maxPixels   = 40_000_000  // of one picture
	allPixels   = 200_000_000 // of all that are read for a document: some seconds of work
	drawnPixels = 1600        // a side of a picture needs no more on paper
)

// pictures are those of a file that is written. Each is read once, however often it stands in the document.
type pictures struct {
	byHash map[[sha256.Size]byte]*shownPicture // nil for one that cannot be shown
	hashes map[*byte][sha256.Size]byte         // by where the bytes begin: mostly they are the same slice, see remembered
	read   int                                 // pixels
}

// shownPicture is a picture in a file.
type shownPicture struct {
	name          string // by which the file knows it
	width, height int
}

// show returns a picture, nil for one that cannot be read, or is more than the document may have. A new one is added to the file: add
// returns its name there.
func (p *pictures) show(data []byte, add func(pixels []byte, width, height int, format string) string) *shownPicture {
	if len(data) == 0 {
		return nil
	}
	if p.hashes == nil {
		p.hashes, p.byHash = map[*byte][sha256.Size]byte{}, map[[sha256.Size]byte]*shownPicture{}
	}
	hash, known := p.hashes[&data[0]]
	if !known {
		hash = sha256.Sum256(data)
		p.hashes[&data[0]] = hash
	}
	x, known := p.byHash[hash]
	if known {
		return x
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if all := p.read + config.Width*config.Height; err == nil && config.Width*config.Height <= maxPixels && all <= allPixels {
		p.read = all
		if pixels, width, height, err := readPicture(data); err == nil {
			x = &shownPicture{add(pixels, width, height, format), config.Width, config.Height}
		}
	}
	p.byHash[hash] = x
	return x
}

// remembered returns a function that finds each picture once.
func remembered(find func(hash string) []byte) func(hash string) []byte {
	found := map[string][]byte{}
	return func(hash string) []byte {
		data, known := found[hash]
		if !known {
			data = find(hash)
			found[hash] = data
		}
		return data
	}
}

// readPicture reads a picture for print: opaque, in RGB, no larger than paper can show.
func readPicture(data []byte) (pixels []byte, width, height int, err error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, 0, 0, err
	}
	if config.Width < 1 || config.Height < 1 || config.Width*config.Height > maxPixels {
		return nil, 0, 0, fmt.Errorf("%d by %d pixels", config.Width, config.Height)
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, 0, 0, err
	}
	b := picture.Bounds()
	step := max(1, (max(b.Dx(), b.Dy())+drawnPixels-1)/drawnPixels)
	width, height = max(1, b.Dx()/step), max(1, b.Dy()/step)
	each := min(step, 2) // a side: how many pixels one of those drawn is the mean of
	pixels = make([]byte, 0, 3*width*height)
	for y := range height {
		for x := range width {
			var sum [3]int
			for dy := range each {
				for dx := range each {
					at := image.Pt(min(b.Min.X+x*step+dx*step/each, b.Max.X-1), min(b.Min.Y+y*step+dy*step/each, b.Max.Y-1))
					c := color.NRGBAModel.Convert(picture.At(at.X, at.Y)).(color.NRGBA)
					for i, v := range []uint8{c.R, c.G, c.B} {
						sum[i] += (int(v)*int(c.A) + 255*(255-int(c.A))) / 255
					}
				}
			}
			for _, v := range sum {
				pixels = append(pixels, byte(v/(each*each)))
			}
		}
	}
	return pixels, width, height, nil
}
