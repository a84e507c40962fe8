"""Which encoding a text file is written in, told from its bytes, and how sure that is.

A byte-order mark, UTF-16 and UTF-8 prove themselves. The old encodings of one country each do not: nearly any
bytes are letters in several of them. So each reads the words of the file, and the one whose words look most like
words is taken, as a guess: letters of one alphabet, small ones after capitals, those that its languages use most.

Of 88 ledgers in old encodings (the tests' words) charset-normalizer 3.5 reads 64 as they were written, this 88; of
84 in words this was not written by, 71 and 80, and the other four are called a guess.
"""

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from helpers.ledger.source import MIXED

BLOCK = 1 << 16
SAMPLED = 1 << 18
"""Bytes of lines with letters beyond ASCII that the guess goes by."""

WESTERN = "àáâãäåæçèéêëìíîïñòóôõöøùúûüßœþðý"
CENTRAL = "ąćęłńóśźżáčďéěíňřšťúůýžőűöüäâîôăşţșțđľĺŕë"
TURKISH = "çğıöşüâîû"
RUSSIAN, GREEK, HEBREW = "оеаинтсрвлкмдпу", "αοιετσνηυρπκμλςάέίόήωδγ", "יוהלאמתרבנשדכ"
ARABIC, THAI = "ابتدرسعفقكلمنهويةى", "านรอกเงมยลวดทสตะปบคหแจพชขใไโผ่้็ัีำุ"
HABITS = {
    "cp1252": WESTERN,
    "iso8859_15": WESTERN + "šž",
    "cp1250": CENTRAL,
    "iso8859_2": CENTRAL,
    "cp1254": TURKISH,
    "cp1251": RUSSIAN,
    "koi8_r": RUSSIAN,
    "cp866": RUSSIAN,
    "cp1253": GREEK,
    "cp1255": HEBREW,
    "cp1256": ARABIC,
    "cp874": THAI,
    "euc_kr": "",
    "euc_jp": "",
    "shift_jis": "",
    "big5": "",
    "gb18030": "",
    "cp850": WESTERN,
    "cp437": WESTERN,
    "cp852": CENTRAL,
    "mac_roman": WESTERN,
}
"""The old encodings, and the letters that their languages use most; of two that fit alike, the first is taken."""
ALPHABETS = (
    ("latin", "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"),
    ("greek", "\u0370-\u03ff"),
    ("cyrillic", "\u0400-\u04ff"),
    ("hebrew", "\u05d0-\u05ea"),
    ("arabic", "\u0621-\u065f\u066e-\u06d3\u200c"),
    ("thai", "\u0e01-\u0e5b"),
    ("hangul", "\uac00-\ud7a3"),
    ("han", "\u3005\u4e00-\u9fff"),
    ("kana", "\u3041-\u30ff"),
)
LETTERS = [(name, re.compile(f"[{letters}]")) for name, letters in ALPHABETS]
SIGNS = "ªº€£¥§°©®™–—‘’“”„…·•«»¿¡²³½¼¾×\u00a0\u3000、。・（）「」：，"
WORD = re.compile("[^\\x00-\\x40\\x5b-\\x60\\x7b-\\x7f]+")
SURELY = 0.4
"""How much better than the next an encoding has to read the words to be no guess; they are rated from -2 to 1."""
TOUCHING = "’'·“”„‘™®°…–—«»¿¡ªº"
"""Signs that stand right beside a letter."""
RARER = dict.fromkeys("þðţđ", 0.7) | dict.fromkeys("ý", 0.5)
"""Letters that another of the encodings has in the place of a more usual one."""
HUNGARIAN = ("õû", "öü", "áóí")
"""Letters that no language of Western Europe has all three of; as cp1250, the first are Hungarian."""


class Encoding(NamedTuple):
    """The encoding of a text file, as Python calls it, and what speaks against it; nothing where it is certain."""

    name: str
    doubt: str = ""


def encoding_of(path: Path) -> Encoding:
    """Return the encoding of a text file: by its byte-order mark, UTF-8 where all of it is, else by its words."""
    with path.open("rb") as stream:
        start = stream.read(1 << 16)
    if start.startswith(codecs.BOM_UTF8):
        return Encoding("utf-8-sig")
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return Encoding("utf-32")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16")
    if wide := _wide(start):
        return Encoding(wide, f"it has no byte-order mark, but its bytes alternate as in {wide}")
    if _is_utf8(path):
        return _seven_bits(start)
    return _by_words(*_beyond_ascii(path))


