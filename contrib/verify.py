#!/usr/bin/env python3
"""Checks the counts of open letters with nothing but Python 3.9 or later.

It is written from the specifications and not from the server's code, so that a mistake of one shows in the other:
  what statements look like, the rule of the count   the comments of verify/leaf.go, verify/replay.go, verify/record.go
  the tree, its checkpoint, its files                RFC 6962; c2sp.org/signed-note, tlog-checkpoint, tlog-tiles
  the checkpoint's signature                         RFC 8032, Ed25519
Exit status: 0 if all that is claimed holds, 1 if something differs, 2 if what was given cannot be read.
"""
import argparse, base64, collections, datetime, functools, gc, hashlib, json, os, pathlib, re, sys, zipfile

class Unreadable(Exception): "Nothing can be checked."
class Wrong(Exception): "Something differs, and nothing more can be checked."
def sha256(data): return hashlib.sha256(data).digest()
def b64(data): return base64.b64encode(data).decode()
def need(holds, otherwise, error=ValueError):
    if not holds: raise error(otherwise)
def show(text, file=None): print(re.sub("[\x00-\x1f\x7f-\x9f]", "\ufffd", text), file=file)

# Signatures: Ed25519, on points (x, y) of the curve --------------------------------------------------------------------
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
def plus(a, b):
    t = D * a[0] * b[0] * a[1] * b[1]
    return (a[0] * b[1] + a[1] * b[0]) * pow(1 + t, -1, P) % P, (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, P) % P
def times(n, a):
    return plus(times(n >> 1, plus(a, a)), a if n & 1 else (0, 1)) if n else (0, 1)
