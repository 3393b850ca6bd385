package content

// blockSize is how many consecutive studies share out their images by one
// pattern.
const blockSize = 16

// imagePart spreads images over studies: every study has at least one, and the
// rest is shared out by blocks of blockSize studies and in a block by the
// modality's weight, so that a CT study has many and an X-ray few.
type imagePart struct {
	base   int64 // number of the first study
	n      int64
	excess int64 // images beyond one a study
	full   int64 // number of whole blocks
	jitter uint64
	seed   uint64
}

func newImagePart(p Part, base int64, seed uint64) imagePart {
	ip := imagePart{base: base, n: p.Studies, excess: p.Images - p.Studies, full: p.Studies / blockSize, seed: seed}
	if p.Studies > 0 {
		ip.jitter = uint64(ip.excess*blockSize/p.Studies)/2 + 1
	}
	return ip
}

// before is the excess of the blocks before block b. Inner boundaries are
// shifted by up to half the mean of a block; the boundary of the incomplete
// last block is not, so that no block is negative.
func (p *imagePart) before(b int64) int64 {
	studies := min(b*blockSize, p.n)
	at := mulDiv(p.excess, studies, p.n)
	if b > 0 && b < p.full {
		at += int64(mix(p.seed^0x1A6E, uint64(b)) % p.jitter)
	}
	return at
}

// mulDiv is a*b/c. The limits of Spec keep a*b in 63 bits: the excess is below
// 10^10 and a study number below 10^8.
func mulDiv(a, b, c int64) int64 { return a * b / c }

// block is what is known of one block.
type block struct {
	number  int64
	excess  int64
	pattern *pattern
	size    int64
}

func (p *imagePart) block(b int64) block {
	return block{
		number:  b,
		excess:  p.before(b+1) - p.before(b),
		pattern: &patterns[mix(p.seed^0xB10C, uint64(b))%patternCount],
		size:    min(blockSize, p.n-b*blockSize),
	}
}

// images is the number of images of the study at position pos of the block.
func (b *block) images(pos int64) int64 {
	cum := &b.pattern.cumulative
	if b.size == blockSize {
		return 1 + b.excess*cum[pos+1]>>weightBits - b.excess*cum[pos]>>weightBits
	}
	whole := cum[b.size]
	return 1 + b.excess*cum[pos+1]/whole - b.excess*cum[pos]/whole
}

// modality is the index in Modalities of the study at pos.
func (b *block) modality(pos int64) uint8 { return b.pattern.modality[pos] }

const (
	weightBits   = 20
	patternCount = 64
)

// pattern is an order of the sixteen kinds of studies in a block. cumulative
// is the share of the block's images before each position, in 2^-weightBits.
type pattern struct {
	modality   [blockSize]uint8
	cumulative [blockSize + 1]int64
}

// Modalities are the values of Modalities in Study that studies have; the last
// is that of all studies of an archive for quality assurance, and of no other.
var Modalities = [...]string{"CR", "DX", "US", "CT", "MR", "MG", "XA", "NM", `PT\CT`, `CT\SR`, "OT", "QA"}

// qaModality is the place of QA in Modalities.
const qaModality = uint8(len(Modalities) - 1)

// slots are the kinds of studies of a block, as index in Modalities, and the
// weight of their images.
var slots = [blockSize]struct {
	modality uint8
	weight   int64
}{
	{0, 1}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 12}, {2, 20}, {3, 150},
	{3, 260}, {4, 110}, {4, 180}, {5, 3}, {6, 25}, {7, 4}, {8, 420}, {9, 200},
}

// patterns are patternCount shuffles of slots, always the same.
var patterns = shuffled()

func shuffled() (out [patternCount]pattern) {
	var sum int64
	for _, s := range slots {
		sum += s.weight
	}
	for i := range out {
		order := slots
		for j := len(order) - 1; j > 0; j-- {
			k := mix(uint64(i)+0x5107, uint64(j)) % uint64(j+1)
			order[j], order[k] = order[k], order[j]
		}
		var at int64
		for j, s := range order {
			out[i].modality[j] = s.modality
			at += s.weight
			out[i].cumulative[j+1] = at << weightBits / sum
		}
	}
	return out
}
