package letter

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
)

const secret = "51.0447N at home of Mina"

func picture() image.Image {
	p := image.NewPaletted(image.Rect(0, 0, 24, 16), color.Palette{color.White, color.Black, color.RGBA{200, 10, 10, 255}})
	for i := range p.Pix {
		p.Pix[i] = byte(i * i % 3)
	}
	return p
}

func segment(marker byte, content string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(content)+2)), content...)
}

// exif is an APP1 segment that says how the camera was held, and more, in either order of bytes.
func exif(order binary.AppendByteOrder, mark string, turned uint16) []byte {
	b := order.AppendUint16([]byte("Exif\x00\x00"+mark), 42)
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x8825), 4), 1) // where
	b = order.AppendUint32(b, 0)
	b = order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x112), 3), 1)
	b = order.AppendUint16(order.AppendUint16(b, turned), 0)
	return segment(0xe1, string(b)+secret)
}

func chunk(kind, content string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	b = append(append(b, kind...), content...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// telling are pictures that say more than they show, by format.
func telling(t testing.TB) map[string][][]byte {
	t.Helper()
	var j, p, g bytes.Buffer
	if jpeg.Encode(&j, picture(), nil) != nil || png.Encode(&p, picture()) != nil || gif.Encode(&g, picture(), nil) != nil {
		t.Fatal("encoding")
	}
	insert := func(data []byte, at int, parts ...[]byte) []byte {
		return bytes.Join([][]byte{data[:at], bytes.Join(parts, nil), data[at:]}, nil)
	}
	comment := append([]byte{0x21, 0xfe, byte(len(secret))}, secret...)
	table := 13 + 3<<(g.Bytes()[10]&7+1)
	return map[string][][]byte{
		"jpeg": {
			insert(j.Bytes(), 2, exif(binary.LittleEndian, "II", 6), segment(0xfe, secret), segment(0xed, secret), segment(0xe2, "MPF\x00"+secret)),
			append(insert(j.Bytes(), 2, exif(binary.BigEndian, "MM", 1), segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+secret)), secret...),
		},
		"png": {append(insert(p.Bytes(), 33, chunk("tEXt", "Author\x00"+secret), chunk("eXIf", secret), chunk("gAMA", "\x00\x00\xb1\x8f")), secret...)},
		"gif": {append(insert(g.Bytes(), table, append(comment, 0), append([]byte{0x21, 0xff, 11}, "XMP DataXMP\x03abc\x00"...)), secret...)},
	}
}

func TestWithoutMetadata_showsTheSameAndSaysNoMore(t *testing.T) {
	for format, list := range telling(t) {
		for i, data := range list {
			got, err := withoutMetadata(format, data)
			if err != nil {
				t.Errorf("%s %d: %v", format, i, err)
				continue
			}
			if bytes.Contains(got, []byte("Mina")) || bytes.Contains(got, []byte("XMP")) || !bytes.Contains(data, []byte("Mina")) {
				t.Errorf("%s %d still says who and where", format, i)
			}
			before, _, err1 := image.Decode(bytes.NewReader(data))
			after, _, err2 := image.Decode(bytes.NewReader(got))
			if err1 != nil || err2 != nil || !same(before, after) {
				t.Errorf("%s %d does not show the same: %v, %v", format, i, err1, err2)
			}
			again, err := withoutMetadata(format, got)
			if err != nil || !bytes.Equal(again, got) {
				t.Errorf("%s %d changes once more: %v", format, i, err)
			}
			if format == "jpeg" {
				want := []byte{6, 0}[i]
				if turned := orientation(got[6:]); turned != want {
					t.Errorf("jpeg %d is turned %d, want %d", i, turned, want)
				}
			}
		}
	}
}

func same(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

func FuzzWithoutMetadata(f *testing.F) {
	for _, list := range telling(f) {
		for _, data := range list {
			f.Add(data)
			f.Add(data[:len(data)/2])
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, format, err := image.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			return
		}
		got, err := withoutMetadata(format, data)
		if err != nil {
			return
		}
		if len(got) > len(data)+36 {
			t.Errorf("%d bytes became %d", len(data), len(got))
		}
		if _, again, err := image.DecodeConfig(bytes.NewReader(got)); err != nil || again != format {
			t.Errorf("a %s became %q: %v", format, again, err)
		}
	})
}