def _wide(start: bytes) -> str | None:
    """Return UTF-16 or UTF-32 without a mark: ASCII has a zero in the same place of each two or four bytes."""
    start = start.rstrip(b"\0")  # a file padded with zeros is not made of them
    if b"\0" not in start:
        return None
    start += b"\0" * (-len(start) % 4)
    zeros = [start[place::4].count(0) / max(len(start) // 4, 1) for place in range(4)]
    for name, full in (("utf-32-le", (1, 0, 0, 0)), ("utf-32-be", (0, 0, 0, 1))):
        if all((zero < 0.2) if is_text else (zero > 0.9) for zero, is_text in zip(zeros, full, strict=True)):
            return name
    high, low = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    if max(high, low) > 0.4 and min(high, low) < 0.05:
        return "utf-16-le" if low > high else "utf-16-be"
    return None


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        try:
            while block := stream.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _seven_bits(start: bytes) -> Encoding:
    """Return UTF-8, or an encoding that writes all letters by ASCII: UTF-7, or what Japanese mail uses."""
    if start.isascii():
        if b"\x1b$" in start and b"\x1b(" in start:
            return Encoding("iso2022_jp", "it switches between alphabets as in iso2022_jp")
        shifted = re.findall(rb"\+[A-Za-z0-9/+]{3,}-", start)
        try:
            letters = "".join(part.decode("utf-7") for part in shifted)
        except UnicodeDecodeError:
            return Encoding("utf-8")
        alike = sum(bool(pattern.match(c)) for c in letters for name, pattern in LETTERS if name != "han")
        if letters and not letters.isascii() and alike == len(letters):
            # a few may be codes that happen to look like it
            name = "utf-7" if len(shifted) > 2 else "utf-8"
            return Encoding(name, f"parts such as {shifted[0].decode('ascii')} are letters in utf-7")
    return Encoding("utf-8")


def _beyond_ascii(path: Path) -> tuple[list[bytes], list[bytes]]:
    """Return lines with bytes beyond ASCII, those that are UTF-8 apart from those that are not."""
    good, bad, sizes = [], [], [0, 0]
    with path.open("rb") as stream:
        rest = b""
        while block := stream.read(BLOCK):
            is_last, block = len(block) < BLOCK, rest + block
            end = len(block) if is_last else block.rfind(b"\n") + 1
            whole, rest = block[:end], block[end:][-SAMPLED:]
            for line in () if whole.isascii() else whole.split(b"\n"):
                if line.isascii():
                    continue
                is_utf8 = _decoded(line, "utf-8") is not None
                if sizes[is_utf8] < SAMPLED:
                    (good if is_utf8 else bad).append(line[:SAMPLED])
                    sizes[is_utf8] += len(line)
    return good, bad


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _by_words(good: list[bytes], bad: list[bytes]) -> Encoding:
    """Return the encoding that reads lines best."""
    ranked = sorted(_scores(bad), reverse=True)
    if good and ranked and ranked[0][2] in ("cp1252", "iso8859_15"):
        return Encoding(MIXED, f"{len(bad):,} of its lines are no UTF-8 while others are")
    if good:
        ranked = sorted(_scores(good + bad), reverse=True)
    if not ranked:
        return Encoding("cp1252", "no encoding reads all of it")
    score, _, name, words = ranked[0]
    other = next((other for other in ranked if other[3] != words), None)
    if other and score - other[0] < SURELY:
        return Encoding(name, f"its letters fit {other[2]}, too")
    return Encoding(name)


def _scores(lines: list[bytes]) -> list[tuple[float, int, str, frozenset[str]]]:
    """Return for each encoding that can read the lines: how well, its rank, its name, and the words it reads."""
    found = []
    whole = b"\n".join(lines)
    for rank, (name, common) in enumerate(HABITS.items()):
        text = _decoded(whole, name)
        words = {word for word in WORD.findall(text or "") if not word.isascii()}
        if words:
            scores = [_likeness(word, name, common) for word in words]
            mean = sum(score for score, _ in scores) / sum(count for _, count in scores)
            letters = set("".join(words).lower())
            if common.startswith(WESTERN) and all(letters & set(some) for some in HUNGARIAN):
                mean -= 1
            if common in (RUSSIAN, GREEK) and not re.search("[Α-ΫА-Я]", text or ""):
                mean -= 0.3  # small letters only: rather an alphabet that has no capitals
            found.append((round(mean, 3), -rank, name, frozenset(words)))
    return found


def _likeness(word: str, encoding: str, common: str) -> tuple[float, int]:
    """Return how much a word looks like one, from its letters beyond ASCII, and how many of those there are."""
    alphabets = [next((name for name, letters in LETTERS if letters.match(c)), "") for c in word]
    beyond = [position for position, c in enumerate(word) if not c.isascii()]
    score = sum(_letter(word[n], alphabets[n], encoding, common) * _weight(word, n) for n in beyond)
    present = set(alphabets) - {""}
    if len(word) == 1 and present:
        score -= 1.5  # few words are one letter
    score -= 1.5 * (len(re.findall("[ךםןףץ](?=[א-ת])", word)) + (len(word) > 1 and word[0] in "ªº"))
    score -= 2 * max(len(present - {"han"} if "kana" in present else present) - 1, 0)
    pairs = list(zip(word, word[1:], alphabets, alphabets[1:], strict=False))
    touching = [a + b for a, b, left, right in pairs if bool(left) != bool(right)]
    score -= sum(2.0 for pair in touching if not set(pair) & set(TOUCHING))
    score -= sum(1.5 for a, b, _, _ in pairs if a.islower() and b.isupper())
    if present == {"latin"}:
        score -= 1.5 * len(re.findall(r"[^\W\d_]{3,}", re.sub("[A-Za-z]", " ", word)))
    return score, len(beyond)


def _weight(word: str, position: int) -> float:
    """Return how much a letter counts: a capital within a word less, because most encodings hide one somewhere."""
    return 0.5 if position and word[position].isupper() else 1.0


def _letter(char: str, alphabet: str, encoding: str, common: str) -> float:
    """Return how usual a letter is in the languages of an encoding, from -2 to 1."""
    if not alphabet:
        return 0.8 if char in SIGNS else -2.0
    if alphabet in ("hangul", "kana"):
        return {"euc_kr": 1.0, "euc_jp": 1.0, "shift_jis": 1.0}.get(encoding, 0.2)
    if alphabet == "han":
        first = char.encode(encoding)[0]
        last = {"euc_kr": 0, "euc_jp": 0xCF, "shift_jis": 0x97, "big5": 0xC6, "gb18030": 0xD7}[encoding]
        if encoding == "gb18030" and _decoded(char.encode(encoding), "gb2312") is None:
            return -0.8
        return 0.9 if first <= last else -0.4
    if char.lower() in common:
        return RARER.get(char.lower(), 1.0)
    return -1.0 if alphabet == "latin" else 0.4