def point(data):
    y = int.from_bytes(data, "little") & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P: x = x * pow(2, (P - 1) // 4, P) % P
    need((x * x - square) % P == 0 and y < P, "not a point of the curve")
    return x if x & 1 == data[31] >> 7 else -x % P, y
def signed_by(public, message, signature):
    """RFC 8032, 5.1.7: of a signature R, s, s times the base less h times the key must be R."""
    s, (x, y) = int.from_bytes(signature[32:], "little"), point(public)
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    x, y = plus(times(s % ORDER, point(b"\x58" + b"\x66" * 31)), times(h, (-x % P, y)))
    return len(signature) == 64 and s < ORDER and (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]

def read_key(vkey):
    """Takes a verifier key, NAME+ID+KEY, apart."""
    m = re.fullmatch("([^\\s+]+)\\+([0-9a-fA-F]{8})\\+([A-Za-z0-9+/]{44})", vkey)
    key = m and base64.b64decode(m[3])
    need(m and key[0] == 1 and sha256(m[1].encode() + b"\n" + key)[:4].hex() == m[2].lower(),
         f"the key of the log: {vkey[:200]!r} is no verifier key", Unreadable)
    return m[1], m[2].lower(), key[1:]
def open_checkpoint(note, key, whose="checkpoint"):
    """Returns size and root of a checkpoint that the key has signed."""
    name, short, public = key
    m = NOTE.fullmatch(note.decode("utf-8", "replace"))
    need(m, f"{whose}: malformed note, or not three lines of origin, size and root", Wrong)
    ours = [base64.b64decode(data) for who, data in re.findall("\u2014 (\\S+) (\\S+)\n", m[5]) if who == name]
    ours = [data[4:] for data in ours if data[:4].hex() == short]
    need(ours, f"{whose}: no signature of the key {name}+{short}", Wrong)
    need(signed_by(public, m[1].encode(), ours[0]), f"{whose}: invalid signature for key {name}+{short}", Wrong)
    need(m[2] == name, f"{whose}: of the log {m[2]}, and the key is that of {name}", Wrong)
    return int(m[3]), m[4]

# Statements ------------------------------------------------------------------------------------------------------------
HASH, HEX, N = "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=", "[0-9a-f]{64}", "(0|[1-9][0-9]{0,15})"
DAY, TEXT = "[0-9]{4}-[0-9]{2}-[0-9]{2}", f"text [a-z]{{2,3}}(?:-[A-Za-z0-9]{{1,8}}){{0,3}} {HEX}\n"
LISTING, VALUE = "listing (public|withheld)\n", "[^\x00-\x1f\x7f-\x9f]+\n"
NOTE = re.compile(f"(([^\x00-\x1f]+)\n(0|[1-9][0-9]{{0,18}})\n({HASH})\n)\n"
                  "((?:\u2014 [^\x00-\x20]+ (?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?\n)+)")
HEAD = re.compile("undersigned\\.log/v1 ([a-z]+)\nletter ([0-9a-f]{32})\n")
BODY = {name: re.compile(body) for name, body in {
    "edition": f"number {N}\n(?:follows ({HASH}) (cosmetic|translation|substantive)\n)?((?:{TEXT})+)",
    "sign": f"edition ({HASH})\nkind (person|organisation)\n{LISTING}basis (email|domain|reply|paper|import|voucher)\n"
            f"day ({DAY})\nrecord ({HASH})\ncontact {HASH}\n",
    "relist": f"target {N}\n{LISTING}",
    "withdraw": f"target {N}\nreason (signer|erasure|reaffirmed|duplicate|fraud|moderation|import)\nday ({DAY})\n",
    "deadline": f"at (?:none|(?!0001-01-01T00:00:00)({DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z))\n",
    "import": f"n {N}\nsha256 {HEX}\n",
    "close": f"size {N}\nbeacon {N}\n",
    "deliver": f"size {N}\ncount organisations {N}\ncount persons {N}\ncount withheld {N}\ncount imported {N}\n"
               f"((?:file {HEX}\n)*)"}.items()}
RECORD = re.compile(f"(name {VALUE})?(title {VALUE})?(affiliation {VALUE})?(country {VALUE})?")

def parse(leaf):
    """Returns the name of a statement, its letter and its values: numbers, words, and lines of texts or files."""
    leaf = leaf.decode("latin-1")  # whatever is not ASCII is in no statement
    head = HEAD.match(leaf)
    body = head and head[1] in BODY and BODY[head[1]].fullmatch(leaf, head.end())
    need(body and len(leaf) <= 4096, "not a leaf of undersigned.log/v1")
    values = list(body.groups())
    for i, value in enumerate(values):
        if value and value.isdigit():
            values[i] = int(value)
            need(values[i] <= 1 << 53, "a number too large")
        elif value and value[4] == "-":
            datetime.date.fromisoformat(value[:10])
        elif value and value.endswith("\n"):
            values[i] = [line.split(" ")[1:] for line in value.splitlines()]
            need(all(a[0] < b[0] for a, b in zip(values[i], values[i][1:])), "texts or files are not sorted")
    if head[1] == "edition":
        need(values[0] > 0 and (values[0] == 1) == (values[1] is None), "every edition but the first follows another")
    return head[1], head[2], values

# The count -------------------------------------------------------------------------------------------------------------
FIELDS = "organisations persons withheld imported withdrawn removed earlier".split()
IMPORTED, REMOVED = ("reply", "paper", "import"), ("duplicate", "fraud", "moderation", "import")
class Letter:
    def __init__(self):
        self.editions, self.last, self.closed, self.deadline = {}, None, False, ""
        self.signs, self.allowed, self.imported = {}, 0, 0  # by leaf index: edition, kind, listing, basis, end, opening
    def replay(self, index, name, v, leaf_hash):
        """Lets a statement change the count, or says which rule it breaks."""
        need(not self.closed or name in ("withdraw", "deliver"), "it follows the letter's close leaf")
        if name == "edition":
            need(v[0] == len(self.editions) + 1, f"edition {v[0]} comes after {len(self.editions)} editions")
            need(v[1] == self.last, f"edition {v[0]} does not follow edition {v[0] - 1}")
            self.last = b64(leaf_hash)
            self.editions[self.last] = v[0], v[2], v[3]
        elif name == "sign":
            need(v[0] in self.editions, "it signs an edition that this letter did not have")
            if v[3] in IMPORTED:
                need(self.imported < self.allowed, f"import leaves allow for {self.allowed} signatures, and it is one more")
                self.imported += 1
            self.signs[index] = [self.editions[v[0]][0], v[1], v[2], v[3], None, "missing"]
        elif name in ("relist", "withdraw"):
            need(v[0] in self.signs, f"its target {v[0]} is no signature of this letter that came before it and counts")
            need(not self.signs[v[0]][4], f"its target {v[0]} has ended before")
            need(self.signs[v[0]][2] != v[1], "it changes nothing")
            self.signs[v[0]][2 if name == "relist" else 4] = v[1]
        elif name == "deadline": self.deadline = v[0] or ""
        elif name == "import": self.allowed += v[0]
        else:
            need(v[0] == index, f"it states {'the size' if name == 'close' else 'the numbers of size'} {v[0]}")
            need(name == "close" or v[1:5] == self.count()[:4], "it states numbers that the leaves before it do not give")
            self.closed = self.closed or name == "close"
    def count(self):
        """Returns the numbers of FIELDS; then of public names, how many are shown and how many not; missing openings."""
        since = max([number for number, how, _ in self.editions.values() if how == "substantive"], default=1)
        c = collections.Counter()
        for (edition, kind, listing, basis, end, opening), n in collections.Counter(map(tuple, self.signs.values())).items():
            c["no opening"] += n * (opening == "missing")
            for field in (kind + "s", listing, listing + opening) if not end else (): c[field] += n
            c["imported"] += n * (not end and basis in IMPORTED)
            c["earlier"] += n * (not end and edition < since)
            c["removed" if end in REMOVED else "withdrawn"] += n * (end not in (None, "reaffirmed"))
        return [c[field] for field in FIELDS + ["publicshown", "publichidden", "no opening"]]

# The source ------------------------------------------------------------------------------------------------------------
LARGEST, PAGE = 16 << 20, "(.*?)(?:/[a-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)?/letters/([a-z0-9-]{1,80})(?:\\.json)?/?"
class Source:
    """A server or a letter's page, a bundle (a zip file), or the folder that it was unpacked to."""
    def __init__(self, where):
        self.before, url = None, re.fullmatch("(https?://[^/?#]+)([^?#]*).*", where)
        page = url and re.fullmatch(PAGE, url[2])
        if url:
            import urllib.request  # slow to load, and not for a bundle
            base = url[1] + (page[1] if page else url[2].rstrip("/")) + "/"
            self.open = lambda name: urllib.request.urlopen(base + name, timeout=60)
            self.slugs = [page[2]] if page else self.list_letters()
        else:
            root = pathlib.Path(where) if os.path.isdir(where) else zipfile.Path(where)
            self.open = lambda name: (root / name).open("rb")
            self.slugs = sorted(file.name[:-5] for file in (root / "letters").iterdir() if file.name.endswith(".json"))
            need(self.slugs, "it has no letters/SLUG.json")
            need(os.path.isdir(where) or len(root.root.filelist) == len(root.root.NameToInfo), "it has a file twice")
    def fetch(self, name, must=True):
        """Returns a file, or None if it need not be there and is not."""
        try:
            with self.open(name) as file: data = file.read(LARGEST + 1)
        except Exception as e:  # of the network, the disk, the zip file: of many kinds, which all mean the same
            missing = isinstance(e, (FileNotFoundError, KeyError)) or getattr(e, "code", 0) == 404
            return need(missing and not must, f"{name}: {e}", Unreadable)
        need(len(data) <= LARGEST, f"{name}: larger than {LARGEST} bytes", Unreadable)
        return data
    def list_letters(self):
        self.before, slugs, query = self.fetch("log/checkpoint"), [], ""
        while True:
            page = json.loads(self.fetch("letters.json" + query))
            slugs += [letter["slug"] for letter in page["letters"]]
            need(len(slugs) <= 100000 and all(re.fullmatch("[a-z0-9-]{1,80}", s) for s in slugs), "letters.json is no list")
            before, query = query, "?" + page.get("next", "").partition("?")[2]
            if query in ("?", before) or not page["letters"]: return slugs
# The audit -------------------------------------------------------------------------------------------------------------
def once(pairs): need(len({n.lower() for n, _ in pairs}) == len(pairs), "a name stands twice", Unreadable); return dict(pairs)
def compare(claim, letter):
    """Returns what a letter's JSON says and its leaves do not."""
    if not letter or not letter.editions: return [f"the log has no {'edition' if letter else 'leaf'} of this letter"]
    (number, _, texts), edition, state = list(letter.editions.values())[-1], claim["edition"], claim["state"]
    said = [(field, claim["counts"][field], n) for field, n in zip(FIELDS, letter.count())] + [
        ("edition", edition["number"], number), ("deadline", claim.get("deadline") or "none", letter.deadline or "none"),
        ("text", edition["sha256"], edition["sha256"] if edition["sha256"] in [text[1] for text in texts] else "another"),
        ("languages", " ".join(sorted(edition["languages"])), " ".join(text[0] for text in texts)),
        ("state", state, "closed" if letter.closed and state == "open" else state)]
    return [f"{what}: the site says {site}, the log gives {log}" for what, site, log in said if site != log]

def audit(source, key, since, said):
    """Checks everything. said gets what differs, by a letter's slug or under ""; letters are returned, by their slug."""
    claims = {slug: json.loads(source.fetch(f"letters/{slug}.json"), object_pairs_hook=once) for slug in source.slugs}
    letters, ids, roots, told = collections.defaultdict(Letter), {}, [], collections.defaultdict(list)
    size, root = open_checkpoint(source.fetch("log/checkpoint"), key)
    told[size].append((root, "the signed checkpoint", ""))
    for slug, claim in claims.items():
        told[claim["checkpoint"]["size"]].append((claim["checkpoint"]["root"], "the checkpoint beside the numbers", slug))
        if claim["slug"] != slug: said[slug].append(f'the file is about "{claim["slug"]}"')
        if ids.setdefault(claim["log_id"], slug) != slug: said[slug].append(f"{ids[claim['log_id']]} has the same id in the log")
    if since: told[since[0]].append((since[1], "the older checkpoint", ""))
    if source.before:
        listed, root = open_checkpoint(source.before, key)
        told[listed].append((root, "the checkpoint of a moment before", None))  # its letters must be listed
    def reached(at):
        for root, whose, slug in told.pop(at, ()):
            now = b64(functools.reduce(lambda right, left: sha256(b"\1" + left + right), roots[::-1] or [sha256(b"")]))
            if root != now: said[slug or ""].append(f"{whose} has the root {root}, and the first {at} leaves give {now}")
            if slug: said[slug] += compare(claims[slug], letters.get(claims[slug]["log_id"]))
            for id in letters.keys() - ids.keys() if slug is None else ():
                said[""].append(f"the log speaks of the letter {id}, which the site does not list")
    reached(0)
    for n in range(-(-size // 256)):
        width, digits, at, signs = min(256, size - 256 * n), -(-len(str(n)) // 3) * 3, 0, {}
        name = "log/tile/entries/" + re.sub("(...)(?=.)", "x\\1/", f"{n:0{digits}}")
        exact = source.fetch(name + f".p/{width}" * (width < 256), must=False)
        data = source.fetch(name, must=False) if exact is None else exact  # a log that went on may have dropped the partial one
        need(data is not None, f"{name} is missing: the leaves from {256 * n} on cannot be checked", Wrong)
        for index in range(256 * n, 256 * n + width):
            end = at + 2 + int.from_bytes(data[at:at + 2], "big")
            need(end <= len(data), f"{name}: entry bundle: it ends too early", Wrong)
            leaf, at, pairs = data[at + 2:end], end, index
            roots.append(sha256(b"\0" + leaf))
            try:
                statement, letter, values = parse(leaf)
                if statement == "sign": signs[index] = letter, values[5]
                letters[letter].replay(index, statement, values, roots[-1])
            except ValueError as e: said[""].append(f"leaf {index}: {e}")
            while pairs & 1:  # two perfect trees of one size become one
                roots[-2:], pairs = [sha256(b"\1" + roots[-2] + roots[-1])], pairs >> 1
            reached(index + 1)
        if at < len(data) and exact is not None: said[""].append(f"{name}: bytes after the last leaf")
        if any(letter in ids for letter, _ in signs.values()):
            openings(f"log/openings/{n}", source, range(256 * n + width, 256 * n + 256), signs, letters, said[""])
    for at in told:
        for _, whose, slug in told[at]: said[slug or ""].append(f"{whose} is of {at} leaves, the log has {size}")
    for slug, letter in [(slug, letters[claim["log_id"]]) for slug, claim in claims.items()]:
        for number, language, signed in [(e[0], *text) for e in letter.editions.values() for text in e[2]]:
            name = f"letters/{slug}/editions/{number}.{language}.md"
            text = source.fetch(name, must=False)
            found = "is missing" if text is None else f"has the hash {sha256(text).hex()}"
            if not found.endswith(signed): said[slug].append(f"{name} {found}, signed was {signed}")
        if letter.count()[-1]: said[slug].append(f"{letter.count()[-1]} signatures have no line in the openings")
        yield slug, letter

def openings(name, source, later, signs, letters, said):
    """Takes what is public of that to which the signatures of a bundle commit."""
    data = source.fetch(name, must=False)
    if data is None: said.append(f"{name} is missing")
    for line in filter(None, (data or b"").split(b"\n")):
        try:
            o = json.loads(line)
            index, record, salt = o["index"], o.get("record") or "", base64.b64decode(o.get("salt") or "")
            if index in later: continue  # the log has grown since the checkpoint
            need(type(index) is int and index in signs,
                 f"opens leaf {index}, which is no signature of this bundle, or stands there twice")
            hidden, (letter, commitment) = not record and o.get("salt") is None, signs.pop(index)
            letters[letter].signs.get(index, [None] * 6)[5] = "hidden" if hidden else "shown"
            for holds, otherwise in (
                    (RECORD.fullmatch(record), "not the text of a record"), (len(salt) == 32, f"a salt of {len(salt)} bytes"),
                    (b64(sha256(b"undersigned.log/v1 record\n" + salt + record.encode())) == commitment,
                     "the leaf commits to something else"), (record.startswith("name "), "it is empty")):
                need(hidden or holds, f"the name of leaf {index}: {otherwise}")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as e: said.append(f"{name}: {e}")

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="a bundle, the folder that it was unpacked to, or the address of a server or of a letter")
    parser.add_argument("--key", help="the log's verifier key; without key or policy the source's own is believed")
    parser.add_argument("--policy", help="a c2sp.org/tlog-policy file with the key")
    parser.add_argument("--since", help="a signed checkpoint that was kept: the log must still agree with it")
    o, said = parser.parse_args(), collections.defaultdict(list)
    for stream in sys.stdout, sys.stderr: stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    gc.disable()  # a million leaves are many objects, and none refers to itself
    try:
        policy = [line.split() for line in open(o.policy) if line.strip()[:1] not in ("", "#")] if o.policy else []
        keys = [words[1] for words in policy if words[0] == "log" and len(words) in (2, 3)]
        need(not o.policy or len(keys) == 1 and len(policy) == 2 and ["quorum", "none"] in policy,
             'policy: this program understands one line "log VKEY" and one line "quorum none"')
        source = Source(o.source)
        key = read_key(o.key or (keys and keys[0]) or source.fetch("log/key").decode().strip())
        since = o.since and open_checkpoint(open(o.since, "rb").read(), key, "the older checkpoint")
        try:
            for slug, letter in audit(source, key, since, said):
                *counts, shown, hidden, _ = letter.count()
                show(f"{slug}: " + ", ".join(f"{n} {field}" for n, field in zip(counts, FIELDS)) +
                     f"; {shown} public names committed to, {hidden} not shown any more; {len(letter.editions)} editions")
        except Wrong as e: said[""].append(str(e))
    except Exception as e:  # whatever it is, no number was found wrong: a damaged file, no network, JSON of another form
        show(f"{o.source}: {e if isinstance(e, (Unreadable, Wrong, ValueError, OSError)) else repr(e)}", sys.stderr)
        return 2
    differ = [f"DIFFERS {slug or 'the log'}: {text}" for slug in sorted(said) for text in said[slug]]
    for line in differ[:1000] + [f"{len(differ)} differences" if differ else "All that is claimed holds."]: show(line)
    if not o.key and not o.policy: show(f"The log's key was taken from the source itself: {key[0]}+{key[1]}")
    return 1 if differ else 0

if __name__ == "__main__":
    sys.exit(main())
